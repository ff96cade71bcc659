// Check files that nobody meant to write: whatever the text, there is an answer, and it names a place in the text.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkTexts } from './testing.ts';

const read = (path: string): string => readFileSync(new URL(`../../../samples/${path}`, import.meta.url), 'utf8');
const FLOW = read('subscription/flow.yaml');
const CHECK = read('subscription/flow.check.yaml');
const PIECES = [
  '\n',
  '  ',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  "'",
  '"',
  '#',
  '|',
  '*',
  '&a',
  '!t',
  '...',
  '---',
  'null',
  '1e999',
  '${ . }',
  '\u0000',
  '\ud800',
  'each: ',
  'result: ',
  'error: ',
  'name: ',
  '<<: ',
];

/** One edit: some of the text is taken out, and a piece put there. */
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), gone: fc.nat(40), put: fc.constantFrom('', ...PIECES) });

function edited(text: string, edits: readonly { at: number; gone: number; put: string }[]): string {
  return edits.reduce((now, { at, gone, put }) => {
    const from = Math.floor(at * now.length);
    return now.slice(0, from) + put + now.slice(from + gone);
  }, text);
}

describe('a check file', () => {
  test('of any text is played or refused with places, never with an exception', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const source = edited(CHECK, edits);
        const { files, broken } = checkTexts({ 'flow.yaml': FLOW, 'flow.check.yaml': source });
        const lines = source.split('\n').length;
        for (const { errors } of broken) {
          expect(errors.length).toBeGreaterThan(0);
          for (const { line } of errors) expect(line).toBeLessThanOrEqual(lines);
        }
        expect(broken.length > 0 || files.every((file) => file.cases.length > 0)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['deep', `cases: [{ name: a, input: ${'['.repeat(5_000)}${']'.repeat(5_000)} }]`],
    ['long', `cases: [{ name: a, input: "${'x'.repeat(1_100_000)}" }]`],
    ['wide', `cases: [{ name: a, input: [${'1,'.repeat(200_000)}1] }]`],
    ['of many cases', `cases: [${Array.from({ length: 5_001 }, (_, n) => `{ name: c${n} }`).join(', ')}]`],
  ])('that is too %s is refused before it is played', (_how, source) => {
    const { broken, files } = checkTexts({ 'flow.yaml': FLOW, 'flow.check.yaml': source });
    expect(broken).toHaveLength(1);
    expect(files).toEqual([]);
  });

  test('cannot reach prototypes by its names', () => {
    const { broken } = checkTexts({
      'flow.yaml': FLOW,
      'flow.check.yaml': 'stubs: { constructor: {}, toString: {} }\ncases: [{ name: a, expect: { attempts: { hasOwnProperty: 1 } } }]',
    });
    expect(broken[0]?.errors.map(({ message }) => message)).toEqual([
      'There is no step "constructor" in samples/subscription.',
      'There is no step "toString" in samples/subscription.',
      'There is no step "hasOwnProperty" in samples/subscription.',
    ]);
  });
});
