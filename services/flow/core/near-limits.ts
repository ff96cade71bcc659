// Limits announce themselves while there is still room (R16): of which of them a run has used a good part, from its state alone.
// Called by engine/near-limits.ts for the log and by run-page.ts for people.
import type { DecideLimits } from './model.ts';
import { bytesOf } from './payload.ts';
import { stepOf } from './acts.ts';
import { segmentEvents, type Run } from './run.ts';

export type RunLimit = 'historyEvents' | 'retriesPerRun' | 'bufferedSignals' | 'fanOut' | 'iterations' | 'nesting' | 'payloadBytes';

/** What each counts, for people. */
export const LIMIT_UNITS: Readonly<Record<RunLimit, string>> = {
  historyEvents: 'events of one segment of a run',
  retriesPerRun: 'retries of one run',
  bufferedSignals: 'signals that wait for a listen, events that one listen holds',
  fanOut: 'branches of one fork, items of one map',
  iterations: 'items of one loop',
  nesting: 'steps in steps, flows that run flows',
  payloadBytes: 'bytes of one value',
};

export interface NearLimit {
  readonly setting: RunLimit;
  readonly used: number;
  readonly limit: number;
}

/** The part of its history that a run may use without a word: from half on it opens a new segment at its next rest. */
export const NEAR_HISTORY_END = 0.75;
const HALF = 0.5;

/** Limits of which the run has used half, of its history three quarters. */
export function nearLimits(run: Run, limits: Pick<DecideLimits, RunLimit>): NearLimit[] {
  const used = { held: run.signals.length, width: 0, iterations: 0, depth: run.depth };
  for (const { own, pc, depth } of run.acts.values()) {
    used.depth = Math.max(used.depth, depth);
    if (own.kind === 'listen') used.held = Math.max(used.held, own.received.length);
    else if (own.kind === 'map') used.width = Math.max(used.width, own.items?.length ?? 0);
    else if (own.kind === 'for') used.iterations = Math.max(used.iterations, own.items?.length ?? 0);
    else if (own.kind === 'fork') used.width = Math.max(used.width, branchesOf(run, pc));
  }
  const counts: readonly (readonly [RunLimit, number])[] = [
    ['historyEvents', segmentEvents(run)],
    ['retriesPerRun', run.retries],
    ['bufferedSignals', used.held],
    ['fanOut', used.width],
    ['iterations', used.iterations],
    ['nesting', used.depth],
  ];
  return counts.flatMap(([setting, count]) => near(setting, count, limits[setting]));
}

/** The same with the sizes of what the run holds as a whole, which are not measured after each event. */
export function nearLimitsAndSizes(run: Run, limits: Pick<DecideLimits, RunLimit>): NearLimit[] {
  const bytes = Math.max(bytesOf(run.input), bytesOf(run.context), run.output === undefined ? 0 : bytesOf(run.output));
  return [...nearLimits(run, limits), ...near('payloadBytes', bytes, limits.payloadBytes)];
}

function near(setting: RunLimit, used: number, limit: number): NearLimit[] {
  const part = setting === 'historyEvents' ? NEAR_HISTORY_END : HALF;
  return used > 0 && used >= limit * part ? [{ setting, used, limit }] : [];
}

function branchesOf({ linked }: Run, pc: number): number {
  const step = stepOf(linked.program, pc);
  return step.kind === 'fork' ? step.branches.length : 0;
}
