// The list of runs, newest first, page by page: only what was asked for stands in the query, so that the planner sees which index serves it.
// I1 A page costs what is in it: the indexes of flow.run are in the order of the list, and a filter without one looks at rows in that order.
import { DEFAULT_ENVIRONMENT } from '@palace/gateway/contract.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import type { z } from 'zod';
import type { listRuns, RUN_ORIGINS, waitsFor } from '../contract.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { EVERY_TYPE, type RunRow } from './port.ts';
import { RUN_COLUMNS, runRow, type RunRecord } from './postgres.ts';

type Query = z.output<typeof listRuns>;
export type WaitsFor = z.input<typeof waitsFor>;

/** `lastEntry`: of one that waits, the seq of its last journal entry, by which it is known whether it was looked at already. */
export interface ListedRun extends RunRow {
  readonly waitsFor?: WaitsFor;
  readonly lastEntry?: number;
}

const ORIGINS: Readonly<Record<(typeof RUN_ORIGINS)[number], string>> = {
  request: 'trigger is null and parent is null and fork_of is null',
  schedule: `trigger like 'schedule/%'`,
  after: `trigger like 'after/%'`,
  event: `trigger like 'event/%'`,
  webhook: `trigger like 'webhook/%'`,
  parent: 'parent is not null',
  fork: 'fork_of is not null',
};

export async function listSummaries(sql: Sql, query: Query): Promise<{ items: ListedRun[]; next?: string }> {
  const before = readCursor<[number, string]>(query.cursor, ['number', 'string']);
  const values: unknown[] = [];
  const value = (one: unknown): string => `$${values.push(one)}`;
  const wanted = [
    query.flow !== undefined && `flow = ${value(query.flow)}`,
    query.status !== undefined && `status = ${value(query.status)}`,
    // Which of them have ended is known by an index of those that have not.
    query.status !== undefined && OPEN.has(query.status) && 'ended_ms is null',
    query.environment === DEFAULT_ENVIRONMENT && 'environment is null',
    query.environment !== undefined && query.environment !== DEFAULT_ENVIRONMENT && `environment = ${value(query.environment)}`,
    query.origin !== undefined && ORIGINS[query.origin],
    query.id !== undefined && `id >= ${value(query.id)} and id < ${value(`${query.id}~`)}`,
    query.startedAfter !== undefined && `started_ms > ${value(Date.parse(query.startedAfter))}`,
    query.startedBefore !== undefined && `started_ms < ${value(Date.parse(query.startedBefore))}`,
    before !== undefined && `(started_ms, id) < (${value(before[0])}, ${value(before[1])})`,
  ].filter((part) => part !== false);
  const found = await sql.query<RunRecord>(
    `select ${RUN_COLUMNS} from flow.run ${wanted.length === 0 ? '' : `where ${wanted.join(' and ')}`}
      order by started_ms desc, id desc limit ${value(query.limit + 1)}`,
    values,
  );
  const rows = found.rows.slice(0, query.limit).map(runRow);
  const last = rows.at(-1);
  const waits = await waitsOf(
    sql,
    rows.flatMap(({ id, status }) => (status === 'waiting' ? [id] : [])),
  );
  const items = rows.map((row) => ({ ...row, ...waits.get(row.id) }));
  return { items, ...(found.rows.length > query.limit && last !== undefined && { next: makeCursor(last.startedMs, last.id) }) };
}

const OPEN: ReadonlySet<string> = new Set(['pending', 'running', 'waiting', 'paused']);

type Waits = Required<Pick<ListedRun, 'waitsFor' | 'lastEntry'>>;

/** Of the runs of a page, by the rows that they have left for others: events that they listen for, and their acts in doubt. Signals are
 * addressed to a run, so that none stands in a row: signal-waits.ts. */
async function waitsOf(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, Waits>> {
  if (ids.length === 0) return new Map();
  const found = await sql.query<{ run: string; seq: number; events: string[] | null; doubts: string[] | null }>(
    `select w.run, coalesce((select max(seq) from flow.journal j where j.run = w.run), 0)::int as seq,
        (select array_agg(distinct type) from flow.subscription s where s.run = w.run) as events,
        (select array_agg(distinct function) from flow.effect e where e.run = w.run and e.state = 'in-doubt') as doubts
       from unnest($1::text[]) as w(run)`,
    [ids],
  );
  return new Map(
    found.rows.map(({ run, seq, events, doubts }) => [
      run,
      {
        lastEntry: seq,
        waitsFor: [
          ...(doubts ?? []).map((name) => ({ kind: 'in-doubt' as const, name })),
          ...(events ?? []).filter((name) => name !== EVERY_TYPE).map((name) => ({ kind: 'event' as const, name })),
        ],
      },
    ]),
  );
}
