// The periods of the journal: each has a partition for the runs born in it. Pure.
// I1 Periods do not overlap and are made in order of time; a setting that changes shows in the next one made.
// I2 Their number is bounded: a period is at least a hundred and twentieth of the longest time that a run is kept.
import { bornMs, runsFrom } from './run-id.ts';

const LEAST_MS = 10_000;
/** Of the shortest and of the longest time: so that little is kept too long, and that there are not too many. */
const PARTS_OF_SHORTEST = 30;
const PARTS_OF_LONGEST = 120;
const LEAST_AHEAD_MS = 60_000;
const PERIODS_AHEAD = 2;
/** A run is written so long after its birth at most; one that comes later loses nothing (journal_rest). */
const LATE_MS = 15_000;
/** Of a period whose runs still go one by one not every rest is copied. */
const REWRITE_PAUSE_MS = 3_600_000;

export interface Period {
  /** runsFrom() of its beginning and of its end. */
  readonly fromRun: string;
  readonly toRun: string;
}

export function periodMs({ completedMs, failedMs }: { readonly completedMs: number; readonly failedMs: number }): number {
  const shortest = Math.min(completedMs, failedMs) / PARTS_OF_SHORTEST;
  const longest = Math.max(completedMs, failedMs) / PARTS_OF_LONGEST;
  return Math.ceil(Math.max(LEAST_MS, shortest, longest));
}

/** The periods that must be made so that runs of now and of the time ahead have one. `latestRun`: where the last known one ends. */
export function periodsToMake(latestRun: string | undefined, nowMs: number, lengthMs: number): Period[] {
  const untilMs = nowMs + Math.max(LEAST_AHEAD_MS, PERIODS_AHEAD * lengthMs);
  const made: Period[] = [];
  let fromMs = Math.floor(nowMs / lengthMs) * lengthMs;
  if (latestRun !== undefined) fromMs = Math.max(fromMs, bornMs(latestRun));
  while (fromMs < untilMs) {
    const toMs = (Math.floor(fromMs / lengthMs) + 1) * lengthMs;
    made.push({ fromRun: runsFrom(fromMs), toRun: runsFrom(toMs) });
    fromMs = toMs;
  }
  return made;
}

export type Treatment =
  /** Nothing of it is kept. */
  | 'drop'
  /** Little is kept: that is copied, the rest dropped. */
  | 'rewrite'
  /** Much is kept: what is not is deleted row by row. */
  | 'sweep'
  | 'leave';

/** Runs that a rewrite may copy while the partition is locked. */
export const MOST_COPIED = 2_000;
const GONE_PER_KEPT = 3;

/**
 * What is to be done with a period. `kept`: runs of it that are still there, counted up to MOST_COPIED + 1. `expired`: those that left
 * entries behind; `stillMs`: for how long their number has not changed.
 */
export function treatmentOf(
  { toRun }: Period,
  { kept, expired, stillMs }: { readonly kept: number; readonly expired: number; readonly stillMs: number },
  nowMs: number,
  lengthMs: number,
): Treatment {
  // Runs that are on their way still come to a period that has just ended.
  if (bornMs(toRun) + LATE_MS > nowMs) return 'leave';
  if (kept === 0) return 'drop';
  if (kept <= MOST_COPIED && expired >= kept * GONE_PER_KEPT) return stillMs >= Math.min(lengthMs, REWRITE_PAUSE_MS) ? 'rewrite' : 'leave';
  return expired > 0 && stillMs >= lengthMs ? 'sweep' : 'leave';
}
