// What leaves and what stays, on a real database: runs with all that is theirs, periods of the journal, keys, events, blobs.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flowText, history, listenFor, openInstallation, post, reached, start, until, type Installation, type TestNode } from '../testing.ts';
import { readPeriods } from './journal-periods.ts';

const DAY_MS = 86_400_000;
const SET = [{ a: { set: { x: 1 } } }];

let house: Installation;
let node: TestNode;

beforeEach(async () => {
  house = await openInstallation();
  node = await house.open();
  await node.flow.publish('acme', flowText('quick', SET));
});
afterEach(() => house.close());

/** As if everything that is there had happened so long ago. */
const lookIn = (ms: number, at: TestNode = node): Promise<void> => at.flow.retention.look(at.flow.node.timeMs() + ms);
const ids = async (): Promise<unknown[]> => (await house.sql<{ id: string }>('select id from flow.run order by id')).map(({ id }) => id);
const entriesOf = async (id: string): Promise<number> =>
  (await house.sql<{ n: number }>('select count(*)::int as n from flow.journal where run = $1', [id]))[0]?.n ?? 0;
const status = async (id: string): Promise<number> => (await node.call('GET', `/v1/runs/${id}`)).status;
const blobFiles = async (): Promise<string[]> => (await readdir(join(house.dir, 'blobs'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
async function ended(flow: string, input = {}): Promise<string> {
  const id = await start(node, flow, input);
  await reached(node, id, 'completed', 'failed', 'cancelled');
  return id;
}

describe('runs', () => {
  test('that completed leave after thirty days, failed ones after ninety, with everything that is theirs', async () => {
    await node.flow.publish('acme', flowText('bad', [{ a: { raise: { error: { type: 'https://example.com/e', status: 400 } } } }]));
    await node.flow.publish('acme', flowText('pay', [post('charge', { effect: 'unique' })]));
    const [good, paid, bad] = [await ended('quick'), await ended('pay'), await ended('bad')];
    await lookIn(29 * DAY_MS);
    expect(await ids()).toHaveLength(3);
    await lookIn(30 * DAY_MS + 60_000);
    expect(await ids()).toEqual([bad]);
    expect([await status(good), await status(paid), await status(bad)]).toEqual([404, 404, 200]);
    expect((await node.call('GET', `/v1/runs/${good}/events?after=0&limit=10`)).status).toBe(404);
    expect(await house.sql('select from flow.effect')).toEqual([]);
    expect(await history(node, bad)).not.toEqual([]);
    await lookIn(90 * DAY_MS + 60_000);
    expect(await ids()).toEqual([]);
  });

  test('of a flow that says how long are kept that long, longer or shorter than the setting', async () => {
    const says = (name: string, retention: unknown) => node.flow.publish('acme', flowText(name, SET, { palace: { retention } }));
    await says('short', { completed: 'PT1H' });
    await says('long', { completed: 'P200D' });
    const [short, normal, long] = [await ended('short'), await ended('quick'), await ended('long')];
    await lookIn(3_600_000 + 60_000);
    expect(await ids()).toEqual([normal, long].toSorted());
    expect(await status(short)).toBe(404);
    await lookIn(30 * DAY_MS + 60_000);
    expect(await ids()).toEqual([long]);
  });

  test('that are open stay however long, with their history, when their neighbours leave, and go on', async () => {
    await node.flow.publish('acme', flowText('ask', [listenFor('answer', 'agentspalace.signal.answer')]));
    await node.flow.publish(
      'acme',
      flowText('parent', [
        { child: { run: { workflow: { namespace: 'test', name: 'quick', version: '1.0.0' } } } },
        listenFor('answer', 'agentspalace.signal.answer'),
      ]),
    );
    const [open, parent] = [await start(node, 'ask'), await start(node, 'parent')];
    for (const id of [open, parent]) await reached(node, id, 'waiting');
    const [child] = await house.sql<{ id: string }>('select id from flow.run where parent = $1', [parent]);
    const neighbours = [];
    for (let n = 0; n < 10; n++) neighbours.push(await ended('quick'));
    const before = await history(node, open);
    await lookIn(400 * DAY_MS);
    expect(await ids()).toEqual([open, parent, child?.id].toSorted());
    for (let days = 402; days < 406; days += 2) await lookIn(days * DAY_MS);
    for (const id of neighbours) expect(await entriesOf(id)).toBe(0);
    expect(await history(node, open)).toEqual(before);
    await node.close();
    node = await house.open();
    for (const id of [open, parent]) {
      expect((await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer' } })).status).toBe(202);
      await reached(node, id, 'completed');
    }
    await lookIn(31 * DAY_MS);
    expect(await ids()).toEqual([]);
    await lookIn(33 * DAY_MS);
    expect(await house.sql('select from flow.journal')).toEqual([]);
  });

  test('that a fork came from leave, and the fork has all that it needs', async () => {
    await node.flow.publish(
      'acme',
      flowText('two', [post('charge', { effect: 'unique' }), listenFor('answer', 'agentspalace.signal.answer'), { b: { set: { y: 2 } } }]),
    );
    const original = await start(node, 'two');
    await reached(node, original, 'waiting');
    const at = (await history(node, original)).find(({ type }) => type === 'listen.opened')?.seq;
    const reply = await node.call('POST', `/v1/runs/${original}/fork`, { body: { atSeq: at, effects: 'keep' } });
    const fork = String(reply.body['id']);
    await reached(node, fork, 'waiting');
    await node.call('POST', `/v1/runs/${original}/cancel`, { body: {} });
    await reached(node, original, 'cancelled');
    await lookIn(31 * DAY_MS);
    expect(await ids()).toEqual([fork]);
    await node.close();
    node = await house.open();
    await node.call('POST', `/v1/runs/${fork}/signals`, { body: { name: 'answer' } });
    await reached(node, fork, 'completed');
    expect(house.outside.calls.filter(({ line }) => line === 'POST /charge')).toHaveLength(1);
  });

  test('that somebody asks to retry at the same moment either go on whole or are gone', async () => {
    let fails = true;
    house.outside.behave = () => (fails ? 400 : 200);
    await node.flow.publish('acme', flowText('act', [post('charge')]));
    const failed: string[] = [];
    for (let n = 0; n < 12; n++) failed.push(await ended('act'));
    fails = false;
    const [, ...told] = await Promise.all([
      lookIn(91 * DAY_MS),
      ...failed.map(async (id, n) => (await sleep(n), (await node.call('POST', `/v1/runs/${id}/retry`, { body: {} })).status)),
    ]);
    expect(told.every((one) => one === 202 || one === 404)).toBe(true);
    await until('all that is left has completed', async () => (await house.sql("select from flow.run where status <> 'completed'")).length === 0);
    for (const id of await ids()) expect((await history(node, String(id))).at(-1)?.type).toBe('run.completed');
    await until('no row waits', async () => (await house.sql("select from flow.inbox where state = 'open'")).length === 0);
    expect(node.flow.engine.load().slots).toBe(0);
  });
});

describe('the history of a run that goes on', () => {
  const settings = { config: { flow: { historyEvents: 100 } } };
  test('is kept for thirty days segment by segment; the page says from where on, and the run lives on', async () => {
    await node.close();
    node = await house.open(settings);
    const lap = [listenFor('hear', 'agentspalace.signal.go'), { lap: { set: { heard: '${ .[0] }' }, then: 'hear' } }];
    await node.flow.publish('acme', flowText('session', lap));
    const id = await start(node, 'session');
    const page = async () => (await node.call('GET', `/v1/runs/${id}`)).body['history'] as unknown as { firstSeq: number; lastSeq: number; segment: number };
    const go = async (n: number): Promise<void> => void (await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data: { n } } }));
    await until('it has closed segments', async () => {
      await go(1);
      return (await page()).segment > 3;
    });
    await until('it waits', async () => (await house.sql("select from flow.inbox where state = 'open'")).length === 0);
    await lookIn(29 * DAY_MS);
    expect((await page()).firstSeq).toBe(1);
    await lookIn(30 * DAY_MS + 60_000);
    const { firstSeq, segment } = await page();
    expect(firstSeq).toBeGreaterThan(100);
    expect(await house.sql('select from flow.segment')).toEqual([]);
    expect(await house.sql('select min(seq) as seq from flow.journal where run = $1', [id])).toEqual([{ seq: firstSeq }]);
    expect((await history(node, id))[0]).toMatchObject({ seq: firstSeq, type: 'segment.opened' });
    expect(await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: 5, preview: true } })).toMatchObject({ body: { code: 'run.history-gone' } });
    await node.close();
    node = await house.open(settings);
    await until('it opens another segment', async () => {
      await go(2);
      return (await page()).segment > segment;
    });
    expect((await page()).firstSeq).toBe(firstSeq);
  });
});

