// listen: which events a step takes, when it has heard enough, and how each is worked on. Signals are events of this run alone.
// I1 An event that cannot be matched (its filter's expression fails on it) does not match; it never fails the step.
// I2 A signal goes to every open listen that takes it; when there is none it is kept for the first later one.
// I3 What is heard is decided at once, also while the run is paused: hearing begins nothing new.
// I4 An event that ends the listen (`until`) is no part of what the step has heard, also when a filter of its own would take it.
// I5 What a listen holds is bounded in number and bytes, waiting events and outputs alike; a step that would hold more fails.
import type { Json } from '@palace/jq/jq.ts';
import { isDeepStrictEqual } from 'node:util';
import { actOf, type Act, type Own } from '../acts.ts';
import { fail } from '../failing.ts';
import { eventName, gathered, readAs } from '../hearing.ts';
import { ExpressionFault } from '../link.ts';
import type { CloudEvent } from '../model.ts';
import { bytesOf, checkFits, checkSize } from '../payload.ts';
import { filtersOf, isReserved, type EventFilter, type StepOf, type SubscriptionIterator, type Template } from '../program.ts';
import { stepAt } from '../run.ts';
import { enter } from '../scopes.ts';
import { emit, faultOf, limitFault, type Turn } from '../turn.ts';
import { fill, holds, placeOf, valueOf, type Place } from '../variables.ts';

type Listen = StepOf<'listen'>;
type Listening = Extract<Own, { kind: 'listen' }>;
type Correlation = { [name: string]: Json };

export function beginListen(turn: Turn, act: Act, step: Listen): void {
  emit(turn, { type: 'listen.opened', act: act.id, filters: filtersOf(step), atMs: turn.env.nowMs });
  for (const signal of [...turn.run.signals]) {
    if (act.own.kind !== 'listen' || !act.own.open) return;
    hear(turn, act, signal);
  }
}

/** True when some open listen took it. */
export function offer(turn: Turn, event: CloudEvent): boolean {
  let taken = false;
  for (const id of [...turn.run.listens]) if (turn.run.listens.has(id) && hear(turn, actOf(turn.run, id), event)) taken = true;
  return taken;
}

/** An event comes by more ways than one (matched when it was published, found by looking back): a listen takes it once. */
export function hasHeard(act: Act, event: CloudEvent): boolean {
  if (act.own.kind !== 'listen') return false;
  const { items, received } = act.own;
  const name = eventName(event);
  if (received.some((one) => eventName(one.event) === name)) return true;
  return items !== undefined && (items.early.includes(name) || items.late.includes(name));
}

/** Offers an event to one open listen; true when it was taken. `early`: found by looking back. */
export function hear(turn: Turn, act: Act, event: CloudEvent, early = false): boolean {
  const step = stepAt(turn.run, act);
  if (step.kind !== 'listen' || act.own.kind !== 'listen' || hasHeard(act, event)) return false;
  const place = placeOf(turn.run, act);
  const filters = filtersOf(step);
  for (const filter of inOrder(step)) {
    if (isOnce(step, filter) && heardFilters(act.own).has(filter)) continue;
    const correlation = match(turn, filters[filter] as EventFilter, event, place, act.own.correlation);
    if (correlation === undefined) continue;
    const learnt = Object.keys(correlation).length > 0 ? { correlation } : {};
    emit(turn, { type: 'listen.received', act: act.id, filter, event, ...learnt, ...(early && step.foreach !== undefined && { early }) });
    settle(turn, act, step, place);
    return true;
  }
  return false;
}

/** I4: until's first. */
function inOrder(step: Listen): number[] {
  const own = step.filters.length;
  const numbers = filtersOf(step).map((_, filter) => filter);
  return [...numbers.slice(own), ...numbers.slice(0, own)];
}

const untilOf = ({ until }: Listen) => (until !== undefined && 'filters' in until ? until : undefined);
const isOnce = (step: Listen, filter: number): boolean => (filter < step.filters.length ? step.mode : untilOf(step)?.mode) === 'all';
const heardFilters = ({ items, received }: Listening): ReadonlySet<number> => new Set(items?.filters ?? received.map(({ filter }) => filter));

function settle(turn: Turn, act: Act, step: Listen, place: Place): void {
  if (act.own.kind !== 'listen') return;
  try {
    if (isSatisfied(turn, act.own, step, place)) emit(turn, { type: 'listen.closed', act: act.id, satisfied: true });
    else checkHeld(turn, act, act.own, step);
  } catch (error) {
    fail(turn, act, faultOf(error, step.pointer));
  }
}

/** By what it has heard alone: with foreach an `until` in words is asked after each item (endItem). */
function isSatisfied(turn: Turn, own: Listening, step: Listen, place: Place): boolean {
  const heard = heardFilters(own);
  const until = untilOf(step);
  if (until !== undefined) {
    const ends = until.filters.map((_, i) => heard.has(step.filters.length + i));
    return until.mode === 'all' ? ends.every(Boolean) : ends.some(Boolean);
  }
  if (step.mode === 'all') return step.filters.every((_, filter) => heard.has(filter));
  if (step.until === undefined || !('expr' in step.until)) return heard.size > 0;
  return own.items === undefined && holds(turn, step.until.expr, gathered(own, step), place);
}

