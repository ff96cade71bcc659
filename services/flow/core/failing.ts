// From a fault to who takes it: the nearest enclosing try that catches, or the end of the run.
// I1 A fault is taken once: by one try, or by run.failed. Everything between the faulting act and the taker is let go of first.
// I2 A failed run keeps its tree, without any hold on the outside world: a person's retry begins from it.
import { actOf, type Act } from './acts.ts';
import { standardFault } from './faults.ts';
import type { ActId, RunFault } from './model.ts';
import { cancelChildren, cancelTree, release, releaseRun, releaseTree } from './release.ts';
import { stepAt } from './run.ts';
import { catches, takeFault } from './steps/try.ts';
import { emit, type Turn } from './turn.ts';

export function fail(turn: Turn, act: Act, fault: RunFault): void {
  cancelChildren(turn, act, 'sibling-failed');
  release(turn, act);
  emit(turn, { type: 'step.faulted', act: act.id, fault, atMs: turn.env.nowMs });
}

/** An act with a fault looks for its taker. */
export function propagate(turn: Turn, act: Act): void {
  let fault = act.fault ?? standardFault('runtime', 'The step failed without a cause.');
  let below = act;
  for (let above = turn.run.acts.get(act.parent); above !== undefined; above = turn.run.acts.get(above.parent)) {
    const step = stepAt(turn.run, above);
    if (step.kind === 'try' && below.pc === step.body) {
      const answer = catches(turn, above, step, fault);
      if (answer.caught) return caught(turn, act, above, () => takeFault(turn, above, step, answer));
      fault = answer.fault;
    }
    below = above;
  }
  failRun(turn, fault, act.id);
}

function caught(turn: Turn, act: Act, taker: Act, take: () => void): void {
  let below = act;
  while (below.parent !== taker.id) {
    const above = actOf(turn.run, below.parent);
    for (const id of [...above.children]) if (id !== below.id) cancelTree(turn, actOf(turn.run, id), 'sibling-failed');
    below = above;
  }
  releaseTree(turn, below);
  take();
}

export function failRun(turn: Turn, fault: RunFault, act: ActId): void {
  releaseRun(turn);
  emit(turn, { type: 'run.failed', fault, act, atMs: turn.env.nowMs });
}

/** A step's own timeout fired. */
export function expire(turn: Turn, act: Act): void {
  const step = stepAt(turn.run, act);
  cancelChildren(turn, act, 'timeout');
  release(turn, act);
  const above = turn.run.acts.get(act.parent);
  const holder = above === undefined ? undefined : stepAt(turn.run, above);
  const isAttempt = holder?.kind === 'try' && holder.body === step.pc;
  const late = isAttempt ? 'The attempt did not end within the limit of its retry policy.' : 'The step did not end within its timeout.';
  const fault = standardFault('timeout', late, step.pointer);
  emit(turn, { type: 'step.faulted', act: act.id, fault, atMs: turn.env.nowMs });
}

export function expireRun(turn: Turn): void {
  failRun(turn, standardFault('timeout', 'The run did not end within its timeout.', '/timeout'), 0);
}
