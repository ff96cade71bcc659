import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadMigrations } from './load-migrations.ts';
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

  test('of a newer release are refused when they break this one, and lived with when they do not', async () => {
    const old = migrations('create table {{schema}}.a ()');
    await db.database.migrate({ schema: 'newer', migrations: [...old, { number: 2, name: 'adds', sql: 'create table {{schema}}.b ()' }] });
    await db.database.migrate({ schema: 'newer', migrations: old });
    const breaking = { number: 3, name: 'breaks', sql: 'drop table {{schema}}.b', breaking: true };
    await db.database.migrate({ schema: 'newer', migrations: [...old, { number: 2, name: 'adds', sql: 'create table {{schema}}.b ()' }, breaking] });
    await expect(db.database.migrate({ schema: 'newer', migrations: old })).rejects.toMatchObject({ code: 'boot.schema-newer' });
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
    writeFileSync(join(dir, '002-more.sql'), '-- breaking\nselect 2');
    writeFileSync(join(dir, '001-first.sql'), 'select 1');
    expect(loadMigrations(folder).map(({ number, name, breaking }) => ({ number, name, breaking }))).toEqual([
      { number: 1, name: 'first', breaking: false },
      { number: 2, name: 'more', breaking: true },
    ]);
    writeFileSync(join(dir, '004-late.sql'), 'select 4');
    expect(() => loadMigrations(folder)).toThrow('003-name.sql');
    rmSync(dir, { recursive: true });
  });
});
