// The way in for deliveries of webhooks: from the raw bytes to a row of an inbox, in the process that has the public door.
// I1 It needs the database and the vault, and no owner of a shard: what is accepted while every engine is down is there afterwards.
// I2 Nothing of a body is looked at before its signature fits. Of what is refused the reason is kept and no body; how much is kept is
//    bounded, whatever a stranger sends.
// I3 A delivery becomes an event of the webhook's type, or a start of its flow, under a name that follows from the message.
// Given to the gateway by bin/, which joins the services.
import { createHash, randomUUID } from 'node:crypto';
import type { HookIntake, RawRequest } from '@palace/gateway/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import type { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import { realScheduler } from '@palace/platform/durable/scheduler.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Platform } from '@palace/platform/platform.ts';
import type { Counter } from '@palace/platform/telemetry/port.ts';
import { checkSchema } from '../core/json-schema.ts';
import { verifyDelivery, type Verdict } from '../core/webhook.ts';
import { createLines, type Lines } from '../engine/lines.ts';
import { homeShard } from '../engine/placement.ts';
import { createPrograms, type Programs } from '../engine/programs.ts';
import { flowMigrations } from '../migrations.ts';
import { ringInbox } from '../parts.ts';
import { postgresFlowStore } from '../store/postgres.ts';
import { triggeredStart } from './starts.ts';
import { keepDelivery, note, readHook, tenantOfHook, trimDeliveries, type SealedKey, type Webhook } from './webhook-store.ts';

/** Refused deliveries of one webhook that are kept in a minute; more are counted only. */
const NOTES_A_MINUTE = 20;
const MINUTE_MS = 60_000;
const MOST_COUNTED = 10_000;
const TRIM_EVERY = 50;

type Ground = Pick<Platform, 'config' | 'database' | 'vault' | 'bus' | 'blobs' | 'telemetry'>;

interface Parts {
  readonly ground: Ground;
  readonly programs: Programs;
  /** Of starts that wait for their place: bounded at every door. */
  readonly lines: Lines;
  readonly outcomes: Counter;
  readonly notes: Map<string, { sinceMs: number; count: number }>;
  kept: number;
}

interface Found {
  readonly tenant: string;
  readonly hook: Webhook;
  readonly keys: readonly SealedKey[];
  readonly nowMs: number;
}

export async function openHookIntake(ground: Ground): Promise<HookIntake> {
  // A gateway may come up before any engine.
  await ground.database.migrate(flowMigrations());
  const store = postgresFlowStore(ground.database, ground.blobs);
  const scheduler = realScheduler();
  const parts: Parts = {
    ground,
    programs: createPrograms(store, scheduler),
    lines: createLines({ store, scheduler, settings: ground.config.flow }),
    outcomes: ground.telemetry.counter('palace_webhook_deliveries_total', 'Deliveries to webhooks, by outcome', ['outcome']),
    notes: new Map(),
    kept: 0,
  };
  return { accept: (id, request) => accept(parts, id, request) };
}

async function accept(parts: Parts, id: string, request: RawRequest): Promise<{ id: string; duplicate: boolean }> {
  const found = await find(parts, id);
  if (found === undefined) throw new PalaceError('not-found');
  const verdict = await judge(parts, found, request);
  if (!verdict.ok) return refuse(parts, found, undefined, new PalaceError('webhook.signature', { detail: verdict.why }));
  const message = verdict.id ?? randomUUID();
  const row = await rowOf(parts, found, message, verdict, request).catch((error: unknown) => refuse(parts, found, message, error));
  const kept = await keep(parts, found, message, row);
  parts.outcomes.add(1, { outcome: kept ? 'accepted' : 'duplicate' });
  if (kept) ringInbox(parts.ground.bus, row.shard);
  return { id: message, duplicate: !kept };
}

async function find({ ground }: Parts, id: string): Promise<Found | undefined> {
  const tenant = await tenantOfHook(ground.database, id);
  if (tenant === undefined) return undefined;
  const found = await ground.database.asTenant(tenant, (sql) => readHook(sql, id));
  return found === undefined ? undefined : { tenant, ...found };
}

/** What a secret is sealed for. */
export const sealedFor = (id: string): { purpose: string; name: string } => ({ purpose: 'webhook', name: id });

