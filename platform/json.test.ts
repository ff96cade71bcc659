import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonText } from './json.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);

test('a key with an escape is read rightly after a key that ends in a backslash', () => {
  const escapes: [string, string][] = [
    ['\\n', '\n'],
    ['\\"', '"'],
    ['\\u0041', 'A'],
    ['\\t', '\t'],
    ['\\/', '/'],
    ['\\u005f_proto__', '__proto__'],
  ];
  for (const [at, [written, meant]] of escapes.entries()) {
    JSON.parse(`{"h${at}":1,"\\\\":2,"x\\\\":3}`);
    expect(Object.keys(parseJsonText(`{"h${at}":1,"${written}" :2}`) as object)).toEqual([`h${at}`, meant]);
    expect(parseJsonText(`[{"h${at}":"\\\\","x${written}":{"y":"\\n"}}]`)).toEqual([{ [`h${at}`]: '\\', [`x${meant}`]: { y: '\n' } }]);
  }
});

test('stand-ins meet no key of the text, and the last of two equal keys wins as in JSON.parse', () => {
  expect(parseJsonText('{"key~0":1,"a\\n":2,"key~~":3}')).toEqual({ 'key~0': 1, 'a\n': 2, 'key~~': 3 });
  expect(parseJsonText('{"a":1,"\\u0061":2}')).toEqual({ a: 2 });
  expect(parseJsonText('{"\\u0061":1,"a":2}')).toEqual({ a: 2 });
  const own = parseJsonText('{"\\u005f_proto__":{"x":1}}') as object;
  expect([Object.keys(own), Object.getPrototypeOf(own) === Object.prototype]).toEqual([['__proto__'], true]);
});

test(`any value survives being written and read, in any order (seed ${SEED})`, () => {
  const key = fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\u0000', 'a', 'é', ':', '{', '~', 'key~'), maxLength: 4 });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, fc.integer(), key, fc.array(tie('tree'), { maxLength: 3 }), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const text = JSON.stringify(value);
      // Built from entries, not by JSON.parse: that is the function in doubt.
      expect(JSON.stringify(parseJsonText(text))).toBe(text);
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test(`what JSON.parse refuses is refused (seed ${SEED})`, () => {
  const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '\\n', '\\x', '1', 'null', ' ', 'a'), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      const refuses = (parse: (text: string) => unknown): boolean => {
        try {
          parse(text);
          return false;
        } catch (error) {
          return error instanceof SyntaxError;
        }
      };
      expect(refuses(parseJsonText)).toBe(refuses(JSON.parse));
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});
