import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { TABLES } from './tables.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.database.migrate(flowMigrations());
  await db.database.migrate({ schema: 'gateway', migrations: gatewayMigrations });
});
afterAll(() => db.close());

async function unlisted(): Promise<{ without: string[]; gone: string[] }> {
  const { rows } = await db.database.owner.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm') and not c.relispartition and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1`,
  );
  const names = rows.map(({ name }) => name);
  return { without: names.filter((name) => !TABLES.has(name)), gone: [...TABLES.keys()].filter((name) => !names.includes(name)) };
}

describe('every table of the database', () => {
  test('has an owner and a bound, and the list has no other', async () => {
    expect(await unlisted()).toEqual({ without: [], gone: [] });
    for (const [name, { owner, bound }] of TABLES) expect([name, owner.length > 0, bound.length > 0]).toEqual([name, true, true]);
  });

  test('is found when nobody has said what bounds it', async () => {
    await db.database.owner.query('create table flow.planted (id int)');
    expect(await unlisted()).toEqual({ without: ['flow.planted'], gone: [] });
    await db.database.owner.query('drop table flow.planted');
  });
});