async function judge({ ground }: Parts, { tenant, hook, keys, nowMs }: Found, { headers, bytes }: RawRequest): Promise<Verdict> {
  const secrets: string[] = [];
  for (const { sealed } of keys) secrets.push(Buffer.from(await ground.vault.open(tenant, sealedFor(hook.id), sealed)).toString('utf8'));
  return verifyDelivery({ scheme: hook.scheme, header: hook.header, secrets }, { headers, bytes }, nowMs);
}

/** I3 */
async function rowOf(parts: Parts, found: Found, message: string, { subject }: Extract<Verdict, { ok: true }>, request: RawRequest): Promise<InboxRow> {
  const { tenant, hook, nowMs } = found;
  const data = request.json() as Json;
  if (hook.flow !== undefined) return startOf(parts, found, hook.flow, message, data);
  const event = {
    specversion: '1.0',
    id: message,
    source: `/v1/hooks/${hook.id}`,
    type: hook.type,
    time: new Date(nowMs).toISOString(),
    ...(subject !== undefined && { subject }),
    data,
  };
  const commandId = `hook_${createHash('sha256').update([hook.id, message].join('\0')).digest('base64url').slice(0, 32)}`;
  return { shard: homeShard(tenant, hook.type), tenant, key: `event/${hook.type}`, commandId, kind: 'event', body: JSON.stringify(event) };
}

async function startOf({ programs, lines }: Parts, { tenant, hook, nowMs }: Found, flow: string, message: string, data: Json): Promise<InboxRow> {
  const found = await programs.resolve(tenant, flow);
  if (found === undefined) throw new PalaceError('not-found', { detail: `There is no flow ${flow}.` });
  const { schema } = found.linked.program.input;
  const errors = schema === undefined ? [] : checkSchema(schema, data);
  if (errors.length > 0) throw new PalaceError('run.input-refused', { errors });
  // The id tells a webhook from one of the same name before it.
  const cause = { tenant, flow, trigger: `webhook/${hook.name}/${message}`, id: hook.id, atMs: nowMs };
  const { shard, body: start } = triggeredStart(cause, found.linked, data);
  const body = { ...start, ...(hook.environment !== undefined && { environment: hook.environment }) };
  if (body.permit !== undefined) checkLine(await lines(shard), tenant);
  return { shard, tenant, key: body.run, commandId: `start/${body.run}`, kind: 'start', body: JSON.stringify(body) };
}

function checkLine(line: FairShare, tenant: string): void {
  if (!line.admits(tenant)) throw new PalaceError('overload.busy', { detail: 'Too many starts wait for their place.', retryAfterSeconds: 1 });
  line.take(tenant);
}

function keep(parts: Parts, { tenant, hook }: Found, message: string, row: InboxRow): Promise<boolean> {
  parts.kept += 1;
  const trims = parts.kept % TRIM_EVERY === 0;
  return parts.ground.database.asTenant(tenant, async (sql) => {
    const kept = await keepDelivery(sql, hook, message, row);
    if (trims) await trimDeliveries(sql, hook);
    return kept;
  });
}

/** Tells why and throws. */
async function refuse(parts: Parts, { tenant, hook }: Found, message: string | undefined, error: unknown): Promise<never> {
  if (!(error instanceof PalaceError) || error.row.status >= 500) throw error;
  parts.outcomes.add(1, { outcome: 'refused' });
  if (mayNote(parts, hook.id)) {
    const reason = error.errors?.[0] === undefined ? error.message : `${error.message}: ${error.errors[0].path} ${error.errors[0].message}`;
    await parts.ground.database.asTenant(tenant, async (sql) => {
      await note(sql, tenant, hook, { message, outcome: 'refused', reason });
      await trimDeliveries(sql, hook);
    });
  }
  throw error;
}

/** I2 */
function mayNote({ notes }: Parts, hook: string): boolean {
  const nowMs = performance.now();
  let noted = notes.get(hook);
  if (noted === undefined || nowMs - noted.sinceMs > MINUTE_MS) {
    if (notes.size >= MOST_COUNTED) notes.delete(notes.keys().next().value as string);
    notes.delete(hook);
    notes.set(hook, (noted = { sinceMs: nowMs, count: 0 }));
  }
  noted.count += 1;
  return noted.count <= NOTES_A_MINUTE;
}
