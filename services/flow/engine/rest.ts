// Whether a run moves by itself or asks: what a client that waits for it must know.
// A run asks when only an answer from outside moves it (a signal, an event, somebody's word about an act in doubt, a resume), or the
// time-out of that answer. A run that calls out, tries again soon or sleeps on a timer moves, also beside a branch that asks.
import { isEnded, openEffects, type Run } from '../core/run.ts';
import { runStatus } from '../core/view.ts';

export type Rest =
  | { readonly kind: 'ended' | 'moves' }
  /** Unless one of these sub-flows moves. */
  | { readonly kind: 'asks'; readonly children: readonly string[] };

const ENDED: Rest = { kind: 'ended' };
export const MOVES: Rest = { kind: 'moves' };

export function restOf(run: Run): Rest {
  if (isEnded(run)) return ENDED;
  const status = runStatus(run);
  if (status === 'paused') return { kind: 'asks', children: [] };
  if (status !== 'waiting') return MOVES;
  for (const { purpose } of run.timers.values()) if (purpose === 'wait' || purpose === 'retry') return MOVES;
  const children: string[] = [];
  for (const { own } of run.acts.values()) if (own.kind === 'run' && own.child !== undefined) children.push(own.child);
  return children.length + run.listens.size + openEffects(run).length === 0 ? MOVES : { kind: 'asks', children };
}
