// listen: which events a step takes, and when it has heard enough. Signals are events of this run alone.
// I1 An event that cannot be matched (its filter's expression fails on it) does not match; it never fails the step.
// I2 A signal goes to every open listen that takes it; when there is none it is kept for the first later one.
// I3 What is heard is decided at once, also while the run is paused: hearing begins nothing new.
import type { Json } from '@palace/jq/jq.ts';
import { isDeepStrictEqual } from 'node:util';
import { actOf, type Act } from '../acts.ts';
import { ExpressionFault } from '../link.ts';
import type { CloudEvent } from '../model.ts';
import type { EventFilter, StepOf, Template } from '../program.ts';
import { stepAt } from '../run.ts';
import { fail } from '../failing.ts';
import { emit, faultOf, limitFault, type Turn } from '../turn.ts';
import { fill, holds, placeOf, valueOf, type Place } from '../variables.ts';

type Listen = StepOf<'listen'>;
type Correlation = { [name: string]: Json };

const filtersOf = (step: Listen): readonly EventFilter[] => (step.until?.filters === undefined ? step.filters : [...step.filters, ...step.until.filters]);

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
export const hasHeard = (act: Act, event: CloudEvent): boolean =>
  act.own.kind === 'listen' && act.own.received.some((one) => one.event.id === event.id && one.event.source === event.source);

/** Offers an event to one open listen; true when it was taken. */
export function hear(turn: Turn, act: Act, event: CloudEvent): boolean {
  const step = stepAt(turn.run, act);
  if (step.kind !== 'listen' || act.own.kind !== 'listen' || hasHeard(act, event)) return false;
  const place = placeOf(turn.run, act);
  const filters = filtersOf(step);
  for (let filter = 0; filter < filters.length; filter++) {
    if (step.mode === 'all' && act.own.received.some((one) => one.filter === filter)) continue;
    const correlation = match(turn, filters[filter] as EventFilter, event, place, act.own.correlation);
    if (correlation === undefined) continue;
    const learnt = Object.keys(correlation).length > 0 ? { correlation } : {};
    emit(turn, { type: 'listen.received', act: act.id, filter, event, ...learnt });
    settle(turn, act, step, place);
    return true;
  }
  return false;
}

function settle(turn: Turn, act: Act, step: Listen, place: Place): void {
  if (act.own.kind !== 'listen') return;
  const { received } = act.own;
  const { bufferedSignals } = turn.env.limits;
  try {
    if (satisfied(turn, act, step, place)) emit(turn, { type: 'listen.closed', act: act.id, satisfied: true });
    else if (received.length >= bufferedSignals)
      fail(turn, act, { ...limitFault('bufferedSignals', `The step has received ${bufferedSignals} events and still listens.`), instance: step.pointer });
  } catch (error) {
    fail(turn, act, faultOf(error, step.pointer));
  }
}

function satisfied(turn: Turn, act: Act, step: Listen, place: Place): boolean {
  if (act.own.kind !== 'listen') return false;
  const { received } = act.own;
  if (step.mode === 'all') return step.filters.every((_, filter) => received.some((one) => one.filter === filter));
  if (step.mode === 'one' || step.until === undefined) return received.length > 0;
  if (received.some((one) => one.filter >= step.filters.length)) return true;
  if (step.until.expr === undefined) return false;
  const heard = received.map(({ event }): Json => (step.read === 'envelope' ? (event as Json) : (event.data ?? null)));
  return holds(turn, step.until.expr, heard, place);
}

/** Undefined: no match. Otherwise the correlation values that later events must have too. */
function match(turn: Turn, filter: EventFilter, event: CloudEvent, place: Place, known: Correlation | undefined): Correlation | undefined {
  if (filter.type !== event.type) return undefined;
  try {
    for (const [name, template] of filter.attributes) if (!attributeMatches(turn, template, event[name] ?? null, place)) return undefined;
    const learnt: Correlation = {};
    for (const { name, from, expect } of filter.correlate) {
      const value = valueOf(turn, from, event as Json, place);
      const wanted = expect === undefined ? known?.[name] : fill(turn, expect, place.input, place);
      if (wanted === undefined) learnt[name] = value;
      else if (!isDeepStrictEqual(wanted, value)) return undefined;
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
