// What the library may ask of our tables, and that nothing else can be written into a statement (S27).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../migrations.ts';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { authOn, type Auth } from './auth.ts';
import { answers } from './auth-tables.ts';

let db: TestDatabase;
let auth: Auth;
beforeAll(async () => {
  db = await testDatabase();
  await db.database.migrate({ schema: 'gateway', migrations });
  auth = await authOn(db.database.api, 60_000)();
});
afterAll(() => db.close());

const SAFE = { operator: 'eq', connector: 'AND', mode: 'sensitive' } as const;

test('S27: a table, column, comparison or alternative that is not of the list is refused before anything is asked', async () => {
  const asked: string[] = [];
  const silent = answers({ query: async (text: string) => (asked.push(text), { rows: [], rowCount: 0 }) as never });
  const where = [{ ...SAFE, field: 'id', value: 'x' }];
  const hostile: (() => unknown)[] = [
    () => silent.findOne({ model: 'api_key', where }),
    () => silent.findOne({ model: '__proto__', where }),
    () => silent.findOne({ model: 'person; drop table gateway.person', where }),
    () => silent.deleteMany({ model: 'session', where: [{ ...SAFE, field: '1=1 --', value: 'x' }] }),
    () => silent.findMany({ model: 'person', limit: 1, sortBy: { field: 'id; select 1', direction: 'asc' } }),
    () => silent.create({ model: 'person', data: { 'id) values (1) --': 'x' } }),
    () => silent.update({ model: 'person', where, update: { 'name = 1, email': 'x' } }),
    () => silent.findOne({ model: 'person', where: [{ ...SAFE, operator: 'contains', field: 'name', value: 'x' }] }),
    () => silent.findOne({ model: 'person', where: [...where, { ...SAFE, connector: 'OR', field: 'name', value: 'x' }] }),
  ];
  for (const ask of hostile) await expect((async () => ask())()).rejects.toThrow(/There is no table|has no column|cannot be/);
  expect(asked).toEqual([]);
});

test('text of others reaches the tables as it is', async () => {
  const name = "Robert'); drop table gateway.person; --";
  const id = await auth.createPerson(name, "o'hara@a.test");
  const found = await auth.internal.findUserByEmail("O'Hara@a.test");
  expect(found?.user).toMatchObject({ id, name, email: "o'hara@a.test", emailVerified: false });
  expect(await auth.internal.findUserByEmail("' or 1=1 --")).toBeNull();
});

test('what is made half is never seen: a failure takes the person along', async () => {
  const { database } = db;
  await expect(
    database.asTenant('a', (sql) =>
      auth.within(sql, async () => {
        await auth.createPerson('Half', 'half@a.test');
        throw new Error('in the middle');
      }),
    ),
  ).rejects.toThrow('in the middle');
  expect(await auth.internal.findUserByEmail('half@a.test')).toBeNull();
});

test('accounts, passwords and sessions are kept, changed and ended as the library means it', async () => {
  const { internal, passwords } = auth;
  const person = await auth.createPerson('Whole', 'whole@a.test');
  await internal.linkAccount({ userId: person, providerId: 'credential', accountId: person, password: await passwords.hash('the first one') });
  await internal.updatePassword(person, await passwords.hash('the second one'));
  const account = await internal.findCredentialAccount(person);
  const hash = String(account?.password);
  expect([await passwords.verify({ hash, password: 'the first one' }), await passwords.verify({ hash, password: 'the second one' })]).toEqual([false, true]);
  for (const token of ['a'.repeat(64), 'b'.repeat(64)]) await internal.createSession(person, false, { token, tenant: 'a' }, true);
  expect((await internal.listSessions(person)).map(({ token }) => token[0]).toSorted()).toEqual(['a', 'b']);
  await internal.deleteUserSessions(person);
  expect(await internal.listSessions(person)).toEqual([]);
});

test('S31: no more passwords are hashed at once than leave threads for other work, and a long line is refused', async () => {
  const all = await Promise.allSettled(Array.from({ length: 120 }, () => auth.passwords.verify({ hash: 'not:really', password: 'x' })));
  const refused = all.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(18);
  expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(refused.map(() => 'overload.busy'));
});
