// The kinds that hold other steps: do, for, fork. (try: try.ts)
// I1 The path tells the instances of a step apart (I4 of acts.ts): a loop adds the iteration, a jump back adds the lap.
import { isObject } from '@palace/jq/json.ts';
import type { Act } from '../acts.ts';
import { standardFault } from '../faults.ts';
import { checkSize } from '../payload.ts';
import type { StepOf } from '../program.ts';
import { complete, enter } from '../scopes.ts';
import { emit, limitFault, StepFault, type Turn } from '../turn.ts';
import { holds, placeOf, valueOf } from '../variables.ts';

export function nextOfList(turn: Turn, act: Act): void {
  if (act.own.kind !== 'do') return;
  const { cursor, lap } = act.own;
  if (cursor < 0) return complete(turn, act);
  enter(turn, act, cursor, lap === 0 ? act.path : `${act.path}~${act.depth}:${lap}`);
}

/** `in` is evaluated once; the items stand in the journal. */
export function beginLoop(turn: Turn, act: Act, step: StepOf<'for'>): void {
  const items = valueOf(turn, step.in, act.input, placeOf(turn.run, act));
  if (!Array.isArray(items)) {
    const what = items === null ? 'null' : isObject(items) ? 'an object' : `a ${typeof items}`;
    throw new StepFault(standardFault('expression', `"for.in" must yield a list, not ${what}.`));
  }
  const { iterations } = turn.env.limits;
  if (items.length > iterations)
    throw new StepFault(
      limitFault('iterations', `The loop has ${items.length} items; one loop may have ${iterations}. Let sub-flows loop over parts of the list.`),
    );
  checkSize(turn, items, 'list of a loop');
  emit(turn, { type: 'for.started', act: act.id, items });
}

export function nextOfLoop(turn: Turn, act: Act, step: StepOf<'for'>): void {
  if (act.own.kind !== 'for' || act.own.items === undefined) return;
  const index = act.own.index + 1;
  const item = act.own.items[index];
  if (item === undefined) return complete(turn, act);
  if (step.while !== undefined) {
    const place = { ...placeOf(turn.run, act), more: { [step.each]: item, [step.at]: index } };
    if (!holds(turn, step.while, act.data, place)) return complete(turn, act);
  }
  emit(turn, { type: 'for.advanced', act: act.id, index });
  enter(turn, act, step.body, `${act.path}.${index}`);
}

/** One branch at a time, so that a wide fork is a row of small decisions. */
export function nextOfFork(turn: Turn, act: Act, step: StepOf<'fork'>): void {
  if (act.own.kind !== 'fork') return;
  const { fanOut } = turn.env.limits;
  if (step.branches.length > fanOut)
    throw new StepFault(limitFault('fanOut', `The fork has ${step.branches.length} branches; at most ${fanOut} may run side by side.`));
  const branch = step.branches[act.own.entered];
  if (branch !== undefined) enter(turn, act, branch, act.path);
}
