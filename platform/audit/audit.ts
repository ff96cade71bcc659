// The audit log over PostgreSQL: one short transaction an entry, in the order of the tenant's head row.
// I1 The head is locked before the number is given: numbers have no gaps and the chain has one order, whoever writes.
// I2 Every TRIM_EVERY-th entry lets the oldest go, so that the log of a tenant has a bound without anybody's timer.
// Called by platform.ts; used by the gateway and by the doors of services.
import type { Database, Sql } from '../database/port.ts';
import type { Secret } from '../secret.ts';
import { bodyOf, ChainWalk, GENESIS, hashOf, isStartGenuine, sealOf, startSealOf, type ChainRow } from './chain.ts';
import type { Audit, AuditEntry, AuditFilter, AuditRecord, AuditVerdict, ProvenRecord } from './port.ts';

const TRIM_EVERY = 256;
const TRIM_MOST = 2_000;
const VERIFY_PAGE = 2_000;
const DAY_MS = 86_400_000;

interface HeadRow {
  readonly first_seq: string;
  readonly before_hash: Buffer;
  readonly start_seal: Buffer;
  readonly seq: string;
  readonly hash: Buffer;
  readonly now_ms: string;
}

interface EntryRow {
  readonly seq: string;
  readonly at_ms: string;
  readonly actor: string;
  readonly action: string;
  readonly body: string;
  readonly hash: Buffer;
  readonly seal: Buffer;
}

export interface AuditOptions {
  /** Seals entries; derived from the installation's key, which is not in the database. */
  readonly key: Secret<string>;
  readonly keepDays: number;
}

const HEAD = `select first_seq, before_hash, start_seal, seq, hash, floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms
  from palace.audit_head where tenant = $1`;
const ENTRY = 'seq, (extract(epoch from at) * 1000)::bigint as at_ms, actor, action, body, hash, seal';

export function openAudit(database: Database, { key, keepDays }: AuditOptions): Audit {
  const secret = key.reveal();

  async function append(tenant: string, entry: AuditEntry): Promise<number> {
    const { seq, nowMs } = await database.asTenant(tenant, (sql) => add(sql, tenant, entry));
    if (seq % TRIM_EVERY === 0) await trim(tenant, nowMs - keepDays * DAY_MS, TRIM_MOST);
    return seq;
  }

  async function add(sql: Sql, tenant: string, entry: AuditEntry): Promise<{ seq: number; nowMs: number }> {
    const head = await lockHead(sql, tenant);
    const seq = Number(head.seq) + 1;
    const nowMs = Number(head.now_ms);
    const body = bodyOf(seq, nowMs, entry);
    const hash = hashOf(head.hash, tenant, body);
    await sql.query(
      `with entry as (
         insert into palace.audit (tenant, seq, at, actor, action, body, hash, seal)
         values ($1, $2, to_timestamp($3::double precision / 1000), $4, $5, $6, $7, $8))
       update palace.audit_head set seq = $2, hash = $7 where tenant = $1`,
      [tenant, seq, nowMs, entry.actor.id, entry.action, body, hash, sealOf(secret, hash)],
    );
    return { seq, nowMs };
  }

  async function lockHead(sql: Sql, tenant: string): Promise<HeadRow> {
    const locked = await sql.query<HeadRow>(`${HEAD} for update`, [tenant]);
    if (locked.rows[0] !== undefined) return locked.rows[0];
    const start = { firstSeq: 1, beforeHash: GENESIS };
    await sql.query(
      `insert into palace.audit_head (tenant, first_seq, before_hash, start_seal, seq, hash) values ($1, 1, $2, $3, 0, $2) on conflict do nothing`,
      [tenant, GENESIS, startSealOf(secret, tenant, start)],
    );
    return (await sql.query<HeadRow>(`${HEAD} for update`, [tenant])).rows[0]!;
  }

  async function trim(tenant: string, beforeMs: number, most: number): Promise<number> {
    return database.asTenant(tenant, async (sql) => {
      const head = (await sql.query<HeadRow>(`${HEAD} for update`, [tenant])).rows[0];
      if (head === undefined) return 0;
      const old = await sql.query<EntryRow>(
        `select ${ENTRY} from palace.audit where tenant = $1 and seq >= $2 and seq < $2 + $3 and at < to_timestamp($4::double precision / 1000) order by seq`,
        [tenant, head.first_seq, most, beforeMs],
      );
      const last = old.rows.at(-1);
      if (last === undefined) return 0;
      const start = { firstSeq: Number(last.seq) + 1, beforeHash: last.hash };
      await sql.query('update palace.audit_head set first_seq = $2, before_hash = $3, start_seal = $4 where tenant = $1', [
        tenant,
        start.firstSeq,
        start.beforeHash,
        startSealOf(secret, tenant, start),
      ]);
      await sql.query('delete from palace.audit where tenant = $1 and seq < $2', [tenant, start.firstSeq]);
      return old.rows.length;
    });
  }

  return {
    append,
    trim,
    list: (tenant, filter) => list(database, tenant, filter),
    async verify(tenant) {
      const verdict = await verifyOnce(database, tenant, secret);
      // Entries may have been let go while it was read: then its start has moved, and a second look is right.
      return verdict.intact ? verdict : verifyOnce(database, tenant, secret);
    },
  };
}

