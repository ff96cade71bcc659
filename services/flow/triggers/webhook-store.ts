// Webhooks as the database has them. Everything of a tenant runs as that tenant; secrets are sealed before they come here.
// I1 A delivery and what it becomes are one transaction; a message is accepted once, whoever asks at the same time.
// I2 The lists of deliveries are bounded: refused and repeated ones to the newest thousand, accepted ones to thirty days.
import type { Database, Sql } from '@palace/platform/database/port.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { WebhookScheme } from '../core/webhook.ts';

export interface Webhook {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  readonly flow: string | undefined;
  readonly environment: string | undefined;
  readonly scheme: WebhookScheme;
  readonly header: string;
  readonly createdMs: number;
}

export interface SealedKey {
  readonly number: number;
  readonly sealed: Uint8Array;
  readonly untilMs: number | undefined;
}

export interface KeptDelivery {
  readonly atMs: number;
  readonly message: string | undefined;
  readonly outcome: 'accepted' | 'duplicate' | 'refused';
  readonly reason: string | undefined;
  readonly became: string | undefined;
}

interface WebhookRecord {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  readonly flow: string | null;
  readonly environment: string | null;
  readonly scheme: WebhookScheme;
  readonly header: string;
  readonly created_ms: string;
}

export const MOST_WEBHOOKS = 100;
const KEPT_DELIVERIES = 1_000;
const KEPT_MS = 30 * 86_400_000;
const TRIM_AT_ONCE = 500;
const COLUMNS = 'name, id, type, flow, environment, scheme, header, created_ms';

const webhookOf = ({ created_ms: createdMs, flow, environment, ...r }: WebhookRecord): Webhook => ({
  ...r,
  flow: flow ?? undefined,
  environment: environment ?? undefined,
  createdMs: Number(createdMs),
});

export async function tenantOfHook({ api }: Database, id: string): Promise<string | undefined> {
  const { rows } = await api.query<{ tenant: string }>('select tenant from flow.webhook_tenant where id = $1', [id]);
  return rows[0]?.tenant;
}

/** With its keys and the time of the database, which all processes share. */
export async function readHook(sql: Sql, id: string): Promise<{ hook: Webhook; keys: SealedKey[]; nowMs: number } | undefined> {
  const found = await sql.query<WebhookRecord & { now: string }>(`select ${COLUMNS}, flow.wall_ms() as now from flow.webhook where id = $1`, [id]);
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const { now, ...record } = row;
  const keys = await sql.query<{ number: number; sealed: Buffer; until_ms: string | null }>(
    'select number, sealed, until_ms from flow.webhook_key where webhook = $1 and (until_ms is null or until_ms > $2) order by number desc limit 2',
    [record.name, now],
  );
  return {
    hook: webhookOf(record),
    keys: keys.rows.map((key) => ({ number: key.number, sealed: key.sealed, untilMs: key.until_ms === null ? undefined : Number(key.until_ms) })),
    nowMs: Number(now),
  };
}

