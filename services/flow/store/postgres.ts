// FlowStore on PostgreSQL: what the engine reads. Writes are rows.ts (through the fenced commit) and publish.ts.
// Each query stands beside its one caller's need; engine reads name their shards, tenant reads their tenant (ENGINE E4).
import type { Blobs } from '@palace/platform/blobs/port.ts';
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { RunStatus } from '../contract.ts';
import { READS_FORMAT } from '../core/model.ts';
import { LIFECYCLE_PREFIXES, type Program } from '../core/program.ts';
import { EVOLVE_VERSION } from '../core/run.ts';
import {
  EVERY_TYPE,
  type ActiveRun,
  type Definition,
  type EventTrigger,
  type FlowStore,
  type HeldPermit,
  type JournalEntry,
  type LedgerRow,
  type Listeners,
  type RunRow,
  type StoredEvent,
  type StoredProgram,
  type StoredRun,
  type Subscription,
} from './port.ts';
import { readHeldFlows, readHeldStarts } from './held-starts.ts';
import { MOST_TRIGGERS, readSchedule } from './schedules.ts';
import { countWaitingStarts, readWaiting, readWaitingStarts } from './waiting-starts.ts';

export interface RunRecord {
  id: string;
  shard: number;
  tenant: string;
  flow: string;
  version: string;
  hash: string;
  status: RunStatus;
  started_ms: string;
  ended_ms: string | null;
  parent: string | null;
  parent_act: number | null;
  fork_of: string | null;
  permit: string | null;
  trigger: string | null;
  environment: string | null;
  quarantine: string | null;
  quarantined_ms: string | null;
  segment: number;
  segment_seq: number;
  first_seq: number;
}

export const RUN_COLUMNS =
  'id, shard, tenant, flow, version, hash, status, started_ms, ended_ms, parent, parent_act, fork_of, permit, trigger, environment, quarantine, quarantined_ms, segment, segment_seq, first_seq';

export function runRow(r: RunRecord): RunRow {
  return {
    id: r.id,
    shard: r.shard,
    tenant: r.tenant,
    flow: r.flow,
    version: r.version,
    hash: r.hash,
    status: r.status,
    startedMs: Number(r.started_ms),
    segment: r.segment,
    segmentSeq: r.segment_seq,
    firstSeq: r.first_seq,
    ...(r.ended_ms !== null && { endedMs: Number(r.ended_ms) }),
    ...(r.parent !== null && { parent: r.parent }),
    ...(r.parent_act !== null && { parentAct: r.parent_act }),
    ...(r.fork_of !== null && { forkOf: r.fork_of }),
    ...(r.permit !== null && { permit: r.permit }),
    ...(r.trigger !== null && { trigger: r.trigger }),
    ...(r.environment !== null && { environment: r.environment }),
    ...(r.quarantine !== null && { quarantine: { reason: r.quarantine, atMs: Number(r.quarantined_ms) } }),
  };
}

interface EntryRecord {
  run: string;
  seq: number;
  count: number;
  format: number;
  at_ms: string;
  tenant: string;
  body: string | null;
  blob: string | null;
}
interface SnapshotRecord {
  run: string;
  seq: number;
  format: number;
  evolve: string;
  body: string;
}

const entry = async (blobs: Blobs, r: EntryRecord): Promise<JournalEntry> => ({
  seq: r.seq,
  count: r.count,
  format: r.format,
  atMs: Number(r.at_ms),
  body: await bodyOf(blobs, r),
});

/** The text of an entry, wherever it is kept. */
export async function bodyOf(blobs: Blobs, { tenant, body, blob }: { tenant: string; body: string | null; blob: string | null }): Promise<string> {
  if (body !== null) return body;
  const content = blob === null ? undefined : await blobs.get(tenant, blob);
  if (content === undefined) throw new PalaceError('unavailable.blobs', { detail: `The blob ${blob} of a journal entry is not there.`, retryAfterSeconds: 5 });
  return Buffer.from(content).toString('utf8');
}

