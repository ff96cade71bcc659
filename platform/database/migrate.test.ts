import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadMigrations } from './load-migrations.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './port.ts';
import { testDatabase, type TestDatabase } from './testing.ts';

let db: TestDatabase;
beforeAll(async () => void (db = await testDatabase()));
afterAll(() => db.close());

const migrations = (...sql: string[]): Migration[] => sql.map((text, index) => ({ number: index + 1, name: `m${index + 1}`, sql: text }));
const tables = async (schema: string): Promise<string[]> => {
  const { rows } = await db.database.owner.query<{ tablename: string }>('select tablename from pg_tables where schemaname = $1 order by 1', [schema]);
  return rows.map((row) => row.tablename);
};

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
};

/** Another process that migrates the schema `killed`. */
function migrateScript(url: string, sql: readonly string[]): string {
  const file = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  return `
    const { default: pg } = await import(${JSON.stringify(import.meta.resolve('pg'))});
    const { migrate } = await import(${file('migrate.ts')});
    const plan = { schema: 'killed', migrations: ${JSON.stringify(migrations(...sql))} };
    await migrate(new pg.Pool({ connectionString: ${JSON.stringify(url)} }), plan);`;
}

describe('migrations', () => {
  test('are applied in order, once, and only the new ones the next time', async () => {
    const plan = migrations('create table {{schema}}.a ()', 'create table {{schema}}.b ()');
    await db.database.migrate({ schema: 'once', migrations: plan });
    await db.database.migrate({ schema: 'once', migrations: plan });
    await db.database.migrate({ schema: 'once', migrations: [...plan, { number: 3, name: 'm3', sql: 'alter table {{schema}}.a rename to c' }] });
    expect(await tables('once')).toEqual(['b', 'c', 'migration']);
  });

  test('leave nothing of one that fails, and keep those before it', async () => {
    const failing = migrations('create table {{schema}}.a ()', 'create table {{schema}}.b (); select 1/0');
    await expect(db.database.migrate({ schema: 'half', migrations: failing })).rejects.toMatchObject({ code: '22012' });
    expect(await tables('half')).toEqual(['a', 'migration']);
    await db.database.migrate({ schema: 'half', migrations: migrations('create table {{schema}}.a ()', 'create table {{schema}}.b ()') });
    expect(await tables('half')).toEqual(['a', 'b', 'migration']);
  });

  test('by several processes at once happen once', async () => {
    const others = [await db.another(), await db.another(), db.database];
    const plan = {
      schema: 'race',
      migrations: migrations('create table {{schema}}.counted as select 1 as n; select pg_sleep(0.1)', 'insert into {{schema}}.counted values (2)'),
    };
    await Promise.all(others.map((database) => database.migrate(plan)));
    const { rows } = await db.database.owner.query('select count(*)::int as n from race.counted');
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('of a newer release are lived with, and refused in one sentence by releases that they break, each for itself', async () => {
    const plan = (...added: Omit<Migration, 'number'>[]) => ({
      schema: 'newer',
      migrations: [...migrations('create table {{schema}}.a ()'), ...added.map((one, at) => ({ ...one, number: at + 2 }))],
    });
    const expand = { name: 'adds', sql: 'create table {{schema}}.b ()' };
    const contract = { name: 'takes away', sql: 'drop table {{schema}}.b', breaksBefore: '0.4.0' };
    const { owner } = db.database;
    await migrate(owner, plan(expand), '0.3.0');
    await expect(migrate(owner, plan(), '0.2.0')).resolves.toBeUndefined();
    await migrate(owner, plan(expand, contract), '0.5.0');
    await expect(migrate(owner, plan(expand), '0.4.0')).resolves.toBeUndefined();
    for (const release of ['0.3.0', '0.3.9'])
      await expect(migrate(owner, plan(expand), release)).rejects.toMatchObject({
        code: 'boot.schema-newer',
        detail: `Migration 3 (takes away) of the schema "newer" needs release 0.4.0 or newer; this one is ${release}.`,
      });
    // What release 0.1.0 reads, which knows no "breaks_before".
    const { rows } = await owner.query('select number, breaking from newer.migration order by number');
    expect(rows).toEqual([1, 2, 3].map((number) => ({ number, breaking: number === 3 })));
  });

  test('go into a table of migrations that release 0.1.0 made, and what it marked as breaking is refused', async () => {
    const { owner } = db.database;
    await db.database.migrate({ schema: 'first', migrations: migrations('create table {{schema}}.a ()') });
    await owner.query('alter table first.migration drop column breaks_before');
    await db.database.migrate({ schema: 'first', migrations: migrations('create table {{schema}}.a ()', 'create table {{schema}}.b ()') });
    expect(await tables('first')).toEqual(['a', 'b', 'migration']);
    await owner.query("insert into first.migration (series, number, name, content_hash, breaking) values ('service', 3, 'unknown', '', true)");
    await expect(
      db.database.migrate({ schema: 'first', migrations: migrations('create table {{schema}}.a ()', 'create table {{schema}}.b ()') }),
    ).rejects.toMatchObject({
      code: 'boot.schema-newer',
      detail: expect.stringContaining('Migration 3 (unknown) of the schema "first" breaks releases that do not know it'),
    });
  });

  test('leave nothing half done when their process is killed in the middle, and the next one goes on', async () => {
    const sql = ['create table {{schema}}.a ()', 'create table {{schema}}.b (); select pg_sleep(2)'];
    const child = spawn(process.execPath, ['--input-type=module', '--eval', migrateScript(db.url, sql)], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await until(
      async () => (await db.database.owner.query("select from pg_stat_activity where query like '%pg_sleep(2)%' and pid <> pg_backend_pid()")).rowCount === 1,
    );
    child.kill('SIGKILL');
    await ended;
    expect(await tables('killed')).toEqual(['a', 'migration']);
    await db.database.migrate({ schema: 'killed', migrations: migrations(...sql) });
    expect(await tables('killed')).toEqual(['a', 'b', 'migration']);
  });

  test('that were changed after they had been applied are refused; their comments may change', async () => {
    await db.database.migrate({ schema: 'changed', migrations: migrations('create table {{schema}}.a ()') });
    await db.database.migrate({ schema: 'changed', migrations: migrations('-- why\ncreate table\n  {{schema}}.a ()') });
    await expect(db.database.migrate({ schema: 'changed', migrations: migrations('create table {{schema}}.b ()') })).rejects.toMatchObject({
      code: 'boot.database',
    });
  });

  test('wait for a table in use only for a moment at a time, so that others get through, and then succeed', async () => {
    await db.database.migrate({ schema: 'busy', migrations: migrations('create table {{schema}}.a (n int)') });
    const holder = await db.database.owner.connect();
    await holder.query('begin; lock table busy.a in access share mode');
    const altering = db.database.migrate({ schema: 'busy', migrations: migrations('create table {{schema}}.a (n int)', 'alter table {{schema}}.a add m int') });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await holder.query('commit');
    holder.release();
    await altering;
    await expect(db.database.owner.query('select m from busy.a')).resolves.toBeDefined();
  });

  test('may be numbered apart by several parts of one schema', async () => {
    await db.database.migrate({ schema: 'parts', series: 'durable', migrations: migrations('create table {{schema}}.a ()') });
    await db.database.migrate({ schema: 'parts', migrations: migrations('create table {{schema}}.b ()') });
    expect(await tables('parts')).toEqual(['a', 'b', 'migration']);
  });

  test('with gaps, wrong numbers or unsafe schema names are refused before anything is done', async () => {
    const bad = [
      { schema: 'gap', migrations: [{ number: 2, name: 'x', sql: '' }] },
      { schema: 'Bad"; drop', migrations: [] },
      { schema: 'ok', series: "x'", migrations: [] },
    ];
    for (const plan of bad) await expect(db.database.migrate(plan)).rejects.toMatchObject({ code: 'boot.database' });
    expect(await tables('gap')).toEqual([]);
  });

  test('are read from a folder in the order of their numbers, and a gap is found', () => {
    const dir = mkdtempSync(join(tmpdir(), 'palace-migrations-'));
    const folder = pathToFileURL(`${dir}/`);
    writeFileSync(join(dir, '002-more.sql'), '-- breaks releases before 0.3.0\nselect 2');
    writeFileSync(join(dir, '001-first.sql'), 'select 1');
    expect(loadMigrations(folder).map(({ number, name, breaksBefore }) => ({ number, name, breaksBefore }))).toEqual([
      { number: 1, name: 'first', breaksBefore: undefined },
      { number: 2, name: 'more', breaksBefore: '0.3.0' },
    ]);
    writeFileSync(join(dir, '004-late.sql'), 'select 4');
    expect(() => loadMigrations(folder)).toThrow('003-name.sql');
    rmSync(dir, { recursive: true });
  });
});
