// map: a sub-flow for each item of a list, at most so many at once, results in the order of the items (ENGINE E13).
// I1 Items and limit are evaluated once and stand in the journal; the input of an item when its turn comes.
// I2 A child's id comes from the position, the item's number and the repetition: a retry names other children.
// I3 The items are bounded before the first child begins; what all results take together is bounded too.
import type { Json } from '@palace/jq/jq.ts';
import { isObject } from '@palace/jq/json.ts';
import type { Act } from '../acts.ts';
import { standardFault } from '../faults.ts';
import { nextItem, type Mapping } from '../mapping.ts';
import type { RunFault } from '../model.ts';
import { bytesOf, checkSize } from '../payload.ts';
import { MAP_INDEX, MAP_ITEM, type StepOf } from '../program.ts';
import { deriveRunId } from '../run-id.ts';
import { emit, faultOf, limitFault, StepFault, type Turn } from '../turn.ts';
import { fill, placeOf } from '../variables.ts';
import { depthBelow } from './run-flow.ts';

type MapStep = StepOf<'map'>;

export function beginMap(turn: Turn, act: Act, step: MapStep): void {
  const place = placeOf(turn.run, act);
  const items = itemsIn(turn, fill(turn, step.items, act.input, place));
  const limit = limitIn(turn, fill(turn, step.limit, act.input, place));
  depthBelow(turn);
  emit(turn, { type: 'map.started', act: act.id, items, limit });
}

function itemsIn(turn: Turn, value: Json): readonly Json[] {
  const { fanOut } = turn.env.limits;
  if (!Array.isArray(value)) {
    const what = value === null ? 'null' : isObject(value) ? 'an object' : `a ${typeof value}`;
    throw new StepFault(standardFault('expression', `"items" of a map must be a list, not ${what}.`));
  }
  if (value.length > fanOut) {
    const advice = `Cut the list into lists of at most ${fanOut} and map over them in a loop ("for").`;
    throw new StepFault(limitFault('fanOut', `The map has ${value.length} items; one map may have ${fanOut}. ${advice}`));
  }
  checkSize(turn, value, 'list of a map');
  return value;
}

function limitIn(turn: Turn, value: Json): number {
  const { fanOut } = turn.env.limits;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return Math.min(value, fanOut);
  throw new StepFault(standardFault('expression', '"limit" of a map must be a whole number from 1 on.'));
}

/** One item at a time, so that a wide map is a row of small decisions. */
export function nextOfMap(turn: Turn, act: Act, step: MapStep): void {
  const { own } = act;
  const index = own.kind === 'map' ? nextItem(own) : undefined;
  if (own.kind !== 'map' || index === undefined) return;
  if (turn.run.mode === 'dry') return emit(turn, { type: 'child.ended', act: act.id, index, output: null });
  try {
    const depth = depthBelow(turn);
    const input = inputOf(turn, act, step, own, index);
    const run = deriveRunId(turn.run.id, step.pointer, repetitionOf(turn, act, own, index));
    emit(turn, { type: 'child.requested', act: act.id, run, flow: step.flow, input, await: true, depth, index });
  } catch (error) {
    if (step.onError === 'stop') throw error;
    emit(turn, { type: 'child.ended', act: act.id, index, fault: faultOf(error, step.pointer) });
  }
}

function inputOf(turn: Turn, act: Act, step: MapStep, own: Mapping, index: number): Json {
  const item = own.items?.[index] ?? null;
  if (step.input === undefined) return item;
  const input = fill(turn, step.input, act.input, { ...placeOf(turn.run, act), more: { [MAP_ITEM]: item, [MAP_INDEX]: index } });
  checkSize(turn, input, 'input of the sub-flow');
  return input;
}

function repetitionOf({ run }: Turn, act: Act, { requests }: Mapping, index: number): string {
  const path = `${act.path}.${index}`;
  return run.generation === 1 && requests === 1 ? path : `${path}#${run.generation}.${requests}`;
}

/** Which item this child stands for; undefined when nobody waits for it. */
export function itemOf(act: Act | undefined, child: string): number | undefined {
  if (act?.own.kind !== 'map') return undefined;
  for (const [index, run] of act.own.running) if (run === child) return index;
  return undefined;
}

/** What is wrong with one more result, in size. */
export function tooLargeTogether({ env }: Turn, act: Act, output: Json): RunFault | undefined {
  if (act.own.kind !== 'map') return undefined;
  const { payloadBytes } = env.limits;
  let bytes = bytesOf(output);
  for (const result of act.own.results.values()) bytes += bytesOf(result);
  if (bytes <= payloadBytes) return undefined;
  return limitFault('payloadBytes', `The results of the map are larger than ${payloadBytes} bytes together. Let the sub-flow give less.`);
}
