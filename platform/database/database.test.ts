// The database port on the real server: scopes, roles, transactions, lost connections.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PalaceError } from '../errors.ts';
import { lintCatalog } from './catalog-lint.ts';
import { isConnectionLost, shortageOf } from './failure.ts';
import { roleUrl } from './roles.ts';
import { tenantTable } from './tenant-table.ts';
import { silentLog, testDatabase, type TestDatabase } from './testing.ts';
import { openDatabase } from './pg.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.migrate({
    schema: 'shop',
    migrations: [
      {
        number: 1,
        name: 'orders',
        sql: `create table {{schema}}.orders (tenant text not null, shard integer not null, id text primary key);
          ${tenantTable('{{schema}}', 'orders', { shardColumn: 'shard', api: ['select', 'insert'] })}
          create table {{schema}}.note (tenant text not null, id text primary key);
          ${tenantTable('{{schema}}', 'note')}`,
      },
    ],
  });
  await db.database.asEngine({ shards: [1, 2], tenants: ['a', 'b'] }, async (sql) => {
    await sql.query("insert into shop.orders values ('a', 1, 'a1'), ('a', 2, 'a2'), ('b', 1, 'b1')");
    await sql.query("insert into shop.note values ('a', 'n1')");
  });
});

afterAll(() => db.close());

const ids = (rows: { id: string }[]): string[] => rows.map((row) => row.id).sort();

describe('a tenant transaction', () => {
  test('sees the rows of its tenant and no others', async () => {
    const { rows } = await db.database.asTenant('a', (sql) => sql.query<{ id: string }>('select id from shop.orders'));
    expect(ids(rows)).toEqual(['a1', 'a2']);
  });

  test('cannot write a row of another tenant', async () => {
    const attempt = db.database.asTenant('a', (sql) => sql.query("insert into shop.orders values ('b', 1, 'x')"));
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
  });

  test('takes any text as a tenant without letting it become SQL', async () => {
    const tenant = `o'; select set_config('palace.tenant', 'a', true) --\\"`;
    const { rows } = await db.database.asTenant(tenant, (sql) => sql.query('select palace.tenant() as tenant, (select count(*) from shop.orders) as seen'));
    expect(rows).toEqual([{ tenant, seen: '0' }]);
  });

  test('refuses a query that comes after its end', async () => {
    const late = await db.database.asTenant('a', (sql) => Promise.resolve({ sql }));
    await expect(late.sql.query('select 1')).rejects.toThrow('this transaction has ended');
  });

  test('that failed inside and swallowed the error is reported, not passed off as committed', async () => {
    const attempt = db.database.asTenant('a', async (sql) => {
      await sql.query("insert into shop.orders values ('a', 3, 'lost')");
      await sql.query('select 1/0').catch(() => undefined);
    });
    await expect(attempt).rejects.toThrow('rolled back');
    const { rows } = await db.database.asTenant('a', (sql) => sql.query("select from shop.orders where id = 'lost'"));
    expect(rows).toEqual([]);
  });
});

describe('a query without a scope', () => {
  test('fails on the api and the engine pool, also on a connection that had a scope before', async () => {
    const one = await openDatabase({ url: db.url, log: silentLog, enginePoolSize: 1, apiPoolSize: 1 });
    try {
      await one.asTenant('a', (sql) => sql.query('select 1'));
      await one.asTenant('a', (sql) => sql.query('select 1/0')).catch(() => undefined);
      await expect(one.api.query('select * from shop.orders')).rejects.toMatchObject({ code: 'PL001' });
      await one.asEngine({ shards: [1] }, (sql) => sql.query('select 1'));
      await expect(one.engine.query('select * from shop.orders')).rejects.toMatchObject({ code: 'PL003' });
      await expect(one.engine.query('select * from shop.note')).rejects.toMatchObject({ code: 'PL002' });
    } finally {
      await one.close();
    }
  });
});

describe('an engine transaction', () => {
  test('reads its shards over all tenants', async () => {
    const { rows } = await db.database.asEngine({ shards: [1] }, (sql) => sql.query<{ id: string }>('select id from shop.orders'));
    expect(ids(rows)).toEqual(['a1', 'b1']);
  });

  test('writes only the tenants it named', async () => {
    const attempt = db.database.asEngine({ shards: [1], tenants: ['a'] }, (sql) => sql.query("insert into shop.orders values ('c', 1, 'c1')"));
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
    const changed = await db.database.asEngine({ shards: [1], tenants: ['a'] }, (sql) => sql.query('delete from shop.orders where false or id = $1', ['b1']));
    expect(changed.rowCount).toBe(0);
  });

  test('takes tenants with quotes, commas and backslashes as they are', async () => {
    const tenants = ['a"b', 'c,d', 'e\\f', '{}', 'NULL', ''];
    const { rows } = await db.database.asEngine({ shards: [], tenants }, (sql) => sql.query('select palace.tenants() as tenants'));
    expect(rows).toEqual([{ tenants }]);
  });

  test('that idles is ended by the server after a second', async () => {
    const idle = db.database.asEngine({ shards: [1] }, async (sql) => {
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      await sql.query('select 1');
    });
    await expect(idle).rejects.toMatchObject({ code: 'unavailable.database' });
    await expect(db.database.asEngine({ shards: [1] }, (sql) => sql.query('select 1'))).resolves.toBeDefined();
  });
});

