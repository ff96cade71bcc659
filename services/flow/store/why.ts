// What stands around a run in the database: its owner, rows on their way to it, its first timer, its line. One statement, bounded.
import type { Sql } from '@palace/platform/database/port.ts';

export interface Surroundings {
  readonly nowMs: number;
  readonly owner: {
    readonly shard: number;
    readonly epoch: number;
    readonly node: string | null;
    readonly leaseUntilMs: number;
    readonly seenMs: number | null;
    readonly alive: boolean;
    readonly minReader: number;
    readonly bestReader: number;
  };
  readonly commands: readonly { readonly kind: string; readonly sentMs: number }[];
  readonly deliveries: readonly { readonly kind: string; readonly sentMs: number }[];
  readonly timer: { readonly id: string; readonly dueMs: number } | null;
  readonly holders: readonly string[];
  readonly before: number;
}

export interface Around {
  readonly shard: number;
  readonly tenant: string;
  readonly run: string;
  readonly permit: string | undefined;
}

const ROWS = 10;
/** Of the rows on their way to the tenant in the shard so many are looked through. */
const MOST_DELIVERIES = 1_000;
const MOST_IN_LINE = 1_000;

export async function readSurroundings(sql: Sql, { shard, tenant, run, permit }: Around): Promise<Surroundings> {
  const { rows } = await sql.query<{ found: Surroundings }>(
    `with clock as (select offset_ms from flow.clock), living as materialized (select id from flow.living())
     select json_build_object(
      'nowMs', flow.engine_now_ms(),
      'owner', (select json_build_object('shard', s.id, 'epoch', s.epoch, 'node', s.owner, 'leaseUntilMs', s.lease_until_ms, 'seenMs', n.seen_ms,
          'alive', coalesce(s.owner in (select id from living), false), 'minReader', (select min_reader from flow.halt),
          'bestReader', (select coalesce(max(reads_format), 0) from flow.node where id in (select id from living)))
        from flow.shard s left join flow.node n on n.id = s.owner where s.id = $1),
      'commands', (select coalesce(json_agg(json_build_object('kind', kind, 'sentMs', sent_ms + (select offset_ms from clock)) order by seq), '[]')
        from (select * from flow.inbox where shard = $1 and tenant = $2 and key = $3 and state = 'open' order by seq limit ${ROWS}) i),
      'deliveries', (select coalesce(json_agg(json_build_object('kind', kind, 'sentMs', sent_ms + (select offset_ms from clock)) order by sent_ms), '[]') from (
          select s.kind, s.sent_ms, s.body from flow.stream s
          left join flow.cursor c on c.consumer_shard = $1 and c.producer = 'flow' and c.producer_shard = s.shard
          where s.consumer = 'flow' and s.consumer_shard = $1 and s.tenant = $2 and s.position > coalesce(c.position, 0)
            and s.position <> all (coalesce(c.ahead, '{}')) limit ${MOST_DELIVERIES}) waiting
        where strpos(body, $3) > 0),
      'timer', (select json_build_object('id', id, 'dueMs', due_ms) from flow.timer where shard = $1 and key = $3 order by due_ms limit 1),
      'holders', (select coalesce(json_agg(id order by id), '[]') from (select id from flow.run
          where shard = $1 and permit = $4 and ended_ms is null and status not in ('pending', 'quarantined') order by id limit ${MOST_IN_LINE}) h),
      'before', (select count(*) from (select from flow.run
          where shard = $1 and permit = $4 and ended_ms is null and status = 'pending' and id < $3 limit ${MOST_IN_LINE}) b)) as found`,
    [shard, tenant, run, permit ?? null],
  );
  return (rows[0] as { found: Surroundings }).found;
}
