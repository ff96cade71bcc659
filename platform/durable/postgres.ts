// The durable store on PostgreSQL. The rules live in the SQL functions of sql/; here are the connections and the meaning of failures.
// I1 Commits go over dedicated connections, one statement at a time each, without a statement timeout, never cancelled (E7). A silent
//    server is given up after ABANDON_MS by breaking the connection: the outcome is then unknown, as it is.
// I2 The session lock that proves life and the renewals share one connection: who cannot renew does not look alive for long.
// I3 Only errors after which PostgreSQL certainly kept nothing are answered by anything else than `unknown`.
import { shortageOf } from '../database/failure.ts';
import type { Database, Sql } from '../database/port.ts';
import type {
  CommitReply,
  DurableStore,
  EngineSample,
  Fence,
  Halt,
  InboxRow,
  NodeRow,
  Page,
  Pending,
  Renewal,
  SendOutcome,
  Sending,
  ShardCursor,
  StreamRead,
  StreamRow,
  TakenKey,
  TimerRow,
  Write,
} from './contract.ts';
import { encodeCommit, encodeSendings } from './encode.ts';
import { duePages, pagesOf, type DueRecord, type Part } from './pages.ts';
import { openSession, type Session } from './session.ts';
import { VERSION } from '../release.ts';

const ABANDON_MS = 30_000;
/** Of one shard in one read; the tenants share them. The first row of each comes whatever its size. */
const READ_MAX_BYTES = 1_048_576;
/** SQLSTATE classes that blame the data: find the row, keep its neighbours (E6). */
const BAD_ROW_CLASSES: ReadonlySet<string> = new Set(['21', '22', '23', '42', '44', '54', 'P0']);
/** Somebody else holds a lock; nothing was kept. */
const CONTENDED: ReadonlySet<string> = new Set(['55P03', '40P01', '40001']);
/** By index, always: plans are kept for the life of the connection, and tables grow under them. */
const COMMIT_SETTINGS = 'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; set statement_timeout = 0';

export interface PostgresStoreOptions {
  readonly database: Database;
  readonly schema: string;
  /** Name under which this service appears in streams. */
  readonly service: string;
  /** The release that the node says it is; another one in tests. */
  readonly version?: string;
}

