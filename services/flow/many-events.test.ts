// Many events and many sub-flows on the real database: foreach over a crash, every event, maps, lifecycle events between flows.
import { describe, expect, test } from 'vitest';
import { flowText, history, openForFile, post, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));
let sent = 0;
const say = async (type: string, data: unknown, more: Record<string, unknown> = {}): Promise<void> => {
  const body = { specversion: '1.0', id: `m${(sent += 1)}`, source: 'https://outside.invalid/', type, data, ...more };
  expect(await node.call('POST', '/v1/events', { body })).toMatchObject({ status: 202 });
};
const waiting = (id: string) => reached(node, id, 'waiting');
const children = (parent: string) => house.sql<{ id: string; status: string }>('select id, status from flow.run where parent = $1 order by id', [parent]);
const workOn = (name: string, listen: unknown): unknown => ({ hear: { listen, foreach: { do: [post(name)], output: { as: '{n: $item.n, at: $index}' } } } });

describe('a listen with foreach', () => {
  test('works on each event once and in order, over the loss of its process between two items', async () => {
    await publish('gathers', [workOn('gather', { to: { any: [{ with: { type: 'many.item' } }], until: { one: { with: { type: 'many.stop' } } } } })]);
    const id = await start(node, 'gathers');
    await waiting(id);
    house.outside.behave = (_line, nth) => (nth === 3 ? 'hang' : 200);
    for (let n = 1; n <= 6; n++) await say('many.item', { n });
    await until('the third is under way', async () => house.outside.calls.filter(({ line }) => line === 'POST /gather').length >= 3);
    await node.close();
    house.outside.behave = () => 200;
    node = await house.open();
    await say('many.stop', null);
    const run = await reached(node, id, 'completed');
    const items = (run['output'] as { n: number; at: number }[]).map(({ n }) => n);
    expect(items.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((run['output'] as { at: number }[]).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5]);
    const heard = (await history(node, id))
      .filter(({ type }) => type === 'listen.received')
      .map(({ data }) => (data['event'] as { data: { n: number } }).data?.n);
    expect(items).toEqual(heard.filter((n) => n !== undefined && n !== null));
    expect([...house.outside.done.values()].every((times) => times >= 1)).toBe(true);
    expect(await house.sql('select 1 from flow.subscription where run = $1', [id])).toEqual([]);
  });

  test('also works on what came shortly before it began', async () => {
    await say('many.early', { n: 1 });
    await until('it is kept', async () => (await house.sql(`select 1 from flow.event where type = 'many.early' and matched`)).length === 1);
    await publish('late', [workOn('late', { to: { any: [{ with: { type: 'many.early' } }], until: 'length >= 2' } })]);
    const id = await start(node, 'late');
    await until('the first is worked on', async () => house.outside.calls.some(({ line }) => line === 'POST /late'));
    await say('many.early', { n: 2 });
    expect((await reached(node, id, 'completed'))['output']).toEqual([
      { n: 1, at: 0 },
      { n: 2, at: 1 },
    ]);
  });
});

