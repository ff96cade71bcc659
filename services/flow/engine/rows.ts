// From events to rows: what one decision of one run writes besides its journal entry. Pure; the SQL is migrations/003-write-rows.sql.
// I1 Every row is derived from the events of the same write, so that a fold of the journal can rebuild each table.
// I2 The last event of an effect says what the ledger has of it.
import type { StreamAppend, TimerRow, Write } from '@palace/platform/durable/contract.ts';
import { ENDED, type RunStatus } from '../contract.ts';
import type { ActId, CloudEvent, EffectIntent, RunEvent } from '../core/model.ts';
import { SIGNAL_PREFIX } from '../core/program.ts';
import { isGuarded } from '../core/release.ts';
import { EVERY_TYPE, type Quarantine } from '../store/port.ts';
import { homeShard } from './placement.ts';

export interface Draft {
  readonly rows: Record<string, unknown[]>;
  readonly timersSet: TimerRow[];
  readonly timersClear: { key: string; id: string }[];
  readonly streams: StreamAppend[];
}

export interface Subject {
  readonly id: string;
  readonly shard: number;
  readonly tenant: string;
  /** Of the program that the run has after these events; one write moves a run at most once. */
  readonly version: string;
  /** pointer + '#' + path of a step instance: the name under which the ledger keeps its effect. */
  position(act: ActId): string;
}

export const newDraft = (): Draft => ({ rows: {}, timersSet: [], timersClear: [], streams: [] });

function put(draft: Draft, table: string, row: unknown): void {
  const list = draft.rows[table];
  if (list === undefined) draft.rows[table] = [row];
  else list.push(row);
}

/** Of an entry: the seq of its first event, its time, and the format that is written now. */
export interface EntryPlace {
  readonly fromSeq: number;
  readonly atMs: number;
  readonly format: number;
}

/** The journal entry and everything its events imply. */
export function addEvents(draft: Draft, of: Subject, events: readonly RunEvent[], { fromSeq, atMs, format }: EntryPlace): void {
  let begin = 0;
  const entry = (end: number) => {
    const part = events.slice(begin, end);
    if (part.length > 0)
      put(draft, 'journal', { r: of.id, s: fromSeq + begin, n: part.length, f: format, h: of.shard, t: of.tenant, a: atMs, b: JSON.stringify(part) });
    begin = end;
  };
  for (const [i, event] of events.entries()) {
    if (event.type === 'segment.opened') {
      // It begins an entry, so that a fold, and later retention, can begin with it.
      entry(i);
      put(draft, 'segment', { run: of.id, number: event.segment, first_seq: fromSeq + i, hash: event.hash, version: of.version, at_ms: event.atMs });
    }
    addEvent(draft, of, event, atMs);
  }
  entry(events.length);
}

function addEvent(draft: Draft, of: Subject, event: RunEvent, atMs: number): void {
  switch (event.type) {
    case 'timer.set':
      draft.timersSet.push({ key: of.id, id: event.id, tenant: of.tenant, dueMs: event.dueMs });
      return;
    case 'timer.cleared':
      draft.timersClear.push({ key: of.id, id: event.id });
      return;
    case 'effect.requested':
      if (isGuarded(event)) putIntent(draft, of, event, event);
      return;
    case 'effect.doubted':
      if (event.intent !== undefined) putIntent(draft, of, event.intent, event);
      return addSettlement(draft, of, event, atMs);
    case 'event.emitted':
      return addPublished(draft, of, [event.event]);
    case 'listen.opened':
      return addListen(draft, of, event);
    case 'listen.closed':
      put(draft, 'unsubscribe', { run: of.id, act: event.act });
      return;
    default:
      addSettlement(draft, of, event, atMs);
  }
}

/** On their way to their home shards, with the run that said them. */
export function addPublished(draft: Draft, { id, tenant }: Pick<Subject, 'id' | 'tenant'>, events: readonly CloudEvent[]): void {
  for (const event of events) {
    const body: Published = { event, run: id };
    draft.streams.push({ consumer: 'flow', consumerShard: homeShard(tenant, event.type), tenant, kind: 'event', body: JSON.stringify(body) });
  }
}

