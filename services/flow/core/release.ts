// Letting go: what an act holds in the outside world is given up by an event each, so that the shell and the ledger hear of it.
// I1 No act leaves the tree with a timer, listen, open unique effect or child that was not given up before.
import { actOf, type Act, type OpenEffect } from './acts.ts';
import type { RunEvent } from './model.ts';
import { emit, type Turn } from './turn.ts';

type Why = Extract<RunEvent, { type: 'step.cancelled' }>['why'];

export const isGuarded = (effect: { readonly class: OpenEffect['class'] }): boolean => effect.class === 'unique' || effect.class === 'irreversible';

/** The act alone; what is below it stays. */
export function release(turn: Turn, act: Act): void {
  for (const id of [...act.timers]) emit(turn, { type: 'timer.cleared', id });
  const { own } = act;
  if (own.kind === 'listen' && own.open) emit(turn, { type: 'listen.closed', act: act.id });
  else if (own.kind === 'map') for (const [index, run] of [...own.running]) emit(turn, { type: 'child.abandoned', act: act.id, run, index });
  else if (own.kind === 'run' && own.child !== undefined) emit(turn, { type: 'child.abandoned', act: act.id, run: own.child });
  else if (own.kind === 'call' && own.effect !== undefined && isGuarded(own.effect)) emit(turn, { type: 'effect.abandoned', act: act.id, key: own.effect.key });
}

/** The act and all below it. */
export function releaseTree(turn: Turn, act: Act): void {
  for (const id of act.children) releaseTree(turn, actOf(turn.run, id));
  release(turn, act);
}

export function cancelTree(turn: Turn, act: Act, why: Why): void {
  releaseTree(turn, act);
  emit(turn, { type: 'step.cancelled', act: act.id, why });
}

export function cancelChildren(turn: Turn, act: Act, why: Why): void {
  for (const id of [...act.children]) cancelTree(turn, actOf(turn.run, id), why);
}

/** Everything the run holds, before it ends. */
export function releaseRun(turn: Turn): void {
  const root = turn.run.acts.values().next().value;
  if (root !== undefined) releaseTree(turn, root);
  for (const id of [...turn.run.timers.keys()]) emit(turn, { type: 'timer.cleared', id });
}