describe('listening to every event', () => {
  test('hears what anybody of its tenant says, but never itself, nor another tenant', async () => {
    await publish('all-ears', [
      { call: { emit: { event: { with: { type: 'many.own' } } } } },
      { hear: { listen: { to: { any: [], until: 'length >= 2' }, read: 'envelope' } } },
    ]);
    await house.sql('delete from flow.event');
    const id = await start(node, 'all-ears');
    await waiting(id);
    await node.call('POST', '/v1/events', { tenant: 'other', body: { specversion: '1.0', id: 'foreign', source: '/x', type: 'many.foreign' } });
    await until('both are kept', async () => (await house.sql('select 1 from flow.event where matched')).length === 2);
    await say('many.one', 1, { region: 'eu', dataschema: '/schema' });
    await say('many.two', 2);
    // Events of one type come in order; of two types either may come first.
    const heard = (await reached(node, id, 'completed'))['output'] as { type: string }[];
    expect(heard.toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
      { type: 'many.one', region: 'eu', dataschema: '/schema' },
      { type: 'many.two', data: 2 },
    ]);
  });

  test('reserved types and odd attributes are refused at the door', async () => {
    const event = { specversion: '1.0', id: 'r', source: '/x', type: 'many.x' };
    for (const wrong of [
      { type: 'agentspalace.signal.go' },
      { type: 'io.serverlessworkflow.workflow.started.v1' },
      { Region: 'eu' },
      { region: [1] },
      { part: 0.5 },
    ])
      expect(await node.call('POST', '/v1/events', { body: { ...event, ...wrong } })).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });

  test('the same event said again and again by runs is heard once, also after more others than a listen remembers', async () => {
    const tell = (name: string, more: object): unknown => ({ [name]: { emit: { event: { with: { type: 'many.same', ...more } } } } });
    const same = { id: 'same', source: '/s' };
    await publish('repeats', [tell('first', same), { others: { for: { in: '[range(230)]' }, do: [tell('other', {})] } }, tell('again', same)]);
    await publish('counts', [
      { hear: { listen: { to: { any: [{ with: { type: 'many.same' } }], until: { one: { with: { type: 'many.enough' } } } } }, foreach: {} } },
    ]);
    const id = await start(node, 'counts');
    await waiting(id);
    await reached(node, await start(node, 'repeats'), 'completed');
    const heard = async () => (await history(node, id)).filter(({ type }) => type === 'listen.received').length;
    await until('all others are heard', async () => (await heard()) >= 231);
    await reached(node, await start(node, 'repeats'), 'completed');
    await until('all others are heard again', async () => (await heard()) >= 461);
    await say('many.enough', null);
    expect((await reached(node, id, 'completed'))['output']).toHaveLength(461);
  });
});

