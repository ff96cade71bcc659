// Events that start flows, through the whole service: filters, several filters together, repeats, down times, pauses.
import { beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/jq.ts';
import { homeShard } from '../engine/placement.ts';
import { flowText, openForFile, reached, until, type Installation, type TestNode } from '../testing.ts';

let house: Installation;
let node: TestNode;
let number = 0;
let name = '';
openForFile((...opened) => void ([house, node] = opened));
beforeEach(() => void (name = `told-${++number}`));

const STEPS = [{ done: { set: { got: '${ . }' } } }];
const type = (what = 'made'): string => `test.${name}.${what}`;

async function publish(on: unknown, more: { version?: string; palace?: unknown; read?: string; steps?: Json } = {}): Promise<void> {
  const text = JSON.parse(flowText(name, more.steps ?? STEPS, more)) as Record<string, unknown>;
  const schedule = { on, ...(more.read !== undefined && { read: more.read }) };
  const reply = await node.call('POST', '/v1/flows', { body: { source: JSON.stringify({ ...text, ...(on !== undefined && { schedule }) }) } });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
}

async function emit(id: string, data: Json = { id }, of = type(), on = node): Promise<void> {
  const reply = await on.call('POST', '/v1/events', { body: { specversion: '1.0', id, source: `/test/${name}`, type: of, data } });
  expect(reply.status).toBe(202);
}

const runs = () => house.sql<{ id: string; trigger: string }>('select id, trigger from flow.run where flow = $1 order by id', [`test/${name}`]);
const ofRuns = (count: number) => until(`${count} runs of ${name}`, async () => ((await runs()).length >= count ? runs() : undefined));
const inputs = async (): Promise<Json[]> => {
  const found: Json[] = [];
  for (const { id } of await runs()) found.push((await reached(node, id, 'completed'))['input'] ?? null);
  return found;
};

describe('an event', () => {
  it('starts a run with its data, and says which it was', async () => {
    await publish({ one: { with: { type: type() } } });
    await emit('e1', { n: 1 });
    const [run] = await ofRuns(1);
    expect(await inputs()).toEqual([[{ n: 1 }]]);
    expect(run?.trigger).toBe('event/e1');
  });

  it('is handed over whole when the flow asks for the envelope', async () => {
    await publish({ one: { with: { type: type() } } }, { read: 'envelope' });
    await emit('e1', { n: 1 });
    await ofRuns(1);
    expect(await inputs()).toEqual([[expect.objectContaining({ id: 'e1', source: `/test/${name}`, type: type(), data: { n: 1 } })]]);
  });

  it('starts what its filters let through, and a filter that fails stops nobody', async () => {
    await publish({
      any: [
        { with: { type: type(), data: '${ .n > 5 }' } },
        { with: { type: type(), data: '${ error("no") }' } },
        { with: { type: type('other'), source: '/elsewhere' } },
      ],
    });
    await emit('small', { n: 1 });
    await emit('large', { n: 9 });
    await emit('elsewhere', {}, type('other'));
    await ofRuns(1);
    await sleep(300);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/large']);
  });

  it('starts one run, however often and however parallel it is told', async () => {
    await publish({ one: { with: { type: type() } } });
    await Promise.all(Array.from({ length: 8 }, () => emit('same')));
    await emit('same');
    await emit('next');
    await ofRuns(2);
    await sleep(300);
    expect((await runs()).map(({ trigger }) => trigger).toSorted()).toEqual(['event/next', 'event/same']);
  });

  it('starts one run also when its match is done again after the commit', async () => {
    await publish({ one: { with: { type: type() } } });
    await emit('again');
    await ofRuns(1);
    await node.close();
    await house.sql('update flow.event set matched = false where type = $1', [type()]);
    node = await house.open();
    await emit('last');
    await ofRuns(2);
    await sleep(300);
    // Turned away by its name, not set aside as damaged.
    expect(house.outside.log.filter((line) => line.includes('quarantined'))).toEqual([]);
    expect((await runs()).map(({ trigger }) => trigger).toSorted()).toEqual(['event/again', 'event/last']);
  });

  it('that came while everything was down starts its run afterwards', async () => {
    await publish({ one: { with: { type: type() } } });
    await node.close();
    // As a process without any shard keeps it.
    const event = { specversion: '1.0', id: 'late', source: '/test', type: type(), data: { late: true } };
    await house.sql(
      `insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms) values ('acme', 'evt_late', $1, 'event', 'event', $2, flow.wall_ms())`,
      [homeShard('acme', type()), JSON.stringify(event)],
    );
    node = await house.open();
    await ofRuns(1);
    expect(await inputs()).toEqual([[{ late: true }]]);
  });

  it('starts the version that is in force, and nothing of a flow that ended its schedule or holds it', async () => {
    await publish({ one: { with: { type: type() } } });
    await publish({ one: { with: { type: type('other') } } }, { version: '2.0.0' });
    await emit('old');
    await emit('new', {}, type('other'));
    await ofRuns(1);
    await publish(undefined, { version: '3.0.0' });
    await emit('after', {}, type('other'));
    await sleep(500);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/new']);
  });

  it('starts nothing while the schedule is paused', async () => {
    await publish({ one: { with: { type: type() } } }, { palace: { schedule: { paused: true } } });
    await emit('held');
    await sleep(500);
    expect(await runs()).toEqual([]);
    const { body } = await until('the schedule is there', async () => {
      const reply = await node.call('POST', `/v1/schedules/test/${name}/resume`, { body: {} });
      return reply.status === 202 ? reply : undefined;
    });
    await until('it is resumed', async () => (await node.call('GET', `/v1/commands/${String(body['id'])}`)).body['state'] === 'done');
    await emit('heard');
    await ofRuns(1);
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/heard']);
  });

  it('starts runs under the limit of the flow, one after the other', async () => {
    await publish({ one: { with: { type: type() } } }, { palace: { concurrency: { limit: 1 } } });
    await Promise.all(['a', 'b', 'c', 'a', 'b', 'c'].map((id) => emit(id)));
    await ofRuns(3);
    expect((await inputs()).map((one) => JSON.stringify(one)).toSorted()).toEqual(['[{"id":"a"}]', '[{"id":"b"}]', '[{"id":"c"}]']);
  });
});

describe('an event of a flow under a limit', () => {
  const hold = [{ hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } }];
  const states = async () =>
    (await house.sql<{ status: string }>('select status from flow.run where flow = $1 order by id', [`test/${name}`])).map((r) => r.status);
  const stand = (...wanted: string[]) => until(wanted.join(', '), async () => ((await states()).join() === wanted.join() ? true : undefined));
  const go = (id = '') => node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
  /** As if nothing remembered that they had come. */
  async function again(): Promise<void> {
    await node.close();
    await house.sql(`delete from flow.inbox where kind = 'start' and state <> 'open'`);
    await house.sql('update flow.event set matched = false where type = $1', [type()]);
    node = await house.open();
    await until('all is matched', async () => (await house.sql('select from flow.event where type = $1 and not matched', [type()])).length === 0);
    await sleep(300);
  }

  it('waits in the line in the order of the events', async () => {
    await publish({ one: { with: { type: type() } } }, { palace: { concurrency: { limit: 1 } }, steps: hold });
    for (const id of ['a', 'b', 'c']) {
      await emit(id);
      await until(`${id} has its run`, async () => ((await runs()).some(({ trigger }) => trigger === `event/${id}`) ? true : undefined));
    }
    await stand('waiting', 'pending', 'pending');
    for (const { id } of await runs()) {
      await go(id);
      await reached(node, id, 'completed');
    }
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['event/a', 'event/b', 'event/c']);
  });

  it('that comes again takes no second place, whether its run is over, at work or queued', async () => {
    await publish({ one: { with: { type: type() } } }, { palace: { concurrency: { limit: 1 } }, steps: hold });
    await emit('over');
    const [over] = await ofRuns(1);
    await stand('waiting');
    await go(over?.id);
    await stand('completed');
    await emit('at-work');
    await stand('completed', 'waiting');
    await emit('queued');
    await stand('completed', 'waiting', 'pending');
    await again();
    expect(await states()).toEqual(['completed', 'waiting', 'pending']);
    const [, atWork, queued] = await runs();
    await go(atWork?.id);
    await stand('completed', 'completed', 'waiting');
    await again();
    await go(queued?.id);
    await stand('completed', 'completed', 'completed');
    await emit('next');
    await stand('completed', 'completed', 'completed', 'waiting');
    await go((await runs())[3]?.id);
    await stand('completed', 'completed', 'completed', 'completed');
  });
});

