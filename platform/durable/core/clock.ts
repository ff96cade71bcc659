// Engine time: a database sample plus our monotonic elapsed time, never ahead of the database and never back (E12). Pure.
// I1 The anchor is the sample as of the moment its answer arrived: by then the database's clock shows at least that much.
// I2 A sample outside what the anchor allows (round trips of both included) is a jump: it is not taken, and engine time goes on
//    from our own extrapolation, which the next renewal proposes to the database as the new offset. Only who knows the newest version
//    of the offset may change it. Who missed a change looks whether it agreed with its own time when it was made: if so the present
//    difference is a new jump, if not it follows, so that two nodes never pull at the clock.
// I3 A node that knows no time takes none from a database whose clock is not settled after a promotion.
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
  /** Engine time given out is never below this. */
  readonly floorMs: number;
  readonly version: number;
}

export interface ClockSample {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly databaseMs: number;
  readonly stored: StoredClock;
}

export type SampleVerdict = 'taken' | 'jumped' | 'unsettled';

export function takeSample(clock: EngineClock | undefined, sample: ClockSample): { readonly clock: EngineClock | undefined; readonly verdict: SampleVerdict } {
  const { settled, version, offsetMs } = sample.stored;
  const engineMs = sample.databaseMs + offsetMs;
  const fresh = { engineMs, sentAtMs: sample.sentAtMs, receivedAtMs: sample.receivedAtMs, version };
  if (clock === undefined) {
    if (!settled) return { clock, verdict: 'unsettled' };
    return { clock: { ...fresh, floorMs: engineMs }, verdict: 'taken' };
  }
  const floorMs = engineTime(clock, sample.receivedAtMs);
  if (!settled) return { clock, verdict: 'jumped' };
  if (!fits(clock, sample, engineMs)) {
    if (version === clock.version || agreed(clock, sample, floorMs)) return { clock: { ...clock, version }, verdict: 'jumped' };
    return { clock: { ...fresh, floorMs }, verdict: 'taken' };
  }
  const roundTripMs = sample.receivedAtMs - sample.sentAtMs;
  const better = roundTripMs <= 2 * (clock.receivedAtMs - clock.sentAtMs) || engineMs >= floorMs;
  const old = sample.receivedAtMs - clock.receivedAtMs > ANCHOR_MAX_AGE_MS;
  return { clock: better || old ? { ...fresh, floorMs } : { ...clock, floorMs, version }, verdict: 'taken' };
}

/** Was the change that we missed made by our own time, as far as we can tell? */
function agreed(clock: EngineClock, sample: ClockSample, nowMs: number): boolean {
  const { setAtMs } = sample.stored;
  return setAtMs >= clock.engineMs - JUMP_TOLERANCE_MS && setAtMs <= nowMs + (clock.receivedAtMs - clock.sentAtMs) + JUMP_TOLERANCE_MS;
}

function fits(clock: EngineClock, sample: ClockSample, engineMs: number): boolean {
  const earliestMs = clock.engineMs + (sample.sentAtMs - clock.receivedAtMs) - JUMP_TOLERANCE_MS;
  const latestMs = clock.engineMs + (sample.receivedAtMs - clock.sentAtMs) + JUMP_TOLERANCE_MS;
  return engineMs >= earliestMs && engineMs <= latestMs;
}

export function engineTime(clock: EngineClock, nowMs: number): number {
  return Math.max(clock.floorMs, Math.floor(clock.engineMs + (nowMs - clock.receivedAtMs)));
}
