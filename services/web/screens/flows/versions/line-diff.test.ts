import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines, diffTexts, hunksOf } from './line-diff.ts';

const word = fc.constantFrom('a', 'b', 'c', 'd');
const lists = fc.tuple(fc.array(word, { maxLength: 40 }), fc.array(word, { maxLength: 40 }));

test('what is same or removed is the old text, what is same or added is the new one, in order and numbered', () => {
  fc.assert(
    fc.property(lists, ([before, after]) => {
      const lines = diffLines(before, after);
      const old = lines.filter(({ kind }) => kind !== 'added');
      const fresh = lines.filter(({ kind }) => kind !== 'removed');
      expect(old.map(({ text }) => text)).toEqual(before);
      expect(fresh.map(({ text }) => text)).toEqual(after);
      expect(old.map((line) => line.before)).toEqual(before.map((_, i) => i + 1));
      expect(fresh.map((line) => line.after)).toEqual(after.map((_, i) => i + 1));
    }),
  );
});

test('no shorter script exists', () => {
  fc.assert(
    fc.property(lists, ([before, after]) => {
      const changes = diffLines(before, after).filter(({ kind }) => kind !== 'same').length;
      expect(changes).toBe(before.length + after.length - 2 * longestCommon(before, after));
    }),
  );
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    let diagonal = 0;
    b.forEach((y, j) => {
      const above = row[j + 1] ?? 0;
      row[j + 1] = x === y ? diagonal + 1 : Math.max(above, row[j] ?? 0);
      diagonal = above;
    });
  }
  return row.at(-1) ?? 0;
}

test('texts that have nothing in common are given up in bounded time', () => {
  const before = Array.from({ length: 20_000 }, (_, i) => `old ${i}`);
  const after = Array.from({ length: 20_000 }, (_, i) => `new ${i}`);
  const lines = diffLines(before, after);
  expect(lines.filter(({ kind }) => kind === 'removed')).toHaveLength(20_000);
  expect(lines.filter(({ kind }) => kind === 'added')).toHaveLength(20_000);
});

test('what is far from a change is folded, and line ends of either kind are line ends', () => {
  const text = (middle: string) => Array.from({ length: 21 }, (_, i) => (i === 10 ? middle : `line ${i}`)).join('\r\n');
  const hunks = hunksOf(diffTexts(text('old'), `${text('new')}\r\n`));
  expect(hunks.map(({ folded, lines }) => [folded, lines.length])).toEqual([
    [true, 7],
    [false, 8],
    [true, 7],
  ]);
});