export function postgresDurableStore({ database, schema, service, version = VERSION }: PostgresStoreOptions): DurableStore {
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new Error(`Not a schema name: ${schema}`);
  const applicationName = `palace:${service}`;
  let enlisted: NodeRow | undefined;
  const control = openSession(database, async (client) => {
    await client.query(`set application_name = '${applicationName}:control'; set lock_timeout = '2s'; set statement_timeout = '10s'`);
    if (enlisted !== undefined) await lockSession(client, enlisted);
  });
  const commits = new Map<number, Session>();

  function commitSession(connection: number): Session {
    const known = commits.get(connection);
    if (known !== undefined) return known;
    const session = openSession(database, async (client) => {
      await client.query(`set application_name = '${applicationName}:commit'; ${COMMIT_SETTINGS}`);
      await client.query(`select ${schema}.arrive()`);
    });
    commits.set(connection, session);
    return session;
  }

  async function lockSession(client: Sql, node: NodeRow): Promise<void> {
    const { rows } = await client.query<{ locked: boolean }>(`select ${schema}.enlist($1, $2) as locked`, [node.nodeId, node.readsFormat]);
    if (rows[0]?.locked !== true) throw new Error(`Another process lives under the node id ${node.nodeId}`);
    await client.query(`update ${schema}.node set release = $2 where id = $1`, [node.nodeId, version]);
  }

  async function enlist(node: NodeRow): Promise<void> {
    enlisted = node;
    await control.query('select 1', []);
  }

  async function renew(node: NodeRow, fences: readonly Fence[], leaseMs: number, engine: EngineSample): Promise<Renewal> {
    const { ids, epochs } = columns(fences);
    const { rows } = await control.query<{ renewal: Renewal }>(`select ${schema}.renew($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as renewal`, [
      node.nodeId,
      node.readsFormat,
      node.leaving === true,
      ids,
      epochs,
      leaseMs,
      engine.timeMs ?? null,
      engine.version ?? null,
      engine.correctionMs ?? null,
      engine.wallMs ?? null,
      engine.haltVersion ?? -1,
    ]);
    const { renewal } = rows[0] as { renewal: Renewal };
    return renewal.unsure.length === 0 ? renewal : { ...renewal, ...(await renewHeld(node, renewal, leaseMs)) };
  }

  async function renewHeld(node: NodeRow, { kept, unsure }: Renewal, leaseMs: number): Promise<Pick<Renewal, 'kept' | 'unsure'>> {
    const { ids, epochs } = columns(unsure);
    try {
      const { rows } = await control.query<{ kept: Fence[] }>(`select ${schema}.renew_held($1, $2, $3, $4) as kept`, [node.nodeId, ids, epochs, leaseMs]);
      return { kept: [...kept, ...(rows[0] as { kept: Fence[] }).kept], unsure: [] };
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error;
      return { kept, unsure };
    }
  }

  /** Rows under somebody's commit are waited for once, briefly; a holder that sits idle in its transaction is ended (E1). */
  async function claim(node: NodeRow, shards: readonly number[], leaseMs: number): Promise<readonly Fence[]> {
    const first = await claimOnce(node, shards, leaseMs, false);
    if (first.locked.length === 0) return first.claimed;
    try {
      const second = await claimOnce(node, first.locked, leaseMs, true);
      return [...first.claimed, ...second.claimed];
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error;
      await control.query(`select ${schema}.end_stalled_commits($1)`, [applicationName]);
      return first.claimed;
    }
  }

  async function claimOnce(node: NodeRow, shards: readonly number[], leaseMs: number, patient: boolean): Promise<{ claimed: Fence[]; locked: number[] }> {
    const { rows } = await control.query<{ answer: { claimed: Fence[]; locked: number[] } }>(`select ${schema}.claim($1, $2, $3, $4) as answer`, [
      node.nodeId,
      shards,
      leaseMs,
      patient,
    ]);
    return (rows[0] as { answer: { claimed: Fence[]; locked: number[] } }).answer;
  }

  async function release(node: NodeRow, fences: readonly Fence[]): Promise<void> {
    const { ids, epochs } = columns(fences);
    await control.query(`select ${schema}.release($1, $2, $3)`, [node.nodeId, ids, epochs]);
  }

  async function commit(connection: number, writes: readonly Write[]): Promise<CommitReply> {
    const session = commitSession(connection);
    const batch = encodeCommit(writes);
    const silence = setTimeout(() => session.abandon(), ABANDON_MS);
    try {
      // Prepared: 5 % of PostgreSQL's processor time for a flow of three steps.
      await session.query(`select ${schema}.commit($1, $2, $3, $4, $5)`, [batch.ids, batch.epochs, batch.tenants, batch.durable, batch.rows], 'commit');
      return { kind: 'committed' };
    } catch (error) {
      return explain(error);
    } finally {
      clearTimeout(silence);
    }
  }

  async function send(sendings: readonly Sending[]): Promise<readonly SendOutcome[]> {
    const { tenants, rows, claims } = encodeSendings(sendings);
    try {
      const { rows: answers } = await database.engine.query<{ taken: ({ n: number } & Pick<TakenKey, 'fingerprint' | 'answer'>)[] }>(
        `select ${schema}.send($1, $2, $3) as taken`,
        [tenants, rows, claims],
      );
      const taken = new Map(answers[0]?.taken.map(({ n, fingerprint, answer }) => [n, { kind: 'key-taken', fingerprint, answer } as const]));
      return sendings.map((_, n) => taken.get(n) ?? { kind: 'kept' });
    } catch (error) {
      if (claims === null || !CONTENDED.has(sqlState(error) ?? '')) throw error;
      return sendings.map(() => ({ kind: 'contended' }));
    }
  }

  /** On a connection of its own: that there is one more is part of the proof. */
  async function proveRoom(): Promise<void> {
    const client = await database.dedicated('engine');
    try {
      await client.query(`set application_name = '${applicationName}:room'; set statement_timeout = '5s'`);
      await client.query(`select ${schema}.prove_room()`);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const reads = createReads(database, schema, service);
  return {
    ...createHalts(database, schema),
    enlist,
    renew,
    claim,
    release,
    commit,
    send,
    proveRoom,
    ...reads,
    retire: async (node) => {
      await control.query(`select ${schema}.retire($1)`, [node.nodeId]);
      enlisted = undefined;
    },
    close: async () => {
      await Promise.all([control, ...commits.values()].map((session) => session.close()));
    },
  };
}

function createHalts({ engine: sql }: Database, schema: string): Pick<DurableStore, 'readHalts' | 'halt' | 'liftHalt'> {
  async function ask<T>(call: string, values: unknown[]): Promise<T> {
    const { rows } = await sql.query<{ answer: T }>(`select ${schema}.${call} as answer`, values);
    return (rows[0] as { answer: T }).answer;
  }
  return {
    readHalts: (known) => ask('read_halts($1)', [known]),
    async halt({ scope, level, reason, by }) {
      const kept = await ask<Halt>('set_halt($1, $2, $3, $4)', [scope, level, reason ?? null, by]);
      return (await ask<Halt | null>('certify_halt($1)', [scope])) ?? kept;
    },
    liftHalt: async (scope) => (await ask<Halt | null>('lift_halt($1)', [scope])) ?? undefined,
  };
}

type Reads = Pick<
  DurableStore,
  'readPending' | 'readInbox' | 'readStreams' | 'readCursors' | 'readTimers' | 'readDueTimers' | 'commandState' | 'lookUpKey' | 'trimStreams'
>;

type PendingRecord = Pick<Pending, 'inbox' | 'streams'> & { now: number; lag: number } & { [column in 'oldest' | 'oldestStream' | 'firstDue']: number | null };

function createReads(database: Database, schema: string, service: string): Reads {
  const sql = database.engine;

  async function readStreams(functionName: 'read_streams' | 'read_streams_in_turn', reads: readonly StreamRead[]): Promise<Page<StreamRow>[]> {
    if (reads.length === 0) return [];
    const wanted = reads.map(({ shard, limit, after, inTurn }) => ({
      shard,
      limit,
      bytes: READ_MAX_BYTES,
      after: Object.fromEntries(after.filter((at) => at.producer === service).map((at) => [at.producerShard, at.position])),
      ...inTurn,
    }));
    const shards = reads.map((read) => read.shard);
    const { rows } = await sql.query<StreamRecord>(`select * from ${schema}.${functionName}($1, $2, $3)`, [service, shards, JSON.stringify(wanted)]);
    return pagesOf(
      reads,
      rows,
      (row) => row.consumer_shard,
      (row) => streamRow(service, row),
    );
  }

  return {
    readPending: async (shards) => {
      const { rows } = await sql.query<{ pending: PendingRecord }>(`select ${schema}.read_pending($1, $2) as pending`, [service, shards]);
      const pending = (rows[0] as (typeof rows)[number]).pending;
      return {
        inbox: pending.inbox,
        streams: pending.streams,
        oldestInboxMs: pending.oldest === null ? 0 : pending.now - pending.oldest,
        oldestStreamMs: pending.oldestStream === null ? 0 : pending.now - pending.oldestStream,
        streamLag: pending.lag,
        ...(pending.firstDue !== null && { firstDueMs: pending.firstDue }),
      };
    },
    readInbox: async (reads) => {
      const wanted = reads.map(({ shard, limit, except, sated, since }) => ({ shard, limit, bytes: READ_MAX_BYTES, except_ids: except, sated, since }));
      const { rows } = await sql.query<InboxRecord>(`select * from ${schema}.read_inbox($1, $2)`, [reads.map((read) => read.shard), JSON.stringify(wanted)]);
      return pagesOf(reads, rows, (row) => row.shard, inboxRow);
    },
    readStreams: async (reads) => {
      const inOrder = reads.filter((read) => read.inTurn === undefined);
      const inTurn = reads.filter((read) => read.inTurn !== undefined);
      const pages = await Promise.all([readStreams('read_streams', inOrder), readStreams('read_streams_in_turn', inTurn)]);
      return pages.flat();
    },
    readCursors: async (shards) => {
      const { rows } = await sql.query<{ consumer_shard: number; producer: string; producer_shard: number; position: string; ahead: string[] }>(
        `select consumer_shard, producer, producer_shard, position, ahead from ${schema}.cursor where consumer_shard = any ($1)`,
        [shards],
      );
      return rows.map((row): ShardCursor => ({
        shard: row.consumer_shard,
        producer: row.producer,
        producerShard: row.producer_shard,
        position: Number(row.position),
        ahead: row.ahead.map(Number),
      }));
    },
    readTimers: async (reads) => {
      const { rows } = await sql.query<{ shard: number; key: string; id: string; tenant: string; due_ms: string }>(
        `select * from ${schema}.read_timers($1, $2)`,
        [reads.map((read) => read.shard), JSON.stringify(reads)],
      );
      return rows.map((row): TimerRow & { shard: number } => ({ shard: row.shard, key: row.key, id: row.id, tenant: row.tenant, dueMs: Number(row.due_ms) }));
    },
    readDueTimers: async (reads) => {
      const wanted = reads.map(({ shard, limit, dueMs, inHand, sated, since }) => ({ shard, limit, due_by: dueMs, in_hand: inHand, sated, since }));
      const shards = reads.map((read) => read.shard);
      const { rows } = await sql.query<DueRecord>(`select * from ${schema}.read_due_timers($1, $2)`, [shards, JSON.stringify(wanted)]);
      return duePages(reads, rows);
    },
    commandState: async (tenant, commandId) => {
      const { rows } = await sql.query<{ state: 'open' | 'done' | 'unused' | 'refused'; detail: string | null }>(
        `select * from ${schema}.command_state($1, $2)`,
        [tenant, commandId],
      );
      const row = rows[0];
      if (row === undefined) return undefined;
      return row.detail === null ? { state: row.state } : { state: row.state, detail: row.detail };
    },
    lookUpKey: async (tenant, scope, key) => {
      const { rows } = await sql.query<{ fingerprint: string; answer: string }>(`select * from ${schema}.look_up_key($1, $2, $3)`, [tenant, scope, key]);
      return rows[0];
    },
    trimStreams: async (fences) => {
      const { rows } = await sql.query<{ gone: string }>(`select ${schema}.trim_streams($1, $2) as gone`, [service, fences.map((fence) => fence.shard)]);
      return Number(rows[0]?.gone ?? 0);
    },
  };
}

interface InboxRecord extends Part {
  readonly shard: number;
  readonly key: string;
  readonly command_id: string;
  readonly kind: string;
  readonly body: string;
  readonly sent_ms: string;
}

function inboxRow({ shard, tenant, key, command_id: commandId, kind, body, sent_ms: sentMs }: InboxRecord): InboxRow {
  return { shard, tenant, key, commandId, kind, body, sentMs: Number(sentMs) };
}

interface StreamRecord extends Part {
  readonly consumer_shard: number;
  readonly shard: number;
  readonly pos: string;
  readonly kind: string;
  readonly body: string;
}

function streamRow(service: string, { consumer_shard: consumerShard, shard, pos, tenant, kind, body }: StreamRecord): StreamRow {
  return { producer: service, producerShard: shard, consumer: service, consumerShard, position: Number(pos), tenant, kind, body };
}

function columns(fences: readonly Fence[]): { ids: number[]; epochs: number[] } {
  return { ids: fences.map((fence) => fence.shard), epochs: fences.map((fence) => fence.epoch) };
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.length === 5 && (error as { severity?: unknown }).severity !== undefined ? code : undefined;
}

function explain(error: unknown): CommitReply {
  const lacking = shortageOf(error);
  if (lacking !== undefined) return { kind: 'short', reason: lacking };
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  const detail = (error as { detail?: string } | null)?.detail;
  if (state === 'PA001') return { kind: 'fenced', shards: JSON.parse(detail ?? '[]') as number[] };
  if (state === 'PA003') return { kind: 'key-taken', taken: (JSON.parse(detail ?? 'null') ?? []) as TakenKey[] };
  if (state !== undefined && CONTENDED.has(state)) return { kind: 'contended' };
  if (state === 'PA004' || (state !== undefined && BAD_ROW_CLASSES.has(state.slice(0, 2)))) return { kind: 'bad-row', sqlstate: state, message };
  return { kind: 'unknown', message };
}
