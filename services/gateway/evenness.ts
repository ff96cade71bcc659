// How much of a rate may come at once. A window alone lets all of it come in its first second, at whatever speed the caller has; a second
// limit, a bucket that fills evenly, lets a second’s worth come at once and the rest as the time passes (R9).
// I1 Whoever stays below the mean of the rate is never refused by it; a small quota may come at once as a whole.
// I2 It counts in this process alone: the shared window bounds the sum (limits.ts).
// Pure: time comes in. Called by limits.ts.
import type { RatePolicy } from './settings.ts';

const AT_ONCE_MS = 1_000;
/** Requests. Below it evenness protects nobody. */
const LEAST_AT_ONCE = 100;

export interface Evenness {
  readonly atOnce: number;
  readonly perMs: number;
}

export interface Bucket {
  full: number;
  atMs: number;
}

export function evennessOf({ quota, windowMs }: RatePolicy): Evenness {
  const perMs = quota / windowMs;
  return { atOnce: Math.min(quota, Math.max(LEAST_AT_ONCE, Math.ceil(perMs * AT_ONCE_MS))), perMs };
}

export const fullBucket = ({ atOnce }: Evenness, nowMs: number): Bucket => ({ full: atOnce, atMs: nowMs });

/** What may come at this moment. */
export function fill(bucket: Bucket, { atOnce, perMs }: Evenness, nowMs: number): number {
  bucket.full = Math.min(atOnce, bucket.full + Math.max(0, nowMs - bucket.atMs) * perMs);
  bucket.atMs = nowMs;
  return bucket.full;
}

/** Until the next one may come. */
export const waitMs = ({ full }: Bucket, { perMs }: Evenness): number => Math.max(0, (1 - full) / perMs);
