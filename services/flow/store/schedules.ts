// Schedules as the database has them: what their owner reads (FlowStore), what people list, and the row that the owner writes.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import type { Group } from '../core/event-trigger.ts';
import type { Schedule } from '../core/program.ts';
import type { ScheduleState } from '../core/schedule.ts';

const KEY = 'schedule/';

/** The name of a schedule in rows that go to its owner. */
export const scheduleKey = (tenant: string, flow: string): string => `${KEY}${tenant}/${flow}`;
export const isScheduleKey = (key: string): boolean => key.startsWith(KEY);
export const flowOfKey = (key: string, tenant: string): string => key.slice(scheduleKey(tenant, '').length);

/** Flows that events of one batch may start; a tenant has more only by mistake. */
export const MOST_TRIGGERS = 1_000;

/** A row as it is read; PostgreSQL hands its large numbers over as text. */
export interface ScheduleRecord {
  readonly flow: string;
  readonly version: string;
  readonly hash: string;
  readonly kind: Schedule['kind'];
  readonly text: string;
  readonly paused: boolean;
  readonly anchor_ms: string | number;
  readonly decided_ms: string | number;
  readonly next_ms: string | number | null;
  readonly awaits: string | null;
  readonly last_ms: string | number | null;
  readonly last_run: string | null;
  readonly missed: string | number;
  readonly waiting: string | number;
  readonly gathered: string | null;
}

const COLUMNS = 'flow, version, hash, kind, text, paused, anchor_ms, decided_ms, next_ms, awaits, last_ms, last_run, missed, waiting, gathered';

const numberOf = (text: string | number | null): number | undefined => (text === null ? undefined : Number(text));

export function scheduleState(r: ScheduleRecord): ScheduleState {
  return {
    version: r.version,
    hash: r.hash,
    kind: r.kind,
    paused: r.paused,
    anchorMs: Number(r.anchor_ms),
    decidedMs: Number(r.decided_ms),
    nextMs: numberOf(r.next_ms),
    awaits: r.awaits ?? undefined,
    lastMs: numberOf(r.last_ms),
    lastRun: r.last_run ?? undefined,
    missed: Number(r.missed),
    waiting: Number(r.waiting),
    gathered: r.gathered === null ? [] : (parseJsonText(r.gathered) as Group[]),
  };
}

export async function readSchedule(sql: Sql, shard: number, tenant: string, flow: string): Promise<{ state: ScheduleState; untilMs?: number } | undefined> {
  const { rows } = await sql.query<ScheduleRecord & { until_ms: string | null }>(
    `select ${COLUMNS}, (select min((i.body::json->>'atMs')::bigint) from flow.inbox i
       where i.shard = $3 and i.tenant = $1 and i.state = 'open' and i.kind = 'schedule-published' and i.key = $4) as until_ms
       from flow.schedule where tenant = $1 and flow = $2`,
    [tenant, flow, shard, scheduleKey(tenant, flow)],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { state: scheduleState(row), ...(row.until_ms !== null && { untilMs: Number(row.until_ms) }) };
}

export interface ListedSchedule {
  readonly flow: string;
  readonly text: string;
  readonly state: ScheduleState;
  /** Starts by events that wait for room in the line of a limit. */
  readonly waitingStarts: number;
}

/** In the order of their flows, behind `after`. The tenant is the transaction's. */
export async function listSchedules(sql: Sql, after: string, limit: number): Promise<ListedSchedule[]> {
  const { rows } = await sql.query<ScheduleRecord & { waiting_starts: number }>(
    `select ${COLUMNS}, (select count(*)::int from flow.waiting_start w where w.tenant = s.tenant and w.flow = s.flow) as waiting_starts
       from flow.schedule s where flow > $1 order by flow limit $2`,
    [after, limit],
  );
  return rows.map((r) => ({ flow: r.flow, text: r.text, state: scheduleState(r), waitingStarts: r.waiting_starts }));
}

export async function readListed(sql: Sql, flow: string): Promise<Pick<ListedSchedule, 'flow' | 'state'> | undefined> {
  const { rows } = await sql.query<ScheduleRecord>(`select ${COLUMNS} from flow.schedule where flow = $1`, [flow]);
  return rows[0] && { flow, state: scheduleState(rows[0]) };
}

/** As `write_rows` takes it. */
export function scheduleRow(place: { shard: number; tenant: string; flow: string }, text: string, state: ScheduleState): Record<string, unknown> {
  return {
    ...place,
    version: state.version,
    hash: state.hash,
    kind: state.kind,
    text,
    paused: state.paused,
    anchor_ms: state.anchorMs,
    decided_ms: state.decidedMs,
    next_ms: state.nextMs ?? null,
    awaits: state.awaits ?? null,
    last_ms: state.lastMs ?? null,
    last_run: state.lastRun ?? null,
    missed: state.missed,
    waiting: state.waiting,
    gathered: state.gathered.length === 0 ? null : JSON.stringify(state.gathered),
  };
}
