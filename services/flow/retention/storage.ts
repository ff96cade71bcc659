// What the database holds: bytes and rows of each table, growth, room, the oldest and what leaves next.
// I1 Sizes come from the catalog and rows from its statistics. Of what tenants have only times are read.
// I2 Samples are kept for SAMPLES_KEPT_MS, one in SAMPLE_EVERY_MS: their number is bounded.
import { statfs } from 'node:fs/promises';
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import type { RunStatus } from '../contract.ts';
import { dueMs, type KeepTimes } from '../core/expiry.ts';
import { daysUntilFull, growthADay } from '../core/growth.ts';
import { bornMs } from '../core/run-id.ts';

export const SAMPLE_EVERY_MS = 600_000;
const SAMPLES_KEPT_MS = 7 * 86_400_000;
/** Growth is told over the last day; over less when there is no more. */
const GROWTH_SPAN_MS = 86_400_000;
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
/** The oldest runs, of which the one that leaves first is told. */
const OLDEST_RUNS = 1_000;

/** Of every table that is ours, by `schema.table`: who owns it and what bounds it. Given by whoever joins the services. */
export interface TableBound {
  readonly owner: string;
  readonly bound: string;
}

export interface StorageParts {
  readonly database: Database;
  readonly tables: ReadonlyMap<string, TableBound>;
  readonly keep: KeepTimes & { readonly keysMs: number };
  /** Bytes that the database may have; 0: as much as `diskOf` has. */
  readonly capacityBytes: number;
  /** Where the database is; undefined when that is another machine's matter. */
  readonly diskOf: string | undefined;
}

interface TableSize {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  readonly partitions: number;
}

async function readSizes(sql: Sql): Promise<{ atMs: number; bytes: number; tables: TableSize[] }> {
  const { rows } = await sql.query<{ name: string; bytes: string; rows: string; partitions: number }>(
    `select n.nspname || '.' || coalesce(p.relname, c.relname) as name, sum(pg_total_relation_size(c.oid)) as bytes,
       sum(pg_stat_get_live_tuples(c.oid)) as rows, count(i.inhrelid)::int as partitions
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
      where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' group by 1 order by 2 desc, 1`,
  );
  const { rows: whole } = await sql.query<{ bytes: string; at_ms: string }>(
    'select pg_database_size(current_database()) as bytes, flow.wall_ms() + offset_ms as at_ms from flow.clock',
  );
  return {
    atMs: Number(whole[0]?.at_ms),
    bytes: Number(whole[0]?.bytes),
    tables: rows.map((r) => ({ name: r.name, bytes: Number(r.bytes), rows: Number(r.rows), partitions: r.partitions })),
  };
}

/** I2. Keeps a sample when the last one is old enough. */
export async function keepSample({ database }: StorageParts): Promise<void> {
  const { rows } = await database.owner.query<{ last: string | null; now: string }>(
    'select (select max(at_ms) from flow.storage_sample) as last, flow.wall_ms() + offset_ms as now from flow.clock',
  );
  const { last = null, now = 0 } = rows[0] ?? {};
  if (last !== null && Number(now) - Number(last) < SAMPLE_EVERY_MS) return;
  const { atMs, bytes, tables } = await readSizes(database.owner);
  await database.owner.query(
    `insert into flow.storage_sample (at_ms, bytes, tables, oldest)
     values ($1, $2, $3, jsonb_strip_nulls(jsonb_build_object('flow.dedupe', (select min(at_ms) from flow.dedupe),
       'flow.inbox', (select min(sent_ms) from flow.inbox where state <> 'open'), 'flow.event', (select at_ms from flow.event order by position limit 1))))
     on conflict do nothing`,
    [atMs, bytes, JSON.stringify(Object.fromEntries(tables.map((one) => [one.name, one.bytes])))],
  );
  await database.owner.query('delete from flow.storage_sample where at_ms < $1', [atMs - SAMPLES_KEPT_MS]);
}

