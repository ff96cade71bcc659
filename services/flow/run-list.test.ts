// The list of runs: its filters, its pages, and what the waiting ones wait for. The real service on the real database.
import { expect, test } from 'vitest';
import { flowText, openForFile, reached, start, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

type Listed = { id: string; status: string; waitsFor?: unknown };
const list = async (query: string): Promise<Listed[]> => (await node.call('GET', `/v1/runs?${query}`)).body['items'] as unknown as Listed[];
const ids = async (query: string): Promise<string[]> => (await list(query)).map(({ id }) => id);

test('runs are found by the beginning of their id, by environment and by what began them', async () => {
  await node.flow.publish('acme', flowText('quick', [{ put: { set: { a: 1 } } }]));
  await node.flow.publish('acme', flowText('above', [{ below: { run: { workflow: { namespace: 'test', name: 'quick', version: '1.0.0' } } } }]));
  const plain = await start(node, 'quick');
  await reached(node, plain, 'completed');
  const above = await start(node, 'above');
  await reached(node, above, 'completed');
  const [child = ''] = await ids('origin=parent');
  const { body } = await node.call('POST', `/v1/runs/${plain}/fork`, { body: { atSeq: 2 } });
  const fork = String(body['id']);
  await reached(node, fork, 'completed');
  await house.sql(`update flow.run set environment = 'staging', trigger = 'schedule/2026-01-01T00:00:00.000Z' where id = $1`, [above]);

  expect(await ids(`id=${plain}`)).toEqual([plain]);
  expect(await ids(`id=${plain.slice(0, -3)}&flow=test/quick`)).toContain(plain);
  expect(await ids('id=run_zzz')).toEqual([]);
  expect(await ids('environment=staging')).toEqual([above]);
  expect(await ids('environment=default')).not.toContain(above);
  expect(await ids('origin=schedule')).toEqual([above]);
  expect(await ids('origin=request')).toEqual([plain]);
  expect(await ids('origin=fork')).toEqual([fork]);
  expect(child).not.toBe('');
  expect((await node.call('GET', '/v1/runs?origin=moon')).body).toMatchObject({ code: 'request.invalid' });
  expect((await node.call('GET', `/v1/runs?id=${encodeURIComponent("x' or true")}`)).body).toMatchObject({ code: 'request.invalid' });
});

test('a page goes on where the one before ended, also under a filter', async () => {
  await node.flow.publish('acme', flowText('paged', [{ put: { set: { a: 1 } } }]));
  const started: string[] = [];
  for (let i = 0; i < 5; i++) started.push(await start(node, 'paged'));
  for (const id of started) await reached(node, id, 'completed');
  const first = await node.call('GET', '/v1/runs?flow=test/paged&limit=3&origin=request');
  const rest = await ids(`flow=test/paged&limit=3&origin=request&cursor=${String(first.body['next'])}`);
  const found = [...(first.body['items'] as unknown as Listed[]).map(({ id }) => id), ...rest];
  expect(found.toSorted()).toEqual(started.toSorted());
});

test('of those that wait it tells the signals, the events and the acts in doubt', async () => {
  const listen = (type: string) => ({ listen: { to: { one: { with: { type } } } } });
  await node.flow.publish('acme', flowText('asks', [{ hold: listen('agentspalace.signal.approve') }]));
  await node.flow.publish('acme', flowText('hears', [{ hold: listen('shop.opened') }]));
  await node.flow.publish(
    'acme',
    flowText('doubts', [
      {
        pay: {
          call: 'http',
          with: { method: 'post', endpoint: '${ $runtime.metadata.outside + "/pay" }' },
          metadata: { palace: { effect: 'unique', deadline: 'PT1S' } },
        },
      },
    ]),
  );
  house.outside.behave = () => 'drop';
  for (const name of ['asks', 'hears', 'doubts']) await reached(node, await start(node, name), 'waiting');
  const waits = async (name: string) => (await list(`flow=test/${name}&status=waiting`))[0]?.waitsFor;
  expect(await waits('asks')).toEqual([{ kind: 'signal', name: 'approve' }]);
  expect(await waits('hears')).toEqual([{ kind: 'event', name: 'shop.opened' }]);
  expect(await waits('doubts')).toEqual([{ kind: 'in-doubt', name: 'http' }]);
});
