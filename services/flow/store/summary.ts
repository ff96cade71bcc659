// How it goes for one tenant, for the home of the console: runs by hour and state, what is open, what waits for a person.
// I1 Each part reads one index and has its bound: the newest COUNTED runs, OPEN_COUNTED open ones, PEOPLE_COUNTED waits, the newest
//    WAITING_LOOKED waiting runs.
// Of 100,000 runs in a day and as many before it takes 77 ms (runs-summary.test.ts).
// Called by routes/summary.ts.
import type { Sql } from '@palace/platform/database/port.ts';
import type { RunStatus } from '../contract.ts';

export const HOUR_MS = 3_600_000;
export const SUMMARY_HOURS = 24;
const COUNTED = 200_000;
const OPEN_COUNTED = 100_000;
const PEOPLE_COUNTED = 10_000;
const WAITING_LOOKED = 100;

export interface WaitForPerson {
  readonly run: string;
  readonly flow: string;
  readonly kind: 'signal' | 'in-doubt' | 'quarantined';
  readonly name?: string;
  readonly sinceMs: number;
}
/** What it waits for stands in its journal alone; `seq`, the last entry, says whether that is known already. */
export interface WaitingRun {
  readonly id: string;
  readonly flow: string;
  readonly seq: number;
}
export interface RunsSummary {
  readonly byHour: readonly { readonly hour: number; readonly status: RunStatus; readonly runs: number }[];
  readonly complete: boolean;
  readonly open: Readonly<Partial<Record<RunStatus, number>>>;
  /** Acts in doubt and runs that were set aside, one a run. */
  readonly people: readonly WaitForPerson[];
  /** The newest ones. */
  readonly waiting: readonly WaitingRun[];
  readonly moreWait: boolean;
}

/** As one tenant; hours are counted since 1970. */
export async function readSummary(sql: Sql, nowMs: number): Promise<RunsSummary> {
  const byHour = await readHours(sql, (Math.floor(nowMs / HOUR_MS) - SUMMARY_HOURS + 1) * HOUR_MS);
  const counted = byHour.reduce((sum, { runs }) => sum + runs, 0);
  const waiting = await readWaiting(sql);
  return {
    byHour,
    complete: counted < COUNTED,
    open: await readOpen(sql),
    people: await readPeople(sql),
    waiting: waiting.slice(0, WAITING_LOOKED),
    moreWait: waiting.length > WAITING_LOOKED,
  };
}

async function readHours(sql: Sql, sinceMs: number): Promise<RunsSummary['byHour']> {
  const { rows } = await sql.query<{ hour: string; status: RunStatus; runs: number }>(
    `select started_ms / ${HOUR_MS} as hour, status, count(*)::int as runs
       from (select started_ms, status from flow.run where started_ms >= $1 order by started_ms desc, id desc limit $2) newest group by 1, 2`,
    [sinceMs, COUNTED],
  );
  return rows.map(({ hour, status, runs }) => ({ hour: Number(hour), status, runs }));
}

async function readOpen(sql: Sql): Promise<RunsSummary['open']> {
  const { rows } = await sql.query<{ status: RunStatus; runs: number }>(
    `select status, least(count(*), ${OPEN_COUNTED})::int as runs
       from (select status from flow.run where ended_ms is null limit ${OPEN_COUNTED}) open group by status`,
  );
  return Object.fromEntries(rows.map(({ status, runs }) => [status, runs]));
}

async function readPeople(sql: Sql): Promise<RunsSummary['people']> {
  const { rows } = await sql.query<{ run: string; flow: string; kind: WaitForPerson['kind']; name: string | null; since: string }>(
    `select distinct on (w.run) w.run, r.flow, w.kind, w.name, w.since from (
       (select run, 'in-doubt' as kind, function as name, requested_ms as since from flow.effect where state = 'in-doubt' order by requested_ms limit $1)
       union all
       (select id, 'quarantined', null, quarantined_ms from flow.run where status = 'quarantined' limit $1)) w
      join flow.run r on r.id = w.run where r.ended_ms is null order by w.run, w.kind desc`,
    [PEOPLE_COUNTED],
  );
  return rows.map(({ run, flow, kind, name, since }) => ({ run, flow, kind, sinceMs: Number(since), ...(name !== null && { name }) }));
}

async function readWaiting(sql: Sql): Promise<WaitingRun[]> {
  const { rows } = await sql.query<WaitingRun>(
    `select r.id, r.flow, coalesce((select max(seq) from flow.journal j where j.run = r.id), 0)::int as seq
       from (select id, flow, started_ms from flow.run where status = 'waiting' order by started_ms desc, id desc limit $1) r
      order by r.started_ms desc, r.id desc`,
    [WAITING_LOOKED + 1],
  );
  return rows;
}