describe('the roles', () => {
  test('log in as themselves and cannot become the owner', async () => {
    const { rows } = await db.database.api.query('select session_user::text as session, current_user::text as current');
    expect(rows).toEqual([{ session: 'palace_api', current: 'palace_api' }]);
    await expect(db.database.api.query('set role palace_engine')).rejects.toMatchObject({ code: '42501' });
    await expect(db.database.engine.query('set session authorization palace')).rejects.toMatchObject({ code: '42501' });
    await expect(db.database.engine.query('create table shop.mine (id int)')).rejects.toMatchObject({ code: '42501' });
    await expect(db.database.engine.query('alter table shop.orders disable row level security')).rejects.toMatchObject({ code: '42501' });
  });

  test('have passwords that follow from the owner’s, each its own', () => {
    const api = new URL(roleUrl('postgres://o:secret@localhost/x', 'palace_api', 'password'));
    const engine = new URL(roleUrl('postgres://o:secret@localhost/x', 'palace_engine', 'password'));
    expect(api.username).toBe('palace_api');
    expect(api.password).not.toBe(engine.password);
    expect(api.password).not.toContain('secret');
  });

  test('of another owner are used by membership, and that owner’s passwords stay as they are', async () => {
    const url = new URL(db.url);
    const name = url.pathname.slice(1);
    const owner = `${name}_owner`;
    await db.database.owner.query(`create role ${owner} login noinherit password 'own'`);
    await db.database.owner.query(`create database ${name}_two owner ${owner}`);
    [url.username, url.password, url.pathname] = [owner, 'own', `/${name}_two`];
    try {
      const refused = await openDatabase({ url: url.href, log: silentLog }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'boot.database', message: expect.stringContaining('grant palace_api, palace_engine to') });
      await db.database.owner.query(`grant palace_api, palace_engine to ${owner}`);
      const two = await openDatabase({ url: url.href, log: silentLog });
      const { rows } = await two.asTenant('x', (sql) => sql.query('select current_user::text as role, palace.tenant() as tenant'));
      expect(rows).toEqual([{ role: 'palace_api', tenant: 'x' }]);
      await two.close();
      const again = await db.another();
      await expect(again.api.query('select')).resolves.toBeDefined();
    } finally {
      await db.database.owner.query(`drop database if exists ${name}_two with (force)`);
      await db.database.owner.query(`drop role ${owner}`);
    }
  });
});

describe('a database that is short of something', () => {
  test.each([
    ['53100', 'The disk of the database is full.'],
    ['53200', 'The database is out of memory.'],
    ['53300', 'The database has no free connection.'],
    ['53400', 'The database is at a limit of its configuration (53400).'],
  ])('SQLSTATE %s is a row of the error table that names it: %s', async (sqlstate, detail) => {
    const attempt = db.database.asTenant('a', (sql) => sql.query(`do $$ begin raise exception 'no' using errcode = '${sqlstate}'; end $$`));
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable.resources', detail, retryAfterSeconds: 5 });
  });

  test.each([
    ['55P03', 'Somebody holds a lock on a table of the database.'],
    ['57014', 'The database did not finish in time.'],
  ])('SQLSTATE %s says what holds it up: %s', async (sqlstate, detail) => {
    const attempt = db.database.asTenant('a', (sql) => sql.query(`do $$ begin raise exception 'no' using errcode = '${sqlstate}'; end $$`));
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable.database', detail, retryAfterSeconds: 5 });
  });

  test('gives no more connections than it has, and says so', async () => {
    const role = `short_${db.url.split('/').at(-1)?.split('?')[0]}`;
    await db.database.owner.query(`create role ${role} login password 'p' connection limit 0`);
    try {
      const url = new URL(db.url);
      [url.username, url.password] = [role, 'p'];
      const client = new pg.Client({ connectionString: url.href });
      client.on('error', () => undefined);
      const failure = await client.connect().catch((error: unknown) => error);
      expect([shortageOf(failure), isConnectionLost(failure)]).toEqual(['The database has no free connection.', false]);
    } finally {
      await db.database.owner.query(`drop role ${role}`);
    }
  });
});

describe('a database that is away', () => {
  test('is a row of the error table, at the start and in use', async () => {
    const nowhere = 'postgres://o:p@127.0.0.1:1/x';
    await expect(openDatabase({ url: nowhere, log: silentLog })).rejects.toMatchObject({ code: 'boot.database' });
    const cut = db.database.asTenant('a', async (sql) => {
      const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
      await db.database.owner.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await sql.query('select 1');
    });
    const failure = await cut.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PalaceError);
    expect(failure).toMatchObject({ code: 'unavailable.database', retryAfterSeconds: 1 });
  });

  test('leaves the outcome unknown when it goes during COMMIT', async () => {
    const cut = db.database.asTenant('a', async (sql) => {
      const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
      await db.database.owner.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    });
    await expect(cut).rejects.toMatchObject({ code: 'outcome.unknown' });
  });
});

describe('the catalog lint', () => {
  test('finds nothing in a database that was made as it should be', async () => {
    expect(await lintCatalog(db.database.owner)).toEqual([]);
  });

  test('finds each of the mistakes it is for', async () => {
    const bad = await testDatabase();
    try {
      await bad.database.owner.query(`
        create schema bad;
        create table bad.open (tenant text);
        create table bad.unforced (tenant text); alter table bad.unforced enable row level security;
        create table bad.without_policy (tenant text); alter table bad.without_policy enable row level security; alter table bad.without_policy force row level security;
        create function bad.strong() returns int language sql security definer as 'select 1';
        create table bad.theirs (id int); alter table bad.theirs owner to palace_engine;
        create view bad.peek as select * from bad.open;
        grant select on bad.open to public;
      `);
      const found = (await lintCatalog(bad.database.owner)).join('\n');
      for (const name of ['bad.open', 'bad.unforced', 'bad.without_policy', 'bad.strong', 'bad.theirs', 'bad.peek']) expect(found).toContain(name);
      expect(await lintCatalog(bad.database.owner, { securityDefiners: ['bad.strong()'] })).not.toContain('bad.strong');
    } finally {
      await bad.close();
    }
  });
});
