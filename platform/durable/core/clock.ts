// Engine time: a database sample plus our monotonic elapsed time, never ahead of the database and never back (E12). Pure.
// I1 The anchor is the sample as of the moment its answer arrived: by then the database's clock shows at least that much.
// I2 A sample outside what the anchor allows (round trips of both included) is a jump: it is not taken, engine time goes on from our own
//    extrapolation, and the next renewal asks the database to take the difference off its offset. A difference stays right however
//    long the request is on its way; the version of the offset sees to it that one jump is taken off once.
// I3 Who missed a change of the offset looks whether that change agreed with its own time when it was made: if so the present difference
//    is a new jump, if not it follows. Two nodes never pull at the clock.
// I4 A node that knows no time takes none from a clock in doubt.
// Called by membership.ts with every renewal.
import type { StoredClock } from '../contract.ts';

/** Steps up to this size are followed (a clock being slewed); larger ones are jumps. */
export const JUMP_TOLERANCE_MS = 500;
/** An older anchor gives way even to a sample with a longer round trip, so that rate differences never add up. */
const ANCHOR_MAX_AGE_MS = 10_000;

export interface EngineClock {
  readonly engineMs: number;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly version: number;
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
  const fresh = { engineMs, sentAtMs: sample.sentAtMs, receivedAtMs: sample.receivedAtMs, version, correctionMs: undefined };
  if (clock === undefined) return settled ? { ...fresh, floorMs: engineMs } : undefined;
  const floorMs = engineTime(clock, sample.receivedAtMs);
  const difference = misfit(clock, sample, engineMs);
  if (difference !== 0) {
    if (settled && version !== clock.version && !agreed(clock, sample)) return { ...fresh, floorMs };
    return { ...clock, version, correctionMs: difference };
  }
  if (!settled) return { ...clock, version, correctionMs: 0 };
  const roundTripMs = sample.receivedAtMs - sample.sentAtMs;
  const better = roundTripMs <= 2 * (clock.receivedAtMs - clock.sentAtMs) || engineMs >= floorMs;
  const old = sample.receivedAtMs - clock.receivedAtMs > ANCHOR_MAX_AGE_MS;
  return better || old ? { ...fresh, floorMs } : { ...clock, floorMs, version, correctionMs: undefined };
}

/** How far the sample lies outside what our own extrapolation allows; counted from the earliest time it allows, never ahead. */
function misfit(clock: EngineClock, sample: ClockSample, engineMs: number): number {
  const earliestMs = clock.engineMs + (sample.sentAtMs - clock.receivedAtMs);
  const latestMs = clock.engineMs + (sample.receivedAtMs - clock.sentAtMs);
  if (engineMs >= earliestMs - JUMP_TOLERANCE_MS && engineMs <= latestMs + JUMP_TOLERANCE_MS) return 0;
  return Math.ceil(engineMs - earliestMs);
}

/** Did whoever made the change that we missed (ourselves, perhaps) believe in our time, as far as we can tell? */
function agreed(clock: EngineClock, sample: ClockSample): boolean {
  const { setAtMs } = sample.stored;
  const latestMs = clock.engineMs + (sample.receivedAtMs - clock.sentAtMs);
  return setAtMs >= clock.engineMs - JUMP_TOLERANCE_MS && setAtMs <= latestMs + JUMP_TOLERANCE_MS;
}

/** What is given out: never below what was given out before. */
export function engineTime(clock: EngineClock, nowMs: number): number {
  return Math.max(clock.floorMs, believedTime(clock, nowMs));
}

/** What is told to the database: without the floor, which may come from a time that turned out wrong. */
export function believedTime(clock: EngineClock, nowMs: number): number {
  return Math.floor(clock.engineMs + (nowMs - clock.receivedAtMs));
}
