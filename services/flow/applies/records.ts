// Who belongs to which set, and what was applied when: the tables set_member and apply. Everything runs as the tenant of the transaction.
// I1 The list of applies is bounded: of each set, and of the applies without one, the newest KEPT.
import type { Sql } from '@palace/platform/database/port.ts';
import type { ApplyKind, ApplyRecord } from './contract.ts';

const KEPT = 200;

export interface Member {
  readonly kind: ApplyKind;
  readonly name: string;
}

export interface HeldItem extends Member {
  readonly version: string;
  readonly hash: string;
  readonly action: string;
}

export interface NewRecord {
  readonly set: string | undefined;
  readonly how: 'apply' | 'rollback';
  readonly atMs: number;
  readonly by: string;
  readonly commit: string | undefined;
  readonly environment: string | undefined;
  readonly hash: string;
  readonly items: readonly HeldItem[];
}

export async function membersOf(sql: Sql, set: string): Promise<Member[]> {
  const { rows } = await sql.query<Member>('select kind, name from flow.set_member where set_name = $1 order by kind, name', [set]);
  return rows;
}

/** Those of the things that are members of another set: which. */
export async function ownersOf(sql: Sql, things: readonly Member[], set: string): Promise<{ name: string; set: string }[]> {
  const { rows } = await sql.query<{ name: string; set: string }>(
    `select m.name, m.set_name as set from flow.set_member m join unnest($1::text[], $2::text[]) w (kind, name) using (kind, name)
      where m.set_name <> $3 order by m.name limit 20`,
    [things.map(({ kind }) => kind), things.map(({ name }) => name), set],
  );
  return rows;
}

export async function addMembers(sql: Sql, tenant: string, set: string, things: readonly Member[]): Promise<void> {
  await sql.query(
    `insert into flow.set_member (tenant, kind, name, set_name) select $1, kind, name, $2 from unnest($3::text[], $4::text[]) w (kind, name)
     on conflict (tenant, kind, name) do update set set_name = excluded.set_name`,
    [tenant, set, things.map(({ kind }) => kind), things.map(({ name }) => name)],
  );
}

export async function removeMember(sql: Sql, { kind, name }: Member): Promise<void> {
  await sql.query('delete from flow.set_member where kind = $1 and name = $2', [kind, name]);
}

export interface LastApply {
  readonly number: number;
  readonly hash: string;
  readonly commit: string | undefined;
}

/** The newest of a set. */
export async function lastApply(sql: Sql, set: string | undefined): Promise<LastApply | undefined> {
  const { rows } = await sql.query<{ number: number; hash: string; commit_id: string | null }>(
    'select number, hash, commit_id from flow.apply where set_name = $1 order by number desc limit 1',
    [set ?? ''],
  );
  const row = rows[0];
  return row && { number: row.number, hash: row.hash, commit: row.commit_id ?? undefined };
}

export async function keepRecord(sql: Sql, tenant: string, record: NewRecord): Promise<number> {
  const set = record.set ?? '';
  const count = (action: string): number => record.items.filter((item) => item.action === action).length;
  // Numbers are given one after the other, at the very end of the transaction.
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`applies ${tenant}`]);
  const { rows } = await sql.query<{ number: number }>(
    `insert into flow.apply (tenant, number, set_name, how, at_ms, by_key, commit_id, environment, hash, created, changed, pruned, same, items)
     select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from flow.apply returning number`,
    [
      tenant,
      set,
      record.how,
      record.atMs,
      record.by,
      record.commit ?? null,
      record.environment ?? null,
      record.hash,
      count('create'),
      count('change'),
      count('prune'),
      count('same'),
      JSON.stringify(record.items),
    ],
  );
  await sql.query(
    'delete from flow.apply where set_name = $1 and number <= (select number from flow.apply where set_name = $1 order by number desc offset $2 limit 1)',
    [set, KEPT],
  );
  return rows[0]?.number ?? 0;
}

interface Row {
  number: number;
  set_name: string;
  how: 'apply' | 'rollback';
  at_ms: string;
  by_key: string;
  commit_id: string | null;
  environment: string | null;
  hash: string;
  created: number;
  changed: number;
  pruned: number;
  same: number;
}

const COLUMNS = 'number, set_name, how, at_ms, by_key, commit_id, environment, hash, created, changed, pruned, same';

const recordOf = (row: Row): ApplyRecord => ({
  number: row.number,
  ...(row.set_name !== '' && { set: row.set_name }),
  how: row.how,
  at: new Date(Number(row.at_ms)).toISOString(),
  by: row.by_key,
  ...(row.commit_id !== null && { commit: row.commit_id }),
  ...(row.environment !== null && { environment: row.environment }),
  hash: row.hash,
  created: row.created,
  changed: row.changed,
  pruned: row.pruned,
  same: row.same,
});

/** The newest first, older than `before`. */
export async function listRecords(sql: Sql, set: string | undefined, before: number | undefined, limit: number): Promise<ApplyRecord[]> {
  const { rows } = await sql.query<Row>(
    `select ${COLUMNS} from flow.apply where ($1::text is null or set_name = $1) and ($2::int is null or number < $2) order by number desc limit $3`,
    [set ?? null, before ?? null, limit],
  );
  return rows.map(recordOf);
}

export async function readRecord(sql: Sql, number: number): Promise<(ApplyRecord & { readonly items: HeldItem[] }) | undefined> {
  const { rows } = await sql.query<Row & { items: HeldItem[] }>(`select ${COLUMNS}, items from flow.apply where number = $1`, [number]);
  return rows[0] && { ...recordOf(rows[0]), items: rows[0].items };
}
