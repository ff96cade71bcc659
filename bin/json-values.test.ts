import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonValues } from './json-values.ts';

const space = fc.constantFrom(' ', '\n', '\t', '\r\n', '  \n');

describe('JSON values one after another', () => {
  it('are read back one by one, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.jsonValue(), space, fc.boolean())), (items) => {
        const text = items.map(([value, gap, pretty]) => JSON.stringify(value, null, pretty ? 2 : 0) + gap).join('');
        expect([...jsonValues(text)]).toEqual(items.map(([value]) => JSON.parse(JSON.stringify(value)) as unknown));
      }),
    );
  });
  it('need no space where none is needed', () => {
    expect([...jsonValues('{"a":"}"}[1]"x\\""3')]).toEqual([{ a: '}' }, [1], 'x"', 3]);
  });
  it('are refused with line and column where they end being JSON', () => {
    expect(() => [...jsonValues('{"a":1}\n {"b" 2}')]).toThrow('line 2, column 7');
    for (const bad of ['{', '[1,', '"x', 'nope', '1 ]', '{"a":1,}']) expect(() => [...jsonValues(bad)], bad).toThrow('not JSON');
  });
});
