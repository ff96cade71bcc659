// The canary on the real service: what it measures, what it leaves behind, what it tells when it fails.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flowText, openInstallation, reached, start, until, type Installation, type TestNode } from '../testing.ts';
import { CANARY_TENANT } from './canary-flow.ts';

let house: Installation;
let node: TestNode;
const FAST = { canary: true, config: { canary: { everyMs: 200, unreadyMs: 300 } } } as const;

beforeAll(async () => {
  house = await openInstallation();
  node = await house.open(FAST);
});
afterAll(() => house.close());

async function figure(of: TestNode, series: string): Promise<number> {
  const line = (await of.metrics()).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.split(' ')[1]);
}

const succeeded = (of: TestNode): Promise<number> => figure(of, 'palace_canary_runs_total{outcome="succeeded"}');

test('a canary run passes through start, a timer, a step, an event to itself and the end, and is timed', async () => {
  await until('two have succeeded', async () => (await succeeded(node)) >= 2);
  expect(await figure(node, 'palace_canary_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(await figure(node, 'palace_canary_seconds_sum')).toBeGreaterThan(0.2);
  expect(Math.abs(Date.now() / 1_000 - (await figure(node, 'palace_canary_last_success_timestamp_seconds')))).toBeLessThan(10);
  const [run] = await house.sql<{ id: string }>('select id from flow.run where tenant = $1 and ended_ms is not null limit 1', [CANARY_TENANT]);
  const events = await house.sql<{ body: string }>('select body from flow.journal where run = $1 order by seq', [run?.id]);
  const told = events.map(({ body }) => body).join('\n');
  for (const type of ['run.started', 'timer', 'palace.canary.said', 'run.completed']) expect(told).toContain(type);
});

test('it stands in nobody’s lists and counts', async () => {
  await node.flow.publish('acme', flowText('mine', [{ note: { set: { a: 1 } } }]));
  await reached(node, await start(node, 'mine'), 'completed');
  const { body: flows } = await node.call('GET', '/v1/flows');
  const { body: runs } = await node.call('GET', '/v1/runs');
  expect((flows['items'] as { name: string }[]).map(({ name }) => name)).toEqual(['mine']);
  expect(runs['items']).toHaveLength(1);
  expect(await figure(node, 'palace_runs_started_total')).toBe(1);
  expect(await figure(node, 'palace_runs_ended_total{status="completed"}')).toBe(1);
});

test('two processes have one canary, and the one that is left goes on with it', async () => {
  const other = await house.open(FAST);
  const [running] = await until('one of them runs it', async () => {
    const before = await Promise.all([node, other].map(succeeded));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await Promise.all([node, other].map(succeeded));
    const busy = [node, other].filter((_, at) => (after[at] ?? 0) > (before[at] ?? 0));
    return busy.length === 1 ? busy : undefined;
  });
  const [left = node] = [node, other].filter((one) => one !== running);
  const before = await succeeded(left);
  await running?.close();
  await until('the other one runs it', async () => (await succeeded(left)) > before, 40_000);
  node = left;
}, 90_000);

test('its runs are gone an hour after their end, those of others are not', async () => {
  await house.sql('update flow.run set started_ms = started_ms - 7200000, ended_ms = ended_ms - 7200000 where ended_ms is not null');
  await house.sql('update flow.event set at_ms = at_ms - 7200000 where tenant = $1', [CANARY_TENANT]);
  const old = await house.sql<{ id: string }>('select id from flow.run where tenant = $1 and ended_ms is not null order by started_ms limit 1', [
    CANARY_TENANT,
  ]);
  await until('it is gone', async () => (await house.sql('select from flow.run where id = $1', [old[0]?.id])).length === 0);
  expect(await house.sql('select from flow.journal where run = $1', [old[0]?.id])).toHaveLength(0);
  expect(await house.sql(`select from flow.run where tenant = 'acme'`)).toHaveLength(1);
});

test('a fresh start is ready; one that fails for long is not, says why, and is ready again after a success', async () => {
  expect(node.flow.door.ready()).toMatchObject({ canary: true });
  const damaged = `update flow.program set program = jsonb_set(program, '{steps}', '[]') where tenant = $1`;
  const [kept] = await house.sql<{ program: unknown }>('select program from flow.program where tenant = $1', [CANARY_TENANT]);
  await node.close();
  await house.sql(damaged, [CANARY_TENANT]);
  node = await house.open(FAST);
  expect(node.flow.door.ready()).toMatchObject({ canary: true });
  await until('it is not ready', async () => node.flow.door.ready()['canary'] === false, 20_000);
  expect(node.flow.door.reasons?.()['canary']).toMatch(/^canary runs fail since less than a minute: /);
  await house.sql('update flow.program set program = $2 where tenant = $1', [CANARY_TENANT, JSON.stringify(kept?.program)]);
  await node.close();
  node = await house.open(FAST);
  await until('it has succeeded', async () => (await succeeded(node)) > 0, 20_000);
  expect(node.flow.door.ready()).toMatchObject({ canary: true });
  expect(node.flow.door.reasons?.()).toEqual({});
}, 60_000);
