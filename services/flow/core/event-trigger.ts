// Events that start runs: which filters of a schedule take one, and, where several must come, which events belong together. Pure.
// I1 An event that cannot be matched (its filter's expression fails on it) does not match; it never stops the others.
// I2 An event joins the oldest group that agrees with its correlation, or begins one. Of `all`, a group takes each filter once.
// I3 With `until`, an event that ends groups is no part of one, and ends the oldest that agrees; where nothing gathered it ends nothing.
// I4 What waits is bounded in number and, of one group that grows, in bytes: its run could not be given more.
// Called by triggers/.
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@palace/jq/json.ts';
import { ExpressionFault, type Linked, type Variables } from './link.ts';
import type { CloudEvent } from './model.ts';
import { startingFilters, type Schedule, type Template, type TypedFilter } from './program.ts';

export type EventSchedule = Extract<Schedule, { readonly kind: 'on' }>;

/** Events that came and wait for the others; by number of their filter, or with `until` in their order. */
export interface Group {
  readonly events: { readonly [number: number]: CloudEvent };
  readonly correlation: { readonly [name: string]: Json };
  /** Numbers of the filters of `until` that have come. */
  readonly ends?: readonly number[];
}

export interface GatherBounds {
  readonly events: number;
  readonly bytes: number;
}

export interface TriggerEnv {
  readonly nowMs: number;
  readonly fuel: number;
  /** `$runtime`. */
  readonly runtime: Json;
}

export interface Gathered {
  readonly groups: readonly Group[];
  /** All that a run waits for, in the order of the filters. */
  readonly complete: readonly CloudEvent[] | undefined;
  /** Events given up because too many wait. */
  readonly dropped: number;
}

/** Does any filter take it, on its own? */
export const isTaken = (linked: Linked, schedule: EventSchedule, event: CloudEvent, env: TriggerEnv): boolean =>
  startingFilters(schedule).some((filter) => matched(linked, filter, event, {}, env) !== undefined);

/** The input of the run that they start. */
export const eventsInput = ({ read }: EventSchedule, events: readonly CloudEvent[]): Json =>
  events.map((event): Json => (read === 'envelope' ? (event as Json) : (event.data ?? null)));

export function gather(linked: Linked, schedule: EventSchedule, groups: readonly Group[], event: CloudEvent, most: GatherBounds, env: TriggerEnv): Gathered {
  if (schedule.until !== undefined) return gatherUntil({ linked, schedule, until: schedule.until, event, most, env }, groups);
  const joined = join(linked, schedule, groups, event, env);
  if (joined === undefined) return { groups, complete: undefined, dropped: 0 };
  const { group, at } = joined;
  const rest = groups.filter((_, i) => i !== at);
  const events = schedule.filters.map((_, filter) => group.events[filter]);
  if (events.every((one) => one !== undefined)) return { groups: rest, complete: events, dropped: 0 };
  return bounded(at === undefined ? [...rest, group] : groups.map((one, i) => (i === at ? group : one)), most.events);
}

interface Until {
  readonly linked: Linked;
  readonly schedule: EventSchedule;
  readonly until: NonNullable<EventSchedule['until']>;
  readonly event: CloudEvent;
  readonly most: GatherBounds;
  readonly env: TriggerEnv;
}

function gatherUntil(all: Until, groups: readonly Group[]): Gathered {
  const { linked, schedule, until, event, most, env } = all;
  const ending = 'filters' in until ? endOf(all, until.filters, groups) : undefined;
  if (ending !== undefined) return ending;
  const agrees = (correlation: Group['correlation']): Group['correlation'] | undefined => {
    for (const filter of schedule.filters) {
      const learnt = matched(linked, filter, event, correlation, env);
      if (learnt !== undefined) return learnt;
    }
    return undefined;
  };
  const at = groups.findIndex(({ correlation }) => agrees(correlation) !== undefined);
  const into = groups[at] ?? { events: {}, correlation: {} };
  const learnt = agrees(into.correlation);
  if (learnt === undefined) return { groups, complete: undefined, dropped: 0 };
  const { events, dropped } = within([...Object.values(into.events), event], most);
  if (events.length === 0) return { groups: groups.filter((_, i) => i !== at), complete: undefined, dropped };
  const group: Group = { ...into, events: { ...events }, correlation: { ...into.correlation, ...learnt } };
  const rest = groups.filter((_, i) => i !== at);
  if ('expr' in until && isReached(all, until.expr, events)) return { groups: rest, complete: events, dropped };
  const kept = bounded(at < 0 ? [...rest, group] : groups.map((one, i) => (i === at ? group : one)), most.events);
  return { ...kept, dropped: kept.dropped + dropped };
}

