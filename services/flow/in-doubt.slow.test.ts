// The metric of acts that wait for a person.
import { test } from 'vitest';
import { flowText, openForFile, post, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const inDoubt = async (): Promise<number> => Number(/^palace_effects_in_doubt(?:\{[^}]*\})? (\d+)$/m.exec(await node.metrics())?.[1]);

test('acts in doubt are counted while their runs wait, over a restart, and no longer once a person has decided', async () => {
  await node.flow.publish('acme', flowText('doubtful', [post('charge', { effect: 'unique', deadline: 'PT1S' })]));
  house.outside.behave = () => 'drop';
  const ids = [await start(node, 'doubtful'), await start(node, 'doubtful'), await start(node, 'doubtful')];
  for (const id of ids) await reached(node, id, 'waiting');
  await until('three are in doubt', async () => (await inDoubt()) === 3);
  await node.close();
  node = await house.open();
  await until('three are in doubt in the next process', async () => (await inDoubt()) === 3);
  const [settled = '', cancelled = ''] = ids;
  const page = await reached(node, settled, 'waiting');
  const key = /resolve \S+ (\S+) /.exec(String((page['waitingFor'] as { command: string }[])[0]?.command))?.[1];
  await node.call('POST', `/v1/runs/${settled}/effects/${key}`, { body: { outcome: 'done' } });
  await node.call('POST', `/v1/runs/${cancelled}/cancel`);
  await until('one is left', async () => (await inDoubt()) === 1);
});
