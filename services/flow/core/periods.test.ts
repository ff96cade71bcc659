import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_COPIED, periodMs, periodsToMake, treatmentOf } from './periods.ts';
import { bornMs, runsFrom } from './run-id.ts';

const DAY_MS = 86_400_000;
const time = fc.integer({ min: 1_000_000, max: 2 ** 45 });
const length = fc.integer({ min: 10_000, max: 365 * DAY_MS });

describe('periods of the journal', () => {
  it('are a day long where completed runs are kept for thirty', () => {
    expect(periodMs({ completedMs: 30 * DAY_MS, failedMs: 90 * DAY_MS })).toBe(DAY_MS);
    expect(periodMs({ completedMs: 60_000, failedMs: 60_000 })).toBe(10_000);
  });

  it('are never more than a hundred and twenty of what is kept, and those ahead', () => {
    fc.assert(fc.property(length, length, (completedMs, failedMs) => Math.max(completedMs, failedMs) / periodMs({ completedMs, failedMs }) <= 120));
  });

  it('follow each other without gap or overlap, and the runs of now and of the next minute have one', () => {
    fc.assert(
      fc.property(time, length, length, fc.integer({ min: 0, max: 200 * DAY_MS }), (t, first, second, later) => {
        const made = periodsToMake(undefined, t, first);
        const more = periodsToMake(made.at(-1)?.toRun, t + later, second);
        for (const list of [made, more]) for (const [i, one] of list.entries()) expect(one.fromRun).toBe(list[i - 1]?.toRun ?? one.fromRun);
        if (more[0] !== undefined) expect(more[0].fromRun >= (made.at(-1)?.toRun ?? '')).toBe(true);
        const has = (atMs: number) => [...made, ...more].some(({ fromRun, toRun }) => fromRun <= runsFrom(atMs) && runsFrom(atMs) < toRun);
        expect([has(t), has(t + 60_000 - 1), has(t + later), has(t + later + 60_000 - 1)]).toEqual([true, true, true, true]);
      }),
    );
  });

  it('are made anew only when the last ones come near', () => {
    const made = periodsToMake(undefined, 5 * DAY_MS, DAY_MS);
    expect(made.map(({ fromRun }) => bornMs(fromRun) / DAY_MS)).toEqual([5, 6]);
    expect(periodsToMake(made.at(-1)?.toRun, 5 * DAY_MS, DAY_MS)).toEqual([]);
    expect(periodsToMake(made.at(-1)?.toRun, 5 * DAY_MS + 1, DAY_MS)).toHaveLength(1);
  });
});

describe('a period that is over', () => {
  const period = { fromRun: runsFrom(10 * DAY_MS), toRun: runsFrom(11 * DAY_MS) };
  const after = 40 * DAY_MS;
  const how = (kept: number, expired: number, stillMs = 2 * DAY_MS, nowMs = after) => treatmentOf(period, { kept, expired, stillMs }, nowMs, DAY_MS);

  it('is dropped as soon as none of its runs is left, and never in its own time', () => {
    expect([how(0, 0), how(0, 5_000), how(0, 0, 0)]).toEqual(['drop', 'drop', 'drop']);
    expect([how(0, 0, 0, 10.5 * DAY_MS), how(0, 7, 0, 11 * DAY_MS + 14_999)]).toEqual(['leave', 'leave']);
  });

  it('is copied when a few are kept, swept when many are, and left while they still go', () => {
    expect([how(1, 3), how(MOST_COPIED, 3 * MOST_COPIED), how(1, 2), how(MOST_COPIED + 1, 1e6)]).toEqual(['rewrite', 'rewrite', 'sweep', 'sweep']);
    expect([how(1, 3, 1_000), how(MOST_COPIED + 1, 1e6, DAY_MS - 1), how(5, 0)]).toEqual(['leave', 'leave', 'leave']);
  });
});
