// Starts that are held back, as the database has them (triggers/held-starts.ts).
import type { Sql } from '@palace/platform/database/port.ts';
import type { HeldStart } from './port.ts';

export async function readHeldFlows(sql: Sql, shards: readonly number[], limit: number): Promise<{ shard: number; tenant: string; flow: string }[]> {
  const { rows } = await sql.query<{ shard: number; tenant: string; flow: string }>(
    'select distinct shard, tenant, flow from flow.held_start where shard = any ($1) order by shard, tenant, flow limit $2',
    [shards, limit],
  );
  return rows;
}

export async function readHeldStarts(sql: Sql, shard: number, tenant: string, flow: string, limit: number): Promise<HeldStart[]> {
  const { rows } = await sql.query<{ position: string; consumer_shard: number; body: string }>(
    'select position, consumer_shard, body from flow.held_start where shard = $1 and tenant = $2 and flow = $3 order by position limit $4',
    [shard, tenant, flow, limit],
  );
  return rows.map(({ position, consumer_shard: consumerShard, body }) => ({ position: Number(position), consumerShard, body }));
}
