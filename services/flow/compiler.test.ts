// Large documents are checked beside the event loop, with the same result.
import { afterAll, describe, expect, test } from 'vitest';
import { createCompiler } from './compiler.ts';
import { compileFlow } from './core/compile.ts';

const compiler = createCompiler();
afterAll(() => compiler.close());

const flow = (steps: number): string =>
  `document: {dsl: '1.0.3', namespace: test, name: large, version: '1.0.0'}\ndo:\n${Array.from({ length: steps }, (_, n) => `  - s${n}: {set: {n: '\${ .n + ${n} }'}}`).join('\n')}\n`;

/** The longest time that the event loop was held while `work` went on. */
async function longestHold(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await work;
  clearInterval(watch);
  return longest;
}

describe('a large document', () => {
  test('compiles to the same program as in place, and its mistakes are the same', async () => {
    for (const text of [flow(600), flow(600).replace('s300: {set', 's300: {sett'), 'x'.repeat(20_000), '{'.repeat(20_000)]) {
      expect(JSON.stringify(await compiler.compile('acme', text))).toBe(JSON.stringify(compileFlow(text)));
    }
  });

  test('S24: many of them at once hold the event loop for a small part of their time, and one too many is refused', async () => {
    const begin = performance.now();
    const all = Array.from({ length: 4 }, () => compiler.compile('acme', flow(4_000)));
    const held = await longestHold(Promise.all(all));
    const tookMs = performance.now() - begin;
    expect(held).toBeLessThan(tookMs / 4);
    expect((await all[0])?.ok).toBe(true);
    const many = Array.from({ length: 40 }, () =>
      compiler.compile('acme', flow(500)).then(
        ({ ok }) => ok,
        (error: { code?: string }) => error.code,
      ),
    );
    expect(new Set(await Promise.all(many))).toEqual(new Set([true, 'overload.busy']));
  });

  test('R9: of one tenant is not behind the many of another, and finds a place among them', async () => {
    const order: string[] = [];
    const compile = (tenant: string) => compiler.compile(tenant, flow(700)).then(() => order.push(tenant));
    const flood = Array.from({ length: 17 }, () => compile('flood'));
    const small = compile('small');
    await expect(compile('flood')).rejects.toMatchObject({ code: 'overload.busy' });
    await Promise.all([...flood, small]);
    expect(order.indexOf('small')).toBeLessThanOrEqual(2);
  });
});
