// The database port over `pg`: three pools (owner, engine, api), scoped transactions, dedicated connections.
// I1 A scoped transaction sets its scope in the same message as BEGIN, for that transaction alone; nothing stays on the connection.
// I2 A scope handed to `work` answers only until its transaction ends: a late query fails instead of meeting another tenant's.
// I3 A connection that broke, or whose state is unknown, is closed and never returned to its pool.
// I4 A connection lost during COMMIT is `outcome.unknown`; before it, nothing happened and it is `unavailable.database`.
// I5 Nobody waits for ever: for a connection, a lock and (api) a statement there is a longest time, and a silent server is noticed (pulse.ts).
// Called by platform.ts; sql is written by the services.
import pg from 'pg';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { PalaceError } from '../errors.ts';
import type { Log } from '../telemetry/port.ts';
import { buildIndexes } from './build-indexes.ts';
import { asPalaceError, isConnectionLost } from './failure.ts';
import { migrate } from './migrate.ts';
import type { Database, DedicatedClient, Sql } from './port.ts';
import { palaceMigrations } from './palace-migrations.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { openRoleAccess, roleUrl, type PalaceRole, type RoleAccess } from './roles.ts';
import { watchPool, type PoolWatch } from './watch-pool.ts';

export interface PgOptions {
  /** The owner's URL. It may create schemas, and the two roles unless they exist. */
  readonly url: string;
  readonly log: Log;
  /** Shown in pg_stat_activity. */
  readonly application?: string;
  readonly enginePoolSize?: number;
  readonly apiPoolSize?: number;
  readonly connectTimeoutMs?: number;
  readonly apiStatementTimeoutMs?: number;
  /** Watches whether the database answers, on a connection more. */
  readonly pulse?: boolean;
  /** Told how long each scoped transaction waited for its connection. */
  readonly onWait?: (seconds: number) => void;
  /** Lets a process end with idle connections open; for tests. */
  readonly allowExitOnIdle?: boolean;
}

const OLDEST_SERVER = 150_000;
const OWNER_POOL_SIZE = 2;

/** Connects, creates the roles if need be, and brings the schema `palace` up to date. */
export async function openDatabase(options: PgOptions): Promise<Database> {
  const owner = openPool(options, connection(options, 'owner', 'password'), OWNER_POOL_SIZE);
  try {
    await requireVersion(owner);
    const access = await openRoleAccess(owner, options.url);
    await migrate(owner, palaceMigrations());
    return database(owner, access, options);
  } catch (error) {
    await owner.end();
    throw bootError(error, options.url);
  }
}

function openPool(options: PgOptions, config: PoolConfig, max: number): Pool {
  const { log, allowExitOnIdle = false } = options;
  const pool = new pg.Pool({ ...config, max, idleTimeoutMillis: 60_000, allowExitOnIdle });
  const connectionName = config.application_name;
  // Without listeners a lost connection would end the process: one for idle ones, one for those that are in use.
  // A pool that ends does not wait for the server's goodbyes: what is lost then is nothing to warn of.
  pool.on('error', (error) => pool.ending || log.warn('an idle database connection was lost', { error, connectionName }));
  pool.on('connect', (client) => client.on('error', (error) => log.debug('a database connection was lost', { error, connectionName })));
  return pool;
}

/** Commit connections have no statement timeout (ENGINE E7): an answer that does not come is asked for, never cancelled. */
const ENGINE_SETTINGS = '-c idle_in_transaction_session_timeout=1000 -c jit=off';
/** In the pools. Longer than any migration keeps a table to itself, shorter than a caller's patience. */
const LOCK_TIMEOUT_SETTING = '-c lock_timeout=3000';
/** For a lock that others have just waited for in vain. */
const SHORT_WAIT = '500ms';