/** Undefined: the event ends nothing, and may be one to gather. */
function endOf({ linked, until, event, env }: Until, filters: readonly TypedFilter[], groups: readonly Group[]): Gathered | undefined {
  const fits = (correlation: Group['correlation'], n: number): Group['correlation'] | undefined => {
    const filter = filters[n];
    return filter === undefined ? undefined : matched(linked, filter, event, correlation, env);
  };
  const numbers = filters.map((_, n) => n);
  for (const [at, group] of groups.entries()) {
    const n = numbers.find((one) => group.ends?.includes(one) !== true && fits(group.correlation, one) !== undefined);
    if (n === undefined) continue;
    const ends = [...(group.ends ?? []), n];
    const isOver = 'mode' in until && (until.mode !== 'all' || ends.length === filters.length);
    if (isOver) return { groups: groups.filter((_, i) => i !== at), complete: Object.values(group.events), dropped: 0 };
    const correlation = { ...group.correlation, ...fits(group.correlation, n) };
    return { groups: groups.map((one, i) => (i === at ? { ...one, ends, correlation } : one)), complete: undefined, dropped: 0 };
  }
  return numbers.some((n) => fits({}, n) !== undefined) ? { groups, complete: undefined, dropped: 0 } : undefined;
}

/** I1: an expression that fails is not true. */
function isReached({ linked, schedule, env }: Until, expr: number, events: readonly CloudEvent[]): boolean {
  try {
    const found = linked.value(expr, eventsInput(schedule, events), variablesOf(linked, env), env.nowMs, env.fuel);
    return found !== false && found !== null;
  } catch (error) {
    if (error instanceof ExpressionFault) return false;
    throw error;
  }
}

/** The newest of them that fit. */
function within(events: readonly CloudEvent[], most: GatherBounds): { readonly events: readonly CloudEvent[]; readonly dropped: number } {
  let from = events.length;
  let bytes = 0;
  while (from > 0 && events.length - from < most.events) {
    bytes += JSON.stringify(events[from - 1]).length;
    if (bytes > most.bytes) break;
    from -= 1;
  }
  return { events: events.slice(from), dropped: from };
}

function join(
  linked: Linked,
  schedule: EventSchedule,
  groups: readonly Group[],
  event: CloudEvent,
  env: TriggerEnv,
): { group: Group; at: number | undefined } | undefined {
  const into = ({ events, correlation }: Group): Group | undefined => {
    for (const [filter, one] of schedule.filters.entries()) {
      if (events[filter] !== undefined) continue;
      const learnt = matched(linked, one, event, correlation, env);
      if (learnt !== undefined) return { events: { ...events, [filter]: event }, correlation: { ...correlation, ...learnt } };
    }
    return undefined;
  };
  for (const [at, group] of groups.entries()) {
    const joined = into(group);
    if (joined !== undefined) return { group: joined, at };
  }
  const begun = into({ events: {}, correlation: {} });
  return begun === undefined ? undefined : { group: begun, at: undefined };
}

function bounded(groups: readonly Group[], most: number): Gathered {
  const sizes = groups.map(({ events }) => Object.keys(events).length);
  let left = sizes.reduce((sum, size) => sum + size, 0);
  let from = 0;
  let dropped = 0;
  while (left > most) {
    const size = sizes[from] ?? 0;
    left -= size;
    dropped += size;
    from += 1;
  }
  return { groups: groups.slice(from), complete: undefined, dropped };
}

const variablesOf = (linked: Linked, env: TriggerEnv): Variables => ({ workflow: { definition: linked.program.document }, runtime: env.runtime });

/** Undefined: no match. Otherwise the correlation values that the others must have too. */
function matched(linked: Linked, filter: TypedFilter, event: CloudEvent, known: Group['correlation'], env: TriggerEnv): Group['correlation'] | undefined {
  if (filter.type !== event.type) return undefined;
  const variables = variablesOf(linked, env);
  const fill = (template: Template, value: Json): Json => linked.evaluate(template, value, variables, env.nowMs, env.fuel);
  try {
    for (const [name, template] of filter.attributes) {
      const value = event[name] ?? null;
      const found = fill(template, value);
      const fits = template.t === 'jq' ? found !== false && found !== null : isDeepStrictEqual(found, value);
      if (!fits) return undefined;
    }
    const learnt: { [name: string]: Json } = {};
    for (const { name, from, expect } of filter.correlate) {
      const value = linked.value(from, event as Json, variables, env.nowMs, env.fuel);
      const wanted = expect === undefined ? known[name] : fill(expect, event as Json);
      if (wanted === undefined) learnt[name] = value;
      else if (!isDeepStrictEqual(wanted, value)) return undefined;
    }
    return learnt;
  } catch (error) {
    if (error instanceof ExpressionFault) return undefined;
    throw error;
  }
}
