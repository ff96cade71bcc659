import { describe, expect, it } from 'vitest';
import { daysUntilFull, growthADay } from './growth.ts';

const HOUR_MS = 3_600_000;

describe('growth', () => {
  it('is told a day, from samples that lie ten minutes apart or more', () => {
    expect(growthADay({ atMs: 0, bytes: 1_000 }, { atMs: 6 * HOUR_MS, bytes: 3_000 })).toBe(8_000);
    expect(growthADay({ atMs: 0, bytes: 3_000 }, { atMs: 24 * HOUR_MS, bytes: 1_000 })).toBe(-2_000);
    expect(growthADay({ atMs: 0, bytes: 0 }, { atMs: 599_999, bytes: 1e9 })).toBeUndefined();
    expect(growthADay(undefined, { atMs: 0, bytes: 1 })).toBeUndefined();
  });

  it('says when the room ends, and nothing where nobody can know', () => {
    expect(daysUntilFull(10_000, 2_000)).toBe(5);
    expect([daysUntilFull(10_000, 0), daysUntilFull(10_000, -5)]).toEqual([Infinity, Infinity]);
    expect([daysUntilFull(0, -5), daysUntilFull(-1, 5)]).toEqual([0, 0]);
    expect([daysUntilFull(undefined, 5), daysUntilFull(5, undefined)]).toEqual([undefined, undefined]);
  });
});
