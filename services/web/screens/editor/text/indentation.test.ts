import { expect, test } from 'vitest';
import { indentAfter } from './indentation.ts';

test.each([
  ['do:', 2],
  ['  - last:', 6],
  ['      set:', 8],
  ['      set: # what it gives', 8],
  ['        x: 1', 8],
  ['  - a: { set: { x: 1 } }', 4],
  ['      code: |-', 8],
  ['', 0],
])('behind "%s" the next line begins at column %i', (line, indent) => {
  expect(indentAfter(line)).toBe(indent);
});