export interface Storage {
  readonly bytes: number;
  readonly freeBytes: number | undefined;
  readonly growthBytesADay: number | undefined;
  readonly daysUntilFull: number | undefined;
  readonly tables: readonly (TableSize & {
    readonly growthBytesADay: number | undefined;
    readonly owner: string | undefined;
    readonly bound: string | undefined;
    readonly oldestMs: number | undefined;
    readonly nextExpiryMs: number | undefined;
  })[];
}

export async function readStorage(parts: StorageParts): Promise<Storage> {
  const { database, tables: bounds } = parts;
  const { atMs, bytes, tables } = await readSizes(database.engine);
  const before = await sampleBefore(database, atMs);
  const ages = await readAges(parts);
  const freeBytes = await roomOf(parts, bytes);
  const growthBytesADay = growthADay(before, { atMs, bytes });
  return {
    bytes,
    freeBytes,
    growthBytesADay,
    daysUntilFull: daysUntilFull(freeBytes, growthBytesADay),
    tables: tables.map((one) => ({
      ...one,
      growthBytesADay: growthADay(before === undefined ? undefined : { atMs: before.atMs, bytes: before.tables[one.name] ?? 0 }, { atMs, bytes: one.bytes }),
      owner: bounds.get(one.name)?.owner,
      bound: bounds.get(one.name)?.bound,
      oldestMs: ages.get(one.name)?.oldestMs,
      nextExpiryMs: ages.get(one.name)?.nextMs,
    })),
  };
}

/** The oldest sample of the last day, or the newest of before. */
async function sampleBefore(database: Database, atMs: number): Promise<{ atMs: number; bytes: number; tables: Record<string, number> } | undefined> {
  const { rows } = await database.engine.query<{ at_ms: string; bytes: string; tables: Record<string, number> }>(
    `(select at_ms, bytes, tables from flow.storage_sample where at_ms >= $1 order by at_ms limit 1)
     union all (select at_ms, bytes, tables from flow.storage_sample where at_ms < $1 order by at_ms desc limit 1) limit 1`,
    [atMs - GROWTH_SPAN_MS],
  );
  const found = rows[0];
  return found === undefined ? undefined : { atMs: Number(found.at_ms), bytes: Number(found.bytes), tables: found.tables };
}

async function roomOf({ capacityBytes, diskOf }: StorageParts, bytes: number): Promise<number | undefined> {
  if (capacityBytes > 0) return capacityBytes - bytes;
  if (diskOf === undefined) return undefined;
  const { bavail, bsize } = await statfs(diskOf);
  return bavail * bsize;
}

interface Age {
  readonly oldestMs: number | undefined;
  readonly nextMs: number | undefined;
}

/** Of the tables that expire by age; keys, commands and events as the last sample has them. No more is read than the beginning of an index. */
async function readAges({ database, keep }: StorageParts): Promise<Map<string, Age>> {
  const { rows: oldest } = await database.asEngine({ shards: ALL_SHARDS }, (sql) =>
    sql.query<{ id: string; status: RunStatus; ended_ms: string | null; hash: string }>(
      'select id, status, ended_ms, hash from flow.run order by id limit $1',
      [OLDEST_RUNS],
    ),
  );
  const due = oldest.map(({ ended_ms: endedMs, ...r }) => dueMs({ ...r, ...(endedMs !== null && { endedMs: Number(endedMs) }) }, keep));
  const first = oldest[0]?.id;
  const ages = new Map<string, Age>([
    ['flow.run', { oldestMs: first === undefined ? undefined : bornMs(first), nextMs: finite(due.reduce((least, one) => Math.min(least, one), Infinity)) }],
  ]);
  const { rows } = await database.engine.query<{ oldest: Record<string, number> | null; period: string | null }>(
    `select (select oldest from flow.storage_sample order by at_ms desc limit 1) as oldest, (select min(from_run) from flow.journal_period) as period`,
  );
  const { oldest: sampled, period } = rows[0] ?? {};
  for (const [name, atMs] of Object.entries(sampled ?? {})) ages.set(name, { oldestMs: atMs, nextMs: atMs + keep.keysMs });
  if (typeof period === 'string') ages.set('flow.journal', { oldestMs: bornMs(period), nextMs: undefined });
  return ages;
}

const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);
