// The history of a run as clients read it: which step an event is about, what is left out on request, what is open after a rewind.
import { expect, test } from 'vitest';
import { flowText, history, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

type Event = { seq: number; type: string; step?: string; name?: string; kind?: string; data: Record<string, unknown>; open?: unknown; leftOut?: unknown };

async function outline(id: string, query: string): Promise<Event[]> {
  return (await node.call('GET', `/v1/runs/${id}/events?${query}`)).body['items'] as unknown as Event[];
}

test('an event that begins a step names the step, and tells what kind it is', async () => {
  await node.flow.publish('acme', flowText('kinds', [{ each: { for: { in: '[1, 2]', each: 'one' }, do: [{ put: { set: { one: '${ $one }' } } }] } }]));
  const id = await start(node, 'kinds');
  await reached(node, id, 'completed');
  const entered = (await outline(id, 'limit=100')).filter(({ type }) => type === 'step.entered');
  expect(entered.map(({ step, name, kind }) => [step, name, kind])).toEqual([
    ['', '', 'do'],
    ['/do/0/each', 'each', 'for'],
    ['/do/0/each/do', 'do', 'do'],
    ['/do/0/each/do/0/put', 'put', 'set'],
    ['/do/0/each/do', 'do', 'do'],
    ['/do/0/each/do/0/put', 'put', 'set'],
  ]);
});

test('values longer than a client wants are left out and named, in pages and in streams; the event alone has them', async () => {
  await node.flow.publish('acme', flowText('large', [{ put: { set: { text: '${ .text }' } } }]));
  const id = await start(node, 'large', { text: 'x'.repeat(5_000) });
  await reached(node, id, 'completed');
  const [begun] = await outline(id, 'limit=100&maxValueBytes=1000');
  expect(begun).toMatchObject({ type: 'run.started', leftOut: [{ name: 'input', bytes: 5_011 }] });
  expect(begun?.data).not.toHaveProperty('input');
  expect(begun?.data).toHaveProperty('by');
  const [whole] = await outline(id, 'limit=1');
  expect(whole?.data['input']).toEqual({ text: 'x'.repeat(5_000) });
  expect(whole).not.toHaveProperty('leftOut');
  const { events } = await node.call('GET', `/v1/runs/${id}/events?maxValueBytes=1000`, { wantsEvents: true });
  for await (const { data } of events ?? []) expect(JSON.stringify(data).length).toBeLessThan(1_000);
});

test('a rewind tells which steps are open in the state that it goes back to', async () => {
  await node.flow.publish(
    'acme',
    flowText('twice', [{ first: { set: { a: 1 } } }, { all: { do: [{ hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } }] } }]),
  );
  const id = await start(node, 'twice');
  await reached(node, id, 'waiting');
  await node.call('POST', `/v1/runs/${id}/retry`, { body: { step: '/do/1/all/do/0/hold' } });
  await until('it has gone back', async () => (await history(node, id)).some(({ type }) => type === 'run.rewound'));
  const rewound = (await outline(id, 'limit=100')).find(({ type }) => type === 'run.rewound');
  expect(rewound?.open).toEqual([
    { act: 1, parent: 0, path: '', step: '', name: '', kind: 'do' },
    { act: 2, parent: 1, path: '', step: '/do/1/all', name: 'all', kind: 'do' },
  ]);
  expect(house.outside.calls).toEqual([]);
});
