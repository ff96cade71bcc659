// How it goes for one tenant: runs by hour and state, what is open, what waits for a person.
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { runsSummary } from './contract.ts';
import { flowText, listenFor, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => ([house, node] = opened));

type Summary = z.infer<typeof runsSummary>;
const summary = async (tenant = 'acme'): Promise<Summary> => (await node.call('GET', '/v1/runs/summary', { tenant })).body as unknown as Summary;
const HOUR_MS = 3_600_000;

/** Summaries alone. */
async function old(tenant: string, status: string, count: number, agoMs: number, spreadMs = 1): Promise<void> {
  await house.sql(
    `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms)
     select 'run_' || lpad(n::text, 8, '0') || $1 || $2 || $4, n % 64, $1, 'test/old', '1.0.0', 'none', $2, $5::bigint - $4::bigint - (n * $6::bigint) % $7::bigint, $5
       from generate_series(1, $3::int) n`,
    [tenant, status, count, agoMs, Date.now(), 7919, spreadMs],
  );
}

test('an installation without runs has 24 empty hours', async () => {
  const found = await summary('nobody');
  expect(found.hours).toHaveLength(24);
  expect(found.hours.every(({ counts }) => Object.keys(counts).length === 0)).toBe(true);
  expect(Date.parse(found.hours[23]?.from ?? '')).toBeLessThanOrEqual(Date.parse(found.at));
  expect(found).toMatchObject({ complete: true, open: {}, people: { runs: 0, complete: true, items: [] } });
});

test('runs are counted in the hour of their start by their state, those of others and of the day before are not', async () => {
  await old('counts', 'completed', 30, 5 * HOUR_MS);
  await old('counts', 'failed', 2, 5 * HOUR_MS);
  await old('counts', 'completed', 4, 25 * HOUR_MS);
  await old('others', 'failed', 9, 5 * HOUR_MS);
  const { hours, at } = await summary('counts');
  const hour = hours.find(({ from }) => Date.parse(from) === Math.floor((Date.parse(at) - 5 * HOUR_MS) / HOUR_MS) * HOUR_MS);
  expect(hour?.counts).toEqual({ completed: 30, failed: 2 });
  expect(hours.flatMap(({ counts }) => Object.values(counts)).reduce((sum, runs) => sum + runs, 0)).toBe(32);
});

test('who waits for a person is named, the oldest first; a run that waits for an event or for the time is not', async () => {
  await node.flow.publish('acme', flowText('asks', [listenFor('ask', 'agentspalace.signal.approve')]));
  await node.flow.publish('acme', flowText('hears', [listenFor('hear', 'test.never')]));
  const asks = await start(node, 'asks');
  const hears = await start(node, 'hears');
  const aside = await start(node, 'hears');
  for (const id of [asks, hears, aside]) await reached(node, id, 'waiting');
  await house.sql(`update flow.run set status = 'quarantined', quarantine = 'test', quarantined_ms = 1 where id = $1`, [aside]);
  await house.sql(
    `insert into flow.effect (run, key, act, attempt, position, class, function, args, args_hash, state, requested_ms, shard, tenant)
     values ($1, 'k', 1, 1, '/do/0', 'unique', 'http', '{}', 'x', 'in-doubt', 2, 0, 'acme')`,
    [hears],
  );
  await until('the answer is no longer the one before', async () => (await summary()).people.runs === 3, 10_000);
  const { people, open } = await summary();
  expect(people.items).toEqual([
    { run: aside, flow: 'test/hears', kind: 'quarantined', since: new Date(1).toISOString() },
    { run: hears, flow: 'test/hears', kind: 'in-doubt', name: 'http', since: new Date(2).toISOString() },
    { run: asks, flow: 'test/asks', kind: 'signal', name: 'approve', since: expect.any(String) as unknown },
  ]);
  expect(open).toEqual({ waiting: 2, quarantined: 1 });
});

test('a signal that came is no longer waited for; one that is waited for anew is', async () => {
  await node.flow.publish('twice', flowText('asks', [listenFor('first', 'agentspalace.signal.one'), listenFor('second', 'agentspalace.signal.two')]));
  const id = await start(node, 'asks', {}, { tenant: 'twice' });
  const waitsFor = (name: string) => until(`it waits for ${name}`, async () => (await summary('twice')).people.items[0]?.name === name, 10_000);
  await waitsFor('one');
  await node.call('POST', `/v1/runs/${id}/signals`, { tenant: 'twice', body: { name: 'one' } });
  await waitsFor('two');
  await node.call('POST', `/v1/runs/${id}/signals`, { tenant: 'twice', body: { name: 'two' } });
  await until('nobody is asked', async () => (await summary('twice')).people.runs === 0, 10_000);
});

test('of very many waiting runs the newest are looked at, a few more with each answer', async () => {
  await node.flow.publish('crowd', flowText('asks', [listenFor('ask', 'agentspalace.signal.go')]));
  const ids: string[] = [];
  for (let n = 0; n < 110; n++) ids.push(await start(node, 'asks', {}, { tenant: 'crowd' }));
  await until('all are at rest', async () => (await house.sql(`select from flow.run where tenant = 'crowd' and status = 'waiting'`)).length === 110, 20_000);
  await until('the newest hundred are known', async () => (await summary('crowd')).people.runs === 100, 30_000);
  const { people } = await summary('crowd');
  expect(people.complete).toBe(false);
  expect(people.items.map(({ run }) => run)).toEqual(ids.slice(10, 30));
}, 60_000);

test('it reads the index of the start, of 100,000 runs in a day and of as many before', async () => {
  await old('many', 'completed', 100_000, 0, 20 * HOUR_MS);
  await old('many', 'failed', 100_000, 30 * HOUR_MS, 300 * HOUR_MS);
  await house.sql('vacuum (analyze) flow.run');
  const { hours, complete } = await summary('many');
  expect(hours.flatMap(({ counts }) => Object.values(counts)).reduce((sum, runs) => sum + runs, 0)).toBe(100_000);
  expect(complete).toBe(true);
  const plan = await house.sql<{ 'QUERY PLAN': string }>(
    `explain select status from flow.run where tenant = 'many' and started_ms >= $1 order by started_ms desc, id desc limit 200000`,
    [Date.now() - HOUR_MS],
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/(?:Index Scan using|Bitmap Index Scan on) run_by_start/);
}, 60_000);

test('many who ask at once ask the database once', async () => {
  const before = await summary('believed');
  await old('believed', 'failed', 1, 0);
  const found = await Promise.all(Array.from({ length: 50 }, () => summary('believed')));
  expect(found.every(({ at }) => at === before.at)).toBe(true);
});
