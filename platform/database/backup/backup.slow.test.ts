// A backup of a real database and a restore into another one: a toy schema with everything that a catalog can hold against it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fileBlobs } from '../../blobs/files.ts';
import { blobNamesKey } from '../../blobs/names-key.ts';
import type { Blobs } from '../../blobs/port.ts';
import { lintCatalog } from '../catalog-lint.ts';
import { startEmbedded } from '../embedded.ts';
import { palaceMigrations } from '../palace-migrations.ts';
import { openDatabase } from '../pg.ts';
import type { Database, IndexPlan, MigrationPlan } from '../port.ts';
import { tenantTable } from '../tenant-table.ts';
import { silentLog, testDatabase, type TestDatabase } from '../testing.ts';
import { durableMigrations } from '../../durable/migrations.ts';
import { Secret } from '../../secret.ts';
import { verifyArchive } from './archive-reader.ts';
import { lastBackup, noteBackup } from './last-backup.ts';
import { restoreBackup, type RestoreWish } from './restore.ts';
import { takeBackup, type BackupSource } from './take.ts';

const DURABLE = durableMigrations();
const TOY: MigrationPlan = {
  schema: 'toy',
  migrations: [
    ...DURABLE,
    {
      number: DURABLE.length + 1,
      name: 'toy',
      sql: `
        create table {{schema}}.thing (tenant text not null, id bigint generated always as identity primary key, body text, raw bytea, at timestamptz, "order" int,
          twice int generated always as ("order" * 2) stored, self bigint references {{schema}}.thing (id));
        create table {{schema}}.blob_ref (tenant text not null, hash text not null, run text not null, primary key (tenant, hash, run));
        create table {{schema}}.sealed_thing (tenant text not null, sealed bytea not null);
        create table {{schema}}.part (tenant text not null, run text collate "C" not null, primary key (run)) partition by range (run);
        create table {{schema}}.part_rest partition of {{schema}}.part default;
        alter table {{schema}}.part_rest enable row level security;
        alter table {{schema}}.part_rest force row level security;
        create table {{schema}}.touched (n int not null);
        insert into {{schema}}.touched values (0);
        create function {{schema}}.touch() returns trigger language plpgsql as $$ begin update {{schema}}.touched set n = n + 1; return new; end $$;
        create trigger touch after insert on {{schema}}.thing for each row execute function {{schema}}.touch();
        ${['thing', 'blob_ref', 'sealed_thing', 'part'].map((table) => tenantTable('{{schema}}', table)).join('\n')}`,
    },
  ],
};
const INDEXES: IndexPlan = { schema: 'toy', indexes: [{ number: 1, name: 'thing_order', on: '{{schema}}.thing ("order")' }] };
const PLANS = [palaceMigrations(), TOY];
const ODD = ['\\', '\t', 'a\nb\r\n', '\\N', '\\.', 'it\'s "odd"', 'ü€😀', '', null, 'x'.repeat(100_000)];

// Each restore makes a database cluster.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const dir = mkdtempSync(join(tmpdir(), 'palace-backup-'));
let db: TestDatabase;
let blobs: Blobs;
let source: BackupSource;
const hashes: string[] = [];
let nth = 0;
const fresh = (): string => join(dir, `${nth++}`);