/** I5 */
function checkHeld(turn: Turn, act: Act, own: Listening, step: Listen): void {
  const { bufferedSignals, payloadBytes } = turn.env.limits;
  const { length } = own.received;
  const advice = own.items === undefined ? 'Give it "foreach", or an "until" that comes sooner.' : 'Its "foreach" is slower than the events come.';
  const what = own.items === undefined ? `has received ${length} events and still listens` : `has ${length} events waiting for their turn`;
  if (length >= bufferedSignals) {
    fail(turn, act, { ...limitFault('bufferedSignals', `The step ${what}. ${advice}`), instance: step.pointer });
    return;
  }
  const bytes = own.received.reduce((sum, { event }) => sum + bytesOf(readAs(step.read, event)), 0);
  if (bytes > payloadBytes)
    fail(turn, act, {
      ...limitFault('payloadBytes', `The events that the step holds are larger than ${payloadBytes} bytes. ${advice}`),
      instance: step.pointer,
    });
}

/** The oldest event that waits is worked on. */
export function nextOfListen(turn: Turn, act: Act, step: Listen): void {
  if (act.own.kind !== 'listen' || act.own.items === undefined || step.foreach === undefined) return;
  const [first] = act.own.received;
  if (first === undefined) return;
  const { body } = step.foreach;
  if (body === undefined) return endItem(turn, act, step, readAs(step.read, first.event));
  enter(turn, act, body, `${act.path}.${act.own.items.done}`);
}

/** `made`: what the body made of the event, or the event itself. */
export function endItem(turn: Turn, act: Act, step: Listen, made: Json): void {
  const { own } = act;
  const { foreach } = step;
  if (own.kind !== 'listen' || own.items === undefined || foreach === undefined) return;
  const index = own.items.done;
  const place: Place = { ...placeOf(turn.run, act), output: made, more: { [foreach.item]: itemOf(own, step), [foreach.at]: index } };
  const output = outputOf(turn, foreach, made, place);
  const context = foreach.exportAs === undefined ? undefined : exported(turn, foreach, output, { ...place, output });
  const drop = tooMany(turn, own.items.outputs, output);
  emit(turn, {
    type: 'listen.advanced',
    act: act.id,
    index,
    output,
    ...(context !== undefined && { context }),
    ...(drop > 0 && { drop }),
    atMs: turn.env.nowMs,
  });
  if (!own.open || step.until === undefined || !('expr' in step.until)) return;
  if (!holds(turn, step.until.expr, gathered(own, step), place)) return;
  const left = own.received.length;
  emit(turn, { type: 'listen.closed', act: act.id, satisfied: true, ...(left > 0 && { left }) });
}

function itemOf({ received }: Listening, step: Listen): Json {
  const [first] = received;
  return first === undefined ? null : readAs(step.read, first.event);
}

function outputOf(turn: Turn, { outputAs, outputSchema }: SubscriptionIterator, made: Json, place: Place): Json {
  const output = outputAs === undefined ? made : fill(turn, outputAs, made, place);
  checkFits(outputSchema, output, 'output of the item');
  checkSize(turn, output, 'output of the item');
  return output;
}

function exported(turn: Turn, { exportAs, exportSchema }: SubscriptionIterator, output: Json, place: Place): Json | undefined {
  if (exportAs === undefined) return undefined;
  const context = fill(turn, exportAs, output, place);
  checkFits(exportSchema, context, 'exported context');
  checkSize(turn, context, 'context');
  return context;
}

/** How many of the oldest outputs have to go, so that a listen may go on for ever (I5). */
function tooMany(turn: Turn, outputs: readonly Json[], next: Json): number {
  const { bufferedSignals, payloadBytes } = turn.env.limits;
  let drop = Math.max(0, outputs.length + 1 - bufferedSignals);
  let bytes = outputs.slice(drop).reduce<number>((sum, one) => sum + bytesOf(one), bytesOf(next));
  for (; drop < outputs.length && bytes > payloadBytes; drop++) bytes -= bytesOf(outputs[drop] as Json);
  return drop;
}

/** Undefined: no match. Otherwise the correlation values that later events must have too. */
function match(turn: Turn, filter: EventFilter, event: CloudEvent, place: Place, known: Correlation | undefined): Correlation | undefined {
  if (filter.type === undefined ? isReserved(event.type) : filter.type !== event.type) return undefined;
  try {
    for (const [name, template] of filter.attributes) if (!attributeMatches(turn, template, event[name] ?? null, place)) return undefined;
    const learnt: Correlation = {};
    for (const { name, from, expect } of filter.correlate) {
      const value = valueOf(turn, from, event as Json, place);
      const wanted = expect === undefined ? known?.[name] : fill(turn, expect, place.input, place);
      if (wanted !== undefined && !isDeepStrictEqual(wanted, value)) return undefined;
      if (known?.[name] === undefined) learnt[name] = value;
    }
    return learnt;
  } catch (error) {
    if (error instanceof ExpressionFault) return undefined;
    throw error;
  }
}

function attributeMatches(turn: Turn, template: Template, value: Json, place: Place): boolean {
  if (template.t === 'jq') return holds(turn, template.e, value, place);
  return isDeepStrictEqual(fill(turn, template, value, place), value);
}
