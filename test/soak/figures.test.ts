import { describe, expect, test } from 'vitest';
import { judge, type Look } from './figures.ts';

const JUDGED = { retentionMs: 10_000, rates: 'judged' } as const;
const look = (n: number, more: Partial<Look> = {}): Look => ({
  atMs: n * 10_000,
  done: n * 1_000,
  perSecond: 100,
  cpuMs: 1,
  databaseMb: 500 + (n % 2) * 50,
  heapMb: 40 + (n % 3),
  left: 1,
  partitions: 9,
  ...more,
});
const soaked = (more: (n: number) => Partial<Look> = () => ({}), told: Record<string, unknown> = {}) =>
  judge({ looks: Array.from({ length: 31 }, (_, n) => look(n, more(n))), told: { failed: 0, ...told } }, JUDGED);

describe('the judge of a soak', () => {
  test('is content with what swings and does not grow', () => {
    expect(soaked()).toEqual([]);
  });

  test('lets a load that got faster keep more by as much', () => {
    const faster = (share: number) => (n: number) => (n > 20 ? { perSecond: 120, databaseMb: 500 * share } : { databaseMb: 500 });
    expect(soaked(faster(1.2))).toEqual([]);
    expect(soaked(faster(1.3))).toEqual([expect.stringContaining('the database grew by')]);
  });

  test('finds a database that grows, a rate that falls, a heap that grows, runs that failed, rows that stay', () => {
    expect(soaked((n) => ({ databaseMb: 500 + n * 20 }))).toEqual([expect.stringContaining('the database grew by')]);
    expect(soaked((n) => ({ databaseMb: 500 + n * 4 }))).toEqual([expect.stringContaining('the database grew by')]);
    expect(soaked((n) => ({ perSecond: n > 25 ? 89 : 100 }))).toEqual([expect.stringContaining('0.89 of the throughput')]);
    expect(soaked((n) => ({ heapMb: 40 + n }))).toEqual([expect.stringContaining('the heap grew by')]);
    expect(soaked(undefined, { failed: 2 })).toEqual(['2 runs did not end as they should']);
    expect(soaked(undefined, { leftAfterwards: { runs: 0, stream: 3 } })).toEqual(['rows are left of runs that are over: {"stream":3}']);
  });

  test('does not judge the size of a run that is too short to level off', () => {
    const grows = Array.from({ length: 31 }, (_, n) => look(n, { databaseMb: 500 + n * 20 }));
    const told: Record<string, unknown> = { failed: 0 };
    expect(judge({ looks: grows, told }, { retentionMs: 200_000, rates: 'told' })).toEqual([]);
    expect(told['longEnough']).toBe(false);
  });
});
