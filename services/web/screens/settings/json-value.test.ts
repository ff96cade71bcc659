import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kindOf, readTyped, textOf, type ValueKind } from './json-value.ts';

test.each<[ValueKind, string, unknown]>([
  ['text', '', ''],
  ['text', ' 12 ', ' 12 '],
  ['number', ' -1.5e3 ', -1500],
  ['flag', 'true', true],
  ['flag', 'false', false],
  ['json', '{"a": [1, null]}', { a: [1, null] }],
  ['json', 'null', null],
])('%s %j is read as %j', (kind, typed, value) => expect(readTyped(kind, typed)).toEqual({ ok: true, value }));

test.each<[ValueKind, string, string]>([
  ['number', '', 'empty'],
  ['number', '1,5', 'number'],
  ['number', '0x10', 'number'],
  ['number', '1e999', 'large'],
  ['number', '9007199254740993', 'large'],
  ['json', '   ', 'empty'],
  ['json', '{"a": }', 'json'],
])('%s %j is refused as %s', (kind, typed, why) => expect(readTyped(kind, typed)).toMatchObject({ ok: false, why }));

test('a mistake in JSON is told with line and column', () => {
  expect(readTyped('json', '{\n  "a": 1,\n  b\n}')).toMatchObject({ line: 3, column: 3 });
  expect(readTyped('json', '{\n  "a": 1')).toMatchObject({ line: 2 });
});

test('what is shown of a value is read as that value again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const exact = JSON.parse(JSON.stringify(value)) as unknown;
      fc.pre(typeof exact !== 'number' || !Number.isInteger(exact) || Number.isSafeInteger(exact));
      expect(readTyped(kindOf(exact), textOf(exact))).toEqual({ ok: true, value: exact });
    }),
  );
});
