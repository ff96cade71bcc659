// A table that somebody has locked: who asks is told so in time, nothing that was acknowledged is lost, and all goes on when the lock is gone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import { flowText, openInstallation, post, reached, until, type Installation, type Reply, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

beforeAll(async () => {
  house = await openInstallation();
  node = await house.open({ config: { database: { connectTimeoutMs: 1_000 } } });
  await node.flow.publish('acme', flowText('quick', [{ out: { set: { done: true } } }]));
});
afterAll(() => house.close());

/** Until what it gives is called. */
async function lock(table: string): Promise<() => Promise<void>> {
  await house.sql(`create table if not exists public.release_lock (n integer)`);
  await house.sql('truncate public.release_lock');
  const held = house.sql(`do $$ begin
    lock table ${table} in access exclusive mode;
    while not exists (select from public.release_lock) loop perform pg_sleep(0.05); end loop;
  end $$`);
  await until('the table is locked', async () => {
    const [row] = await house.sql<{ held: boolean }>(
      `select exists (select from pg_locks where relation = '${table}'::regclass and mode = 'AccessExclusiveLock' and granted) as held`,
    );
    return row?.held;
  });
  return async () => {
    await house.sql('insert into public.release_lock values (1)');
    await held;
  };
}

async function commitsThatWait(): Promise<number> {
  const waits = `select from pg_stat_activity where datname = current_database() and application_name = 'palace:flow:commit' and wait_event_type = 'Lock'`;
  return (await house.sql(waits)).length;
}

const ask = (key: string): Promise<Reply> => node.call('POST', '/v1/runs', { body: { flow: 'test/quick' }, key });

describe('a locked journal', () => {
  test('leaves the outcome of a start unknown in time, refuses new ones with the reason, and keeps each once in the end', async () => {
    const unlock = await lock('flow.journal');
    const first = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(`first-${n}`)));
    for (const reply of first) expect(reply).toMatchObject({ status: 503, body: { code: 'outcome.unknown' } });
    await until('it is known', () => Promise.resolve(node.flow.door.silence?.()));
    expect(await ask('later')).toMatchObject({ status: 503, body: { code: 'unavailable.database', detail: expect.stringContaining('it may be locked') } });
    await unlock();
    await until('it is over', () => Promise.resolve(node.flow.door.silence?.() === undefined));
    for (let n = 0; n < 8; n++) {
      const { status, body } = await ask(`first-${n}`);
      expect([200, 201]).toContain(status);
      await reached(node, String(body['id']), 'completed');
    }
    expect(await house.sql('select id from flow.run')).toHaveLength(8);
  });
});

describe('a process that is gone while its commits wait in the database behind a lock', () => {
  test('leaves runs that its successor reads when they are written, and none stands still or is set aside', async () => {
    const gone = await house.open({ config: { database: { connectTimeoutMs: 1_000 } } });
    await node.close();
    await gone.flow.publish('acme', flowText('acts', [post('first', { effect: 'idempotent', deadline: 'PT2S' }), { out: { set: { done: true } } }]));
    await until('it owns all', () => Promise.resolve(gone.flow.node.owned().length === SHARD_COUNT));
    const startOn = (one: TestNode, n: number): Promise<Reply> => one.call('POST', '/v1/runs', { body: { flow: 'test/acts' }, key: `gone-${n}` });
    const eight = Array.from({ length: 8 }, (_, n) => n);
    const unlock = await lock('flow.journal');
    try {
      for (const reply of await Promise.all(eight.map((n) => startOn(gone, n)))) expect(reply.status).toBe(503);
      expect(await commitsThatWait()).toBeGreaterThan(0);
      await gone.kill();
      node = await house.open();
      expect(await commitsThatWait()).toBeGreaterThan(0);
      // What they hold nobody gets; all else goes on.
      expect(node.flow.node.owned().length).toBeLessThan(SHARD_COUNT);
      expect(node.flow.node.owned().length).toBeGreaterThan(SHARD_COUNT / 2);
    } finally {
      await unlock();
    }
    await until('it owns all', () => Promise.resolve(node.flow.node.owned().length === SHARD_COUNT));
    for (const n of eight) {
      const { status, body } = await startOn(node, n);
      expect([200, 201]).toContain(status);
      await reached(node, String(body['id']), 'completed');
    }
    expect(await node.flow.engine.reconciler?.pass()).toEqual([]);
  }, 60_000);
});