describe('an event of a flow whose limit has a key that fails', () => {
  it('starts a run that counts as one of no key', async () => {
    await publish({ one: { with: { type: type() } } }, { palace: { concurrency: { limit: 1, key: 'error("none")' } } });
    await emit('keyless');
    await ofRuns(1);
    expect(await inputs()).toEqual([[{ id: 'keyless' }]]);
    expect(await house.sql('select permit from flow.run where flow = $1', [`test/${name}`])).toEqual([{ permit: `acme\ntest/${name}/null` }]);
  });
});

describe('a lifecycle event', () => {
  const completed = { one: { with: { type: 'io.serverlessworkflow.workflow.completed.v1' } } };
  const lifecycle = { lifecycle: 'workflow' };

  it('starts other flows, and never the one whose run it tells of', async () => {
    await publish(undefined, { palace: lifecycle });
    const teller = name;
    name = `${name}-follows`;
    await publish(completed, { palace: lifecycle });
    expect((await node.call('POST', '/v1/runs', { body: { flow: `test/${teller}`, input: {} } })).status).toBe(201);
    await ofRuns(1);
    await inputs();
    await sleep(500);
    expect(await runs()).toHaveLength(1);
    await publish(undefined, { version: '2.0.0' });
  });
});

describe('any of several events, until', () => {
  it('an event comes, start one run with those that came before it, through a restart', async () => {
    await publish({
      any: [{ with: { type: type('sale') }, correlate: { shop: { from: '.data.shop' } } }],
      until: { one: { with: { type: type('closed') }, correlate: { shop: { from: '.data.shop' } } } },
    });
    await emit('s1', { shop: 'north', n: 1 }, type('sale'));
    await emit('s2', { shop: 'south', n: 2 }, type('sale'));
    const gathered = async (): Promise<number> =>
      (
        await house.sql<{ n: number }>(`select length(gathered) - length(replace(gathered, '"specversion"', '')) as n from flow.schedule where flow = $1`, [
          `test/${name}`,
        ])
      )[0]?.n ?? 0;
    const isGathered = (count: number) => async () => (await gathered()) === count * '"specversion"'.length;
    await until('both are gathered', isGathered(2));
    await node.close();
    node = await house.open();
    await emit('s3', { shop: 'north', n: 3 }, type('sale'));
    // Order is promised within one type of events.
    await until('the third is gathered', isGathered(3));
    await emit('c1', { shop: 'north' }, type('closed'));
    await ofRuns(1);
    await emit('c2', { shop: 'north' }, type('closed'));
    await sleep(500);
    expect(await inputs()).toEqual([
      [
        { shop: 'north', n: 1 },
        { shop: 'north', n: 3 },
      ],
    ]);
  });

  it('an expression holds, start a run for as many each time', async () => {
    await publish({ any: [{ with: { type: type('item') } }], until: '${ length == 2 }' });
    for (const n of [1, 2, 3, 4, 5]) await emit(`i${n}`, n, type('item'));
    await ofRuns(2);
    await sleep(300);
    expect((await inputs()).map((one) => JSON.stringify(one)).toSorted()).toEqual(['[1,2]', '[3,4]']);
  });
});

