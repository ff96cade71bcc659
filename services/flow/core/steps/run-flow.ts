// run: a sub-flow. It begins in this run's shard, in the commit that asks for it (ENGINE E13).
// I1 The child's id comes from the position; a repetition (retry of a try, of the run) names another child.
import type { Act } from '../acts.ts';
import type { StepOf } from '../program.ts';
import { checkSize } from '../payload.ts';
import { deriveRunId } from '../run-id.ts';
import { complete } from '../scopes.ts';
import { emit, limitFault, StepFault, type Turn } from '../turn.ts';
import { fill, placeOf } from '../variables.ts';

export function beginRun(turn: Turn, act: Act, step: StepOf<'run'>): void {
  const { run } = turn;
  const depth = depthBelow(turn);
  const input = step.input === undefined ? act.input : fill(turn, step.input, act.input, placeOf(run, act));
  checkSize(turn, input, 'input of the sub-flow');
  if (run.mode === 'dry') return complete(turn, act, step.await ? null : act.input);
  const requests = act.own.kind === 'run' ? act.own.requests : 0;
  const repetition = run.generation === 1 && requests === 0 ? act.path : `${act.path}#${run.generation}.${requests}`;
  emit(turn, { type: 'child.requested', act: act.id, run: deriveRunId(run.id, step.pointer, repetition), flow: step.flow, input, await: step.await, depth });
  if (!step.await) complete(turn, act);
}

/** Of a run that this one begins. Throws StepFault. */
export function depthBelow({ run, env }: Turn): number {
  const depth = run.depth + 1;
  if (depth > env.limits.nesting) throw new StepFault(limitFault('nesting', `Flows run each other deeper than ${env.limits.nesting}.`));
  return depth;
}
