import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from './json-text.ts';
import { partOf } from './part-of.ts';

test('nothing written is no value, and any JSON is itself', () => {
  expect(readJson('  \n')).toEqual({ ok: true, value: undefined });
  expect(readJson('null')).toEqual({ ok: true, value: null });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
    }),
  );
});

test.each([
  ['{\n  "a": ?\n}', 2, 8],
  ['{\n  "a": 1', 2, 9],
  ['{"a": 1,}', 1, 9],
  ['[1 2]', 1, 4],
  ['{a: 1}', 1, 2],
  ['{"a" 1}', 1, 6],
  ['[1]]', 1, 4],
  ["{'a': 1}", 1, 2],
  ['{"a": tru}', 1, 7],
  ['[01]', 1, 2],
])('what is wrong in %j stands in line %i, column %i', (text, line, column) => {
  expect(readJson(text)).toEqual({ ok: false, line, column });
});

test('where something was cut out of JSON, the place is in front of the end', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, cut) => {
      const whole = JSON.stringify(value);
      const read = readJson(whole.slice(0, cut % whole.length));
      if (!read.ok) expect(read.column).toBeLessThanOrEqual(whole.length + 1);
    }),
  );
});

test('a pointer finds its part, and nothing where there is none', () => {
  const document = { do: [{ 'a/b': { set: { x: 1 } } }] };
  expect(partOf(document, '/do/0/a~1b/set')).toEqual({ x: 1 });
  expect(partOf(document, '')).toBe(document);
  expect(partOf(document, '/do/1')).toBeUndefined();
  expect(partOf(document, '/constructor')).toBeUndefined();
});
