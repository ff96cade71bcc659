// Broken invariants planted in the real service, with the reconciler looking ten times a second: each is mended or told.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { INVARIANTS } from './core/invariants.ts';
import { flowText, listenFor, openInstallation, post, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

beforeEach(async () => {
  house = await openInstallation();
  node = await house.open({ config: { flow: { reconcileMs: 100 } } });
});
afterEach(() => house.close());

interface Found {
  readonly invariant: string;
  readonly number: number;
  readonly subject: string;
  readonly outcome: string;
  readonly text: string;
  readonly times: number;
}

const publish = (name: string, steps: unknown, more?: Parameters<typeof flowText>[2]) => node.flow.publish('acme', flowText(name, steps, more));
const breaches = async (tenant?: string): Promise<Found[]> =>
  (await node.call('GET', '/v1/breaches', tenant === undefined ? {} : { tenant })).body['items'] as unknown as Found[];
const told = (invariant: string, subject: string): Promise<Found> =>
  until(`${invariant} of ${subject} is told`, async () => (await breaches()).find((one) => one.invariant === invariant && one.subject === subject));
const HOLD = listenFor('hold', 'agentspalace.signal.go');

describe('the reconciler', () => {
  test('finds nothing where nothing is broken, and keeps quiet while everything is held back', async () => {
    await publish('well', [post('act'), HOLD, { nap: { wait: { milliseconds: 200 } } }]);
    const id = await start(node, 'well');
    await reached(node, id, 'waiting');
    for (let n = 0; n < 5; n++) expect(await node.flow.engine.reconciler?.pass()).toEqual([]);
    await house.sql(`insert into flow.halt_scope (scope, level, by, since_ms) values ('all', 'everything', 'palace restore', 0)`);
    await until('it is held back', async () => node.flow.door.held?.());
    await house.sql(`update flow.timer set due_ms = 0`);
    expect(await node.flow.engine.reconciler?.pass()).toEqual([]);
  }, 30_000);

  test('1: sets a timer and a subscription again that the tables have lost', async () => {
    await publish('naps', [{ nap: { wait: { seconds: 3 } } }]);
    await publish('hears', [listenFor('hear', 'shop.paid')]);
    const [naps, hears] = [await start(node, 'naps'), await start(node, 'hears')];
    await reached(node, naps, 'waiting');
    await reached(node, hears, 'waiting');
    // As if never written: also the owner's memory of the timer is gone.
    await node.close();
    await house.sql('delete from flow.timer where key = $1', [naps]);
    await house.sql('delete from flow.subscription where run = $1', [hears]);
    node = await house.open({ config: { flow: { reconcileMs: 100 } } });
    expect(await told('resting-run', naps)).toMatchObject({ number: 1, outcome: 'repaired', text: expect.stringContaining('lost its timers') });
    expect(await told('resting-run', hears)).toMatchObject({ outcome: 'repaired', text: expect.stringContaining('lost its subscriptions') });
    await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: 'p-1', source: 'urn:test', type: 'shop.paid' } });
    await reached(node, hears, 'completed');
    await reached(node, naps, 'completed');
  }, 30_000);

  test('1: tells of a run whose sub-flow has ended without a word', async () => {
    await publish('below', [HOLD]);
    await publish('above', [{ sub: { run: { workflow: { namespace: 'test', name: 'below', version: '1.0.0' } } } }]);
    const id = await start(node, 'above');
    const page = await reached(node, id, 'waiting');
    const child = (page['waitingFor'] as { name: string }[])[0]?.name ?? '';
    await until('the sub-flow waits', async () => (await node.call('GET', `/v1/runs/${child}`)).body['status'] === 'waiting');
    await house.sql(`update flow.run set status = 'cancelled', ended_ms = 1 where id = $1`, [child]);
    expect(await told('resting-run', id)).toMatchObject({
      outcome: 'reported',
      text: `${id} waits for the end of ${child}, which has ended without telling it.`,
    });
  }, 30_000);

  test('2: reads a run again that is at work and in nobody’s memory', async () => {
    house.outside.behave = (line, nth) => (line.endsWith('/slow') && nth === 1 ? 'hang' : 200);
    await publish('lost', [post('slow', { effect: 'idempotent', deadline: 'PT60S' })]);
    const id = await start(node, 'lost');
    await until('it acts', async () => house.outside.calls.length === 1);
    node.flow.engine.forget(id);
    expect(await told('unread-run', id)).toMatchObject({ number: 2, outcome: 'repaired' });
    await reached(node, id, 'completed');
  }, 30_000);

  test('2: finds it behind more runs at work than one read brings', async () => {
    house.outside.behave = (_line, nth) => (nth <= 520 ? 'hang' : 200);
    await publish('many', [post('slow', { effect: 'idempotent', deadline: 'PT60S' })]);
    const items = Array.from({ length: 520 }, () => ({ flow: 'test/many', input: {} }));
    await node.call('POST', '/v1/runs/batch', { body: { items } });
    await until('they act', async () => (await house.sql(`select from flow.run where status = 'running'`)).length === 520);
    const [last] = await house.sql<{ id: string }>('select id from flow.run order by id desc limit 1');
    node.flow.engine.forget(last?.id ?? '');
    expect(await told('unread-run', last?.id ?? '')).toMatchObject({ outcome: 'repaired' });
  }, 30_000);

  test('3: fires an overdue timer that its owner does not know', async () => {
    await publish('sleeps', [{ nap: { wait: { hours: 1 } } }]);
    const id = await start(node, 'sleeps');
    await reached(node, id, 'waiting');
    await house.sql('update flow.timer set due_ms = flow.engine_now_ms() - 60000 where key = $1', [id]);
    // The run says itself that its time has not come: the timer is fired, and the journal decides.
    expect(await told('overdue-timer', id)).toMatchObject({ number: 3, outcome: 'repaired' });
  }, 30_000);

  test('4 and 5: tells of rows that nobody takes, and wakes who should', async () => {
    await publish('waits', [HOLD]);
    const id = await start(node, 'waits');
    await reached(node, id, 'waiting');
    const [{ shard } = { shard: 0 }] = await house.sql<{ shard: number }>('select shard from flow.run where id = $1', [id]);
    // Behind a gap: it is never handed over.
    await house.sql(
      `insert into flow.stream (shard, consumer, consumer_shard, position, tenant, kind, body, sent_ms) values (1, 'flow', $1, 1000000, 'acme', 'match', '{}', flow.wall_ms() - 60000)`,
      [shard],
    );
    expect(await told('stream-row', '1/1000000')).toMatchObject({ number: 4, outcome: 'reported', text: expect.stringMatching(/has waited 6\d s/) });
    await house.sql(
      `insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms)
       values ('acme', 'c-1', $1, $2, 'signal', '{"by":"test","name":"go","data":null}', flow.wall_ms() - 60000)`,
      [shard, id],
    );
    expect(await told('inbox-row', id)).toMatchObject({ number: 5 });
    // Nobody rang for it: woken, its owner takes it.
    await reached(node, id, 'completed');
  }, 30_000);

  test('6 and 8: gives a place back that an ended run holds, and begins who waits in line', async () => {
    await publish('one', [HOLD], { palace: { concurrency: { limit: 1 } } });
    const first = await start(node, 'one');
    await reached(node, first, 'waiting');
    const second = await start(node, 'one');
    await reached(node, second, 'pending');
    await house.sql(`update flow.run set status = 'cancelled', ended_ms = 1 where id = $1`, [first]);
    await house.sql(`update flow.run set started_ms = started_ms - 60000 where id = $1`, [second]);
    await reached(node, second, 'waiting');
    const found = await until('it is told', async () => {
      const all = await breaches();
      return all.some(({ invariant }) => invariant === 'permit-held' || invariant === 'queued-run') && all;
    });
    expect(found.filter(({ subject }) => subject === first || subject === second).every(({ outcome }) => outcome === 'repaired')).toBe(true);
  }, 30_000);

  test('7: ends the subscription of a run that has ended', async () => {
    await publish('heard', [HOLD]);
    const id = await start(node, 'heard');
    await reached(node, id, 'waiting');
    await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    await reached(node, id, 'completed');
    await house.sql(`insert into flow.subscription (run, act, type, shard, tenant) select id, 9, 'shop.paid', shard, tenant from flow.run where id = $1`, [id]);
    expect(await told('subscription', id)).toMatchObject({ number: 7, outcome: 'repaired' });
    expect(await house.sql('select from flow.subscription where run = $1', [id])).toEqual([]);
  }, 30_000);

  test('9: begins an act again that was asked for and is not under way; one that must not happen twice is asked about', async () => {
    house.outside.behave = (line, nth) => (nth === 1 && !line.startsWith('GET') ? 'hang' : 200);
    await publish('idle', [post('idle', { effect: 'idempotent', deadline: 'PT60S' })]);
    await publish('once', [post('once', { effect: 'unique', deadline: 'PT60S' })]);
    const [idle, once] = [await start(node, 'idle'), await start(node, 'once')];
    await until('they act', async () => house.outside.calls.length === 2);
    for (const id of [idle, once]) node.flow.engine.forget(id, 'acts');
    expect(await told('idle-effect', idle)).toMatchObject({ number: 9, outcome: 'repaired' });
    expect(await told('idle-effect', once)).toMatchObject({ number: 9, outcome: 'repaired' });
    await reached(node, idle, 'completed');
    await reached(node, once, 'waiting');
    expect(house.outside.calls.filter(({ line }) => line === 'POST /once')).toHaveLength(1);
  }, 30_000);

  test('10: tells an owner of the installation of a shard that nobody has; others see only what is theirs', async () => {
    await house.sql('update flow.halt set min_reader = 9');
    await house.sql(`update flow.shard set owner = null, epoch = epoch + 1, lease_until_ms = flow.engine_now_ms() - 60000 where id = 5`);
    const found = await until('it is told', async () => (await breaches('local')).find(({ subject }) => subject === 'shard/5'));
    expect(found).toMatchObject({ invariant: 'shard-owner', number: 10, outcome: 'reported' });
    expect(await breaches()).toEqual([]);
    expect(await node.metrics()).toMatch(/palace_invariant_breaches_total\{invariant="shard-owner",outcome="reported"\} [1-9]/);
    await until('it is told again, in one row', async () => ((await breaches('local'))[0]?.times ?? 0) > 1);
    expect(await house.sql('select from flow.breach')).toHaveLength(1);
  }, 30_000);
});

test('every invariant has a number of its own', () => {
  const numbers = Object.values(INVARIANTS).map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
});