describe('two processes', () => {
  test('remove each the runs of its own shards, together all, and one that is killed in the middle leaves nothing half', async () => {
    await node.flow.publish('acme', flowText('parent', [{ child: { run: { workflow: { namespace: 'test', name: 'quick', version: '1.0.0' } } } }]));
    const other = await house.open();
    await until('both have shards', async () => node.flow.node.owned().length > 20 && other.flow.node.owned().length > 20);
    for (let n = 0; n < 120; n++) await start(n % 2 === 0 ? node : other, n % 3 === 0 ? 'parent' : 'quick');
    await until('all have ended', async () => (await house.sql("select from flow.run where status <> 'completed'")).length === 0);
    await lookIn(31 * DAY_MS);
    const left = await house.sql<{ shard: number }>('select distinct shard from flow.run');
    expect(left.length).toBeGreaterThan(0);
    const mine = new Set(node.flow.node.owned().map(({ shard }) => shard));
    expect(left.filter(({ shard }) => mine.has(shard))).toEqual([]);
    await house.sql(`create function flow.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return old; end $$`);
    await house.sql('create trigger slow before delete on flow.run for each row execute function flow.slow()');
    const looking = lookIn(31 * DAY_MS, other).catch(() => undefined);
    await sleep(200);
    await other.kill();
    await looking;
    await house.sql('drop trigger slow on flow.run');
    // The next owner waits for what the killed one had under way, then each run is there with everything or not at all.
    await until('the shards are taken over', async () => node.flow.node.owned().length === 64);
    const halves = await house.sql(
      `select id from flow.run r where not exists (select from flow.journal j where j.run = r.id)
         or (parent is not null and not exists (select from flow.run p where p.id = r.parent))`,
    );
    expect(halves).toEqual([]);
    await lookIn(31 * DAY_MS);
    expect(await ids()).toEqual([]);
  });
});