async function list(database: Database, tenant: string, { limit, before, action, actor }: AuditFilter): Promise<ProvenRecord[]> {
  const { rows } = await database.asTenant(tenant, (sql) =>
    sql.query<EntryRow>(
      `select ${ENTRY} from palace.audit
       where tenant = $1 and ($2::bigint is null or seq < $2) and ($3::text is null or action = $3) and ($4::text is null or actor = $4)
       order by seq desc limit $5`,
      [tenant, before ?? null, action ?? null, actor ?? null, limit],
    ),
  );
  return rows.map(({ body, hash }) => ({ record: JSON.parse(body) as AuditRecord, body, hash: hash.toString('hex') }));
}

async function verifyOnce(database: Database, tenant: string, key: string): Promise<AuditVerdict> {
  const head = (await database.asTenant(tenant, (sql) => sql.query<HeadRow>(HEAD, [tenant]))).rows[0];
  if (head === undefined) return { intact: true, entries: 0, firstSeq: 1, lastSeq: 0, lastHash: GENESIS.toString('hex') };
  const start = { firstSeq: Number(head.first_seq), beforeHash: head.before_hash, seal: head.start_seal };
  const lastSeq = Number(head.seq);
  if (!isStartGenuine(key, tenant, start)) return { intact: false, seq: start.firstSeq, what: 'Where the log begins was not set by this installation.' };
  const walk = new ChainWalk(tenant, start, key);
  while (walk.next <= lastSeq) {
    const page = await readPage(database, tenant, walk.next, lastSeq);
    for (const row of page) {
      const what = walk.take(row);
      if (what !== undefined) return { intact: false, seq: walk.next, what };
    }
    if (page.length === 0) return { intact: false, seq: walk.next, what: `Entries ${walk.next} to ${lastSeq} are missing.` };
  }
  if (!head.hash.equals(walk.hash)) return { intact: false, seq: lastSeq, what: 'The newest entry is not the one that was written last.' };
  return { intact: true, entries: lastSeq - start.firstSeq + 1, firstSeq: start.firstSeq, lastSeq, lastHash: head.hash.toString('hex') };
}

async function readPage(database: Database, tenant: string, from: number, to: number): Promise<ChainRow[]> {
  const { rows } = await database.asTenant(tenant, (sql) =>
    sql.query<EntryRow>(`select ${ENTRY} from palace.audit where tenant = $1 and seq >= $2 and seq <= $3 order by seq limit $4`, [
      tenant,
      from,
      to,
      VERIFY_PAGE,
    ]),
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq), atMs: Number(row.at_ms) }));
}
