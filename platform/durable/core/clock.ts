// Engine time: a database sample plus our monotonic elapsed time, never ahead of the database and never back (E12). Pure.
// I1 The anchor is the sample as of the moment its answer arrived: by then the database's clock shows at least that much.
// I2 A sample outside what the anchor allows (round trips of both included) is a jump: it is not taken, engine time goes on from our own
//    extrapolation, and the next renewal asks the database to take the difference off its offset. A difference stays right however
//    long the request is on its way; the version of the offset sees to it that one jump is taken off once.
// I3 Who missed a change of the offset asks what its maker believed: it follows what can have become of that since, and calls the rest
//    a new jump. Two nodes never pull at the clock.
// I4 A node that knows no time takes none from a clock in doubt.
// Called by membership.ts with every renewal.
import type { StoredClock } from '../contract.ts';

/** Steps up to this size are followed (a clock being slewed); larger ones are jumps. */
export const JUMP_TOLERANCE_MS = 500;
/** An older anchor gives way even to a sample with a longer round trip, so that rate differences never add up. */
const ANCHOR_MAX_AGE_MS = 10_000;

/** Who was away for longer cannot tell what others believed in the meantime: it follows them. */
const LONGEST_ABSENCE_MS = 60_000;

export interface EngineClock {
  readonly engineMs: number;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly version: number;
  /** When the sample was asked for that last showed `version`. */
  readonly seenAtMs: number;
  /** Engine time given out is never below this. */
  readonly floorMs: number;
  /** What the database should take off its offset; undefined when it agrees. */
  readonly correctionMs: number | undefined;
}

export interface ClockSample {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly databaseMs: number;
  readonly stored: StoredClock;
}

/** Undefined while no time is known. */
export function takeSample(clock: EngineClock | undefined, sample: ClockSample): EngineClock | undefined {
  const { settled, version, offsetMs } = sample.stored;
  const engineMs = sample.databaseMs + offsetMs;
  const seen = { version, seenAtMs: sample.sentAtMs };
  const fresh = { ...seen, engineMs, sentAtMs: sample.sentAtMs, receivedAtMs: sample.receivedAtMs, correctionMs: undefined };
  if (clock === undefined) return settled ? { ...fresh, floorMs: engineMs } : undefined;
  const floorMs = engineTime(clock, sample.receivedAtMs);
  const difference = misfit(clock, sample, engineMs);
  if (difference !== 0) {
    if (!settled || version === clock.version) return { ...clock, ...seen, correctionMs: difference };
    return followChange(clock, sample, engineMs, floorMs);
  }
  if (!settled) return { ...clock, ...seen, correctionMs: 0 };
  const roundTripMs = sample.receivedAtMs - sample.sentAtMs;
  const better = roundTripMs <= 2 * (clock.receivedAtMs - clock.sentAtMs) || engineMs >= floorMs;
  const old = sample.receivedAtMs - clock.receivedAtMs > ANCHOR_MAX_AGE_MS;
  return better || old ? { ...fresh, floorMs } : { ...clock, ...seen, floorMs, correctionMs: undefined };
}

/** How far the sample lies outside what our own extrapolation allows; counted from the earliest time it allows, never ahead. */
function misfit(clock: EngineClock, sample: ClockSample, engineMs: number): number {
  const earliestMs = earliest(clock, sample);
  const latestMs = clock.engineMs + (sample.receivedAtMs - clock.sentAtMs);
  if (engineMs >= earliestMs - JUMP_TOLERANCE_MS && engineMs <= latestMs + JUMP_TOLERANCE_MS) return 0;
  return Math.ceil(engineMs - earliestMs);
}

function earliest(clock: EngineClock, sample: ClockSample): number {
  return clock.engineMs + (sample.sentAtMs - clock.receivedAtMs);
}

/** Somebody changed the offset since our last sample, and the present one does not fit us. */
function followChange(clock: EngineClock, sample: ClockSample, engineMs: number, floorMs: number): EngineClock {
  const { version, setAtMs } = sample.stored;
  // A change of our own was made during this very exchange.
  const ours = clock.correctionMs !== undefined && setAtMs === believedTime(clock, sample.sentAtMs);
  const sinceMs = sample.receivedAtMs - (ours ? sample.sentAtMs : clock.seenAtMs);
  const seen = { version, seenAtMs: sample.sentAtMs };
  const fresh = { ...seen, engineMs, sentAtMs: sample.sentAtMs, receivedAtMs: sample.receivedAtMs, floorMs, correctionMs: undefined };
  const couldBe = (timeMs: number, fromMs: number, spanMs: number): boolean =>
    timeMs >= fromMs - JUMP_TOLERANCE_MS && timeMs <= fromMs + spanMs + JUMP_TOLERANCE_MS;
  const agreed = couldBe(setAtMs, believedTime(clock, sample.receivedAtMs - sinceMs), sinceMs + clock.receivedAtMs - clock.sentAtMs);
  // Its maker believed in our time, so the database's clock jumped again after it.
  if (agreed && sinceMs <= LONGEST_ABSENCE_MS) return { ...clock, ...seen, correctionMs: Math.ceil(engineMs - earliest(clock, sample)) };
  if (couldBe(engineMs, setAtMs, sinceMs)) return fresh;
  return { ...fresh, engineMs: setAtMs, sentAtMs: sample.receivedAtMs - sinceMs, correctionMs: Math.ceil(engineMs - setAtMs) };
}

/** What is given out: never below what was given out before. */
export function engineTime(clock: EngineClock, nowMs: number): number {
  return Math.max(clock.floorMs, believedTime(clock, nowMs));
}

/** What is told to the database: without the floor, which may come from a time that turned out wrong. */
export function believedTime(clock: EngineClock, nowMs: number): number {
  return Math.floor(clock.engineMs + (nowMs - clock.receivedAtMs));
}