describe('periods of the journal', () => {
  const names = async (): Promise<string[]> =>
    (await readPeriods({ query: async (text: string) => ({ rows: await house.sql(text) }) } as never)).map(({ name }) => name);

  test('are dropped when their time is over and nothing of them is left, and new ones are there in time', async () => {
    const first = await names();
    const id = await ended('quick');
    await lookIn(3 * DAY_MS);
    expect(await names()).toContain(first[0]);
    expect(await entriesOf(id)).toBeGreaterThan(0);
    await lookIn(31 * DAY_MS);
    const later = await names();
    expect(first.some((name) => later.includes(name))).toBe(false);
    expect(later.length).toBeGreaterThan(1);
    expect(await house.sql('select from flow.journal')).toEqual([]);
  });

  test('of which a few runs are kept are written anew with those, and the runs can be read and retried', async () => {
    house.outside.behave = () => 400;
    await node.flow.publish('acme', flowText('act', [post('charge')]));
    const failed = await ended('act');
    const before = await history(node, failed);
    for (let n = 0; n < 8; n++) await ended('quick');
    const [{ part }] = (await house.sql<{ part: string }>('select tableoid::int as part from flow.journal where run = $1 limit 1', [failed])) as [
      { part: string },
    ];
    await lookIn(31 * DAY_MS);
    await lookIn(32.5 * DAY_MS);
    const now = await house.sql<{ part: string; run: string }>('select distinct tableoid::int as part, run from flow.journal');
    expect(now.map(({ run }) => run)).toEqual([failed]);
    expect(now[0]?.part).not.toBe(part);
    expect(await history(node, failed)).toEqual(before);
    house.outside.behave = () => 200;
    expect((await node.call('POST', `/v1/runs/${failed}/retry`, { body: {} })).status).toBe(202);
    await reached(node, failed, 'completed');
    expect(await house.sql('select from only flow.journal_rest')).toEqual([]);
  });

  test('of which much is kept are swept row by row', async () => {
    house.outside.behave = () => 400;
    await node.flow.publish('acme', flowText('act', [post('charge')]));
    const failed = [];
    for (let n = 0; n < 5; n++) failed.push(await ended('act'));
    const gone = [await ended('quick'), await ended('quick')];
    await lookIn(31 * DAY_MS);
    for (const id of gone) expect(await entriesOf(id)).toBeGreaterThan(0);
    await lookIn(33 * DAY_MS);
    for (const id of gone) expect(await entriesOf(id)).toBe(0);
    for (const id of failed) expect(await history(node, id)).not.toEqual([]);
    expect((await house.sql<{ n: string }>('select sum(expired) as n from flow.journal_period'))[0]?.n).toBe('0');
  });

  test('wait for who reads or writes the journal, and take their turn later', async () => {
    const first = await names();
    await ended('quick');
    const reader = house.sql('begin; select from flow.journal limit 1; select pg_sleep(4); commit');
    await sleep(200);
    await Promise.all([lookIn(31 * DAY_MS), ended('quick')]);
    expect((await names()).filter((name) => first.includes(name))).not.toEqual([]);
    await reader;
    await lookIn(31 * DAY_MS);
    expect((await names()).filter((name) => first.includes(name))).toEqual([]);
  });

  test('that come too late for a run lose none: it lies in the rest, runs, and leaves in its time', async () => {
    await house.sql(
      "delete from flow.journal_period; do $$ declare p text; begin for p in select inhrelid::regclass::text from pg_inherits where inhparent = 'flow.journal'::regclass and inhrelid <> 'flow.journal_rest'::regclass loop execute 'drop table ' || p; end loop; end $$",
    );
    const id = await ended('quick');
    expect(await history(node, id)).not.toEqual([]);
    expect(await house.sql('select distinct run from flow.journal_rest')).toEqual([{ run: id }]);
    await lookIn(31 * DAY_MS);
    expect(await house.sql('select from flow.journal_rest')).toEqual([]);
    await ended('quick');
  });
});

