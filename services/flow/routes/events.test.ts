// Events as people read them: in order, by page, by filter, one with what it started; and what schedules and webhooks tell of themselves.
import { expect, test } from 'vitest';
import { flowText, openForFile, reached, start, until, type TestNode } from '../testing.ts';

let node: TestNode;
openForFile((_, first) => (node = first));

/** A flow of one step that something starts. */
const startedBy = (name: string, schedule: unknown, palace?: unknown): string =>
  JSON.stringify({ ...(JSON.parse(flowText(name, [{ note: { set: { a: 1 } } }], palace === undefined ? {} : { palace })) as object), schedule });

const say = (id: string, type: string, more: Record<string, unknown> = {}) =>
  node.call('POST', '/v1/events', { body: { specversion: '1.0', id, source: '/here', type, ...more } });

interface Item {
  readonly position: string;
  readonly id: string;
  readonly type: string;
}
const list = async (query: string): Promise<{ items: Item[]; next?: string }> =>
  (await node.call('GET', `/v1/events${query}`)).body as unknown as { items: Item[]; next?: string };

test('events are listed newest first, page by page, and found by type, source and id', async () => {
  for (let i = 1; i <= 5; i++) {
    await say(`e${i}`, i % 2 === 0 ? 'shop.even' : 'shop.odd', { subject: 'مرحبا', data: { n: i } });
    await until('it is kept', async () => (await list(`?source=/here&id=e${i}`)).items.length === 1);
  }
  const pages: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await list(`?limit=2&source=/here${cursor === '' ? '' : `&cursor=${cursor}`}`);
    pages.push(page.items.map(({ id }) => id).join());
    cursor = page.next;
  }
  expect(pages).toEqual(['e5,e4', 'e3,e2', 'e1']);
  expect((await list('?type=shop.even')).items.map(({ id }) => id)).toEqual(['e4', 'e2']);
  expect((await list('?type=shop.none')).items).toEqual([]);
});

test('one event tells the whole of it, what it started, and who hears its type', async () => {
  await node.flow.publish('acme', startedBy('begins', { on: { one: { with: { type: 'shop.begun' } } } }));
  await say('b1', 'shop.begun', { data: '<script>' });
  const [begun] = await until('it is kept', async () => {
    const { items } = await list('?type=shop.begun');
    return items.length === 1 && items;
  });
  const detail = await until('its run began', async () => {
    const { body } = await node.call('GET', `/v1/events/${begun?.position}`);
    return (body['started'] as unknown[]).length === 1 && body;
  });
  expect(detail).toMatchObject({ id: 'b1', starts: ['test/begins'], listening: [], event: { data: '<script>', type: 'shop.begun' } });
  await node.flow.publish('acme', flowText('hears', [{ hear: { listen: { to: { one: { with: { type: 'shop.begun', subject: 'never' } } } } } }]));
  const hearing = await start(node, 'hears');
  await reached(node, hearing, 'waiting');
  expect((await node.call('GET', `/v1/events/${begun?.position}`)).body['listening']).toEqual([hearing]);
});

test('events of others, and what is no position, are not found', async () => {
  const [mine] = (await list('?limit=1')).items;
  expect((await node.call('GET', `/v1/events/${mine?.position}`, { tenant: 'other' })).status).toBe(404);
  expect((await node.call('GET', '/v1/events/999999999')).status).toBe(404);
  expect((await node.call('GET', '/v1/events', { tenant: 'other' })).body['items']).toEqual([]);
  expect((await node.call('GET', '/v1/events?cursor=nonsense')).status).toBe(400);
});

test('a schedule tells its next times in its zone; paused it has none', async () => {
  await node.flow.publish('acme', startedBy('daily', { cron: '30 9 * * *' }, { schedule: { zone: 'Europe/Berlin' } }));
  const upcoming = () => node.call('GET', '/v1/schedules/test/daily/upcoming?limit=3');
  const { body } = await until('it is in force', async () => {
    const reply = await upcoming();
    return reply.status === 200 && reply;
  });
  expect(body['zone']).toBe('Europe/Berlin');
  const wall = (body['times'] as string[]).map((at) =>
    new Date(at).toLocaleTimeString('de', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }),
  );
  expect(wall).toEqual(['09:30', '09:30', '09:30']);
  await node.call('POST', '/v1/schedules/test/daily/pause', { body: {} });
  await until('it is paused', async () => ((await upcoming()).body['times'] as string[]).length === 0);
  expect((await node.call('GET', '/v1/schedules/test/nothing/upcoming')).status).toBe(404);
});
