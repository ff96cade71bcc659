// Events as people read them: the newest first, and one with what it started and whom its type reaches. Within one tenant.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import type { z } from 'zod';
import type { listEvents } from '../event-contract.ts';
import { makeCursor, readCursor } from './cursor.ts';

export interface KeptEvent {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly atMs: number;
  readonly matched: boolean;
  readonly run: string | undefined;
  /** A CloudEvent. */
  readonly event: Readonly<Record<string, unknown>>;
}

interface EventRecord {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly at_ms: string;
  readonly matched: boolean;
  readonly run: string | null;
  readonly body: string;
}

const COLUMNS = 'position, id, type, source, at_ms, matched, run, body';
/** Of the runs that began after an event only so many are looked at. */
const LOOKED_AT = 5_000;
const MOST_STARTED = 100;
const MOST_LISTENING = 100;
/** A start may come a moment before its event by the clock of another process. */
const CLOCK_MS = 5_000;

const keptEvent = ({ at_ms: atMs, run, body, ...rest }: EventRecord): KeptEvent => ({
  ...rest,
  atMs: Number(atMs),
  run: run ?? undefined,
  event: parseJsonText(body) as Record<string, unknown>,
});

/** By type and by time there is an index; one by (source, id) too. A source alone is looked for among the events in their order. */
export async function listKeptEvents(sql: Sql, tenant: string, query: z.output<typeof listEvents>): Promise<{ items: KeptEvent[]; next?: string }> {
  const before = readCursor<[number, string]>(query.cursor, ['number', 'string']);
  const { rows } = await sql.query<EventRecord>(
    `select ${COLUMNS} from flow.event
      where tenant = $1 and ($2::text is null or type = $2) and ($3::text is null or source = $3) and ($4::text is null or id = $4)
        and ($5::bigint is null or (at_ms, position) < ($5, $6::bigint))
      order by at_ms desc, position desc limit $7`,
    [tenant, query.type ?? null, query.source ?? null, query.id ?? null, before?.[0] ?? null, before?.[1] ?? null, query.limit + 1],
  );
  const items = rows.slice(0, query.limit).map(keptEvent);
  const last = items.at(-1);
  return { items, ...(rows.length > query.limit && last !== undefined && { next: makeCursor(last.atMs, last.position) }) };
}

export async function keptEventAt(sql: Sql, tenant: string, position: string): Promise<KeptEvent | undefined> {
  const { rows } = await sql.query<EventRecord>(`select ${COLUMNS} from flow.event where position = $1 and tenant = $2`, [position, tenant]);
  return rows[0] && keptEvent(rows[0]);
}

export interface Reached {
  readonly started: readonly { readonly id: string; readonly flow: string; readonly status: string; readonly startedMs: number }[];
  readonly starts: readonly string[];
  readonly listening: readonly string[];
}

/** The name of the cause is no column that is searched: runs that began soon after the event are, in their order. */
export async function reachedBy(sql: Sql, tenant: string, { id, type, atMs }: KeptEvent): Promise<Reached> {
  const started = await sql.query<{ id: string; flow: string; status: string; started_ms: string }>(
    `select id, flow, status, started_ms from
       (select id, flow, status, started_ms, trigger from flow.run where tenant = $1 and started_ms >= $2 order by started_ms, id limit $3) soon
      where trigger = $4 order by started_ms, id limit $5`,
    [tenant, atMs - CLOCK_MS, LOOKED_AT, `event/${id}`.slice(0, 300), MOST_STARTED],
  );
  const starts = await sql.query<{ flow: string }>('select flow from flow.event_trigger where tenant = $1 and type = $2 and not paused order by flow', [
    tenant,
    type,
  ]);
  const listening = await sql.query<{ run: string }>('select distinct run from flow.subscription where tenant = $1 and type = $2 order by run limit $3', [
    tenant,
    type,
    MOST_LISTENING,
  ]);
  return {
    started: started.rows.map(({ started_ms: startedMs, ...rest }) => ({ ...rest, startedMs: Number(startedMs) })),
    starts: starts.rows.map(({ flow }) => flow),
    listening: listening.rows.map(({ run }) => run),
  };
}
