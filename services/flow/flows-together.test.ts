// Runs among runs: sub-flows, events between them, limits on how many run at once, and what ends with what.
import { describe, expect, test } from 'vitest';
import { flowText, history, listenFor, openForFile, post, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));
const runFlow = (name: string, more: Record<string, unknown> = {}): unknown => ({
  [`run-${name}`]: {
    run: {
      ...(more['await'] !== undefined && { await: more['await'] }),
      workflow: { namespace: 'test', name, version: '1.0.0', ...(more['input'] !== undefined && { input: more['input'] }) },
    },
  },
});
const childOf = (parent: string): Promise<string> =>
  until(`${parent} has a child`, async () => (await house.sql<{ id: string }>('select id from flow.run where parent = $1', [parent]))[0]?.id);
const emit = (type: string, data: unknown): unknown => ({
  [`emit-${type.replaceAll('.', '-')}`]: { emit: { event: { with: { source: 'https://test.invalid/', type, data } } } },
});
const cloudEvent = (type: string, id: string, data: unknown = {}): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: 'https://outside.invalid/',
  type,
  data,
});

describe('sub-flows', () => {
  test('a sub-flow that waits for the world gives its output to its parent', async () => {
    await publish('child-http', [post('from-child'), { out: { set: { n: '${ .n }' } } }]);
    await publish('parent-http', [runFlow('child-http'), { got: { set: { got: '${ . }' } } }]);
    const id = await start(node, 'parent-http');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ got: { n: 1 } });
  });

  test('a sub-flow that ends in its first decision does so too', async () => {
    await publish('child-quick', [{ double: { set: { n: '${ .n * 2 }' } } }]);
    await publish('parent-quick', [runFlow('child-quick'), { got: { set: { got: '${ .n }' } } }]);
    const id = await start(node, 'parent-quick', { n: 4 });
    expect((await reached(node, id, 'completed'))['output']).toEqual({ got: 8 });
  });

  test('sub-flows of sub-flows, down to the limit of nesting, where the step fails', async () => {
    await publish('level-2', [{ deepest: { set: { depth: 2 } } }]);
    await publish('level-1', [runFlow('level-2')]);
    await publish('level-0', [runFlow('level-1')]);
    expect((await reached(node, await start(node, 'level-0'), 'completed'))['output']).toEqual({ depth: 2 });
    await publish('endless', [runFlow('endless')]);
    const run = await reached(node, await start(node, 'endless'), 'failed');
    expect(JSON.stringify(run['error'])).toContain('deeper than 20');
  });

  test('a loop of sub-flows begins each once, in order', async () => {
    await publish('looped', [{ each: { for: { each: 'n', in: '[ range(5) ]' }, do: [runFlow('child-quick', { input: { n: '${ $n }' } })] } }]);
    const id = await start(node, 'looped');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ n: 8 });
    expect(await house.sql('select count(*)::int as n from flow.run where parent = $1', [id])).toEqual([{ n: 5 }]);
  });

  test('one that is not awaited goes on by itself', async () => {
    await publish('child-slow', [{ nap: { wait: { milliseconds: 500 } } }]);
    await publish('parent-fire', [runFlow('child-slow', { await: false }), { on: { set: { on: true } } }]);
    const id = await start(node, 'parent-fire');
    await reached(node, id, 'completed');
    const child = await childOf(id);
    expect((await node.call('GET', `/v1/runs/${child}`)).body['status']).toBe('waiting');
    await reached(node, child, 'completed');
  });

  test('one that does not exist is a fault of the step, which a try can catch', async () => {
    await publish('parent-lost', [{ safe: { try: [runFlow('nowhere')], catch: { as: 'e', do: [{ caught: { set: { status: '${ $e.status }' } } }] } } }]);
    expect((await reached(node, await start(node, 'parent-lost'), 'completed'))['output']).toEqual({ status: 400 });
  });

  test('the failure of a sub-flow is the failure of its step', async () => {
    await publish('child-bad', [{ bang: { raise: { error: { type: 'https://example.com/bang', status: 418 } } } }]);
    await publish('parent-bad', [runFlow('child-bad')]);
    expect(await reached(node, await start(node, 'parent-bad'), 'failed')).toMatchObject({ error: { status: 418, instance: '/do/0/run-child-bad' } });
  });

  test('cancelling the parent cancels the child and the child’s child', async () => {
    await publish('leaf', [listenFor('hold', 'agentspalace.signal.never')]);
    await publish('middle', [runFlow('leaf')]);
    await publish('top', [runFlow('middle')]);
    const id = await start(node, 'top');
    const child = await childOf(id);
    const leaf = await childOf(child);
    await reached(node, leaf, 'waiting');
    await node.call('POST', `/v1/runs/${id}/cancel`);
    for (const one of [id, child, leaf]) await reached(node, one, 'cancelled');
  });

  test('a timeout of the step cancels the child, and the parent goes on', async () => {
    await publish('impatient', [
      {
        safe: {
          try: [{ go: { run: { workflow: { namespace: 'test', name: 'leaf', version: '1.0.0' } }, timeout: { after: { milliseconds: 200 } } } }],
          catch: { do: [{ gaveUp: { set: { gaveUp: true } } }] },
        },
      },
    ]);
    const id = await start(node, 'impatient');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ gaveUp: true });
    await reached(node, await childOf(id), 'cancelled');
  });
});

