import fc from 'fast-check';
import type { Json } from '@palace/jq/json.ts';
import { describe, expect, test } from 'vitest';
import { documentDiff } from './document-diff.ts';

describe('two documents', () => {
  test('that are equal have no difference, however their keys are ordered', () => {
    expect(documentDiff({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toEqual({ changes: [], more: 0 });
  });

  test('differ in the fields that were added, changed and removed, with their values', () => {
    const { changes } = documentDiff({ same: 1, old: true, deep: { text: 'a' } }, { same: 1, deep: { text: 'b' }, fresh: [1] });
    expect(changes).toEqual([
      { path: '/deep/text', before: '"a"', after: '"b"' },
      { path: '/fresh', after: '[1]' },
      { path: '/old', before: 'true' },
    ]);
  });

  test('differ by the names of their steps: one put in between is one change', () => {
    const { changes } = documentDiff(
      { do: [{ a: { set: { v: 1 } } }, { b: { set: { v: 2 } } }] },
      { do: [{ a: { set: { v: 1 } } }, { x: {} }, { b: { set: { v: 3 } } }] },
    );
    expect(changes).toEqual([
      { path: '/do/x', after: '{}' },
      { path: '/do/b/set/v', before: '2', after: '3' },
    ]);
  });

  test('whose steps stand in another order say so once', () => {
    expect(documentDiff([{ a: 1 }, { b: 2 }], [{ b: 2 }, { a: 1 }]).changes).toEqual([{ path: '', before: '["a","b"]', after: '["b","a"]' }]);
  });

  test('are listed up to a bound, and the others counted; a long value is cut', () => {
    const many = (value: string): Json => Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`k${i}`, value]));
    const { changes, more } = documentDiff(many('x'.repeat(900)), many('y'));
    expect([changes.length, more]).toEqual([50, 30]);
    expect(changes[0]?.before?.length).toBe(201);
  });

  test('keys like __proto__ are keys', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1}') as Json;
    expect(documentDiff({}, hostile).changes.map(({ path }) => path)).toEqual(['/__proto__', '/constructor']);
  });

  test('have a difference exactly when they are not equal', () => {
    const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(json, json, (a, b) => {
        const clean = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;
        expect(documentDiff(clean(a), clean(a)).changes).toEqual([]);
        const differ = JSON.stringify(sorted(clean(a))) !== JSON.stringify(sorted(clean(b)));
        expect(documentDiff(clean(a), clean(b)).changes.length > 0).toBe(differ);
      }),
      { examples: [[[], {}]] },
    );
  });
});

function sorted(value: Json): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // Told apart from a list of pairs.
  return {
    entries: Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key] as Json)]),
  };
}
