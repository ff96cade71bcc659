// A database by URL: pg_dump and pg_restore of this machine, where there are some, against a server of their own version.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Blobs } from '../../blobs/port.ts';
import { durableMigrations } from '../../durable/migrations.ts';
import { Secret } from '../../secret.ts';
import { palaceMigrations } from '../palace-migrations.ts';
import { openDatabase } from '../pg.ts';
import type { MigrationPlan } from '../port.ts';
import { unprivilegedUser } from '../system-user.ts';
import { silentLog, testDatabase } from '../testing.ts';
import { majorOf } from './postgres-tools.ts';
import { restoreBackup, type RestoreWish } from './restore.ts';
import { takeBackup, type BackupSource } from './take.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const DURABLE = durableMigrations();
const TOY: MigrationPlan = {
  schema: 'toy',
  migrations: [
    ...DURABLE,
    { number: DURABLE.length + 1, name: 'toy', sql: 'create table {{schema}}.thing (id bigint generated always as identity, body text)' },
  ],
};
const noBlobs = { get: () => Promise.resolve(undefined) } as unknown as Blobs;
const dumpMajor = ((): number => {
  try {
    return majorOf(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }));
  } catch {
    return 0;
  }
})();
const programs = `/usr/lib/postgresql/${dumpMajor}/bin`;
const dir = mkdtempSync(join(tmpdir(), 'palace-tools-'));
const source = (databaseUrl: string, say: (what: string) => void = () => undefined): BackupSource => ({
  databaseUrl,
  byTools: true,
  blobs: noBlobs,
  blobNamesKey: new Secret('a key of this test, which is long enough'),
  release: 'AgentsPalace of this test',
  say,
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.skipIf(dumpMajor === 0 || dumpMajor >= 18)('a pg_dump that is older than the server is refused by its version, and leaves no file', async () => {
  const db = await testDatabase();
  const file = join(dir, 'old.tar');
  await expect(takeBackup(file, source(db.url))).rejects.toMatchObject({
    code: 'backup.refused',
    detail: expect.stringMatching(/does not fit a server of version 18/),
  });
  expect(readdirSync(dir)).toEqual([]);
  await db.close();
});

describe.skipIf(dumpMajor < 15 || !existsSync(join(programs, 'initdb')))('a server of the version of pg_dump', () => {
  let stop = (): void => undefined;
  let base = '';
  const urlOf = (database: string): string => `${base}/${database}`;

  beforeAll(async () => {
    const user = unprivilegedUser();
    const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
    const home = join(dir, 'server');
    mkdirSync(home);
    chmodSync(dir, 0o755);
    if (user !== undefined) chownSync(home, user.uid, user.gid);
    const data = join(home, 'data');
    execFileSync(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'owner'], { ...identity, stdio: 'ignore', cwd: '/' });
    const child = spawn(join(programs, 'postgres'), ['-D', data, '-k', home, '-c', 'listen_addresses=', '-c', 'fsync=off'], {
      ...identity,
      stdio: 'ignore',
      cwd: '/',
    });
    stop = () => void child.kill('SIGINT');
    base = `postgres://owner:fake-password@localhost`;
    const client = await connected(`${urlOf('postgres')}?host=${home}`);
    for (const name of ['original', 'copy', 'used']) await client.query(`create database ${name}`);
    await client.query('create role weak login');
    await client.end();
  });
  afterAll(() => stop());
  const at = (database: string): string => `${urlOf(database)}?host=${encodeURIComponent(join(dir, 'server'))}`;
  const wish = (file: string, to: string, databaseUrl: string): RestoreWish => ({
    file,
    dir: to,
    databaseUrl,
    plans: [palaceMigrations(), TOY],
    passphrase: () => Promise.resolve(undefined),
    log: silentLog,
    say: () => undefined,
  });

  test('is dumped and restored into an empty database, which is held; the command is told without the password', async () => {
    const original = await openDatabase({ url: at('original'), log: silentLog });
    await original.migrate(TOY);
    await original.owner.query("insert into toy.thing (body) values ('kept')");
    const said: string[] = [];
    const file = join(dir, 'dump.tar');
    const { head } = await takeBackup(
      file,
      source(at('original'), (what) => said.push(what)),
    );
    expect(head.content).toMatchObject({ kind: 'dump', program: expect.stringContaining(`${dumpMajor}.`) });
    expect(said.join('\n')).toMatch(/pg_dump --format=custom --snapshot=/);
    expect(said.join('\n')).not.toContain('fake-password');
    const to = join(dir, 'copy');
    await restoreBackup(wish(file, to, at('copy')));
    const copy = await openDatabase({ url: at('copy'), log: silentLog });
    await copy.migrate(TOY);
    expect((await copy.owner.query('select body from toy.thing')).rows).toEqual([{ body: 'kept' }]);
    expect((await copy.owner.query('select scope, level, by from toy.halt_scope')).rows).toEqual([{ scope: 'all', level: 'everything', by: 'palace restore' }]);
    expect((await copy.owner.query('show default_transaction_read_only')).rows).toEqual([{ default_transaction_read_only: 'off' }]);
    expect(readdirSync(to).toSorted()).toEqual(['blobs', 'internal.key']);
    await copy.close();
    await original.close();
    // A database that holds one already, and none at all, are refused before anything is made.
    await expect(restoreBackup(wish(file, join(dir, 'other'), at('copy')))).rejects.toMatchObject({
      code: 'restore.refused',
      detail: expect.stringContaining('already'),
    });
    await expect(restoreBackup(wish(file, join(dir, 'other'), ''))).rejects.toMatchObject({ detail: expect.stringContaining('PALACE_DATABASE_URL') });
    expect(existsSync(join(dir, 'other'))).toBe(false);
  });

  test('a user who does not see all rows is refused, by name', async () => {
    const weak = at('original').replace('owner', 'weak');
    await expect(takeBackup(join(dir, 'weak.tar'), source(weak))).rejects.toMatchObject({
      code: 'backup.refused',
      detail: expect.stringContaining('"weak" does not see'),
    });
  });
});

/** Once it has started. */
async function connected(connectionString: string): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (attempt === 200) throw error;
      await sleep(50);
    }
  }
}