export async function addHook(sql: Sql, tenant: string, hook: Omit<Webhook, 'createdMs'>, sealed: Uint8Array): Promise<Webhook> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`webhooks ${tenant}`]);
  const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from flow.webhook');
  if ((rows[0]?.count ?? 0) >= MOST_WEBHOOKS) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MOST_WEBHOOKS} webhooks.` });
  const { name, id, type, flow, environment, scheme, header } = hook;
  await sql.query('insert into flow.webhook_tenant (id, tenant) values ($1, $2)', [id, tenant]);
  const added = await sql.query<WebhookRecord>(
    `insert into flow.webhook (tenant, name, id, type, flow, environment, scheme, header, created_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, flow.wall_ms())
     on conflict (tenant, name) do nothing returning ${COLUMNS}`,
    [tenant, name, id, type, flow ?? null, environment ?? null, scheme, header],
  );
  if (added.rows[0] === undefined) throw new PalaceError('webhook.exists', { detail: name });
  await sql.query('insert into flow.webhook_key (tenant, webhook, number, sealed) values ($1, $2, 1, $3)', [tenant, name, sealed]);
  return webhookOf(added.rows[0]);
}

export async function listHooks(sql: Sql): Promise<Webhook[]> {
  const { rows } = await sql.query<WebhookRecord>(`select ${COLUMNS} from flow.webhook order by name limit $1`, [MOST_WEBHOOKS]);
  return rows.map(webhookOf);
}

export async function getHook(sql: Sql, name: string): Promise<Webhook | undefined> {
  const { rows } = await sql.query<WebhookRecord>(`select ${COLUMNS} from flow.webhook where name = $1`, [name]);
  return rows[0] === undefined ? undefined : webhookOf(rows[0]);
}

export async function removeHook(sql: Sql, { name, id }: Webhook): Promise<void> {
  await sql.query('delete from flow.webhook_delivery where webhook = $1', [name]);
  await sql.query('delete from flow.webhook_key where webhook = $1', [name]);
  await sql.query('delete from flow.webhook where name = $1', [name]);
  await sql.query('delete from flow.webhook_tenant where id = $1', [id]);
}

/** The new key counts at once; the one before for `overlapMs` longer, and older ones no more. */
export async function addKey(sql: Sql, tenant: string, name: string, sealed: Uint8Array, overlapMs: number): Promise<number | undefined> {
  await sql.query('select from flow.webhook where name = $1 for update', [name]);
  const until = await sql.query<{ until_ms: string }>(
    'update flow.webhook_key set until_ms = flow.wall_ms() + $2 where webhook = $1 and until_ms is null returning until_ms',
    [name, overlapMs],
  );
  await sql.query(
    `insert into flow.webhook_key (tenant, webhook, number, sealed)
     select $1, $2, coalesce(max(number), 0) + 1, $3 from flow.webhook_key where webhook = $2`,
    [tenant, name, sealed],
  );
  await sql.query('delete from flow.webhook_key where webhook = $1 and number < (select max(number) - 1 from flow.webhook_key where webhook = $1)', [name]);
  return until.rows[0] === undefined ? undefined : Number(until.rows[0].until_ms);
}

/** I1. False: the message had been accepted before; that is kept instead. */
export async function keepDelivery(sql: Sql, hook: Webhook, message: string, row: InboxRow): Promise<boolean> {
  const { tenant, commandId, shard, key, kind, body } = row;
  // It may have been removed since it was found.
  const there = await sql.query('select from flow.webhook where id = $1 for share', [hook.id]);
  if (there.rowCount === 0) throw new PalaceError('not-found');
  const added = await sql.query(
    `insert into flow.webhook_delivery (tenant, webhook, at_ms, message, outcome, became) values ($1, $2, flow.wall_ms(), $3, 'accepted', $4)
     on conflict (tenant, webhook, message) where outcome = 'accepted' do nothing`,
    [tenant, hook.name, message, kind === 'start' ? key : commandId],
  );
  if (added.rowCount === 0) {
    await note(sql, tenant, hook, { message, outcome: 'duplicate', reason: undefined });
    return false;
  }
  await sql.query(
    'insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms) values ($1, $2, $3, $4, $5, $6, flow.wall_ms()) on conflict do nothing',
    [tenant, commandId, shard, key, kind, body],
  );
  return true;
}

export async function note(
  sql: Sql,
  tenant: string,
  hook: Webhook,
  { message, outcome, reason }: Pick<KeptDelivery, 'message' | 'outcome' | 'reason'>,
): Promise<void> {
  await sql.query('insert into flow.webhook_delivery (tenant, webhook, at_ms, message, outcome, reason) values ($1, $2, flow.wall_ms(), $3, $4, $5)', [
    tenant,
    hook.name,
    message ?? null,
    outcome,
    reason?.slice(0, 300) ?? null,
  ]);
}

/** I2 */
export async function trimDeliveries(sql: Sql, { name }: Webhook): Promise<void> {
  await sql.query(
    `delete from flow.webhook_delivery where webhook = $1 and seq in (
       (select seq from flow.webhook_delivery where webhook = $1 and outcome <> 'accepted' order by seq desc offset $2 limit $4)
       union all
       (select seq from flow.webhook_delivery where webhook = $1 and outcome = 'accepted' and at_ms < flow.wall_ms() - $3::bigint order by seq limit $4))`,
    [name, KEPT_DELIVERIES, KEPT_MS, TRIM_AT_ONCE],
  );
}

/** Newest first; `before` is the number of the last one of the page before. */
export async function listDeliveries(sql: Sql, name: string, limit: number, before: string | undefined): Promise<(KeptDelivery & { readonly seq: string })[]> {
  const { rows } = await sql.query<DeliveryRecord>(
    `select seq, at_ms, message, outcome, reason, became from flow.webhook_delivery
      where webhook = $1 and ($3::bigint is null or seq < $3) order by seq desc limit $2`,
    [name, limit, before ?? null],
  );
  return rows.map((r) => ({
    seq: r.seq,
    atMs: Number(r.at_ms),
    message: r.message ?? undefined,
    outcome: r.outcome,
    reason: r.reason ?? undefined,
    became: r.became ?? undefined,
  }));
}

interface DeliveryRecord {
  readonly seq: string;
  readonly at_ms: string;
  readonly message: string | null;
  readonly outcome: KeptDelivery['outcome'];
  readonly reason: string | null;
  readonly became: string | null;
}
