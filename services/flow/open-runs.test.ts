// The metrics of runs that have not ended.
import { expect, test } from 'vitest';
import { CANARY_TENANT } from './canary/canary-flow.ts';
import { flowText, listenFor, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => ([house, node] = opened));

async function figure(name: string): Promise<number> {
  const line = (await node.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

test('open runs are counted by state and age, those that ended and those of the canary are not', async () => {
  await node.flow.publish('acme', flowText('waits', [listenFor('hear', 'test.never')]));
  await node.flow.publish('acme', flowText('ends', [{ note: { set: { a: 1 } } }]));
  await node.flow.publish(CANARY_TENANT, flowText('waits', [listenFor('hear', 'test.never')]));
  const [first, second, third] = [await start(node, 'waits'), await start(node, 'waits'), await start(node, 'waits')];
  await start(node, 'waits', {}, { tenant: CANARY_TENANT });
  await reached(node, await start(node, 'ends'), 'completed');
  for (const id of [first, second, third]) await reached(node, id, 'waiting');
  await node.call('POST', `/v1/runs/${second}/pause`);
  await reached(node, second, 'paused');
  await node.close();
  await house.sql(`update flow.run set started_ms = started_ms - 3600000 where id = $1`, [first]);
  await house.sql(`update flow.run set status = 'quarantined', quarantine = 'test', quarantined_ms = started_ms where id = $1`, [third]);
  node = await house.open();
  await until('they are counted', async () => (await figure('palace_runs{state="waiting"}')) === 1, 20_000);
  expect(await figure('palace_runs{state="paused"}')).toBe(1);
  expect(await figure('palace_runs{state="quarantined"}')).toBe(1);
  expect(await figure('palace_runs{state="running"}')).toBe(0);
  expect(await figure('palace_run_oldest_seconds{reason="answer"}')).toBeGreaterThan(3_600);
  expect(await figure('palace_run_oldest_seconds{reason="paused"}')).toBeLessThan(3_600);
  expect(await figure('palace_run_oldest_seconds{reason="work"}')).toBe(0);
});

test('the count reads an index of the open runs and no row of the table', async () => {
  // As many ended runs as would make reading them a mistake.
  await house.sql(
    `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms)
     select 'run_0' || lpad(g::text, 25, '0'), g % 64, 'acme', 'test/ends', '1.0.0', 'x', 'completed', g, g from generate_series(1, 50000) g`,
  );
  await house.sql('vacuum (analyze) flow.run');
  const plan = await house.sql<{ 'QUERY PLAN': string }>(
    'explain select status, count(*), min(started_ms) from flow.run where shard = any (array[0, 1, 2, 3]) and ended_ms is null group by status',
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Only Scan using run_open/);
});
