// Takes the canary's finished runs away, long before those of people would go: they are worth a metric and nothing more.
// Not by a retention that the flow asks for: one flow with a short time makes each round of the general walk (retention/expire-runs.ts) go
// over all runs that are older than it.
// I1 Only rows of the canary's own tenant, of runs that have ended or were set aside, a bounded number at a time.
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import type { Database } from '@palace/platform/database/port.ts';
import { CANARY_TENANT } from './canary-flow.ts';

const KEPT_MS = 3_600_000;
const AT_ONCE = 200;
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

export async function expireCanaryRuns(database: Database, nowMs: number): Promise<number> {
  return database.asEngine({ shards: ALL_SHARDS, tenants: [CANARY_TENANT] }, async (sql) => {
    const before = nowMs - KEPT_MS;
    const { rows } = await sql.query<{ id: string }>(
      'select id from flow.run where tenant = $1 and started_ms < $2 and (ended_ms < $2 or quarantined_ms < $2) order by started_ms limit $3',
      [CANARY_TENANT, before, AT_ONCE],
    );
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) {
      for (const statement of OF_RUNS) await sql.query(statement, [ids, CANARY_TENANT]);
    }
    await sql.query('delete from flow.event where tenant = $1 and at_ms < $2 and matched', [CANARY_TENANT, before]);
    await sql.query(`delete from flow.inbox where tenant = $1 and sent_ms < $2 and state <> 'open'`, [CANARY_TENANT, before]);
    return ids.length;
  });
}

/** The run itself last: what was interrupted is found again. */
const OF_RUNS = [
  'delete from flow.journal where run = any ($1) and tenant = $2',
  'delete from flow.segment where run = any ($1) and tenant = $2',
  'delete from flow.snapshot where run = any ($1) and tenant = $2',
  'delete from flow.effect where run = any ($1) and tenant = $2',
  'delete from flow.subscription where run = any ($1) and tenant = $2',
  'delete from flow.blob_ref where run = any ($1) and tenant = $2',
  'delete from flow.run where id = any ($1) and tenant = $2',
] as const;
