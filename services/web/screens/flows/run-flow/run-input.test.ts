import { expect, test } from 'vitest';
import { inputSketch, typedInput } from './run-input.ts';

test('nothing is no input, JSON is a value, anything else says what is wrong', () => {
  expect(typedInput('  ')).toEqual({ ok: true, value: undefined });
  expect(typedInput('{"a": 1}')).toEqual({ ok: true, value: { a: 1 } });
  expect(typedInput('{a}')).toMatchObject({ ok: false });
});

test('a first input follows the schema of the flow, with defaults, examples and empty values', () => {
  const document = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { default: 3 }, c: { enum: ['x', 'y'] }, d: { type: 'object', properties: { e: { type: 'boolean' } } } },
  };
  expect(JSON.parse(inputSketch({ input: { schema: { document } } }))).toEqual({ a: '', b: 3, c: 'x', d: { e: false } });
  expect(inputSketch({ do: [] })).toBe('');
});
