// How fast what is stored grows, and how long the room lasts: from samples kept over the last days. Pure.

const DAY_MS = 86_400_000;
/** Of shorter times a growth a day would be a guess. */
const LEAST_SPAN_MS = 600_000;

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Bytes a day between a sample of before and now; undefined when that is too near. */
export function growthADay(before: Sample | undefined, now: Sample): number | undefined {
  if (before === undefined || now.atMs - before.atMs < LEAST_SPAN_MS) return undefined;
  return Math.round(((now.bytes - before.bytes) / (now.atMs - before.atMs)) * DAY_MS);
}

/** Undefined when nothing says how much room there is; Infinity when it does not grow. */
export function daysUntilFull(freeBytes: number | undefined, bytesADay: number | undefined): number | undefined {
  if (freeBytes === undefined || bytesADay === undefined) return undefined;
  if (freeBytes <= 0) return 0;
  return bytesADay <= 0 ? Infinity : freeBytes / bytesADay;
}
