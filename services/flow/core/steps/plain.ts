// The kinds that are over as soon as they begin: set, switch, raise; and wait, which begins a timer.
import type { Json } from '@palace/jq/jq.ts';
import { isObject } from '@palace/jq/json.ts';
import type { Act } from '../acts.ts';
import { canonicalErrorType, standardFault } from '../faults.ts';
import { fail } from '../failing.ts';
import type { RunFault } from '../model.ts';
import type { StepOf } from '../program.ts';
import { complete } from '../scopes.ts';
import { emit, StepFault, type Turn } from '../turn.ts';
import { fill, holds, placeOf } from '../variables.ts';
import { durationMs } from './try.ts';

export function beginSet(turn: Turn, act: Act, step: StepOf<'set'>): void {
  complete(turn, act, fill(turn, step.value, act.input, placeOf(turn.run, act)));
}

export function beginSwitch(turn: Turn, act: Act, step: StepOf<'switch'>): void {
  const place = placeOf(turn.run, act);
  const chosen = step.cases.find((one) => one.when === undefined || holds(turn, one.when, act.input, place));
  emit(turn, { type: 'switch.chosen', act: act.id, case: chosen?.name ?? null });
  complete(turn, act, undefined, chosen?.then);
}

export function beginRaise(turn: Turn, act: Act, step: StepOf<'raise'>): void {
  fail(turn, act, faultIn(fill(turn, step.error, act.input, placeOf(turn.run, act)), step.pointer));
}

/** An error as written: type and status are needed, the place is always the step's own. */
function faultIn(value: Json, instance: string): RunFault {
  const text = (key: string): string | undefined => (isObject(value) && typeof value[key] === 'string' ? value[key] : undefined);
  const type = text('type');
  const status = isObject(value) ? Number(value['status']) : Number.NaN;
  if (type === undefined || !Number.isInteger(status)) {
    throw new StepFault(standardFault('expression', 'An error to raise needs a "type" and a whole number as "status".'));
  }
  const title = text('title');
  const detail = text('detail');
  return { type: canonicalErrorType(type), status, ...(title !== undefined && { title }), ...(detail !== undefined && { detail }), instance };
}

export function beginWait(turn: Turn, act: Act, step: StepOf<'wait'>): void {
  const ms = durationMs(turn, step.duration, act.input, placeOf(turn.run, act));
  if (ms <= 0) return complete(turn, act);
  emit(turn, { type: 'timer.set', id: `${act.id}.wait.${turn.run.seq}`, act: act.id, purpose: 'wait', dueMs: turn.env.nowMs + Math.ceil(ms) });
}
