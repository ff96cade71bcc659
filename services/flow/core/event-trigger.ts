// Events that start runs: which filters of a schedule take one, and, where all must come, which events belong together. Pure.
// I1 An event that cannot be matched (its filter's expression fails on it) does not match; it never stops the others.
// I2 A group takes each filter once; an event joins the oldest group that lacks it and agrees with its correlation, or begins one.
// Called by triggers/.
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@palace/jq/json.ts';
import { ExpressionFault, type Linked, type Variables } from './link.ts';
import type { CloudEvent } from './model.ts';
import type { Schedule, Template, TypedFilter } from './program.ts';

export type EventSchedule = Extract<Schedule, { readonly kind: 'on' }>;

/** Events that came and wait for the others; by number of their filter. */
export interface Group {
  readonly events: { readonly [filter: number]: CloudEvent };
  readonly correlation: { readonly [name: string]: Json };
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
  schedule.filters.some((filter) => matched(linked, filter, event, {}, env) !== undefined);

/** The input of the run that they start. */
export const eventsInput = ({ read }: EventSchedule, events: readonly CloudEvent[]): Json =>
  events.map((event): Json => (read === 'envelope' ? (event as Json) : (event.data ?? null)));

export function gather(linked: Linked, schedule: EventSchedule, groups: readonly Group[], event: CloudEvent, most: number, env: TriggerEnv): Gathered {
  const joined = join(linked, schedule, groups, event, env);
  if (joined === undefined) return { groups, complete: undefined, dropped: 0 };
  const { group, at } = joined;
  const rest = groups.filter((_, i) => i !== at);
  const events = schedule.filters.map((_, filter) => group.events[filter]);
  if (events.every((one) => one !== undefined)) return { groups: rest, complete: events, dropped: 0 };
  return bounded(at === undefined ? [...rest, group] : groups.map((one, i) => (i === at ? group : one)), most);
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

/** Undefined: no match. Otherwise the correlation values that the others must have too. */
function matched(linked: Linked, filter: TypedFilter, event: CloudEvent, known: Group['correlation'], env: TriggerEnv): Group['correlation'] | undefined {
  if (filter.type !== event.type) return undefined;
  const variables: Variables = { workflow: { definition: linked.program.document }, runtime: env.runtime };
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
