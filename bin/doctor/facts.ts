// What the database knows of itself, for a support archive: figures, names of ours, ids. Never a payload, an input, a result or a text of a tenant.
// I1 Each question stands alone: one that fails, or takes too long, is a sentence in its place.
// I2 Lists are bounded.
import type pg from 'pg';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import { roleUrl } from '@palace/platform/database/roles.ts';
import { withClient } from './connect.ts';

const INCIDENTS = 50;

interface Question {
  readonly name: string;
  readonly sql: string;
}

/** Asked as the owner; these tables hold nothing of tenants. */
const ABOUT_THE_DATABASE: readonly Question[] = [
  {
    name: 'server',
    sql: `select current_setting('server_version') as version, pg_postmaster_start_time() as started, pg_is_in_recovery() as recovering,
            pg_database_size(current_database())::text as bytes`,
  },
  {
    name: 'settings',
    sql: `select name, setting, unit from pg_settings where source not in ('default', 'override', 'client') and name = any (array[
      'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'shared_buffers', 'max_wal_size', 'work_mem', 'effective_cache_size',
      'autovacuum', 'wal_level', 'max_worker_processes', 'TimeZone', 'jit']) order by name`,
  },
  {
    name: 'migrations',
    sql: `select n.nspname as schema, to_regclass(n.nspname || '.migration') is not null as there from pg_namespace n where n.nspname = any (array['palace', 'flow', 'gateway']) order by 1`,
  },
  {
    name: 'nodes',
    sql: `select id, to_jsonb(node) ->> 'release' as release, reads_format, leaving, seen_ms, high_water_ms from flow.node order by seen_ms desc limit 100`,
  },
  { name: 'shards', sql: 'select id, owner, epoch, lease_until_ms from flow.shard order by id' },
  {
    name: 'clock',
    sql: `select offset_ms, version, set_at_ms, high_water_ms, timeline, unsettled_ms, (extract(epoch from clock_timestamp()) * 1000)::bigint as wall_ms from flow.clock`,
  },
  { name: 'halt', sql: 'select version, min_reader from flow.halt' },
  {
    name: 'tables',
    sql: `select schemaname || '.' || s.relname as table, pg_total_relation_size(s.relid)::text as bytes, c.reltuples::bigint::text as rows_about, s.n_dead_tup::text as dead_rows,
            s.last_autovacuum, s.last_autoanalyze
          from pg_stat_user_tables s join pg_class c on c.oid = s.relid order by pg_total_relation_size(s.relid) desc limit 200`,
  },
  {
    name: 'connections',
    sql: `select usename as role, state, wait_event_type, count(*)::int as connections, max(extract(epoch from now() - xact_start))::int as longest_transaction_seconds
          from pg_stat_activity where datname = current_database() group by 1, 2, 3 order by 4 desc limit 50`,
  },
  { name: 'locks', sql: `select mode, granted, count(*)::int as locks from pg_locks group by 1, 2 order by 3 desc limit 50` },
];

/** Asked as the engine, for all shards: ids and states alone. */
const ABOUT_RUNS: readonly Question[] = [
  {
    name: 'open runs by state',
    sql: 'select status, count(*)::int as runs, min(started_ms) as oldest_started_ms from flow.run where ended_ms is null group by status order by 1',
  },
  {
    name: 'newest quarantined',
    sql: `select id, shard, quarantined_ms from flow.run where status = 'quarantined' order by quarantined_ms desc nulls last limit ${INCIDENTS}`,
  },
  {
    name: 'newest in doubt',
    sql: `select run, class, attempt, requested_ms from flow.effect where state = 'in-doubt' order by requested_ms desc limit ${INCIDENTS}`,
  },
  { name: 'newest failed', sql: `select id, shard, started_ms, ended_ms from flow.run where status = 'failed' order by ended_ms desc limit ${INCIDENTS}` },
  {
    name: 'open commands by shard',
    sql: `select shard, count(*)::int as commands, min(sent_ms) as oldest_ms from flow.inbox where state = 'open' group by shard order by 2 desc limit ${SHARD_COUNT}`,
  },
  {
    name: 'overdue timers by shard',
    sql: `select shard, count(*)::int as timers, min(due_ms) as oldest_ms from flow.timer
      where due_ms < (select (extract(epoch from clock_timestamp()) * 1000)::bigint + offset_ms from flow.clock) group by shard order by 2 desc limit ${SHARD_COUNT}`,
  },
];

export async function databaseFacts(url: string): Promise<Record<string, unknown>> {
  const facts: Record<string, unknown> = {};
  const ask = async (client: pg.Client, questions: readonly Question[]): Promise<void> => {
    for (const { name, sql } of questions) facts[name] = await client.query(sql).then(({ rows }) => rows as unknown, reason);
  };
  await withClient(url, async (client) => {
    await ask(client, ABOUT_THE_DATABASE);
    facts['migrations'] = await migrations(client);
  }).catch((error: unknown) => (facts['server'] = reason(error)));
  await withClient(roleUrl(url, 'palace_engine', 'password'), async (client) => {
    await client.query(`select set_config('palace.shards', $1, false), set_config('palace.tenants', '{}', false)`, [
      `{${[...Array(SHARD_COUNT).keys()].join(',')}}`,
    ]);
    await ask(client, ABOUT_RUNS);
  }).catch((error: unknown) => (facts['runs'] = reason(error)));
  return facts;
}

async function migrations(client: pg.Client): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const schema of ['palace', 'flow', 'gateway'])
    found[schema] = await client
      .query(`select series, number, name from ${schema}.migration order by series, number limit 500`)
      .then(({ rows }) => rows as unknown, reason);
  return found;
}

/** The kind of the failure; its message may have taken in a value. */
const reason = (error: unknown): string => `not answered (${error instanceof Error && 'code' in error ? String(error.code) : 'no connection'})`;
