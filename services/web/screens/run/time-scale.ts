// The time axis: which piece of the run's time is in sight, where a moment stands in it, and the ticks. Pure; shares are 0 to 1.

export interface Sight {
  readonly fromMs: number;
  readonly toMs: number;
}

/** No closer. */
const LEAST_MS = 5;

export const shareOf = ({ fromMs, toMs }: Sight, atMs: number): number => (atMs - fromMs) / Math.max(toMs - fromMs, Number.EPSILON);
export const momentAt = ({ fromMs, toMs }: Sight, share: number): number => fromMs + share * (toMs - fromMs);

/** A run that took no time has an axis too; room at the end keeps the length of the last bar in sight. */
export function wholeSight(startMs: number, endMs: number): Sight {
  const spanMs = Math.max(endMs - startMs, 20);
  return { fromMs: startMs, toMs: startMs + spanMs * 1.13 };
}

/** `factor` below 1 comes closer, around the moment at `share`. Never beyond `whole`. */
export function zoomed(sight: Sight, whole: Sight, factor: number, share = 0.5): Sight {
  const around = momentAt(sight, share);
  const spanMs = Math.min(whole.toMs - whole.fromMs, Math.max(LEAST_MS, (sight.toMs - sight.fromMs) * factor));
  return bounded({ fromMs: around - spanMs * share, toMs: around + spanMs * (1 - share) }, whole);
}

export function moved(sight: Sight, whole: Sight, byShare: number): Sight {
  const byMs = (sight.toMs - sight.fromMs) * byShare;
  return bounded({ fromMs: sight.fromMs + byMs, toMs: sight.toMs + byMs }, whole);
}

function bounded({ fromMs, toMs }: Sight, whole: Sight): Sight {
  const spanMs = Math.min(toMs - fromMs, whole.toMs - whole.fromMs);
  const from = Math.max(whole.fromMs, Math.min(fromMs, whole.toMs - spanMs));
  return { fromMs: from, toMs: from + spanMs };
}

/** From two moments, in any order. Too little is no choice. */
export function chosenSight(whole: Sight, oneMs: number, otherMs: number): Sight | undefined {
  const fromMs = Math.max(whole.fromMs, Math.min(oneMs, otherMs));
  const toMs = Math.min(whole.toMs, Math.max(oneMs, otherMs));
  return toMs - fromMs < LEAST_MS ? undefined : { fromMs, toMs };
}

export const isWhole = (sight: Sight, whole: Sight): boolean => sight.toMs - sight.fromMs >= (whole.toMs - whole.fromMs) * 0.999;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 100, 365, 1000].map((n) => n * DAY),
];

/** Moments for ticks, as offsets from the start of the run: at most `most`, at round distances. */
export function ticks(sight: Sight, startMs: number, most: number): number[] {
  const spanMs = sight.toMs - sight.fromMs;
  const step = STEPS.find((ms) => spanMs / ms <= Math.max(1, most)) ?? spanMs;
  const found: number[] = [];
  for (let offset = Math.ceil((sight.fromMs - startMs) / step) * step; startMs + offset <= sight.toMs && found.length <= most; offset += step)
    found.push(offset);
  return found;
}

export interface Span {
  /** Shares of what is in sight. */
  readonly start: number;
  readonly width: number;
}

/** Undefined where nothing of it is in sight. */
export function spanOf(sight: Sight, fromMs: number, toMs: number): Span | undefined {
  const start = Math.max(0, shareOf(sight, fromMs));
  const end = Math.min(1, shareOf(sight, toMs));
  return end < 0 || start > 1 || end < start ? undefined : { start, width: end - start };
}
