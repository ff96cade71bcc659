import { expect, test } from 'vitest';
import { jqTokens, namesIn, variableAt } from './jq-tokens.ts';

const shown = (text: string) => jqTokens(text).map(({ kind, from, to }) => `${kind} ${text.slice(from, to)}`);

test('an expression ends at its own brace, past those of objects and texts', () => {
  expect(shown('a: ${ { x: $input.y, z: "}" } } # 5')).toEqual(['edge ${', 'variable $input', 'path .y', 'text "}"', 'edge }']);
  expect(shown('plain 5 $x')).toEqual([]);
  expect(shown('${ if .a then 1 else null end } ${ .b')).toEqual([
    'edge ${',
    'word if',
    'path .a',
    'word then',
    'number 1',
    'word else',
    'word null',
    'word end',
    'edge }',
    'edge ${',
    'path .b',
  ]);
});

test('a variable is being written in expressions only, and names come from loops and catches', () => {
  const text = "x: '${ $inp";
  expect(variableAt(text, text.length)).toEqual({ from: text.length - 4, typed: '$inp' });
  expect(variableAt('x: $inp', 7)).toBeUndefined();
  expect(namesIn('for: { each: order, in: .x, at: i }\ncatch:\n  as: problem\n')).toEqual(['$order', '$i', '$problem']);
});