describe('all of several events', () => {
  const all = () => ({ all: ['order', 'payment'].map((what) => ({ with: { type: type(what) }, correlate: { order: { from: '.data.order' } } })) });

  it('start one run, with what belongs together, whatever comes first', async () => {
    await publish(all());
    await emit('o1', { order: 1 }, type('order'));
    await emit('p2', { order: 2 }, type('payment'));
    await emit('o2', { order: 2 }, type('order'));
    await ofRuns(1);
    await emit('p1', { order: 1 }, type('payment'));
    await ofRuns(2);
    await sleep(200);
    expect((await inputs()).map((one) => JSON.stringify(one)).toSorted()).toEqual(['[{"order":1},{"order":1}]', '[{"order":2},{"order":2}]']);
  });

  it('wait through a restart, and none counts twice', async () => {
    await publish(all());
    await emit('o1', { order: 1 }, type('order'));
    await until(
      'it is gathered',
      async () => (await house.sql('select from flow.schedule where flow = $1 and gathered is not null', [`test/${name}`])).length === 1,
    );
    await node.close();
    await house.sql('update flow.event set matched = false where type = $1', [type('order')]);
    node = await house.open();
    await emit('p1', { order: 1 }, type('payment'));
    await ofRuns(1);
    await emit('p1-again', { order: 1 }, type('payment'));
    await sleep(500);
    expect(await inputs()).toEqual([[{ order: 1 }, { order: 1 }]]);
  });
});
