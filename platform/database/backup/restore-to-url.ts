// Puts the dump in a backup into a new, empty database that is given by URL, by pg_restore.
// I1 The database takes no writes but ours until its new life has begun: killed in between, it is no installation that could act.
// I2 It is one transaction: a restore that fails leaves the database empty.
// Called by restore.ts, which has proved the file.
import { once } from 'node:events';
import pg from 'pg';
import type { Blobs } from '../../blobs/port.ts';
import { openRoleAccess } from '../roles.ts';
import { PalaceError } from '../../errors.ts';
import { readArchive } from './archive-reader.ts';
import { readTables } from './catalog.ts';
import type { BackupHead } from './core/head.ts';
import { beginIncarnation } from './incarnation.ts';
import { fittingTool, majorOf, startTool } from './postgres-tools.ts';
import { putBlobs } from './put-back.ts';

const WRITABLE = '-c default_transaction_read_only=off';

export interface DumpRestore {
  readonly url: string;
  readonly file: string;
  readonly head: BackupHead;
  readonly sha256: string;
  readonly blobs: Blobs;
  readonly hasKey: boolean;
  readonly say: (what: string) => void;
}

/** Before anything is made: is the database new, and do the programs fit? */
export async function checkTarget(url: string, head: BackupHead): Promise<void> {
  const pool = openPool(url);
  try {
    const client = await pool.connect();
    try {
      const { rows } = await client.query<{ version: number }>("select current_setting('server_version_num')::int as version");
      const version = rows[0]?.version ?? 0;
      const { rows: schemas } = await client.query('select from pg_namespace where nspname = any ($1)', [head.schemas.map(({ schema }) => schema)]);
      if (schemas.length > 0)
        throw refused('The database of PALACE_DATABASE_URL holds an AgentsPalace already; a restore replaces nothing. Name a new, empty one.');
      if (Math.floor(version / 10_000) < Math.floor(head.postgres / 10_000))
        throw refused(`The backup is of PostgreSQL ${Math.floor(head.postgres / 10_000)}, and that server is older (${Math.floor(version / 10_000)}).`);
      const tool = await fittingTool('pg_restore', version);
      const made = head.content.kind === 'dump' ? majorOf(head.content.program) : 0;
      if (made > tool.major) throw refused(`${tool.says} cannot read what pg_dump ${made} wrote. Put pg_restore ${made} or newer first on the PATH.`);
    } finally {
      client.release();
    }
  } catch (error) {
    if (error instanceof PalaceError) throw error;
    throw new PalaceError('restore.refused', { detail: `The database of PALACE_DATABASE_URL cannot be used: ${(error as Error).message}.`, cause: error });
  } finally {
    await pool.end();
  }
}

export async function restoreDump({ url, file, head, sha256, blobs, hasKey, say }: DumpRestore): Promise<void> {
  const owner = openPool(url);
  try {
    await openRoleAccess(owner, url);
    await owner.query("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$");
    await feed(url, file, sha256, blobs, say);
    await checkRestored(owner);
    if (!hasKey && head.vault.dataKeys === 0) await owner.query('delete from palace.wrapping_key');
    await beginIncarnation(owner, head, sha256);
  } finally {
    await owner.query("do $$ begin execute format('alter database %I reset default_transaction_read_only', current_database()); end $$").catch(() => undefined);
    await owner.end();
  }
}

function openPool(url: string): pg.Pool {
  const address = new URL(url);
  address.searchParams.set('options', `${address.searchParams.get('options') ?? ''} ${WRITABLE}`.trim());
  const pool = new pg.Pool({ connectionString: address.href, max: 2, application_name: 'palace restore', connectionTimeoutMillis: 10_000 });
  pool.on('error', () => undefined);
  return pool;
}

async function feed(url: string, file: string, sha256: string, blobs: Blobs, say: (what: string) => void): Promise<void> {
  const address = new URL(url);
  address.searchParams.set('options', WRITABLE);
  const { child, ended } = startTool('pg_restore', address.href, ['--exit-on-error', '--single-transaction', '--no-owner'], say);
  child.stdout?.resume();
  async function* dumpFirst(): AsyncGenerator<{ name: string; payload: Uint8Array }> {
    let fed = false;
    for await (const entry of readArchive(file)) {
      if (entry.name.startsWith('dump/')) {
        if (child.stdin?.write(entry.payload) === false) await Promise.race([once(child.stdin, 'drain'), ended]);
        continue;
      }
      if (!fed && entry.name !== 'head.json') {
        fed = true;
        child.stdin?.end();
        await ended;
      }
      yield entry;
    }
  }
  try {
    await putBlobs(dumpFirst(), { file, sha256, blobs });
    await ended;
  } finally {
    child.kill();
  }
}

async function checkRestored(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    if ((await readTables(client)).length === 0) throw refused('pg_restore has made no tables.');
  } finally {
    client.release();
  }
}

const refused = (detail: string): PalaceError => new PalaceError('restore.refused', { detail });
