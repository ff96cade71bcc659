// What the reconciler reads: rows that break an invariant, of the shards that it names, bounded. Long lists are read page by page, one page a
// pass; a page says where the next one begins. Runs at work are few, and all of them are read.
import type { Database, Sql } from '@palace/platform/database/port.ts';

export interface Named {
  readonly shard: number;
  readonly tenant: string;
  readonly id: string;
}

export interface LateRow {
  readonly shard: number;
  readonly tenant: string;
  /** The run; of a stream row its producer and position. */
  readonly key: string;
  readonly kind: string;
  readonly ageMs: number;
}

export interface LateTimer {
  readonly shard: number;
  readonly tenant: string;
  readonly key: string;
  readonly id: string;
  readonly dueMs: number;
}

export interface QueuedRow extends Named {
  readonly permit: string;
  readonly hash: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** '' begins again. */
  readonly next: string;
}

export interface InvariantReads {
  /** Waiting runs without timer, subscription, act in doubt or row on its way. */
  restingWithoutRows(shards: readonly number[], after: string): Promise<Page<Named>>;
  /** All of them: a run is at work for moments, and none may stand still for longer than a pass takes to come. */
  running(shards: readonly number[]): Promise<readonly Named[]>;
  /** Which of these runs are at work. */
  stillRunning(shards: readonly number[], runs: readonly string[]): Promise<readonly string[]>;
  overdueTimers(shards: readonly number[], dueBeforeMs: number): Promise<readonly LateTimer[]>;
  lateStreamRows(shards: readonly number[], olderThanMs: number): Promise<readonly LateRow[]>;
  lateCommands(shards: readonly number[], olderThanMs: number): Promise<readonly LateRow[]>;
  /** Which of these runs need no place: they have ended or are in quarantine. */
  placeless(shards: readonly number[], runs: readonly string[]): Promise<readonly string[]>;
  /** Which of these runs have ended, and before that time. */
  ended(shards: readonly number[], runs: readonly string[], beforeMs: number): Promise<readonly string[]>;
  staleSubscriptions(shards: readonly number[], after: string): Promise<Page<Named & { readonly act: number }>>;
  /** In line although fewer than all places can be taken, as far as the rows tell: with how many hold one. */
  queued(shards: readonly number[], startedBeforeMs: number): Promise<readonly (QueuedRow & { readonly holders: number })[]>;
  /** Shards that nobody has had for so long. */
  ownerless(forMs: number): Promise<readonly number[]>;
}

const PAGE = 500;
const MOST = 100;
/** Of runs at work: 100,000. */
const MOST_PAGES = 200;

type List = <Row extends object>(shards: readonly number[], text: string, values: readonly unknown[]) => Promise<Row[]>;

export function invariantReads(database: Database): InvariantReads {
  const list: List = <Row extends object>(shards: readonly number[], text: string, values: readonly unknown[]) =>
    database.asEngine({ shards, tenants: [] }, async (sql: Sql) => (await sql.query<Row>(text, [shards, ...values])).rows);
  return { ...runReads(list), ...rowReads(list), ownerless: (forMs) => readOwnerless(database, forMs) };
}

async function readOwnerless({ engine }: Database, forMs: number): Promise<number[]> {
  const { rows } = await engine.query<{ id: number }>('select id from flow.shard where lease_until_ms < flow.engine_now_ms() - $1::bigint order by id', [
    forMs,
  ]);
  return rows.map(({ id }) => id);
}

