// Properties of the compiler over arbitrary text and documents.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compileFlow } from '../compile.ts';
import { ACCEPTED_CALLS } from './accepted-calls.ts';
import { ACCEPTED } from './accepted-flows.ts';

const seed = Date.now() & 0x7fffffff;
const runs = (numRuns: number): { seed: number; numRuns: number } => ({ seed, numRuns });
const words = [
  'document',
  'do',
  'set',
  'call',
  'http',
  'with',
  'method',
  'endpoint',
  'for',
  'in',
  'each',
  'try',
  'catch',
  'retry',
  'switch',
  'when',
  'then',
  'fork',
  'branches',
  'wait',
  'listen',
  'to',
  'one',
  'any',
  'type',
  'emit',
  'event',
  'run',
  'workflow',
  'raise',
  'error',
  'if',
  'input',
  'output',
  'export',
  'as',
  'from',
  'schema',
  'timeout',
  'after',
  'metadata',
  'palace',
  'use',
  '${ .a }',
  '${',
  '.a',
  'PT1S',
  '1.0.3',
  'end',
  '#',
  '*a',
  '&a',
  '!!x',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|',
  '>',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
];
const key = fc.constantFrom(...words.slice(0, 43), '__proto__', 'constructor', '');
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(...words),
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).value;

describe(`the compiler (seed ${seed})`, () => {
  it('never throws for arbitrary text, and every message has its place', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const compiled = compileFlow(text);
          if (!compiled.ok)
            for (const error of compiled.errors) expect(error.message.length > 0 && (error.line ?? 0) >= 1 && (error.column ?? 0) >= 1).toBe(true);
          expect(compiled.ok || compiled.errors.length > 0).toBe(true);
        },
      ),
      runs(1_500),
    );
  });

  it('never throws for arbitrary documents made of its own words', () => {
    const document = { dsl: '1.0.3', namespace: 'a', name: 'b', version: '1.0.0' };
    fc.assert(
      fc.property(fc.array(fc.tuple(key, tree), { maxLength: 5 }), (pairs) => {
        const steps = pairs.map(([name, body]) => ({ [name]: body }));
        compileFlow(JSON.stringify({ document, do: steps }));
        compileFlow(JSON.stringify({ document, do: [{ a: Object.fromEntries(pairs) }] }));
        compileFlow(JSON.stringify(Object.fromEntries(pairs)));
      }),
      runs(600),
    );
  });

  it('never throws when a good document is cut or changed at one place', () => {
    const texts = [...ACCEPTED, ...ACCEPTED_CALLS].map(([, text]) => text);
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('', ...words, '\u0000', '\ud800'),
        fc.nat(12),
        (text, where, put, drop) => {
          const at = Math.floor(where * text.length);
          compileFlow(text.slice(0, at));
          compileFlow(text.slice(0, at) + put + text.slice(at + drop));
        },
      ),
      runs(800),
    );
  });

  it('has one canonical text for one content: written as YAML, as JSON, in any order of keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__' && !name.includes('\0')),
          fc.jsonValue({ maxDepth: 3 }),
          { minKeys: 1, maxKeys: 5 },
        ),
        fc.boolean(),
        (set, flip) => {
          const body = flip ? Object.fromEntries(Object.entries(set).reverse()) : set;
          const document = { dsl: '1.0.3', namespace: 'a', name: 'b', version: '1.0.0' };
          const one = compileFlow(JSON.stringify({ document, do: [{ a: { set } }] }));
          const other = compileFlow(stringify({ do: [{ a: { set: body } }], document }, { lineWidth: 0 }));
          expect(other.ok).toBe(one.ok);
          if (one.ok && other.ok) {
            expect(other.canonical).toBe(one.canonical);
            expect(compileFlow(one.canonical)).toMatchObject({ ok: true, canonical: one.canonical });
          }
        },
      ),
      runs(400),
    );
  });

  it('gives the same program for the same text', () => {
    for (const [, text] of [...ACCEPTED, ...ACCEPTED_CALLS]) expect(JSON.stringify(compileFlow(text))).toBe(JSON.stringify(compileFlow(text)));
  });
});
