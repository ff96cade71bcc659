// Linked programs: templates, addresses, durations, faults, and the fast way of literals.
import type { Json } from '@palace/jq/json.ts';
import { describe, expect, it } from 'vitest';
import { compileFlow } from './compile.ts';
import { flow, messages } from './language/flow-text.ts';
import { ExpressionFault, link, type Linked, type Variables } from './link.ts';
import type { StepOf, Template } from './program.ts';

const NOW_MS = Date.UTC(2026, 0, 31);
const FUEL = 10_000;

function linked(...steps: readonly string[]): Linked {
  const compiled = compileFlow(flow(...steps));
  if (!compiled.ok) throw new Error(messages(compiled).join('\n'));
  return link(compiled.program, '');
}
function setValue(value: string, input: Json, variables: Variables = {}): Json {
  const ready = linked(`- a: {set: ${value}}`);
  return ready.evaluate((ready.program.steps[1] as StepOf<'set'>).value, input, variables, NOW_MS, FUEL);
}
const uri = (...parts: Extract<Template, { t: 'uri' }>['parts']): Template => ({ t: 'uri', parts });
function fault(run: () => unknown): { source: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ExpressionFault) return { source: error.source, message: error.message };
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

describe('values', () => {
  it('are built from input, variables and engine time', () => {
    expect(setValue('{a: "${ .x + 1 }", b: ["${ $context.y }", text, 3], c: {d: "${ now }", e: null}}', { x: 1 }, { context: { y: 'z' } })).toEqual({
      a: 2,
      b: ['z', 'text', 3],
      c: { d: NOW_MS / 1_000, e: null },
    });
  });
  it('may be one expression as a whole', () => {
    expect(setValue('"${ [.[] | . * 2] }"', [1, 2])).toEqual([2, 4]);
  });
  it('are the program’s own object when they are literal', () => {
    const ready = linked('- a: {set: {x: {y: [1]}}}');
    const { value } = ready.program.steps[1] as StepOf<'set'>;
    expect(ready.evaluate(value, null, {}, NOW_MS, FUEL)).toBe(value.t === 'lit' ? value.v : undefined);
  });
  it('are null where an expression yields nothing or a variable has no value yet', () => {
    expect(setValue('{a: "${ empty }", b: "${ $output }"}', {})).toEqual({ a: null, b: null });
  });
  it('never evaluate text that came in as data', () => {
    expect(setValue('{a: "${ .x }"}', { x: '${ 1 + 1 }' })).toEqual({ a: '${ 1 + 1 }' });
  });
  it('keep a key named __proto__ that an expression makes as data', () => {
    setValue('{a: "${ {(\\"__proto__\\"): {polluted: 1}} }"}', {});
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
  it('use the variables of loops and catches', () => {
    const ready = linked('- a:', '    for: {each: order, at: i, in: .orders}', '    do:', '      - b: {set: {x: "${ $order.id }", n: "${ $i }"}}');
    const step = ready.program.steps.find((one) => one.name === 'b') as StepOf<'set'>;
    expect(ready.evaluate(step.value, {}, { order: { id: 7 }, i: 2 }, NOW_MS, FUEL)).toEqual({ x: 7, n: 2 });
  });
});

describe('addresses', () => {
  const ready = linked('- a: {set: {x: 1}}');
  const fill = (template: Template, input: Json): Json => ready.evaluate(template, input, {}, NOW_MS, FUEL);

  it('take texts, numbers and truth values from the top of the input, encoded', () => {
    expect(fill(uri('https://x/', { name: 'a' }, '/', { name: 'b' }, '?c=', { name: 'c' }), { a: 'x/y z?', b: 3, c: true })).toBe(
      'https://x/x%2Fy%20z%3F/3?c=true',
    );
  });
  it.each<[Json, string]>([
    [{}, 'The address needs {a}, but the step’s input has no such field.'],
    [null, 'The address needs {a}, but the step’s input has no such field.'],
    [{ a: null }, 'The address needs {a}, but it is null.'],
    [{ a: [1] }, 'The address needs {a}, but it is a list.'],
    [{ a: '..' }, 'The address needs {a}, but it is "..".'],
  ])('refuse %j', (input, message) => {
    expect(fault(() => fill(uri('https://x/', { name: 'a' }), input))).toEqual({ source: '', message });
  });
  it('do not take what an object inherits', () => {
    expect(fault(() => fill(uri({ name: 'constructor' }), {})).message).toContain('has no such field');
  });
});

describe('durations', () => {
  const ready = linked('- a: {wait: "${ .d }"}', '- b: {wait: PT3S}');
  const [, a, b] = ready.program.steps as [unknown, StepOf<'wait'>, StepOf<'wait'>];
  const ms = (d: Json): number => ready.durationMs(a.duration, { d }, {}, NOW_MS, FUEL);

  it('are known, or come from a text or a map', () => {
    expect([ready.durationMs(b.duration, null, {}, NOW_MS, FUEL), ms('PT1M'), ms({ seconds: 1.5, days: 1 })]).toEqual([3_000, 60_000, 86_401_500]);
  });
  it.each<Json>(['10s', 5, null, {}, { seconds: -1 }, { second: 1 }, { seconds: '1' }, 'P9999999D', ['PT1S']])('refuse %j', (d) => {
    expect(fault(() => ms(d))).toMatchObject({ source: ' .d ', message: expect.stringContaining('is not a duration') as string });
  });
});

describe('faults', () => {
  it('carry the expression and what happened', () => {
    expect(fault(() => setValue('{a: "${ .x | error }"}', { x: 'broken' }))).toEqual({ source: ' .x | error ', message: 'broken' });
  });
  it('end what would never end', () => {
    expect(fault(() => setValue('{a: "${ [range(1e9)] }"}', {})).source).toBe(' [range(1e9)] ');
    expect(fault(() => setValue('{a: "${ def f: f; f }"}', {})).source).toBe(' def f: f; f ');
  });
  it('say so when an expression yields more than one value', () => {
    expect(fault(() => setValue('{a: "${ .[] }"}', [1, 2])).message).toBe('The expression yields 2 values; it must yield one. Put it in [ ] to get a list.');
  });
  it('meet a broken program with the expression, not with a crash', () => {
    const ready = linked('- a: {set: {x: "${ .a }"}}');
    const broken = link({ ...ready.program, expressions: ['.a |'] }, '');
    expect(fault(() => broken.expr(0)).source).toBe('.a |');
    expect(fault(() => broken.expr(7)).message).toBe('The program has no expression 7.');
  });
  it('compile an expression once', () => {
    const ready = linked('- a: {set: {x: "${ .a }"}}');
    expect(ready.expr(0)).toBe(ready.expr(0));
  });
});
