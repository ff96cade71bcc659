// A database that stops answering: noticed, said, and nobody waits for it; it is well as soon as it answers again.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from './pg.ts';
import type { Database } from './port.ts';
import { startPulse } from './pulse.ts';
import { silentLog, testDatabase, type TestDatabase } from './testing.ts';

let db: TestDatabase;
let proxy: { server: Server; url: string; frozen: boolean; sockets: Set<Socket> };
let database: Database;

beforeAll(async () => {
  db = await testDatabase();
  proxy = await openProxy(db.url);
  database = await openDatabase({ url: proxy.url, log: silentLog, apiPoolSize: 2, connectTimeoutMs: 1_000, pulse: true });
});
afterEach(() => void (proxy.frozen = false));
afterAll(async () => {
  await database.close();
  for (const socket of proxy.sockets) socket.destroy();
  proxy.server.close();
  await db.close();
});

/** Between us and the server: while frozen it takes everything and passes nothing on. */
async function openProxy(url: string): Promise<typeof proxy> {
  const target = new URL(url);
  const path = `${target.searchParams.get('host')}/.s.PGSQL.5432`;
  const state = { frozen: false, sockets: new Set<Socket>() };
  const server = createServer((client) => {
    const upstream = connect(path);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      state.sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
      from.on('data', (chunk) => void pass(to, chunk));
    }
  });
  const pass = async (to: Socket, chunk: Buffer): Promise<void> => {
    while (state.frozen && !to.destroyed) await sleep(20);
    if (!to.destroyed) to.write(chunk);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.search = '';
  target.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { server, url: target.href });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let look = 0; look < 600; look++) {
    if (holds()) return;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
}

const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);

describe('a database that is silent', () => {
  test('is refused at once with the reason, cut under those who wait, and used again when it answers', async () => {
    await database.asTenant('a', (sql) => sql.query('select 1'));
    const lane = await database.dedicated('engine');
    proxy.frozen = true;
    const waits = [failureOf(database.asTenant('a', (sql) => sql.query('select 1'))), failureOf(lane.query('select 1'))];
    await until('it is known', () => database.away() !== undefined);
    expect(database.away()).toMatch(/^The database has not answered for \d+ s\. /);
    for (const pool of [database.api, database.engine, database.owner])
      expect(await failureOf(pool.query('select 1'))).toMatchObject({ code: 'unavailable.database', detail: expect.stringContaining('has not answered') });
    expect(await waits[0]).toMatchObject({ code: 'unavailable.database' });
    expect(await waits[1]).toBeInstanceOf(Error);
    proxy.frozen = false;
    await until('it answers', () => database.away() === undefined);
    await database.asTenant('a', (sql) => sql.query('select 1'));
    const again = await database.dedicated('engine');
    await again.query('select 1');
    await again.end();
  });

  test('is not the database whose one connection an administrator ended', async () => {
    await db.database.owner.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');
    await sleep(1_500);
    expect(database.away()).toBeUndefined();
  });
});

describe('the pulse', () => {
  const never = new Promise<never>(() => undefined);
  const silent = { query: () => never, on: () => undefined, end: () => Promise.resolve(), processID: 1 };

  test('accuses nobody for the time in which its own process stood still', async () => {
    const pulse = startPulse({ connect: () => Promise.resolve(silent), cut: () => undefined, log: silentLog });
    await sleep(600);
    const untilMs = performance.now() + 3_500;
    while (performance.now() < untilMs);
    await sleep(50);
    expect(pulse.away()).toBeUndefined();
    await pulse.close();
  });

  test('takes a refusal for an answer, and a server that cannot be reached for none', async () => {
    const refusing = startPulse({
      connect: () => Promise.reject(Object.assign(new Error('too many'), { code: '53300' })),
      cut: () => undefined,
      log: silentLog,
    });
    const gone = startPulse({ connect: () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })), cut: () => undefined, log: silentLog });
    await until('it is known', () => gone.away() !== undefined);
    expect(gone.away()).toContain('No connection can be opened (ECONNREFUSED).');
    expect(refusing.away()).toBeUndefined();
    await Promise.all([refusing.close(), gone.close()]);
  });
});

describe('a table that is locked', () => {
  test('gives up its readers with the reason, and refuses more of them while all connections wait', async () => {
    await db.database.owner.query('create table palace.held (tenant text); grant select on palace.held to palace_api');
    const holder = await db.another();
    const client = await holder.owner.connect();
    await client.query('begin; lock table palace.held in access exclusive mode');
    const read = (): Promise<unknown> => failureOf(database.asTenant('a', (sql) => sql.query('select * from palace.held')));
    const first = [read(), read()];
    await sleep(2_300);
    const crowd = [read(), await read()];
    expect(crowd[1]).toMatchObject({ code: 'unavailable.database', detail: expect.stringContaining('All connections to the database wait') });
    for (const one of first) expect(await one).toMatchObject({ code: 'unavailable.database', detail: 'Somebody holds a lock on a table of the database.' });
    await crowd[0];
    await client.query('rollback');
    client.release();
    await database.asTenant('a', (sql) => sql.query('select * from palace.held'));
  });

  test(
    'once known, is waited for a moment only: who asks for something else finds a connection, and all is as before when it is gone',
    { timeout: 60_000 },
    async () => {
      const patient = await openDatabase({ url: db.url, log: silentLog, apiPoolSize: 2 });
      const holder = await db.another();
      const client = await holder.owner.connect();
      await client.query('begin; lock table palace.held in access exclusive mode');
      const read = (): Promise<unknown> => failureOf(patient.asTenant('a', (sql) => sql.query('select * from palace.held')));
      let ending = false;
      const goOn = async (): Promise<void> => {
        while (!ending) {
          await read();
          await sleep(20);
        }
      };
      const crowd = [goOn(), goOn()];
      await sleep(8_000);
      const sinceMs = performance.now();
      for (let n = 0; n < 10; n++) {
        const [answer] = await Promise.all([failureOf(patient.asTenant('a', (sql) => sql.query('select 1'))), read()]);
        if (answer !== undefined) expect(answer).toMatchObject({ detail: expect.stringContaining('All connections to the database wait') });
      }
      // Ten times the short wait are five seconds, ten times the long one thirty.
      expect(performance.now() - sinceMs).toBeLessThan(20_000);
      ending = true;
      await Promise.all(crowd);
      await client.query('rollback');
      client.release();
      const rest = (): Promise<unknown[]> =>
        Promise.all(Array.from({ length: 12 }, () => patient.asTenant('a', (sql) => sql.query('select * from palace.held'))));
      await rest();
      // Many who come at once after a quiet time wait for their turn.
      await sleep(2_500);
      await rest();
      await patient.close();
    },
  );
});
