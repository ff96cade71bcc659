// One consistent view of a running database: a read-only transaction in which everything that is backed up is read.
// I1 Its tables are locked against being dropped before the view is fixed; where the catalog changed in between, it is fixed anew. Parents come
//    first: while they are held none of their partitions can be dropped, and whoever drops one takes the parent's lock before it too.
// I2 Everything acknowledged before `pointAt` is in the view: the transaction begins at that moment, and the view is taken after it.
// I3 Nobody waits for it: it takes the weakest lock there is, and gives up after LOCK_MS where somebody holds the strongest one.
// Called by take.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PalaceError } from '../../errors.ts';
import { sqlState } from '../failure.ts';
import { readTables, type CatalogTable } from './catalog.ts';

const LOCK_MS = 5_000;
const ATTEMPTS = 10;
const CONNECT_MS = 10_000;

export interface Snapshot {
  readonly client: pg.Client;
  readonly tables: readonly CatalogTable[];
  readonly pointAt: Date;
  readonly serverVersion: number;
  close(): Promise<void>;
}

export async function openSnapshot(url: string): Promise<Snapshot> {
  const client = await connect(url);
  try {
    await client.query(`set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = ${LOCK_MS}`);
    await mayReadAll(client);
    for (let attempt = 1; ; attempt++) {
      const tables = await fixed(client);
      if (tables !== undefined) return await opened(client, tables);
      if (attempt === ATTEMPTS) throw new PalaceError('backup.refused', { detail: 'The tables of the database change all the time; try again in a minute.' });
      await sleep(200);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'palace backup', connectionTimeoutMillis: CONNECT_MS, keepAlive: true });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new PalaceError('backup.refused', { detail: `The database cannot be reached: ${(cause as Error).message}.`, cause });
  }
}

/** Row security binds the owner of the tables too: whoever cannot pass it would take a part for the whole. */
async function mayReadAll(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ may: boolean; name: string }>(
    'select rolsuper or rolbypassrls as may, rolname as name from pg_roles where rolname = current_user',
  );
  if (rows[0]?.may === true) return;
  throw new PalaceError('backup.refused', {
    detail: `The database user "${rows[0]?.name}" does not see the rows of all tenants. Name one with BYPASSRLS, or a superuser, in PALACE_DATABASE_URL for this command.`,
  });
}

/** Without partitions, which are locked with their parents. */
const wholes = (tables: readonly CatalogTable[]): readonly CatalogTable[] => tables.filter(({ partition }) => partition === undefined);

const nameOf = ({ schema, name }: CatalogTable): string => `${schema}.${name}`;

async function fixed(client: pg.Client): Promise<readonly CatalogTable[] | undefined> {
  const before = await readTables(client);
  if (before.length === 0) throw new PalaceError('backup.refused', { detail: 'The database holds no AgentsPalace.' });
  await client.query('begin transaction isolation level repeatable read, read only');
  try {
    // A lock takes no view (PostgreSQL, LOCK): the first query after it does.
    await client.query(`lock table ${wholes(before).map(nameOf).join(', ')} in access share mode`);
    const after = await readTables(client);
    if (JSON.stringify(wholes(after)) === JSON.stringify(wholes(before))) return after;
  } catch (error) {
    // Gone meanwhile, or locked for longer.
    if (!['42P01', '55P03'].includes(sqlState(error) ?? '')) throw error;
  }
  await client.query('rollback');
  return undefined;
}

async function opened(client: pg.Client, tables: readonly CatalogTable[]): Promise<Snapshot> {
  const { rows } = await client.query<{ at: Date; version: number }>("select now() as at, current_setting('server_version_num')::int as version");
  return {
    client,
    tables,
    pointAt: rows[0]?.at ?? new Date(0),
    serverVersion: rows[0]?.version ?? 0,
    close: async () => {
      await client.query('rollback').catch(() => undefined);
      await client.end().catch(() => undefined);
    },
  };
}