function runReads(list: List): Pick<InvariantReads, 'restingWithoutRows' | 'running' | 'stillRunning' | 'placeless' | 'ended' | 'queued'> {
  return {
    async restingWithoutRows(shards, after) {
      const found = await list<Named & { bare: boolean }>(
        shards,
        `select r.shard, r.tenant, r.id, not exists (select from flow.timer t where t.shard = r.shard and t.key = r.id)
             and not exists (select from flow.subscription s where s.run = r.id)
             and not exists (select from flow.effect e where e.run = r.id and e.state = 'in-doubt')
             and not exists (select from flow.inbox i where i.shard = r.shard and i.tenant = r.tenant and i.key = r.id and i.state = 'open') as bare
           from flow.run r where r.shard = any ($1) and r.status = 'waiting' and r.id > $2 order by r.id limit ${PAGE}`,
        [after],
      );
      return { rows: found.filter(({ bare }) => bare), next: found.length < PAGE ? '' : (found.at(-1)?.id ?? '') };
    },
    async running(shards) {
      const found: Named[] = [];
      for (let page = 0; page < MOST_PAGES; page++) {
        const rows = await list<Named>(
          shards,
          `select shard, tenant, id from flow.run where shard = any ($1) and status = 'running' and ended_ms is null and id > $2 order by id limit ${PAGE}`,
          [found.at(-1)?.id ?? ''],
        );
        found.push(...rows);
        if (rows.length < PAGE) break;
      }
      return found;
    },
    stillRunning: async (shards, runs) => {
      const rows = await list<{ id: string }>(shards, `select id from flow.run where shard = any ($1) and status = 'running' and id = any ($2)`, [runs]);
      return rows.map(({ id }) => id);
    },
    placeless: async (shards, runs) => {
      const condition = `(ended_ms is not null or status = 'quarantined')`;
      const rows = await list<{ id: string }>(shards, `select id from flow.run where shard = any ($1) and ${condition} and id = any ($2)`, [runs]);
      return rows.map(({ id }) => id);
    },
    ended: async (shards, runs, beforeMs) => {
      const rows = await list<{ id: string }>(shards, `select id from flow.run where shard = any ($1) and ended_ms < $3 and id = any ($2)`, [runs, beforeMs]);
      return rows.map(({ id }) => id);
    },
    queued: (shards, startedBeforeMs) =>
      list(
        shards,
        `select r.shard, r.tenant, r.id, r.permit, r.hash, (select count(*)::int from flow.run h
             where h.shard = r.shard and h.permit = r.permit and h.ended_ms is null and h.status not in ('pending', 'quarantined')) as holders
           from (select distinct on (shard, permit) shard, tenant, id, permit, hash from flow.run
             where shard = any ($1) and permit is not null and ended_ms is null and status = 'pending' and started_ms < $2
             order by shard, permit, id limit ${MOST}) r`,
        [startedBeforeMs],
      ),
  };
}

function rowReads(list: List): Pick<InvariantReads, 'overdueTimers' | 'lateStreamRows' | 'lateCommands' | 'staleSubscriptions'> {
  return {
    overdueTimers: async (shards, dueBeforeMs) =>
      (
        await list<Omit<LateTimer, 'dueMs'> & { due_ms: string }>(
          shards,
          `select shard, tenant, key, id, due_ms from flow.timer where shard = any ($1) and due_ms < $2 order by due_ms limit ${MOST}`,
          [dueBeforeMs],
        )
      ).map(({ due_ms: dueMs, ...row }) => ({ ...row, dueMs: Number(dueMs) })),
    lateStreamRows: (shards, olderThanMs) =>
      list(
        shards,
        `select s.consumer_shard as shard, s.tenant, s.shard || '/' || s.position as key, s.kind, (flow.wall_ms() - s.sent_ms)::float as "ageMs"
           from flow.stream s
           left join flow.cursor c on c.consumer_shard = s.consumer_shard and c.producer = 'flow' and c.producer_shard = s.shard
          where s.consumer = 'flow' and s.consumer_shard = any ($1) and s.sent_ms < flow.wall_ms() - $2 and s.position > coalesce(c.position, 0)
            and s.position <> all (coalesce(c.ahead, '{}')) limit ${MOST}`,
        [olderThanMs],
      ),
    lateCommands: (shards, olderThanMs) =>
      list(
        shards,
        `select i.shard, i.tenant, i.key, i.kind, (flow.wall_ms() - i.sent_ms)::float as "ageMs" from flow.inbox i
          where i.shard = any ($1) and i.state = 'open' and i.sent_ms < flow.wall_ms() - $2
            and not (i.kind = 'retry' and exists (select from flow.run r where r.id = i.key and r.permit is not null)) limit ${MOST}`,
        [olderThanMs],
      ),
    async staleSubscriptions(shards, after) {
      const found = await list<Named & { act: number; ended: boolean }>(
        shards,
        `select s.shard, s.tenant, s.run as id, s.act, r.ended_ms is not null as ended from flow.subscription s join flow.run r on r.id = s.run
          where s.shard = any ($1) and s.run > $2 order by s.run limit ${PAGE}`,
        [after],
      );
      return { rows: found.filter(({ ended }) => ended), next: found.length < PAGE ? '' : (found.at(-1)?.id ?? '') };
    },
  };
}
