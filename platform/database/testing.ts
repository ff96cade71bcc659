// A real database for a test: `const db = await testDatabase()` ... `await db.close()`.
// One embedded server for a whole test run, started by whoever asks first and stopped by the run's end (test-run.ts);
// every call gets a fresh database, copied from a template that has the roles and the schema `palace` already.
// I1 Durability is off on that server (it is thrown away): tests that kill PostgreSQL start their own with `startEmbedded`.
// Works as root and as an ordinary user; several test processes may ask at once.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import type { Log } from '../telemetry/port.ts';
import { startEmbedded } from './embedded.ts';
import { openDatabase, type PgOptions } from './pg.ts';
import type { Database } from './port.ts';
import { TEMPLATE } from './test-run.ts';

export interface TestDatabase {
  readonly database: Database;
  /** Owner URL of this database: for a second `openDatabase`, a proxy, or a child process. */
  readonly url: string;
  /** Another set of pools on the same database: "the other process". Ended by `close` as well. */
  another(): Promise<Database>;
  /** Ends the pools and drops the database. */
  close(): Promise<void>;
}

export const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silentLog };

const START_LIMIT_MS = 60_000;

export async function testDatabase(options: Partial<PgOptions> = {}): Promise<TestDatabase> {
  const serverUrl = await testServer();
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name} template ${TEMPLATE}`);
  const url = inDatabase(serverUrl, name);
  const opened: Database[] = [];
  const open = async (): Promise<Database> => {
    const database = await openDatabase({ log: silentLog, enginePoolSize: 6, apiPoolSize: 4, allowExitOnIdle: true, ...options, url });
    opened.push(database);
    return database;
  };
  return {
    database: await open(),
    url,
    another: open,
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await onServer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Superuser URL of the run's server; starts it when nobody has. */
export async function testServer(): Promise<string> {
  const dir = inject('palaceTestRun');
  const end = performance.now() + START_LIMIT_MS;
  while (performance.now() < end) {
    const url = readUrl(dir);
    if (url !== undefined) return url;
    if (isFirst(dir)) return startServer(dir);
    await sleep(25);
  }
  throw new Error(`no test server appeared in ${dir}; see postgres.log there`);
}

function readUrl(dir: string): string | undefined {
  try {
    return readFileSync(join(dir, 'url'), 'utf8');
  } catch {
    return undefined;
  }
}

function isFirst(dir: string): boolean {
  try {
    mkdirSync(join(dir, 'starting'));
    return true;
  } catch {
    return false;
  }
}

async function startServer(dir: string): Promise<string> {
  try {
    const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300', shared_buffers: '64MB' };
    const { url } = await startEmbedded({ dataDir: join(dir, 'data'), log: silentLog, settings });
    await onServer(url, `create database ${TEMPLATE}`);
    // Opening it once creates the roles and the schema; nobody may be connected to a template while it is copied.
    const template = await openDatabase({ url: inDatabase(url, TEMPLATE), log: silentLog });
    await template.close();
    writeFileSync(join(dir, 'url.draft'), url, { mode: 0o600 });
    renameSync(join(dir, 'url.draft'), join(dir, 'url'));
    return url;
  } catch (error) {
    rmdirSync(join(dir, 'starting'));
    throw error;
  }
}

function inDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
