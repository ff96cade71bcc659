// Documents as text: what is handed out in either form is the document that was published.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { compileFlow } from '../compile.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { canonicalText } from './canonical.ts';
import { EXAMPLES, exampleText, readRepository, sampleFlows } from '../../../../test/official-schema.ts';
import { createReport } from './report.ts';
import { documentText, yamlText } from './yaml-text.ts';
import { readYaml } from './yaml.ts';

const BLOCKS = [...readRepository('docs/flow-language.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ...sampleFlows().map((name) => [name, readRepository(name)] as const),
  ...BLOCKS.map((text, i) => [`block ${i} of the language page`, text] as const),
  ...EXAMPLES.map((name) => [`upstream ${name}`, exampleText(name)] as const),
  ...ACCEPTED,
];
const canonicalOf = (text: string): string | undefined => {
  const compiled = compileFlow(text);
  return compiled.ok ? compiled.canonical : undefined;
};
const published = TEXTS.filter(([, text]) => canonicalOf(text) !== undefined).map(([name, text]) => {
  const compiled = compileFlow(text);
  return [name, (compiled.ok && compiled.rewritten) || text, canonicalOf(text)] as const;
});

describe('a stored document', () => {
  it('is there to be tried', () => {
    expect(published.length).toBeGreaterThan(30);
  });

  it.each(published)('%s comes back the same, as YAML and as JSON, from either', (_name, source, canonical) => {
    const yaml = documentText(source, 'yaml');
    const json = documentText(source, 'json');
    expect(() => JSON.parse(json) as unknown).not.toThrow();
    for (const text of [yaml, json, documentText(json, 'yaml'), documentText(yaml, 'json')]) expect(canonicalOf(text)).toBe(canonical);
    expect(documentText(json, 'json')).toBe(json);
  });

  it('keeps the comments of its author in the form that it was written in', () => {
    const source =
      sampleFlows()
        .map(readRepository)
        .find((text) => text.startsWith('#')) ?? '';
    expect(documentText(source, 'yaml')).toBe(source);
    expect(source).toMatch(/^# \w/);
  });
});

describe('YAML text', () => {
  const read = (text: string): Json => readYaml(createReport(text))?.value ?? null;

  it('reads back as the document it was made of, whatever stands in it', () => {
    const hard = fc.constantFrom(
      'null',
      'true',
      '1e3',
      '0x10',
      '- a',
      'a: b',
      '# c',
      '${ .x }',
      ' a ',
      'a\n',
      '\n\n a\n  b',
      '"',
      "'",
      '\\(x)',
      '|',
      '>',
      '&a',
      '*a',
      '!t',
      '%',
      '@',
      '\t',
      '<<',
      '1:30',
      '2026-01-01',
      '\u2028',
      'a'.repeat(2000),
    );
    const text = fc.oneof(
      hard,
      fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed() && !one.includes('\0')),
    );
    const key = text.filter((one) => one !== '__proto__');
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('any'), { maxLength: 4 }),
      map: fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value.any, { minKeys: 1, maxKeys: 4 }), (document) => {
        const given = JSON.parse(JSON.stringify(document)) as JsonObject;
        const written = yamlText(given);
        if (written === undefined) expect(Object.keys(given).some((one) => one.length > 1024) || JSON.stringify(given).length > 1000).toBe(true);
        else expect(canonicalText(read(written))).toBe(canonicalText(given));
      }),
      { numRuns: 500 },
    );
  });
});
