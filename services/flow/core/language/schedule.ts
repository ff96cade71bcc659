// schedule and document.metadata.palace.schedule: what starts runs of a flow by itself.
// I1 A schedule is exactly one of cron, every, after, on.
// I2 What can never start a run is refused here, with a reason: a date that never comes, an input that the flow's own schema refuses.
import type { Json } from '@palace/jq/json.ts';
import { CronMistake, parseCron } from '../cron.ts';
import { checkSchema } from '../json-schema.ts';
import { SIGNAL_PREFIX, type EventFilter, type Schedule, type ScheduleTerms, type TypedFilter } from '../program.ts';
import { scheduledInput } from '../schedule.ts';
import { present, type Compilation } from './compilation.ts';
import { fixedDurationMs } from './durations.ts';
import { filtersOf, soleKey, untilOf } from './events.ts';
import type { Scope } from './expressions.ts';
import { SCHEDULE_ON } from './grammar.ts';
import { SHORTEST_INTERVAL_MS } from './limits.ts';
import { checkShape, shorten } from './shape.ts';
import { booleanAt, entry, mapAt, textAt, type MapNode, type Node } from './tree.ts';

/** No run is there yet when an event is looked at. */
const NO_RUN: Scope = { names: [], all: ['workflow', 'runtime'], key: 'schedule' };
/** Any moment: whether a date ever comes does not depend on when it is asked. */
const SOME_MOMENT_MS = Date.UTC(2024, 0, 1);

export function scheduleOf(c: Compilation, root: MapNode, inputSchema: Json | undefined): Schedule | undefined {
  const node = mapAt(root, 'schedule');
  const settings = mapAt(mapAt(mapAt(mapAt(root, 'document'), 'metadata'), 'palace'), 'schedule');
  if (node === undefined) {
    if (settings !== undefined) c.report.errorAtKey(settings, 'There is no schedule that these settings could be of.', 'Write "schedule:" beside "do:".');
    return undefined;
  }
  const kind = soleKey(c, node, ['cron', 'every', 'after', 'on'] as const);
  if (kind !== 'on' && node.entries.has('read')) c.report.errorAtKey(entry(node, 'read') ?? node, '"read" goes with "on" only.');
  if (kind !== 'cron' && settings?.entries.has('zone') === true)
    c.report.errorAtKey(entry(settings, 'zone') ?? settings, 'A zone goes with "cron" only.', 'Intervals are the same everywhere.');
  const own = kind === undefined ? undefined : OF_KIND[kind](c, node, settings);
  if (own === undefined) return undefined;
  if (own.kind !== 'on') checkInput(c, node, inputSchema);
  return { ...own, ...termsOf(settings) };
}

type Own = Schedule extends infer S ? (S extends Schedule ? Omit<S, keyof ScheduleTerms> : never) : never;
type OfKind = (c: Compilation, node: MapNode, settings: MapNode | undefined) => Own | undefined;

const OF_KIND: Readonly<Record<'cron' | 'every' | 'after' | 'on', OfKind>> = {
  cron: cronOf,
  every: (c, node) => intervalOf(c, entry(node, 'every'), (everyMs) => ({ kind: 'every', everyMs })),
  after: (c, node) => intervalOf(c, entry(node, 'after'), (afterMs) => ({ kind: 'after', afterMs })),
  on: onOf,
};

function termsOf(settings: MapNode | undefined): ScheduleTerms {
  const catchUp = textAt(settings, 'catchUp')?.value;
  return present<ScheduleTerms>({ catchUp: catchUp === 'last' || catchUp === 'skip' ? catchUp : 'all', paused: booleanAt(settings, 'paused') });
}

function cronOf(c: Compilation, node: MapNode, settings: MapNode | undefined): Own | undefined {
  const cron = textAt(node, 'cron');
  if (cron === undefined) return undefined;
  const zoneNode = textAt(settings, 'zone');
  const zone = zoneNode?.value ?? 'UTC';
  if (zoneNode !== undefined && !isFine(c, zoneNode, () => parseCron('0 0 * * *', zone))) return undefined;
  const isRight = isFine(c, cron, () => {
    if (parseCron(cron.value, zone).next(SOME_MOMENT_MS) === undefined) throw new CronMistake(`"${shorten(cron.value)}" never comes: no month has such a day.`);
  });
  return isRight ? { kind: 'cron', cron: cron.value, zone } : undefined;
}

function isFine(c: Compilation, node: Node, check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof CronMistake)) throw error;
    c.report.error(node, error.message, error.advice);
    return false;
  }
}

function intervalOf(c: Compilation, node: Node | undefined, make: (ms: number) => Own): Own | undefined {
  const ms = fixedDurationMs(c, node, NO_RUN);
  if (node === undefined || ms === undefined) return undefined;
  if (ms < SHORTEST_INTERVAL_MS) c.report.error(node, 'A schedule starts at most one run a second.', 'Write PT1S or more.');
  return make(ms);
}

function onOf(c: Compilation, node: MapNode): Own | undefined {
  const on = mapAt(node, 'on');
  if (on === undefined) return undefined;
  checkShape(c.report, on, SCHEDULE_ON);
  const mode = soleKey(c, on, ['one', 'any', 'all'] as const);
  if (mode === undefined) return undefined;
  if (mode !== 'any' && on.entries.has('until')) c.report.errorAtKey(entry(on, 'until') ?? on, '"until" goes with "any" only.');
  const filters = typed(c, entry(on, mode) ?? on, filtersOf(c, entry(on, mode), NO_RUN));
  const given = mode === 'any' ? untilOf(c, entry(on, 'until'), NO_RUN, NO_RUN) : undefined;
  const until = given === undefined || 'expr' in given ? given : { ...given, filters: typed(c, entry(on, 'until') ?? on, given.filters) };
  return { kind: 'on', mode, filters, read: textAt(node, 'read')?.value === 'envelope' ? 'envelope' : 'data', ...(until !== undefined && { until }) };
}

/** Those that are found by their type when an event comes. */
function typed(c: Compilation, node: Node, given: readonly EventFilter[]): TypedFilter[] {
  const filters = given.filter(isTyped);
  if (filters.length < given.length)
    c.report.error(
      node,
      'An event that starts a flow is known by its type, in words.',
      'Write "with: {type: ...}". Every event there is would start the flow without an end.',
    );
  if (filters.some(({ type }) => type.startsWith(SIGNAL_PREFIX)))
    c.report.error(node, 'A signal is sent to a run; it cannot start one.', 'Use the type of an event.');
  return filters;
}

const isTyped = (filter: EventFilter): filter is TypedFilter => filter.type !== undefined;

/** The input of a run that a time starts is known now: a schema that refuses it would fail every run. */
function checkInput(c: Compilation, node: MapNode, schema: Json | undefined): void {
  const [wrong] = schema === undefined ? [] : checkSchema(schema, scheduledInput(SOME_MOMENT_MS));
  if (wrong === undefined) return;
  const advice = 'A run that a time starts has the input {"scheduledAt": "2026-01-31T09:00:00.000Z"} and nothing else.';
  c.report.errorAtKey(node, `The input schema refuses what the schedule starts the flow with: ${wrong.message}`, advice);
}
