import { describe, expect, test } from 'vitest';
import { LatePace } from './late-pace.ts';

const timer = (tenant: string, dueMs: number): { tenant: string; dueMs: number } => ({ tenant, dueMs });
const DAY_MS = 86_400_000;

describe('timers that are long overdue', () => {
  test('are handed over in each second up to the part of their shard, in turn with other shards', () => {
    const paces = [new LatePace(0, 64), new LatePace(32, 64)];
    const handedAt: number[][] = [[], []];
    for (let nowMs = DAY_MS; nowMs < DAY_MS + 10_000; nowMs += 20)
      for (const [n, pace] of paces.entries()) if (pace.admits(timer('a', 0), nowMs, 5)) handedAt[n]?.push(nowMs);
    for (const handed of handedAt) expect(handed.length).toBeGreaterThanOrEqual(50);
    for (const handed of handedAt) expect(handed.length).toBeLessThanOrEqual(55);
    // Half a second apart, as their places are.
    expect(handedAt[1]?.some((at) => at % 1_000 === 500)).toBe(true);
    expect(handedAt[0]?.some((at) => at % 1_000 === 0)).toBe(true);
  });

  test('hold back nobody who is on time, and nobody is held back for ten seconds of lateness', () => {
    const pace = new LatePace(0, 64);
    for (let n = 0; n < 100; n++) pace.admits(timer('a', 0), DAY_MS, 5);
    expect(pace.admits(timer('a', 0), DAY_MS, 5)).toBe(false);
    expect(pace.admits(timer('b', DAY_MS), DAY_MS, 5)).toBe(true);
    expect(pace.admits(timer('a', DAY_MS - 9_000), DAY_MS, 5)).toBe(true);
    expect(pace.sated(DAY_MS, 5)).toEqual(['a']);
    expect(pace.sated(DAY_MS + 1_000, 5)).toEqual([]);
  });

  test('of several tenants share the part of the shard, and each gets one at least', () => {
    const pace = new LatePace(0, 64);
    const handed: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let nowMs = DAY_MS; nowMs < DAY_MS + 10_000; nowMs += 50)
      for (const tenant of ['a', 'b', 'c']) if (pace.admits(timer(tenant, 0), nowMs, 6)) handed[tenant] = (handed[tenant] ?? 0) + 1;
    expect(handed['b']).toBe(20);
    expect(handed['c']).toBe(20);
    const crowd = new LatePace(0, 64);
    for (let n = 0; n < 50; n++) crowd.admits(timer(`t${n}`, 0), DAY_MS, 5);
    for (let n = 0; n < 50; n++) expect(crowd.admits(timer(`t${n}`, 0), DAY_MS + 1_000, 5)).toBe(true);
  });
});
