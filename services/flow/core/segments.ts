// Segments: a run that rests (it only waits) with half of its history used goes on in a new segment, so that it can live for ever (ENGINE E11).
// I1 It opens at the end of a decision, while the run rests: no work left, no effect open; listens, timers and children are carried over as they are.
//    A listen with foreach whose events never run out rests between two of them: the decision ends there, when a segment is due.
// I2 It changes nothing but the count of events, and the program when both versions opted in and every open step is found again (upgrade.ts).
//    A version that needs a variable which the run was not given is none for it: what it has of its environment, it has from its start.
// I3 What is carried is bounded: a state that grew with its history (I2 of attempts.ts) does not begin anew, and meets the limit.
import type { DecideLimits } from './model.ts';
import { isAtRest, segmentEvents, snapshot, type Run } from './run.ts';
import { emit, type Turn } from './turn.ts';
import { rebase } from './upgrade.ts';
import { missingVariables } from './surroundings.ts';

export function isSegmentDue(run: Run, { historyEvents }: Pick<DecideLimits, 'historyEvents'>): boolean {
  return segmentEvents(run) * 2 >= historyEvents && isAtRest(run) && keptAnswers(run) * 2 < historyEvents;
}

function keptAnswers(run: Run): number {
  let kept = 0;
  for (const { own } of run.acts.values()) if (own.kind === 'try') kept += own.kept?.size ?? 0;
  return kept;
}

/** True when the flow's newest version has to be known before a segment opens. */
export const wantsNewest = (run: Run): boolean => run.linked.program.upgrade !== undefined;

export function openSegment(turn: Turn): void {
  const { run, env } = turn;
  const carried = snapshot(run);
  const moved = movedTo(run, env.newest, carried);
  if (moved !== undefined) run.linked = moved.linked;
  const state = moved?.state ?? carried;
  emit(turn, { type: 'segment.opened', segment: (run.segment?.number ?? 1) + 1, state, hash: run.linked.hash, atMs: env.nowMs });
}

function movedTo(run: Run, newest: Turn['env']['newest'], carried: ReturnType<typeof snapshot>) {
  if (newest === undefined || newest.hash === run.linked.hash || !wantsNewest(run) || newest.program.upgrade === undefined) return undefined;
  if (missingVariables(newest.program, run.variables).length > 0) return undefined;
  const state = rebase(carried, run.linked.program, newest.program);
  return state === undefined ? undefined : { linked: newest, state };
}
