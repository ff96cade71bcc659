// How much of a rate may come at once. A window alone lets all of it come in its first second, at whatever speed the caller has; a second
// limit, a bucket that fills evenly, lets a quarter of a second’s worth come at once and the rest as the time passes (R9).
// I1 Whoever stays below the mean of the rate is never refused by it; a small quota may come at once as a whole.
// I2 It counts in this process alone: the shared window bounds the sum (limits.ts).
// Pure: time comes in. Called by limits.ts.
import type { RatePolicy } from './settings.ts';

/** Whose starts come at once are worked off together: others wait for about as long as these take. */
const AT_ONCE_MS = 250;
/** Requests. Below it evenness protects nobody. */
const LEAST_AT_ONCE = 25;
/** Of as many in a whole window evenness would take more than it gives. */
const SMALL_QUOTA = 100;

export interface Evenness {
  readonly atOnce: number;
  readonly perMs: number;
}

export interface Bucket {
  full: number;
  atMs: number;
}

export function evennessOf({ quota, windowMs, atOnce = usual(quota, windowMs) }: RatePolicy): Evenness {
  return { atOnce: Math.min(quota, atOnce), perMs: quota / windowMs };
}

const usual = (quota: number, windowMs: number): number => (quota <= SMALL_QUOTA ? quota : Math.max(LEAST_AT_ONCE, Math.ceil((quota / windowMs) * AT_ONCE_MS)));

export const fullBucket = ({ atOnce }: Evenness, nowMs: number): Bucket => ({ full: atOnce, atMs: nowMs });

/** What may come at this moment. */
export function fill(bucket: Bucket, { atOnce, perMs }: Evenness, nowMs: number): number {
  bucket.full = Math.min(atOnce, bucket.full + Math.max(0, nowMs - bucket.atMs) * perMs);
  bucket.atMs = nowMs;
  return bucket.full;
}

/** Until the next one may come. */
export const waitMs = ({ full }: Bucket, { perMs }: Evenness): number => Math.max(0, (1 - full) / perMs);
