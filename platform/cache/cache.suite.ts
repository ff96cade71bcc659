// What every cache does. Called by cache.test.ts for each adapter.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Cache } from './port.ts';

export function cacheSuite(cache: () => Cache): void {
  const newKey = (): string => `suite:${randomUUID()}`;

  test('answers what was set, until it is set anew or deleted', async () => {
    const key = newKey();
    expect(await cache().get(key)).toBeUndefined();
    await cache().set(key, 'one', 60_000);
    await cache().set(key, '', 60_000);
    expect(await cache().get(key)).toBe('');
    await cache().delete(key);
    await cache().delete(key);
    expect(await cache().get(key)).toBeUndefined();
  });

  test('forgets a value when its time is over', async () => {
    const key = newKey();
    await cache().set(key, 'short', 40);
    expect(await cache().get(key)).toBe('short');
    await sleep(80);
    expect(await cache().get(key)).toBeUndefined();
  });

  test('counts within a window and starts anew after it', async () => {
    const key = newKey();
    const first = await cache().count(key, 1, 120);
    expect(first.count).toBe(1);
    expect(first.resetMs).toBeGreaterThan(0);
    expect(first.resetMs).toBeLessThanOrEqual(120);
    expect((await cache().count(key, 5, 120)).count).toBe(6);
    expect((await cache().count(key, 0, 120)).count).toBe(6);
    await sleep(160);
    expect((await cache().count(key, 1, 120)).count).toBe(1);
  });

  test('counts every one of many that come at once', async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 100 }, () => cache().count(key, 1, 60_000)));
    expect(new Set(answers.map((answer) => answer.count)).size).toBe(100);
  });

  test('keeps a value and a counter of the same key apart', async () => {
    const key = newKey();
    await cache().set(key, 'text', 60_000);
    expect((await cache().count(key, 2, 60_000)).count).toBe(2);
    expect(await cache().get(key)).toBe('text');
  });

  test('takes keys such as __proto__ as mere text', async () => {
    expect(await cache().get('__proto__')).toBeUndefined();
    await cache().set('__proto__', 'x', 60_000);
    expect(await cache().get('__proto__')).toBe('x');
    expect(await cache().get('constructor')).toBeUndefined();
  });
}
