// The upstream examples: each compiles. What compiles is valid by the official schema.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { ACCEPTED_CALLS } from './accepted-calls.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { messages } from './flow-text.ts';
import { EXAMPLES, exampleText, HAS_UPSTREAM, officialErrors, readRepository, sampleFlows } from '../../../../test/official-schema.ts';

/** Compile, and wait at publishing for definitions of elsewhere. */
const FETCHED: Readonly<Record<string, readonly string[]>> = {
  'call-custom-function-cataloged.yaml': ['https://raw.githubusercontent.com/serverlessworkflow/catalog/main/functions/log/1.0.0/function.yaml'],
};

describe.skipIf(!HAS_UPSTREAM)(HAS_UPSTREAM ? 'upstream examples' : 'upstream examples (skipped: ../shared/ows is absent)', () => {
  it.each(EXAMPLES)('%s compiles', (name) => {
    const compiled = compileFlow(exampleText(name), { sourceName: name });
    expect(compiled.ok ? [] : messages(compiled)).toEqual([]);
    expect(compiled.ok ? compiled.unfetched.map(({ address }) => address) : []).toEqual(FETCHED[name] ?? []);
  });

  it('fetches nothing for an example that is gone', () => {
    expect(Object.keys(FETCHED).filter((name) => !EXAMPLES.includes(name))).toEqual([]);
  });

  it('agrees: every example that compiles is valid by the official schema', () => {
    const check = officialErrors();
    const invalid = EXAMPLES.map((name) => [name, exampleText(name)] as const).filter(([, text]) => compileFlow(text).ok && check(text).length > 0);
    expect(invalid.map(([name]) => name)).toEqual([]);
  });

  it.each([...ACCEPTED, ...ACCEPTED_CALLS])('agrees: %s is valid by the official schema', (_what, text) => {
    expect(compileFlow(text).ok).toBe(true);
    expect(officialErrors()(text)).toEqual([]);
  });

  it.each(sampleFlows())('agrees: the sample %s compiles and is valid by the official schema', (name) => {
    const text = readRepository(name);
    const compiled = compileFlow(text);
    expect(compiled.ok ? [] : messages(compiled)).toEqual([]);
    expect(officialErrors()(text)).toEqual([]);
  });
});
