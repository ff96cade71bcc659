import { afterAll, describe, expect, test } from 'vitest';
import { cacheSuite } from './cache.suite.ts';
import { memoryCache } from './memory.ts';

describe('the memory cache', () => {
  const cache = memoryCache({ maxEntries: 1_000 });
  afterAll(() => cache.close());
  cacheSuite(() => cache);

  test('lets the oldest entry go when it is full', async () => {
    const small = memoryCache({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) await small.set(key, key, 60_000);
    expect(await small.get('b')).toBeUndefined();
    expect(await Promise.all(['a', 'c', 'd'].map((key) => small.get(key)))).toEqual(['a', 'c', 'd']);
    for (let at = 0; at < 10; at++) await small.count(`k${at}`, 1, 60_000);
    expect((await small.count('k0', 1, 60_000)).count).toBe(1);
    expect((await small.count('k9', 1, 60_000)).count).toBe(2);
    await small.close();
  });

  test('knows time only by the clock it was given', async () => {
    let nowMs = 0;
    const timed = memoryCache({ maxEntries: 10, now: () => nowMs });
    await timed.set('a', '1', 1_000);
    nowMs = 999;
    expect(await timed.get('a')).toBe('1');
    nowMs = 1_000;
    expect(await timed.get('a')).toBeUndefined();
    await timed.close();
  });
});