/** An event as it travels; `run` is absent when it came from outside. */
export interface Published {
  readonly event: CloudEvent;
  readonly run?: string;
}

type Asking = Extract<RunEvent, { type: 'effect.requested' | 'effect.doubted' }>;

/** The ledger keeps what must not happen twice, also when it was never requested here (a fork of a run that may have done it). */
function putIntent(draft: Draft, of: Subject, intent: EffectIntent, asking: Asking): void {
  // Intents are written before settlements: what this very decision settled before it asked again must not have the last word (I2).
  const settled = (draft.rows['effect_settled'] ?? []) as { readonly run: string; readonly key: string }[];
  const rest = settled.filter((row) => row.run !== of.id || row.key !== intent.key);
  if (rest.length < settled.length) draft.rows['effect_settled'] = rest;
  put(draft, 'effect', {
    run: of.id,
    key: intent.key,
    act: asking.act,
    attempt: asking.attempt,
    position: ('position' in asking ? asking.position : undefined) ?? of.position(asking.act),
    class: intent.class,
    function: intent.function,
    args: JSON.stringify(intent.args),
    args_hash: intent.argsHash,
    requested_ms: asking.atMs,
    shard: of.shard,
    tenant: of.tenant,
  });
}

/** The subscription, and the wish to look back once it is committed: a row, so that a crash in between loses no event (ENGINE E14). */
function addListen(draft: Draft, of: Subject, { act, filters, atMs }: Extract<RunEvent, { type: 'listen.opened' }>): void {
  const types = [...new Set(filters.map((f) => f.type ?? EVERY_TYPE))].filter((type) => !type.startsWith(SIGNAL_PREFIX));
  if (types.length === 0) return;
  for (const type of types) put(draft, 'subscribe', { run: of.id, act, type, shard: of.shard, tenant: of.tenant });
  draft.streams.push({
    consumer: 'flow',
    consumerShard: of.shard,
    tenant: of.tenant,
    kind: 'look-back',
    body: JSON.stringify({ run: of.id, act, types, atMs }),
  });
}

/** What becomes of an intent in the ledger. Reads and idempotent effects have no row: nothing to settle. */
function addSettlement(draft: Draft, of: Subject, event: RunEvent, atMs: number): void {
  const settle = (key: string | undefined, state: string, result?: string) => {
    if (key !== undefined) put(draft, 'effect_settled', { run: of.id, key, tenant: of.tenant, state, result: result ?? null, settled_ms: atMs });
  };
  if (event.type === 'effect.completed') {
    if (event.how !== 'ledger' && event.how !== 'dry') settle(event.key, 'confirmed', JSON.stringify(event.result));
  } else if (event.type === 'effect.failed' || event.type === 'effect.absent') settle(event.key, 'failed');
  else if (event.type === 'effect.doubted' && !event.verifying) settle(event.key, 'in-doubt');
  else if (event.type === 'effect.abandoned') settle(event.key, 'in-doubt');
}

/** The summary row changes at start, wait, control change and end only (ENGINE E17). */
export function addState(draft: Draft, of: Pick<Subject, 'id' | 'tenant'>, status: RunStatus, endedMs: number | null, quarantine?: Quarantine): void {
  const { reason = null, atMs = null } = quarantine ?? {};
  put(draft, 'state', {
    id: of.id,
    tenant: of.tenant,
    status,
    ended_ms: ENDED.has(status) ? endedMs : null,
    quarantine: reason,
    quarantined_ms: atMs,
  });
}

export function addRow(draft: Draft, table: string, row: unknown): void {
  put(draft, table, row);
}

/** The draft as a Write; absent sections stay absent, so that they cost nothing. */
export function draftWrite(draft: Draft, base: Omit<Write, 'rows' | 'timersSet' | 'timersClear' | 'streams'>): Write {
  return {
    ...base,
    rows: draft.rows,
    ...(draft.timersSet.length > 0 && { timersSet: draft.timersSet }),
    ...(draft.timersClear.length > 0 && { timersClear: draft.timersClear }),
    ...(draft.streams.length > 0 && { streams: draft.streams }),
  };
}
