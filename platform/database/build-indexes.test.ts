import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IndexPlan } from './port.ts';
import { testDatabase, type TestDatabase } from './testing.ts';

let db: TestDatabase;
let plan: IndexPlan;
let count = 0;
beforeAll(async () => void (db = await testDatabase()));
afterAll(() => db.close());
beforeEach(async () => {
  const schema = `s${(count += 1)}`;
  await db.database.migrate({ schema, migrations: [{ number: 1, name: 'a', sql: 'create table {{schema}}.a as select n from generate_series(1, 100) n' }] });
  plan = { schema, indexes: [{ number: 1, name: 'a_n', on: '{{schema}}.a (n)' }] };
});

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
};
const query = async (sql: string): Promise<unknown[]> => (await db.database.owner.query(sql.replaceAll('{{schema}}', plan.schema))).rows;
const state = (): Promise<unknown[]> =>
  query(`select indexrelid::regclass::text as index, indisvalid as valid from pg_index where indrelid = '{{schema}}.a'::regclass`);
const recorded = (): Promise<unknown[]> => query("select number, name from {{schema}}.migration where series = 'index' order by number");
const building = async (): Promise<boolean> =>
  (await query("select from pg_stat_activity where query like 'create index concurrently%{{schema}}%' and state = 'active' and wait_event_type = 'Lock'"))
    .length === 1;

/** A transaction that a build has to wait for. */
async function oldTransaction(): Promise<{ end(): Promise<void> }> {
  const client = await db.database.owner.connect();
  await client.query(`begin; insert into ${plan.schema}.a values (0)`);
  return {
    end: async () => {
      await client.query('commit');
      client.release();
    },
  };
}

describe('indexes that are built beside the traffic', () => {
  test('are built once and recorded, the new ones the next time', async () => {
    await db.database.buildIndexes(plan);
    await db.database.buildIndexes({ ...plan, indexes: [...plan.indexes, { number: 2, name: 'a_odd', on: '{{schema}}.a (n) where n % 2 = 1' }] });
    expect(await state()).toHaveLength(2);
    expect(await recorded()).toEqual([
      { number: 1, name: 'a_n' },
      { number: 2, name: 'a_odd' },
    ]);
  });

  test('hold up nobody who writes while they wait for an old transaction', async () => {
    const old = await oldTransaction();
    const built = db.database.buildIndexes(plan);
    await until(building);
    await query('insert into {{schema}}.a values (1000)');
    expect(await recorded()).toEqual([]);
    await old.end();
    await built;
    expect(await state()).toEqual([{ index: `${plan.schema}.a_n`, valid: true }]);
  });

  test('by several processes at once are built once', async () => {
    await Promise.all([db.database, await db.another(), await db.another()].map((database) => database.buildIndexes(plan)));
    expect([await state(), await recorded()].map((rows) => rows.length)).toEqual([1, 1]);
  });

  test('that a builder left invalid when it died are dropped and built anew', async () => {
    const old = await oldTransaction();
    const other = await db.another();
    const given = other.buildIndexes(plan);
    await until(building);
    await query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'create index concurrently%{{schema}}%' and pid <> pg_backend_pid()");
    await until(async () => !(await building()));
    expect(await state()).toEqual([{ index: `${plan.schema}.a_n`, valid: false }]);
    await old.end();
    await db.database.buildIndexes(plan);
    expect(await state()).toEqual([{ index: `${plan.schema}.a_n`, valid: true }]);
    await other.close();
    await given;
  });

  test('do not keep a process from ending: what it began is finished by the server or by the next process', async () => {
    const old = await oldTransaction();
    const other = await db.another();
    const given = other.buildIndexes(plan);
    await until(building);
    await other.close();
    await given;
    const built = db.database.buildIndexes(plan);
    await old.end();
    await built;
    expect(await state()).toEqual([{ index: `${plan.schema}.a_n`, valid: true }]);
    expect(await recorded()).toHaveLength(1);
  });

  test('with gaps in their numbers or names that are none are refused before anything is done', async () => {
    for (const bad of [
      { number: 2, name: 'a_n', on: '{{schema}}.a (n)' },
      { number: 1, name: 'a n', on: '{{schema}}.a (n)' },
    ])
      await expect(db.database.buildIndexes({ ...plan, indexes: [bad] })).rejects.toMatchObject({ code: 'boot.database' });
    expect(await state()).toEqual([]);
  });
});