describe('what is known by its age', () => {
  test('keys, decided commands and matched events leave after a day; open commands never', async () => {
    await node.flow.publish('acme', flowText('ask', [listenFor('answer', 'agentspalace.signal.answer')]));
    const id = await start(node, 'ask', {}, { key: 'k-1' });
    await reached(node, id, 'waiting');
    await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'other' }, key: 'k-2' });
    await node.call('POST', '/v1/events', { body: { specversion: '1.0', type: 'shop.sold', source: '/till', id: '1', data: 1 } });
    await until('all is decided', async () => (await house.sql("select from flow.inbox where state = 'open'")).length === 0);
    await until('the event is matched', async () => (await house.sql('select from flow.event where matched')).length === 1);
    const counts = async (): Promise<unknown> =>
      (
        await house.sql(
          'select (select count(*)::int from flow.dedupe) as keys, (select count(*)::int from flow.inbox) as commands, (select count(*)::int from flow.event) as events',
        )
      )[0];
    await lookIn(DAY_MS - 60_000);
    expect(await counts()).toMatchObject({ keys: 2, events: 1 });
    await lookIn(DAY_MS + 60_000);
    expect(await counts()).toMatchObject({ keys: 0, events: 0 });
    await node.close();
    await house.sql("insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms) values ('acme', 'open', 63, 'x', 'none', '{}', 0)");
    expect(await house.sql('select * from flow.expire_by_age(1000, 10)')).toEqual([{ keys: 0, commands: 0, events: 0 }]);
    await house.sql("update flow.inbox set state = 'done' where command_id = 'open'");
    expect(await house.sql('select * from flow.expire_by_age(1000, 10)')).toEqual([{ keys: 0, commands: 1, events: 0 }]);
  });

  test('blobs leave when no run names them and nobody has put them for the time of grace', async () => {
    const body = 'x'.repeat(100_000);
    await node.close();
    node = await house.open({ config: { retention: { blobGraceMs: 1_000 } } });
    await node.flow.publish('acme', flowText('brief', SET, { palace: { retention: { completed: 'PT1H' } } }));
    const [gone, kept] = [await ended('brief', { body }), await ended('quick', { body })];
    const named = async (): Promise<unknown[]> =>
      (await house.sql<{ run: string }>('select distinct run from flow.blob_ref order by run')).map(({ run }) => run);
    expect(await named()).toEqual([gone, kept].toSorted());
    const stored = (await house.sql<{ hash: string }>('select hash from flow.blob_ref')).length;
    await lookIn(7_200_000);
    expect(await named()).toEqual([kept]);
    expect(await blobFiles()).toHaveLength(stored);
    await sleep(1_100);
    await lookIn(7_200_000);
    expect(await blobFiles()).toHaveLength((await house.sql('select from flow.blob_ref')).length);
    expect((await history(node, kept))[0]?.data).toMatchObject({ input: { body } });
    await lookIn(31 * DAY_MS);
    expect(await blobFiles()).toEqual([]);
  });
});

