// What waits before a concurrency limit: in its line, on the way there, and (events) for room in it.
import type { Sql } from '@palace/platform/database/port.ts';
import { LIMITED_START, type WaitingStart } from './port.ts';

/** Bodies of one read together: each is whole in the write that sends it on. */
const MOST_BYTES = 4_000_000;

/** Queued runs, rows of the inbox that become runs, and starts that a stream brings; of the shard `$1`, `$2` of each kind. */
export async function readWaiting(sql: Sql, shard: number, most: number): Promise<{ tenant: string; count: number }[]> {
  const found = await sql.query<{ tenant: string; count: number }>(
    `select tenant, count(*)::int as count from (
       (select tenant from flow.run where shard = $1 and permit is not null and ended_ms is null and status = 'pending' limit $2)
       union all
       (select tenant from flow.inbox where shard = $1 and state = 'open' and kind in ('start', 'fork') limit $2)
       union all
       (select s.tenant from flow.stream_head h
          left join flow.cursor c on c.consumer_shard = h.consumer_shard and c.producer = 'flow' and c.producer_shard = h.shard
          join flow.stream s on s.consumer = h.consumer and s.consumer_shard = h.consumer_shard and s.shard = h.shard
            and s.position > coalesce(c.position, 0)
         where h.consumer = 'flow' and h.consumer_shard = $1 and h.position > coalesce(c.position, 0) and s.kind = $3
           and s.position <> all (coalesce(c.ahead, '{}')) limit $2)) w group by tenant`,
    [shard, most, LIMITED_START],
  );
  return found.rows;
}

export async function countWaitingStarts(sql: Sql, shard: number): Promise<{ tenant: string; toShard: number; count: number }[]> {
  const found = await sql.query<{ tenant: string; toShard: number; count: number }>(
    `select tenant, to_shard as "toShard", count(*)::int as count from flow.waiting_start where shard = $1 group by tenant, to_shard`,
    [shard],
  );
  return found.rows;
}

/** Of flows that are not paused. */
export async function readWaitingStarts(sql: Sql, shard: number, tenant: string, toShard: number, most: number): Promise<WaitingStart[]> {
  const found = await sql.query<WaitingStart>(
    `select run, body from (
       select w.*, sum(octet_length(body)) over (order by position) - octet_length(body) as before from (
         select * from flow.waiting_start w where w.shard = $1 and w.tenant = $2 and w.to_shard = $3
           and not exists (select from flow.event_trigger t where t.tenant = w.tenant and t.flow = w.flow and t.paused)
          order by w.position limit $4) w) w
      where before < $5 order by position`,
    [shard, tenant, toShard, most, MOST_BYTES],
  );
  return found.rows;
}