describe('events', () => {
  test('an event of one run reaches another that listens, once', async () => {
    await publish('hears', [listenFor('hear', 'test.told'), { told: { set: { told: '${ .[0] }' } } }]);
    await publish('tells', [emit('test.told', { from: 'teller' })]);
    const listener = await start(node, 'hears');
    await reached(node, listener, 'waiting');
    await reached(node, await start(node, 'tells'), 'completed');
    expect((await reached(node, listener, 'completed'))['output']).toEqual({ told: { from: 'teller' } });
    expect((await history(node, listener)).filter((e) => e.type === 'listen.received').length).toBe(1);
  });

  test('an event published just before the listen began is looked back for', async () => {
    await publish('looks-back', [listenFor('hear', 'test.before'), { told: { set: { told: '${ .[0] }' } } }]);
    expect((await node.call('POST', '/v1/events', { body: cloudEvent('test.before', 'b1', { early: true }) })).status).toBe(202);
    await until('it is kept', async () => (await house.sql('select 1 from flow.event where id = $1 and matched', ['b1'])).length === 1);
    expect((await reached(node, await start(node, 'looks-back'), 'completed'))['output']).toEqual({ told: { early: true } });
  });

  test('of many earlier events the newest are within the look-back', async () => {
    await publish('newest', [{ hear: { listen: { to: { one: { with: { type: 'test.flood', data: '${ .n == 259 }' } } } } } }]);
    for (let n = 0; n < 260; n++) await node.call('POST', '/v1/events', { body: cloudEvent('test.flood', `f${n}`, { n }) });
    await until(
      'all are kept',
      async () => (await house.sql<{ n: number }>(`select count(*)::int as n from flow.event where type = 'test.flood' and matched`))[0]?.n === 260,
    );
    await reached(node, await start(node, 'newest'), 'completed');
  });

  test('the same event again changes nothing; filters on data choose', async () => {
    await publish('chooses', [{ hear: { listen: { to: { one: { with: { type: 'test.choose', data: '${ .n == 2 }' } } } } } }]);
    const id = await start(node, 'chooses');
    await reached(node, id, 'waiting');
    for (const [n, key] of [
      [1, 'c1'],
      [1, 'c1'],
      [2, 'c2'],
      [2, 'c2'],
    ] as const)
      await node.call('POST', '/v1/events', { body: cloudEvent('test.choose', key, { n }) });
    expect((await reached(node, id, 'completed'))['output']).toEqual([{ n: 2 }]);
    expect(await house.sql(`select count(*)::int as n from flow.event where type = 'test.choose'`)).toEqual([{ n: 2 }]);
  });

  test('an event crosses tenants never', async () => {
    await publish('hears-own', [listenFor('hear', 'test.own')]);
    const id = await start(node, 'hears-own');
    await reached(node, id, 'waiting');
    await node.call('POST', '/v1/events', { body: cloudEvent('test.own', 'foreign'), tenant: 'other' });
    await until('it is kept', async () => (await house.sql('select 1 from flow.event where id = $1 and matched', ['foreign'])).length === 1);
    expect((await node.call('GET', `/v1/runs/${id}`)).body['status']).toBe('waiting');
  });
});

describe('concurrency limits', () => {
  test('one at a time per key; other keys do not wait; order is kept', async () => {
    await publish('limited', [post('limited'), listenFor('hold', 'agentspalace.signal.go')], { palace: { concurrency: { limit: 1, key: '.customer' } } });
    const runs = [
      await start(node, 'limited', { customer: 'a' }),
      await start(node, 'limited', { customer: 'a' }),
      await start(node, 'limited', { customer: 'a' }),
    ];
    const other = await start(node, 'limited', { customer: 'b' });
    await reached(node, other, 'waiting');
    for (const id of runs) {
      await reached(node, id, 'waiting');
      const begun = await house.sql<{ n: number }>(
        `select count(*)::int as n from flow.run where flow = 'test/limited' and status in ('running', 'waiting') and id <> $1`,
        [other],
      );
      expect(begun[0]?.n).toBe(1);
      await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
      await reached(node, id, 'completed');
    }
  });

  test('a key gives one run also when it has to wait; a cancelled or quarantined run gives its place back', async () => {
    await publish('single', [listenFor('hold', 'agentspalace.signal.go')], { palace: { concurrency: { limit: 1 } } });
    const first = await start(node, 'single');
    await reached(node, first, 'waiting');
    const body = { flow: 'test/single', input: {} };
    const both = await Promise.all([1, 2].map(() => node.call('POST', '/v1/runs', { body, key: 'w-1' })));
    expect(new Set(both.map((r) => r.body['id'])).size).toBe(1);
    // Another request under the key is refused while the first still waits for its place: what is acknowledged begins.
    expect(await node.call('POST', '/v1/runs', { body: { ...body, input: { other: 1 } }, key: 'w-1' })).toMatchObject({ status: 422 });
    await node.call('POST', `/v1/runs/${first}/cancel`);
    const second = String(both[0]?.body['id']);
    await reached(node, second, 'waiting');
    expect(await node.call('POST', '/v1/runs', { body, key: 'w-1' })).toMatchObject({ status: 200, body: { id: second } });
    const third = await start(node, 'single');
    await node.call('POST', `/v1/runs/${second}/signals`, { body: { name: 'go' } });
    await reached(node, third, 'waiting');
  });

  test('many starts that wait for a place do not keep signals from the run that has it', async () => {
    await publish('crowded', [listenFor('hold', 'agentspalace.signal.go')], { palace: { concurrency: { limit: 1 } } });
    const small = await house.open({ config: { flow: { maxHeldRows: 10 } } });
    await node.close();
    node = small;
    const first = await start(node, 'crowded');
    await reached(node, first, 'waiting');
    for (let i = 0; i < 30; i++) await start(node, 'crowded');
    await node.call('POST', `/v1/runs/${first}/signals`, { body: { name: 'go' } });
    await reached(node, first, 'completed');
  });
});