describe('what is stored', () => {
  test('is told table by table: bytes, rows, growth, age, what leaves next, and how long the room lasts', async () => {
    await ended('quick');
    await node.flow.retention.look(node.flow.node.timeMs());
    const before = await house.sql<{ at_ms: string }>('select at_ms from flow.storage_sample');
    expect(before).toHaveLength(1);
    await node.flow.retention.look(node.flow.node.timeMs());
    expect(await house.sql('select from flow.storage_sample')).toHaveLength(1);
    await house.sql('update flow.storage_sample set at_ms = at_ms - 43200000, bytes = bytes - 1000000, tables = tables || \'{"flow.run": 0}\'');
    await node.close();
    node = await house.open({ config: { retention: { capacityBytes: 100_000_000_000 } } });
    const { status: answered, body } = await node.call('GET', '/v1/storage');
    expect(answered).toBe(200);
    const bytes = Number(body['bytes']);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(body['freeBytes']).toBe(100_000_000_000 - bytes);
    expect(Number(body['growthBytesADay'])).toBeGreaterThan(1_500_000);
    expect(Number(body['daysUntilFull'])).toBeGreaterThan(1);
    const items = body['items'] as unknown as { name: string; bytes: number; growthBytesADay?: number; partitions: number; nextExpiry?: string }[];
    const run = items.find(({ name }) => name === 'flow.run');
    expect(run?.growthBytesADay).toBeGreaterThan(0);
    expect(Date.parse(run?.nextExpiry ?? '') - Date.now()).toBeGreaterThan(29 * DAY_MS);
    expect(items.find(({ name }) => name === 'flow.journal')?.partitions).toBeGreaterThan(2);
    expect(items.some(({ name }) => /journal_[0-9a-z]{10}/.test(name))).toBe(false);
    await lookIn(31 * DAY_MS);
    const metrics = await node.metrics();
    expect(metrics).toMatch(/^palace_runs_expired_total 1$/m);
    expect(metrics).toMatch(/^palace_database_bytes [1-9]/m);
    expect(metrics).toMatch(/^palace_journal_partitions [1-9]/m);
    expect(metrics).toMatch(/^palace_database_full_in_seconds /m);
  });
});
