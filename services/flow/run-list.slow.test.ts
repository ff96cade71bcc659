// The list of runs among many: every filter answers within 300 ms, whatever it finds.
import { expect, test } from 'vitest';
import { openForFile, TENANT, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const RUNS = 100_000;
const MOST_MS = 300;

/** Rows of the summary alone: a minute of starts would not make other ones. One in a thousand is open, failed, of another environment or flow. */
const FILL = `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms, environment, trigger, parent, fork_of)
  select 'run_' || lpad(i::text, 26, '0'), i % 16, $1, case when i % 1000 = 7 then 'test/rare' else 'test/common-' || i % 5 end, '1.0.0', 'h',
    case i % 1000 when 1 then 'running' when 2 then 'waiting' when 3 then 'failed' when 4 then 'paused' when 5 then 'cancelled' else 'completed' end,
    1700000000000 + i::bigint * 1000, case when i % 1000 in (1, 2, 4) then null else 1700000000500 + i::bigint * 1000 end,
    case when i % 1000 = 8 then 'staging' end, case when i % 1000 = 9 then 'webhook/shop/' || i when i % 2 = 0 then 'schedule/x' end,
    case when i % 1000 = 11 then 'run_above' end, case when i = 13 then 'run_before' end
  from generate_series(1, $2::int) i`;

const QUERIES = [
  '',
  ...['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'quarantined'].map((status) => `status=${status}`),
  'flow=test/rare',
  'flow=test/common-1&status=failed',
  'flow=test/common-1&status=running',
  'environment=staging',
  'environment=nowhere',
  'environment=default',
  ...['request', 'schedule', 'after', 'event', 'webhook', 'parent', 'fork'].map((origin) => `origin=${origin}`),
  'id=run_0000000000000000000000042',
  'id=run_00000',
  'id=run_zz',
  'startedAfter=2023-11-15T00:00:00Z&startedBefore=2023-11-15T00:10:00Z',
  'startedBefore=2023-11-14T22:13:25Z',
  'status=completed&environment=staging&origin=webhook',
];

test('a list of 100,000 runs answers every filter, and the page behind it, within 300 ms', async () => {
  await house.sql(FILL, [TENANT, RUNS]);
  await house.sql('analyze flow.run');
  const times: [string, number][] = [];
  for (const query of QUERIES) {
    const began = performance.now();
    const { body } = await node.call('GET', `/v1/runs?limit=100&${query}`);
    times.push([query, performance.now() - began]);
    const next = body['next'];
    if (next === undefined) continue;
    const again = performance.now();
    await node.call('GET', `/v1/runs?limit=100&${query}&cursor=${String(next)}`);
    times.push([`${query} (next)`, performance.now() - again]);
  }
  process.stdout.write(`${times.map(([query, ms]) => `${ms.toFixed(0).padStart(5)} ms  ${query}`).join('\n')}\n`);
  expect(times.filter(([, ms]) => ms > MOST_MS)).toEqual([]);
});
