// The pure parts of the components.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedQuery } from './address-state.ts';
import { tableMove } from './table-moves.ts';
import { copyOf, plainText, valueRows, type TreeState } from './value-rows.ts';

describe('the query of the address', () => {
  test.each([
    ['?status=failed', { flow: 'a/b' }, '?status=failed&flow=a%2Fb'],
    ['?status=failed&flow=x', { status: undefined }, '?flow=x'],
    ['?status=failed', { status: '' }, ''],
    ['', { q: 'a b&c' }, '?q=a+b%26c'],
  ])('%s with %j becomes %s', (search, change, wanted) => {
    expect(changedQuery(search, change)).toBe(wanted);
  });
});

describe('keys in a table', () => {
  test.each([
    ['j', -1, 3, { kind: 'go', to: 0 }],
    ['down', 2, 3, { kind: 'go', to: 2 }],
    ['k', 0, 3, { kind: 'go', to: 0 }],
    ['up', -1, 3, { kind: 'go', to: 0 }],
    ['end', 0, 100_000, { kind: 'go', to: 99_999 }],
    ['pagedown', 95, 100, { kind: 'go', to: 99 }],
    ['j', -1, 0, { kind: 'none' }],
    ['enter', -1, 3, { kind: 'none' }],
    ['enter', 1, 3, { kind: 'open' }],
    ['m', -1, 3, { kind: 'none' }],
    ['shift+f10', 1, 3, { kind: 'menu' }],
    ['x', 1, 3, { kind: 'toggle' }],
    ['mod+a', 1, 3, { kind: 'all' }],
    ['q', 1, 3, { kind: 'none' }],
  ])('%s at %i of %i', (chord, at, count, wanted) => {
    expect(tableMove(chord, at, count)).toEqual(wanted);
  });
});

describe('a value as rows', () => {
  const closed: TreeState = { isOpen: () => false, shown: () => 100 };
  const open: TreeState = { isOpen: () => true, shown: () => 3 };

  test('what is closed is one row, however large', () => {
    expect(valueRows({ a: Array.from({ length: 1_000_000 }, () => 1) }, closed)).toMatchObject([{ pointer: '', kind: 'object', size: 1, open: false }]);
  });

  test('what is open shows so many children and says how many are left', () => {
    const rows = valueRows([1, 'x', null, true, {}], open);
    expect(rows.map(({ kind, name, hidden }) => hidden ?? `${name} ${kind}`)).toEqual(['undefined array', '0 number', '1 text', '2 word', 2]);
  });

  test('pointers are those of JSON Pointer', () => {
    expect(valueRows({ 'a/b': { 'c~d': 1 } }, open).map(({ pointer }) => pointer)).toEqual(['', '/a~1b', '/a~1b/c~0d']);
  });

  test('every row of any value has a pointer of its own, and the number of rows is bounded', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const rows = valueRows(value, { isOpen: () => true, shown: () => 50 });
        expect(new Set(rows.map(({ pointer }) => pointer)).size).toBe(rows.length);
      }),
    );
    const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1]));
    expect(valueRows(wide, { isOpen: () => true, shown: () => 1_000 }).length).toBeLessThan(5_200);
  });

  test('what turns the direction of text or hides is written as its code, joiners and line breaks stay', () => {
    expect(plainText('a\u202Eb\u0000\u200B\u200D\n\u001b[31m')).toBe('a\\u202eb\\u0000\\u200b\u200D\n\\u001b[31m');
  });

  test('a text is copied as it is, anything else as JSON', () => {
    expect(copyOf('a\n"b"')).toBe('a\n"b"');
    expect(copyOf({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });
});