/** Runs with snapshot and tail, three statements whatever the number of runs. What `upTo` means: port.ts, `load`. */
export async function readRuns(sql: Sql, blobs: Blobs, ids: readonly string[], upTo?: number): Promise<StoredRun[]> {
  const found = await sql.query<RunRecord>(`select ${RUN_COLUMNS} from flow.run where id = any($1)`, [ids]);
  const rows = upTo === undefined ? found.rows : await asOfThen(sql, found.rows, upTo);
  const bySnapshot = upTo === undefined ? await readSnapshots(sql, rows) : new Map<string, SnapshotRecord>();
  const after = rows.map((r) => bySnapshot.get(r.id)?.seq ?? r.segment_seq - 1);
  const entries = await sql.query<EntryRecord>(
    `select j.run, j.seq, j.count, j.format, j.at_ms, j.tenant, j.body, j.blob
       from unnest($1::text[], $2::int[]) as w(run, after) join flow.journal j on j.run = w.run and j.seq > w.after
      -- The ids once more: by them the partitions are chosen.
      where j.run = any($1) and ($3::int is null or j.seq <= $3) order by j.run, j.seq`,
    [rows.map((r) => r.id), after, upTo ?? null],
  );
  const byRun = new Map<string, JournalEntry[]>();
  const unread = new Map<string, Error>();
  for (const r of entries.rows) {
    try {
      const list = byRun.get(r.run);
      const read = await entry(blobs, r);
      if (list === undefined) byRun.set(r.run, [read]);
      else list.push(read);
    } catch (error) {
      unread.set(r.run, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return rows.map((r) => {
    const s = bySnapshot.get(r.id);
    const missing = unread.get(r.id);
    return {
      row: runRow(r),
      ...(s !== undefined && { snapshot: { seq: s.seq, format: s.format, evolve: s.evolve, body: s.body } }),
      entries: byRun.get(r.id) ?? [],
      ...(missing !== undefined && { unread: missing }),
    };
  });
}

async function readSnapshots(sql: Sql, rows: readonly RunRecord[]): Promise<Map<string, SnapshotRecord>> {
  const found = await sql.query<SnapshotRecord>(
    // One that this release cannot use is left out here, so that the whole segment is read instead (ENGINE E10).
    'select run, seq, format, evolve, body from flow.snapshot where run = any($1) and format <= $2 and evolve = $3',
    [rows.map((r) => r.id), READS_FORMAT, EVOLVE_VERSION],
  );
  const byRun = new Map(found.rows.map((s) => [s.run, s]));
  // One of an earlier segment is older than the state that the segment begins with.
  for (const { id, segment_seq: begins } of rows) if ((byRun.get(id)?.seq ?? begins) < begins) byRun.delete(id);
  return byRun;
}

/** Each run as it was in the segment that holds `seq`: closed segments have rows of their own, the open one is the run's. */
async function asOfThen(sql: Sql, rows: readonly RunRecord[], seq: number): Promise<RunRecord[]> {
  const earlier = rows.filter((r) => seq < r.segment_seq).map((r) => r.id);
  if (earlier.length === 0) return [...rows];
  const found = await sql.query<{ run: string; number: number; first_seq: number; hash: string; version: string }>(
    'select run, number, first_seq, hash, version from flow.segment where run = any($1) and first_seq <= $2 and last_seq >= $2',
    [earlier, seq],
  );
  const byRun = new Map(found.rows.map((s) => [s.run, s]));
  return rows.map((r) => {
    const then = byRun.get(r.id);
    return then === undefined ? r : { ...r, segment: then.number, segment_seq: then.first_seq, hash: then.hash, version: then.version };
  });
}

interface DefinitionRecord {
  namespace: string;
  name: string;
  version: string;
  hash: string;
  title: string | null;
  published_ms: string;
  latest: boolean;
}

export function definitionRow(r: DefinitionRecord): Definition {
  return {
    namespace: r.namespace,
    name: r.name,
    version: r.version,
    hash: r.hash,
    publishedMs: Number(r.published_ms),
    latest: r.latest,
    ...(r.title !== null && { title: r.title }),
  };
}

/** One flow's version, the latest without one. */
export async function readDefinition(sql: Sql, namespace: string, name: string, version?: string): Promise<Definition | undefined> {
  const found = await sql.query<DefinitionRecord>(
    `select namespace, name, version, hash, title, published_ms, ordinal = max(ordinal) over () as latest
       from flow.definition where namespace = $1 and name = $2 order by ordinal desc`,
    [namespace, name],
  );
  const wanted = version === undefined ? found.rows[0] : found.rows.find((r) => r.version === version);
  return wanted === undefined ? undefined : definitionRow(wanted);
}

interface EventRecord {
  tenant: string;
  type: string;
  source: string;
  id: string;
  at_ms: string;
  body: string;
  run: string | null;
}
const event = ({ at_ms: atMs, run, ...r }: EventRecord): StoredEvent => ({ ...r, atMs: Number(atMs), ...(run !== null && { run }) });

export function postgresFlowStore(database: Database, blobs: Blobs): FlowStore {
  const inShard = <T>(shard: number, work: (sql: Sql) => Promise<T>) => database.asEngine({ shards: [shard], tenants: [] }, work);
  const ofTenant = <T>(tenant: string, work: (sql: Sql) => Promise<T>) => database.asEngine({ shards: [], tenants: [tenant] }, work);
  return {
    active: (shard) => inShard(shard, (sql) => readActive(sql, shard)),
    load: (shards, ids, upTo) => database.asEngine({ shards, tenants: [] }, (sql) => readRuns(sql, blobs, ids, upTo)),
    program: (tenant, hash) => ofTenant(tenant, (sql) => readProgram(sql, tenant, hash)),
    definition: (tenant, namespace, name, version) => ofTenant(tenant, (sql) => readDefinition(sql, namespace, name, version)),
    triggerEnvironment: (tenant, flow) => ofTenant(tenant, (sql) => readTriggerEnvironment(sql, tenant, flow)),
    ledger: (shard, run) => inShard(shard, (sql) => readLedger(sql, run)),
    listeners: (tenant, events) => ofTenant(tenant, (sql) => readListeners(sql, tenant, events)),
    recentEvents: (tenant, types, sinceMs, limit) => ofTenant(tenant, (sql) => readRecentEvents(sql, tenant, types, sinceMs, limit)),
    unmatchedEvents: (shard, limit) => inShard(shard, (sql) => readUnmatchedEvents(sql, shard, limit)),
    permits: (shard) => inShard(shard, (sql) => readPermits(sql, shard)),
    waiting: (shard, most) => inShard(shard, (sql) => readWaiting(sql, shard, most)),
    countWaitingStarts: (shard) => inShard(shard, (sql) => countWaitingStarts(sql, shard)),
    waitingStarts: (shard, tenant, toShard, most) =>
      database.asEngine({ shards: [shard], tenants: [tenant] }, (sql) => readWaitingStarts(sql, shard, tenant, toShard, most)),
    heldFlows: (shards, limit) => database.asEngine({ shards, tenants: [] }, (sql) => readHeldFlows(sql, shards, limit)),
    heldStarts: (shard, tenant, flow, limit) => inShard(shard, (sql) => readHeldStarts(sql, shard, tenant, flow, limit)),
    schedule: (shard, tenant, flow) => inShard(shard, (sql) => readSchedule(sql, shard, tenant, flow)),
  };
}

async function readTriggerEnvironment(sql: Sql, tenant: string, flow: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ environment: string }>('select environment from flow.flow_environment where tenant = $1 and flow = $2', [tenant, flow]);
  return rows[0]?.environment;
}

async function readActive(sql: Sql, shard: number): Promise<ActiveRun[]> {
  const { rows } = await sql.query<{ id: string; tenant: string; status: RunStatus; permit: string | null }>(
    `select id, tenant, status, permit from flow.run where shard = $1 and status = 'running' and ended_ms is null order by id`,
    [shard],
  );
  return rows.map(({ permit, ...r }) => ({ ...r, ...(permit !== null && { permit }) }));
}

async function readProgram(sql: Sql, tenant: string, hash: string): Promise<StoredProgram | undefined> {
  const { rows } = await sql.query<{ hash: string; format: number; program: Program }>(
    // The texts that its steps were made from are for people to look at: no run needs them.
    `select hash, format, program - 'fetched' as program from flow.program where tenant = $1 and hash = $2`,
    [tenant, hash],
  );
  return rows[0];
}

type LedgerRecord = Omit<LedgerRow, 'argsHash' | 'result'> & { args_hash: string; result: string | null };

export async function readLedger(sql: Sql, run: string): Promise<LedgerRow[]> {
  const { rows } = await sql.query<LedgerRecord>(
    'select key, act, position, class, state, args_hash, result from flow.effect where run = $1 order by requested_ms',
    [run],
  );
  return rows.map(({ args_hash: argsHash, result, ...r }) => ({ ...r, argsHash, ...(result !== null && { result }) }));
}

/** A row of one of three kinds: the others' columns are null. */
type Found = { readonly [column in 'nth' | 'act' | 'shard']: number | null } & { readonly [column in 'run' | 'type' | 'flow' | 'hash']: string | null };

async function readListeners(sql: Sql, tenant: string, events: readonly StoredEvent[]): Promise<Listeners> {
  // One statement for a batch: a read of its own for each event cost as much as keeping it.
  const { rows } = await sql.query<Found>(
    `select null::int as nth, run, act, shard, type, null as flow, null as hash from flow.subscription where tenant = $1 and type = any($2)
     union all
     select w.nth::int, null, null, null, null, null, null from unnest($3::text[], $4::text[]) with ordinality as w(source, id, nth)
       join flow.event e on e.tenant = $1 and e.source = w.source and e.id = w.id where not e.matched
     union all
     (select null, null, null, null, type, flow, hash from flow.event_trigger where tenant = $1 and type = any($2) and not paused order by flow limit $5)`,
    [tenant, [...new Set(events.map(({ type }) => type)), EVERY_TYPE], events.map(({ source }) => source), events.map(({ id }) => id), MOST_TRIGGERS],
  );
  const open = new Set(rows.map(({ nth }) => nth));
  return {
    unmatched: events.filter((_, i) => open.has(i + 1)),
    subscriptions: rows.flatMap(({ run, act, shard, type }) => (run === null ? [] : [{ run, act, shard, type } as Subscription])),
    triggers: rows.flatMap(({ type, flow, hash }) => (flow === null ? [] : [{ type, flow, hash } as EventTrigger])),
  };
}

const EVENT_COLUMNS = 'tenant, type, source, id, at_ms, body, run';
const OF_TYPES = `select ${EVENT_COLUMNS} from flow.event where tenant = $1 and at_ms >= $2 and type = any($4) order by position desc limit $3`;
/** A statement of its own, so that each has the index that fits it. */
const OF_EVERY_TYPE = `select ${EVENT_COLUMNS} from flow.event
  where tenant = $1 and at_ms >= $2 and (type = any($4) or type not like all($5::text[])) order by position desc limit $3`;
const LIFECYCLE = LIFECYCLE_PREFIXES.map((prefix) => `${prefix}%`);

async function readRecentEvents(sql: Sql, tenant: string, types: readonly string[], sinceMs: number, limit: number): Promise<StoredEvent[]> {
  const values = [tenant, sinceMs, limit, types];
  const found = types.includes(EVERY_TYPE)
    ? await sql.query<EventRecord>(OF_EVERY_TYPE, [...values, LIFECYCLE])
    : await sql.query<EventRecord>(OF_TYPES, values);
  return found.rows.toReversed().map(event);
}

async function readUnmatchedEvents(sql: Sql, shard: number, limit: number): Promise<StoredEvent[]> {
  const found = await sql.query<EventRecord>(`select ${EVENT_COLUMNS} from flow.event where shard = $1 and not matched order by position limit $2`, [
    shard,
    limit,
  ]);
  return found.rows.map(event);
}

async function readPermits(sql: Sql, shard: number): Promise<HeldPermit[]> {
  const found = await sql.query<HeldPermit>(
    'select permit, id, status, tenant, hash from flow.run where shard = $1 and permit is not null and ended_ms is null order by id',
    [shard],
  );
  return found.rows;
}
