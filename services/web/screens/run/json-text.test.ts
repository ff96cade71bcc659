import { expect, test } from 'vitest';
import { partOf } from './part-of.ts';
import { readJson } from './json-text.ts';

test('nothing written is no value, and any JSON is itself', () => {
  expect(readJson('  \n')).toEqual({ ok: true, value: undefined });
  expect(readJson('{"a":[1,null]}')).toEqual({ ok: true, value: { a: [1, null] } });
  expect(readJson('null')).toEqual({ ok: true, value: null });
});

test('what is wrong is told with its place', () => {
  expect(readJson('{\n  "a": ?\n}')).toEqual({ ok: false, line: 2, column: 8 });
  expect(readJson('{\n  "a": 1')).toMatchObject({ ok: false, line: 2 });
});

test('a pointer finds its part, and nothing where there is none', () => {
  const document = { do: [{ 'a/b': { set: { x: 1 } } }] };
  expect(partOf(document, '/do/0/a~1b/set')).toEqual({ x: 1 });
  expect(partOf(document, '')).toBe(document);
  expect(partOf(document, '/do/1')).toBeUndefined();
  expect(partOf(document, '/constructor')).toBeUndefined();
});