describe('a map', () => {
  const each = (more: Record<string, unknown> = {}, name = 'one-of-many'): unknown => ({
    each: { call: 'map:1.0.0@default', with: { items: '${ .items }', flow: { namespace: 'test', name, version: '1.0.0' }, limit: 3, ...more } },
  });

  test('runs a sub-flow for each item, at most so many at once, and gives their outputs in order', async () => {
    await publish('one-of-many', [{ nap: { wait: '${ { milliseconds: ((. * 37) % 90) } }' } }, { out: { set: '${ . * 10 }' } }]);
    await publish('maps', [each()]);
    const items = Array.from({ length: 25 }, (_, n) => n);
    const id = await start(node, 'maps', { items });
    expect((await reached(node, id, 'completed'))['output']).toEqual(items.map((n) => n * 10));
    expect(await children(id)).toHaveLength(25);
    let [open, most] = [0, 0];
    for (const { type } of await history(node, id)) {
      open += type === 'child.requested' ? 1 : type === 'child.ended' ? -1 : 0;
      most = Math.max(most, open);
    }
    expect(most).toBe(3);
  });

  test('of hundreds begins them in one go and ends with all of them', async () => {
    await publish('quick', [{ out: { set: '${ . + 1 }' } }]);
    await publish('maps-quick', [each({ limit: 600 }, 'quick')]);
    const items = Array.from({ length: 600 }, (_, n) => n);
    const id = await start(node, 'maps-quick', { items });
    expect((await reached(node, id, 'completed'))['output']).toEqual(items.map((n) => n + 1));
    expect(house.outside.log.filter((line) => line.includes('half of a limit') && line.includes('PALACE_FLOW_FAN_OUT'))).toHaveLength(1);
  });

  test('goes on after the loss of its process, and each child ran once', async () => {
    await publish('posts', [post('mapped'), { nap: { wait: { milliseconds: 30 } } }]);
    await publish('maps-posts', [each({ limit: 2 }, 'posts')]);
    const id = await start(node, 'maps-posts', { items: [1, 2, 3, 4, 5, 6, 7, 8] });
    await until('some have begun', async () => (await children(id)).length >= 4);
    await node.close();
    node = await house.open();
    await reached(node, id, 'completed');
    const all = await children(id);
    expect([all.length, new Set(all.map(({ status }) => status))]).toEqual([8, new Set(['completed'])]);
  });

  test('whose run is cancelled cancels the children under way and begins no others', async () => {
    await publish('holds', [{ hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.never' } } } } } }]);
    await publish('maps-holds', [each({ limit: 2 }, 'holds')]);
    const id = await start(node, 'maps-holds', { items: [1, 2, 3] });
    await until('both wait', async () => (await children(id)).filter(({ status }) => status === 'waiting').length === 2);
    await node.call('POST', `/v1/runs/${id}/cancel`);
    await reached(node, id, 'cancelled');
    for (const child of await children(id)) await reached(node, child.id, 'cancelled');
    expect(await children(id)).toHaveLength(2);
  });

  test('over a flow that does not exist, or that fails, fails or collects', async () => {
    await publish('fails', [{ bang: { raise: { error: { type: 'https://example.com/bang', status: 418 } } } }]);
    await publish('maps-fails', [each({}, 'fails')]);
    await publish('maps-nowhere', [each({ onError: 'collect' }, 'nowhere')]);
    const run = await reached(node, await start(node, 'maps-fails', { items: [1] }), 'failed');
    expect(run).toMatchObject({ error: { status: 418, instance: '/do/0/each' }, failure: { child: { id: expect.stringMatching(/^run_/) } } });
    const lost = await reached(node, await start(node, 'maps-nowhere', { items: [1, 2] }), 'completed');
    expect(lost['output']).toMatchObject([{ error: { status: 400 } }, { error: { status: 400 } }]);
  });
});

describe('lifecycle events', () => {
  const type = (kind: string): string => `io.serverlessworkflow.${kind}.v1`;

  test('reach a flow that listens for them, once, with the data of the specification', async () => {
    await publish('watcher', [
      {
        hear: {
          listen: { to: { any: [{ with: { type: type('workflow.faulted'), source: '/flows/test/watched' } }], until: 'length >= 2' }, read: 'envelope' },
        },
      },
    ]);
    await publish('watched', [post('watched')], { palace: { lifecycle: 'workflow' } });
    const watcher = await start(node, 'watcher');
    await waiting(watcher);
    house.outside.behave = () => 422;
    const failed = [await start(node, 'watched'), await start(node, 'watched')];
    for (const id of failed) await reached(node, id, 'failed');
    const heard = (await reached(node, watcher, 'completed'))['output'] as { subject: string; data: { name: string; error: { status: number } } }[];
    expect(heard.map(({ subject }) => subject).toSorted()).toEqual(failed.toSorted());
    for (const { subject, data } of heard) expect(data).toMatchObject({ name: `watched-${subject}.test`, error: { status: 422, instance: '/do/0/watched' } });
  });

  test('are kept in order for each run, tasks too, and only of flows that ask', async () => {
    await publish('silent', [{ a: { set: { n: 1 } } }]);
    await publish('talks', [{ a: { set: { n: 1 } } }, { b: { run: { workflow: { namespace: 'test', name: 'silent', version: '1.0.0' } } } }], {
      palace: { lifecycle: 'task' },
    });
    const id = await start(node, 'talks');
    await reached(node, id, 'completed');
    const said = await until('all are kept', async () => {
      const rows = await house.sql<{ type: string; body: string }>('select type, body from flow.event where run = $1', [id]);
      return rows.length === 8 && rows;
    });
    expect(said.map((row) => row.type).toSorted()).toEqual(
      [...['workflow.started', 'workflow.completed'], ...['created', 'started', 'completed'].flatMap((kind) => [`task.${kind}`, `task.${kind}`])]
        .map(type)
        .toSorted(),
    );
    const [child] = await children(id);
    expect(await house.sql('select 1 from flow.event where run = $1', [child?.id])).toEqual([]);
  });

  test('of a run do not wake the run itself', async () => {
    await publish(
      'self',
      [{ hear: { listen: { to: { any: [{ with: { type: type('workflow.correlation-started') } }] } }, timeout: { after: { milliseconds: 1_500 } } } }],
      {
        palace: { lifecycle: 'workflow' },
      },
    );
    const id = await start(node, 'self');
    const run = await reached(node, id, 'failed');
    expect(run['error']).toMatchObject({ status: 408 });
  });
});