beforeAll(async () => {
  db = await testDatabase();
  const { owner } = db.database;
  await db.database.migrate(TOY);
  await db.database.buildIndexes(INDEXES);
  const key = new Secret('a key of this test, which is long enough');
  blobs = fileBlobs({ dir: join(dir, 'blobs'), key });
  for (const [n, body] of ODD.entries())
    await owner.query('insert into toy.thing (tenant, body, raw, at, "order") values ($1, $2, $3, $4, $5)', [
      'a',
      body,
      randomBytes(50),
      new Date(1e12 + n),
      n,
    ]);
  await owner.query('update toy.thing set self = 11 - id');
  await owner.query("create table toy.part_1 partition of toy.part for values from ('run_1') to ('run_2')");
  await owner.query('alter table toy.part_1 enable row level security; alter table toy.part_1 force row level security');
  await owner.query("insert into toy.part select 'a', 'run_' || n from generate_series(1, 3) n");
  for (const content of [randomBytes(70_000), Buffer.from('\n{"tenant":"b"}\n'), randomBytes(5_000_000)]) {
    const { hash } = await blobs.put('a', content, 'application/json');
    hashes.push(hash);
    await owner.query('insert into toy.blob_ref values ($1, $2, $3)', ['a', hash, 'run_1']);
  }
  // Named by nobody: it does not come along.
  await blobs.put('a', Buffer.from('left behind'), 'text/plain');
  source = { databaseUrl: db.url, byTools: false, blobs, blobNamesKey: key, release: 'AgentsPalace of this test' };
});
afterAll(async () => {
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

const wish = (file: string, to: string, more: Partial<RestoreWish> = {}): RestoreWish => ({
  file,
  dir: to,
  databaseUrl: '',
  plans: PLANS,
  passphrase: () => Promise.resolve(undefined),
  log: silentLog,
  say: () => undefined,
  ...more,
});

/** Opens a restored folder as the product would. */
async function inside<T>(folder: string, look: (database: Database, kept: Blobs, url: string) => Promise<T>): Promise<T> {
  const server = await startEmbedded({ dataDir: folder, log: silentLog });
  const database = await openDatabase({ url: server.url, log: silentLog });
  try {
    return await look(database, fileBlobs({ dir: join(folder, 'blobs'), key: blobNamesKey(join(folder, 'blobs'), new Secret('')) }), server.url);
  } finally {
    await database.close();
    await server.stop();
  }
}

const rowsOf = async ({ owner }: Database, sql: string): Promise<unknown[]> => (await owner.query(sql)).rows;
const THINGS = 'select tenant, id, body, raw, at, "order", twice, self from toy.thing order by id';

describe('a backup and its restore', () => {
  test('bring back every row, partition, sequence and payload, in another life, and nothing else', async () => {
    const file = fresh();
    const to = fresh();
    const taken = await takeBackup(file, source);
    expect(taken.end).toMatchObject({ blobs: 3, blobsMissing: 0, withKey: false });
    expect(taken.end.rows).toMatchObject({ 'toy.thing': ODD.length, 'toy.part_1': 1, 'toy.part_rest': 2, 'toy.shard': 64 });
    const things = await rowsOf(db.database, THINGS);
    const epochs = (await rowsOf(db.database, 'select max(epoch)::text as epoch from toy.shard')) as { epoch: string }[];
    await restoreBackup(wish(file, to));
    expect(readdirSync(to).toSorted()).toEqual(['blobs', 'internal.key', 'postgres', 'postgres.log', 'postgres.password']);
    expect([existsSync(`${to}.restoring`), statSync(to).mode & 0o777]).toEqual([false, 0o700]);
    await inside(to, async (database, kept) => {
      expect(await rowsOf(database, THINGS)).toEqual(things);
      expect(await rowsOf(database, 'select tableoid::regclass::text as part, run from toy.part order by run')).toEqual([
        { part: 'toy.part_1', run: 'run_1' },
        { part: 'toy.part_rest', run: 'run_2' },
        { part: 'toy.part_rest', run: 'run_3' },
      ]);
      // The trigger of the original had run: its work is in the rows, and was not done again.
      expect(await rowsOf(database, 'select n from toy.touched')).toEqual([{ n: ODD.length }]);
      for (const hash of hashes) expect(Buffer.from((await kept.get('a', hash)) ?? [])).toEqual(Buffer.from((await blobs.get('a', hash)) ?? [1]));
      expect(await lintCatalog(database.owner)).toEqual([]);
      const { rows } = await database.owner.query<{ id: string }>("insert into toy.thing (tenant) values ('a') returning id");
      expect(Number(rows[0]?.id)).toBeGreaterThan(ODD.length);
      const [shard] = (await rowsOf(database, 'select min(epoch)::text as epoch, count(owner)::int as owned from toy.shard')) as {
        epoch: string;
        owned: number;
      }[];
      expect(BigInt(shard?.epoch ?? 0)).toBeGreaterThan(BigInt(epochs[0]?.epoch ?? 0) + 2n ** 27n);
      expect([Number.isSafeInteger(Number(shard?.epoch)), shard?.owned]).toEqual([true, 0]);
      const lives = (await rowsOf(database, 'select number, backup_sha256 from palace.incarnation order by number')) as unknown[];
      expect(lives).toEqual([
        { number: 1, backup_sha256: null },
        { number: 2, backup_sha256: taken.end.sha256 },
      ]);
    });
    const files = readdirSync(join(to, 'blobs'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files).toHaveLength(hashes.length + 1);
  });

  test('of a restored installation go on: lives are counted, and two copies of one file have different epochs', async () => {
    const file = fresh();
    await takeBackup(file, source);
    const [one, two] = [fresh(), fresh()];
    await restoreBackup(wish(file, one));
    await restoreBackup(wish(file, two));
    const epochOf = (folder: string): Promise<unknown> =>
      inside(folder, async (database) => (await rowsOf(database, 'select epoch from toy.shard where id = 5'))[0]);
    expect(await epochOf(one)).not.toEqual(await epochOf(two));
    const again = fresh();
    await inside(one, async (_, kept, url) => {
      await takeBackup(again, { ...source, databaseUrl: url, blobs: kept, blobNamesKey: blobNamesKey(join(one, 'blobs'), new Secret('')) });
    });
    const third = fresh();
    await restoreBackup(wish(again, third));
    await inside(third, async (database, kept) => {
      expect(await rowsOf(database, 'select max(number) as life from palace.incarnation')).toEqual([{ life: 3 }]);
      expect(await rowsOf(database, 'select count(*)::int as lives, count(released_ms)::int as released from toy.incarnation')).toEqual([
        { lives: 2, released: 0 },
      ]);
      expect(await kept.get('a', hashes[2] ?? '')).toBeDefined();
    });
  });

  test('with the key need its passphrase, and say so before anything is made', async () => {
    const file = fresh();
    const key = `${randomBytes(32).toString('base64')}\n`;
    const given = { installation: 'a fake key of an installation, long enough', vault: key };
    await expect(takeBackup(file, { ...source, keys: { given, passphrase: new Secret('too short') } })).rejects.toMatchObject({ code: 'backup.key' });
    expect(existsSync(file)).toBe(false);
    await takeBackup(file, { ...source, keys: { given, passphrase: new Secret('a fake passphrase') } });
    expect(readFileSync(file).includes(key.trim())).toBe(false);
    const to = fresh();
    await expect(restoreBackup(wish(file, to, { passphrase: () => Promise.resolve(new Secret('another passphrase')) }))).rejects.toMatchObject({
      code: 'backup.key',
    });
    expect(existsSync(to)).toBe(false);
    const restored = await restoreBackup(wish(file, to, { passphrase: () => Promise.resolve(new Secret('a fake passphrase')) }));
    expect(readFileSync(join(to, 'internal.key'), 'utf8')).toBe(given.installation);
    expect([restored.hasKey, readFileSync(join(to, 'vault.key'), 'utf8'), statSync(join(to, 'vault.key')).mode & 0o777]).toEqual([true, key, 0o600]);
  });

  test('leave out payloads that are gone from the store, and count them', async () => {
    const file = fresh();
    const lost: Blobs = { ...blobs, get: (tenant, hash) => (hash === hashes[0] ? Promise.resolve(undefined) : blobs.get(tenant, hash)) };
    expect((await takeBackup(file, { ...source, blobs: lost })).end).toMatchObject({ blobs: 2, blobsMissing: 1 });
    await verifyArchive(file);
  });

  test('do not need the tables to stand still: partitions that come and go meanwhile are in it or not', async () => {
    let stop = false;
    const changing = (async () => {
      for (let n = 0; !stop; n++) {
        await db.database.owner.query(`create table toy.part_x partition of toy.part for values from ('run_x${n}') to ('run_x${n}z')`);
        await db.database.owner.query(`insert into toy.part values ('a', 'run_x${n}a')`);
        await db.database.owner.query('drop table toy.part_x');
      }
    })();
    try {
      for (let n = 0; n < 5; n++) {
        const file = fresh();
        await takeBackup(file, source);
        await verifyArchive(file);
      }
    } finally {
      stop = true;
      await changing;
    }
  });
});

describe('a restore refuses', () => {
  let file = '';
  beforeAll(async () => {
    file = fresh();
    await takeBackup(file, source);
  });

  test('a folder that holds something, and leaves it as it is', async () => {
    const to = fresh();
    mkdirSync(to);
    writeFileSync(join(to, 'mine'), '');
    await expect(restoreBackup(wish(file, to))).rejects.toMatchObject({ code: 'restore.refused', detail: expect.stringContaining('replaces nothing') });
    expect(readdirSync(to)).toEqual(['mine']);
    rmSync(join(to, 'mine'));
    await restoreBackup(wish(file, to));
  });

  test('a file that was changed, before it has made anything', async () => {
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.byteLength / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const other = fresh();
    const to = fresh();
    writeFileSync(other, bytes);
    await expect(restoreBackup(wish(other, to))).rejects.toMatchObject({ code: 'backup.damaged' });
    expect([existsSync(to), existsSync(`${to}.restoring`)]).toEqual([false, false]);
  });

  test('tables of another release: newer ones, changed ones, unknown ones', async () => {
    const to = fresh();
    const last = TOY.migrations.slice(0, -1);
    const plans = (migrations: MigrationPlan['migrations']): RestoreWish => wish(file, to, { plans: [palaceMigrations(), { ...TOY, migrations }] });
    await expect(restoreBackup(plans(last))).rejects.toMatchObject({ code: 'backup.foreign', detail: expect.stringContaining('newer release') });
    await expect(restoreBackup(plans([...last, { number: last.length + 1, name: 'toy', sql: 'select 1' }]))).rejects.toMatchObject({
      detail: expect.stringContaining('another build'),
    });
    await expect(restoreBackup(wish(file, to, { plans: [palaceMigrations()] }))).rejects.toMatchObject({ detail: expect.stringContaining('does not know') });
    expect(existsSync(to)).toBe(false);
  });

  test('nothing of a newer release that the backup does not have yet: later migrations, and indexes, are the next start’s', async () => {
    const to = fresh();
    const more = {
      ...TOY,
      migrations: [...TOY.migrations, { number: TOY.migrations.length + 1, name: 'later', sql: 'create table {{schema}}.later (n int)' }],
    };
    await restoreBackup(wish(file, to, { plans: [palaceMigrations(), more] }));
    await inside(to, async (database) => {
      expect(await rowsOf(database, "select to_regclass('toy.later') as later")).toEqual([{ later: null }]);
      await database.migrate(more);
      expect(await rowsOf(database, "select to_regclass('toy.thing_order') as index")).toEqual([{ index: null }]);
      await database.buildIndexes(INDEXES);
      expect(await rowsOf(database, "select to_regclass('toy.thing_order')::text as index")).toEqual([{ index: 'toy.thing_order' }]);
    });
  });

  test('what a killed restore has left is cleared away by the next', async () => {
    const to = fresh();
    mkdirSync(`${to}.restoring/postgres`, { recursive: true });
    writeFileSync(`${to}.restoring/lock`, JSON.stringify({ pid: 4_000_000, mark: '1' }));
    await restoreBackup(wish(file, to));
    expect(existsSync(`${to}.restoring`)).toBe(false);
  });
});

test('the last backup stands in the database that it was taken of, and in no backup', async () => {
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  expect(await lastBackup(client)).toBeUndefined();
  const file = fresh();
  const taken = await takeBackup(file, source);
  await noteBackup(db.url, taken);
  expect(await lastBackup(client)).toMatchObject({ file, bytes: taken.end.bytes });
  await client.end();
  const second = fresh();
  expect((await takeBackup(second, source)).end.rows).not.toHaveProperty(['palace.backup']);
});
