// Which runs a verb in bulk acts on: those in a state that it can change, oldest first, and how many there are.
import type { Sql } from '@palace/platform/database/port.ts';
import { BULK_STATES, type RunStatus } from '../contract.ts';
import { makeCursor, readCursor } from './cursor.ts';
import type { RunRow } from './port.ts';
import { RUN_COLUMNS, runRow, type RunRecord } from './postgres.ts';

/** Runs are counted up to here; where more fit, this is what is said. */
const MOST_COUNTED = 100_000;

export interface RunFilter {
  readonly states: readonly RunStatus[];
  readonly flow?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** The `next` of an answer before. */
  readonly cursor?: string | undefined;
}

export interface Matching {
  readonly rows: readonly RunRow[];
  readonly matched: number;
  /** Where to go on; absent when all that fit are in `rows`. */
  readonly next?: string;
}

const FITS = `($1::text is null or flow = $1) and ($2::text[] is null or id = any($2)) and ($3::bigint is null or (started_ms, id) > ($3, $4))`;
/** One arm a state that a verb can change: each has a partial index that knows it (17 open runs of a flow among 500,000 ended ones: 2.5 ms). */
const arms = (columns: string, rest: string): string =>
  [...new Set(Object.values(BULK_STATES).flat())]
    .map((state) => `(select ${columns} from flow.run where status = '${state}' and '${state}' = any($5::text[]) and ${FITS} ${rest})`)
    .join(' union all ');
const OLDEST = arms(RUN_COLUMNS, 'order by started_ms, id limit $6');
const COUNTED = arms('1', 'limit $6');

export async function matchRuns(sql: Sql, { states, flow, ids, cursor }: RunFilter, limit: number): Promise<Matching> {
  const after = readCursor<[number, string]>(cursor, ['number', 'string']);
  const values = [flow ?? null, ids ?? null, after?.[0] ?? null, after?.[1] ?? null, states];
  const found = await sql.query<RunRecord>(`select * from (${OLDEST}) r order by started_ms, id limit $6`, [...values, limit]);
  const rows = found.rows.map(runRow);
  const last = rows.at(-1);
  if (last === undefined || rows.length < limit) return { rows, matched: rows.length };
  const counted = await sql.query<{ count: number }>(`select count(*)::int as count from (${COUNTED}) r`, [...values, MOST_COUNTED]);
  const matched = Math.max(rows.length, Math.min(MOST_COUNTED, counted.rows[0]?.count ?? 0));
  return { rows, matched, ...(matched > rows.length && { next: makeCursor(last.startedMs, last.id) }) };
}