function connection(options: PgOptions, role: 'owner' | PalaceRole, access: RoleAccess, more = ''): PoolConfig {
  const api = `-c statement_timeout=${options.apiStatementTimeoutMs ?? 10_000} -c idle_in_transaction_session_timeout=10000 -c jit=off`;
  const settings = `${{ owner: '', palace_engine: ENGINE_SETTINGS, palace_api: api }[role]} ${more}`.trim();
  const url = new URL(role === 'owner' ? options.url : roleUrl(options.url, role, access));
  if (settings !== '') url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} ${settings}`.trim());
  return {
    connectionString: url.href,
    application_name: `${options.application ?? 'agentspalace'} ${role.replace('palace_', '')}`,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
  };
}

async function requireVersion(owner: Pool): Promise<void> {
  const { rows } = await owner.query<{ version: number }>("select current_setting('server_version_num')::int as version");
  const version = rows[0]?.version ?? 0;
  if (version < OLDEST_SERVER)
    throw new PalaceError('boot.database', { detail: `PostgreSQL 15 or newer is needed; this one is ${Math.floor(version / 10_000)}.` });
}

function bootError(error: unknown, url: string): unknown {
  if (error instanceof PalaceError && error.code !== 'unavailable.database') return error;
  const cause = error instanceof PalaceError ? error.cause : error;
  const code = (cause as { code?: unknown } | null)?.code;
  if (isConnectionLost(cause))
    return new PalaceError('boot.database', { detail: `No database answers at ${placeOf(url)}${typeof code === 'string' ? ` (${code})` : ''}.`, cause });
  const reason = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause);
  return new PalaceError('boot.database', { detail: `The database does not let AgentsPalace in: ${reason}.`, cause });
}

/** Where a URL points, without what opens the door there. */
function placeOf(text: string): string {
  const url = new URL(text);
  return url.searchParams.get('host') ?? `${url.hostname}:${url.port || '5432'}`;
}

function database(owner: Pool, access: RoleAccess, options: PgOptions): Database {
  const engine = openPool(options, connection(options, 'palace_engine', access, LOCK_TIMEOUT_SETTING), options.enginePoolSize ?? 8);
  const api = openPool(options, connection(options, 'palace_api', access, LOCK_TIMEOUT_SETTING), options.apiPoolSize ?? 8);
  const dedicated = new Set<DedicatedClient>();
  const open = async (role: PalaceRole): Promise<DedicatedClient> => {
    const client = await openDedicated(connection(options, role, access), options.log);
    dedicated.add(client);
    client.on('end', () => dedicated.delete(client));
    return client;
  };
  const watches = { api: watchPool(api, options.apiPoolSize ?? 8), engine: watchPool(engine, options.enginePoolSize ?? 8) };
  refuseWhile(api, watches.api.stuck);
  refuseWhile(engine, watches.engine.stuck);
  const scopeOf = (watch: PoolWatch, scope: Readonly<Record<string, string>>): typeof scope =>
    watch.lockIsKnown() ? { ...scope, lock_timeout: SHORT_WAIT } : scope;
  const pulse = options.pulse === true ? watchOver([owner, engine, api], dedicated, () => open('palace_engine'), options.log) : undefined;
  let closing: Promise<void> | undefined;
  const closed = new AbortController();
  const close = async (): Promise<void> => {
    closed.abort();
    await pulse?.close();
    await Promise.allSettled([...dedicated].map((client) => client.end()));
    await Promise.allSettled([owner.end(), engine.end(), api.end()]);
  };
  return {
    owner,
    engine,
    api,
    asTenant: (tenant, work) => inTransaction(api, scopeOf(watches.api, { 'palace.tenant': required(tenant) }), work, options.onWait),
    asEngine: (scope, work) =>
      inTransaction(
        engine,
        scopeOf(watches.engine, { 'palace.shards': arrayText(scope.shards), 'palace.tenants': arrayText(scope.tenants ?? []) }),
        work,
        options.onWait,
      ),
    dedicated: (role) => open(`palace_${role}`),
    away: () => pulse?.away() ?? watches.api.stuck() ?? watches.engine.stuck(),
    migrate: (plan) => migrate(owner, plan),
    buildIndexes: (plan) =>
      buildIndexes(plan, { connect: () => openClient(connection(options, 'owner', 'password'), options.log), log: options.log, closing: closed.signal }),
    close: () => (closing ??= close()),
  };
}

/** The pools refuse while the database is away; what hangs on a silent one is cut. */
function watchOver(pools: readonly Pool[], dedicated: ReadonlySet<DedicatedClient>, connect: () => Promise<DedicatedClient>, log: Log): Pulse {
  const pooled = new Set<PoolClient>();
  const pulse = startPulse({
    connect,
    cut: () => {
      for (const client of [...pooled, ...dedicated]) (client as unknown as OpenClient).connection.stream.destroy();
    },
    log,
  });
  for (const pool of pools) {
    pool.on('connect', (client) => pooled.add(client));
    pool.on('remove', (client) => pooled.delete(client));
    refuseWhile(pool, pulse.away);
  }
  return pulse;
}

/** What the declared type of a client leaves out. */
interface OpenClient {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** Before anybody waits for a connection. */
function refuseWhile(pool: Pool, why: () => string | undefined): void {
  const connect = pool.connect.bind(pool) as (callback?: Connected) => Promise<PoolClient> | void;
  pool.connect = ((callback?: Connected) => {
    const reason = why();
    if (reason === undefined) return connect(callback);
    const refusal = new PalaceError('unavailable.database', { detail: reason, retryAfterSeconds: 1 });
    return callback === undefined ? Promise.reject(refusal) : callback(refusal, undefined, () => undefined);
  }) as Pool['connect'];
}

type Connected = (error: Error | undefined, client: PoolClient | undefined, done: () => void) => void;

function required(tenant: string): string {
  if (tenant === '') throw new TypeError('a tenant transaction needs a tenant');
  return tenant;
}

/** A PostgreSQL array literal; every text element is quoted. */
function arrayText(values: readonly (string | number)[]): string {
  return `{${values.map((value) => (typeof value === 'number' ? String(Math.trunc(value)) : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
}

type Work<T> = (sql: Sql) => Promise<T>;

async function inTransaction<T>(pool: Pool, scope: Readonly<Record<string, string>>, work: Work<T>, onWait?: (seconds: number) => void): Promise<T> {
  const asked = performance.now();
  const client = await pool.connect().catch((error: unknown) => Promise.reject(asPalaceError(error)));
  onWait?.((performance.now() - asked) / 1_000);
  const guarded = guard(client);
  let stage: 'way' | 'commit' = 'way';
  try {
    const settings = Object.entries(scope).map(([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`);
    await client.query(`begin; select ${settings.join(', ')}`);
    const result = await work(guarded.sql);
    guarded.end();
    stage = 'commit';
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error('the transaction had failed already and was rolled back');
    client.release();
    return result;
  } catch (error) {
    guarded.end();
    // A statement of the late work may still be queued on this connection: after a failed rollback it is closed.
    client.release(
      await client.query('rollback').then(
        () => undefined,
        (failure: Error) => failure,
      ),
    );
    throw asPalaceError(error, stage);
  }
}

function guard(client: PoolClient): { sql: Sql; end: () => void } {
  let open = true;
  return {
    sql: {
      query: (text, values) => {
        if (!open) return Promise.reject(new Error('this transaction has ended'));
        return client.query(text, values === undefined ? undefined : [...values]);
      },
    },
    end: () => void (open = false),
  };
}

async function openDedicated(config: PoolConfig, log: Log): Promise<DedicatedClient> {
  return (await openClient(config, log)) as unknown as DedicatedClient;
}

async function openClient(config: PoolConfig, log: Log): Promise<pg.Client> {
  const client = new pg.Client(config);
  // Without a listener a lost connection would end the process; whoever holds the client adds its own.
  client.on('error', (error) => log.debug('a dedicated database connection was lost', { error }));
  await client.connect().catch((error: unknown) => Promise.reject(asPalaceError(error)));
  return client;
}
