// The database port: PostgreSQL by URL, whoever runs it. Callers write plain SQL near where they use it.
// I1 Two login roles that own nothing: `palace_api` sees one tenant, `palace_engine` sees the tenants and shards it named.
// I2 A query on a tenant table without a tenant fails (row-level security is FORCEd, palace.tenant() raises when unset).
import type { Pool, QueryResult, QueryResultRow } from 'pg';

export interface Sql {
  query<R extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<R>>;
}

export interface Database {
  /** Owner connection: migrations and maintenance only. Never used for a request. */
  readonly owner: Pool;
  /** palace_engine: commits, claims, loads. Idle-in-transaction sessions are ended after 1 s. */
  readonly engine: Pool;
  /** palace_api: reads for people and clients. */
  readonly api: Pool;

  /** Runs `work` in one api transaction that sees only `tenant`. */
  asTenant<T>(tenant: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs `work` in one engine transaction that may read these shards and write these tenants. */
  asEngine<T>(scope: { shards: readonly number[]; tenants?: readonly string[] }, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** A dedicated engine connection outside the pool (commit lanes, liveness lock, LISTEN). The caller ends it. */
  dedicated(role: 'engine' | 'api'): Promise<DedicatedClient>;
  /** Why the database cannot be asked now, one sentence; undefined while it answers and connections come back. The pools refuse with it by themselves. */
  away(): string | undefined;
  /** Applies a service's numbered migrations in order; refuses a schema with one that this release does not know and cannot run beside (`boot.schema-newer`). */
  migrate(plan: MigrationPlan): Promise<void>;
  /** Builds the indexes of a plan beside the traffic. Resolves when all are there or the database is closed; what fails is logged and tried again. */
  buildIndexes(plan: IndexPlan): Promise<void>;
  close(): Promise<void>;
}

/** Parsed by the server once a connection, then known by its name. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface DedicatedClient extends Sql {
  query<R extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<R>>;
  query<R extends QueryResultRow = QueryResultRow>(statement: PreparedStatement): Promise<QueryResult<R>>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown;
  end(): Promise<void>;
  readonly processID: number | null;
}

export interface Migration {
  /** For ever: from 1 without gaps, within the series of its schema. The newest is the last. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** It takes away what releases before this one use: they cannot run beside it. `0.3.0`. */
  readonly breaksBefore?: string;
}

export interface MigrationPlan {
  /** One schema per service. `{{schema}}` in the SQL is replaced by it. */
  readonly schema: string;
  /** Several parts may number their migrations apart within one schema. Default `service`. */
  readonly series?: string;
  readonly migrations: readonly Migration[];
}

/** An index on a table that may be large already: built without holding up who writes. Nothing may need it to be right. */
export interface ConcurrentIndex {
  /** For ever: from 1 without gaps, within the indexes of its schema. */
  readonly number: number;
  /** Of the index itself. */
  readonly name: string;
  /** What follows `create index concurrently NAME on`. The table has no partitions. */
  readonly on: string;
}

export interface IndexPlan {
  readonly schema: string;
  readonly indexes: readonly ConcurrentIndex[];
}
