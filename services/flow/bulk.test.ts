// One verb for many runs: it finds those that it can act on, oldest first, counts them truly, and says how to go on.
import { describe, expect, test } from 'vitest';
import { flowText, listenFor, openForFile, reached, start, type Installation, type Reply, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string) => node.flow.publish('acme', flowText(name, [listenFor('hold', 'agentspalace.signal.go')]));
const bulk = (verb: string, filter: Record<string, unknown>, more = {}): Promise<Reply> =>
  node.call('POST', '/v1/runs/bulk', { body: { verb, filter, ...more } });

/** Summaries alone: nobody reads their journals. */
async function old(flow: string, status: string, count: number): Promise<void> {
  await house.sql(
    `insert into flow.run (id, shard, tenant, flow, version, hash, status, started_ms, ended_ms)
     select 'run_' || lpad(n::text, 6, '0') || $2 || $1, 0, 'acme', $1, '1.0.0', 'none', $2, n, n from generate_series(1, $3) n`,
    [`test/${flow}`, status, count],
  );
}

async function waiting(flow: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await start(node, flow));
  for (const id of ids) await reached(node, id, 'waiting');
  return ids;
}

describe('a verb for all runs that a filter finds', () => {
  test('passes over runs that it cannot change, however many there are', async () => {
    await publish('crowd');
    await old('crowd', 'completed', 1_200);
    const ids = await waiting('crowd', 5);
    expect(await bulk('cancel', { flow: 'test/crowd' }, { dryRun: true })).toMatchObject({ status: 202, body: { matched: 5, accepted: 0, more: false } });
    expect(await bulk('pause', { flow: 'test/crowd' })).toMatchObject({ body: { matched: 5, accepted: 5, more: false } });
    for (const id of ids) await reached(node, id, 'paused');
    expect(await bulk('pause', { flow: 'test/crowd' })).toMatchObject({ body: { matched: 0, accepted: 0 } });
    expect(await bulk('resume', { flow: 'test/crowd' })).toMatchObject({ body: { matched: 5, accepted: 5 } });
    for (const id of ids) await reached(node, id, 'waiting');
    expect(await bulk('cancel', { flow: 'test/crowd' })).toMatchObject({ body: { matched: 5, accepted: 5 } });
    for (const id of ids) await reached(node, id, 'cancelled');
    expect(await bulk('retry', { flow: 'test/crowd' })).toMatchObject({ body: { matched: 0, accepted: 0 } });
  });

  test('counts all that fit, acts on the oldest, and goes on where it ended', async () => {
    await publish('queue');
    await old('queue', 'completed', 20);
    const ids = await waiting('queue', 5);
    expect((await bulk('cancel', { flow: 'test/queue' }, { limit: 2, dryRun: true })).body).toMatchObject({ matched: 5, accepted: 0, more: true });
    const first = await bulk('cancel', { flow: 'test/queue' }, { limit: 2 });
    expect(first.body).toMatchObject({ matched: 5, accepted: 2, more: true, next: expect.any(String) as unknown });
    for (const id of ids.slice(0, 2)) await reached(node, id, 'cancelled');
    const rest = await bulk('cancel', { flow: 'test/queue' }, { limit: 10, cursor: first.body['next'] });
    expect(rest.body).toEqual({ matched: 3, accepted: 3, more: false });
    for (const id of ids) await reached(node, id, 'cancelled');
  });

  test('finds failed runs for a retry, and refuses a state that it could do nothing with', async () => {
    await node.flow.publish('acme', flowText('sour', [{ bang: { raise: { error: { type: 'https://example.com/bang', status: 418 } } } }]));
    const id = await start(node, 'sour');
    await reached(node, id, 'failed');
    expect((await bulk('retry', { flow: 'test/sour' })).body).toMatchObject({ matched: 1, accepted: 1 });
    expect(await bulk('retry', { flow: 'test/sour', status: 'cancelled' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/filter/status', message: 'retry acts on runs that are failed or quarantined.' }] },
    });
  });

  test('named by id, acts on those that are open', async () => {
    await publish('named');
    const [gone = '', open = ''] = await waiting('named', 2);
    await node.call('POST', `/v1/runs/${gone}/cancel`);
    await reached(node, gone, 'cancelled');
    expect((await bulk('cancel', { ids: [gone, open] })).body).toMatchObject({ matched: 1, accepted: 1 });
    await reached(node, open, 'cancelled');
  });
});
