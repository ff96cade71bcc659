// Runs that wait for their place under a concurrency limit, as people see and steer them; and what a crash makes of the line.
import { describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/jq.ts';
import { permitShard } from './engine/placement.ts';
import { flowText, history, listenFor, openForFile, post, reached, start, until, type Installation, type Reply, type TestNode } from './testing.ts';

const LIMIT_ONE = { palace: { concurrency: { limit: 1 } } };
const HOLD = listenFor('hold', 'agentspalace.signal.go');

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown = [HOLD], more: Parameters<typeof flowText>[2] = LIMIT_ONE) =>
  node.flow.publish('acme', flowText(name, steps, more));
const get = async (id: string, at = node): Promise<Reply['body']> => (await at.call('GET', `/v1/runs/${id}`)).body;
const verb = (id: string, name: string, body: unknown = {}): Promise<Reply> => node.call('POST', `/v1/runs/${id}/${name}`, { body });
const go = (id: string): Promise<Reply> => verb(id, 'signals', { name: 'go' });
const types = async (id: string): Promise<string[]> => (await history(node, id)).map(({ type }) => type);
const listed = async (query: string): Promise<string[]> =>
  ((await node.call('GET', `/v1/runs?${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);
const decided = (reply: Reply): Promise<Reply['body']> =>
  until('the command is decided', async () => {
    const { body } = await node.call('GET', `/v1/commands/${String(reply.body['id'])}`);
    return body['state'] === 'open' ? undefined : body;
  });

/** The first has the place, the others wait for it. */
async function line(flow: string, count: number): Promise<[string, ...string[]]> {
  const first = await start(node, flow);
  await reached(node, first, 'waiting');
  const others: string[] = [];
  for (let n = 1; n < count; n++) {
    const id = await start(node, flow, { n });
    others.push(id);
    await reached(node, id, 'pending');
  }
  return [first, ...others];
}

describe('a run that waits for its place', () => {
  test('is seen by everybody: in its page, in lists, in its events', async () => {
    await publish('seen', [HOLD], { palace: { concurrency: { limit: 1, key: '.customer' } } });
    const first = await start(node, 'seen', { customer: 'c1' });
    await reached(node, first, 'waiting');
    const { body } = await node.call('POST', '/v1/runs', { body: { flow: 'test/seen', input: { customer: 'c1' }, wait: '300ms' } });
    const place = {
      kind: 'place',
      step: '',
      name: 'test/seen',
      key: 'c1',
      since: expect.any(String),
      text: 'Waits for its place among the runs of test/seen with the key "c1": at most 1 at a time.',
    };
    expect(body).toMatchObject({ status: 'pending', input: { customer: 'c1' }, waitingFor: [place], lastSeq: 1 });
    const id = String(body['id']);
    expect(await get(id)).toEqual({ ...body, why: expect.objectContaining({ cause: 'place' }) });
    expect(await listed('status=pending&flow=test/seen')).toEqual([id]);
    expect(await history(node, id)).toMatchObject([{ seq: 1, type: 'run.queued', data: { input: { customer: 'c1' } } }]);
    await go(first);
    await reached(node, id, 'waiting');
    expect((await types(id)).slice(0, 2)).toEqual(['run.queued', 'run.started']);
    expect(await listed('status=pending&flow=test/seen')).toEqual([]);
  });

  test('can be followed: its events come as it begins and ends', async () => {
    await publish('followed');
    const [first, id] = await line('followed', 2);
    const { events } = await node.call('GET', `/v1/runs/${id!}/events`, { wantsEvents: true });
    const seen: string[] = [];
    for await (const { event } of events!) {
      seen.push(event);
      if (event === 'run.queued') await go(first);
      if (event === 'listen.opened') await go(id!);
    }
    expect(seen).toEqual(['run.queued', 'run.started', 'step.entered', 'step.entered', 'listen.opened', ...seen.slice(5)]);
    expect(seen.at(-1)).toBe('run.completed');
  });

  test('hears later what it is told before it begins', async () => {
    await publish('told', [HOLD, { out: { set: { heard: '${ .[0] }', context: '${ $context }' } } }]);
    const [first, id] = await line('told', 2);
    expect(await decided(await verb(id!, 'signals', { name: 'go', data: 'early' }))).toMatchObject({ state: 'done' });
    await node.call('PUT', `/v1/runs/${id!}/context`, { body: { context: { set: 'early' } } });
    await until('it is kept', async () => (await types(id!)).includes('context.changed'));
    expect((await get(id!))['status']).toBe('pending');
    await go(first);
    expect((await reached(node, id!, 'completed'))['output']).toEqual({ heard: 'early', context: { set: 'early' } });
  });

  test('is ended by a cancel at once, and the others move up', async () => {
    await publish('cancelled');
    const [first, second, third] = await line('cancelled', 3);
    await verb(second!, 'cancel', { reason: 'not needed' });
    expect(await reached(node, second!, 'cancelled')).toMatchObject({ waitingFor: [] });
    await go(first);
    await reached(node, third!, 'waiting');
    expect(await types(second!)).toEqual(['run.queued', 'run.cancelled']);
  });

  test('cannot be paused or retried, and says why', async () => {
    await publish('steered');
    const [, id] = await line('steered', 2);
    const step = '/do/0/hold';
    expect(await decided(await verb(id!, 'pause'))).toMatchObject({ state: 'unused', detail: 'The run waits for its place; it has not begun.' });
    expect(await decided(await verb(id!, 'retry', { step }))).toMatchObject({ state: 'refused', detail: `the run never entered the step ${step}` });
    expect(await verb(id!, 'retry')).toMatchObject({ status: 409, body: { code: 'run.state' } });
    expect(await types(id!)).toEqual(['run.queued']);
  });

  test('is reached by verbs for many runs', async () => {
    await publish('many');
    const [first, ...waiting] = await line('many', 4);
    const body = { verb: 'cancel', filter: { status: 'pending', flow: 'test/many' } };
    expect(await node.call('POST', '/v1/runs/bulk', { body })).toMatchObject({ status: 202, body: { matched: 3, accepted: 3 } });
    for (const id of waiting) await reached(node, id, 'cancelled');
    expect((await get(first))['status']).toBe('waiting');
  });

  test('answers a repeated Idempotency-Key, and a client that waits for it', async () => {
    await publish('keyed', [{ out: { set: { n: '${ .n }' } } }, HOLD]);
    const [first] = await line('keyed', 1);
    const ask = (more: object) => node.call('POST', '/v1/runs', { key: 'queued-1', body: { flow: 'test/keyed', input: { n: 7 }, ...more } });
    const { body } = await ask({ wait: '100ms' });
    const place = { kind: 'place', name: 'test/keyed' };
    expect(body).toMatchObject({ status: 'pending', waitingFor: [place] });
    expect(await ask({ wait: '100ms' })).toMatchObject({ status: 200, body: { id: body['id'], status: 'pending', waitingFor: [place] } });
    const patient = ask({ wait: '20s' });
    await go(first);
    expect(await patient).toMatchObject({ status: 200, body: { id: body['id'], status: 'waiting', waitingFor: [{ kind: 'signal' }] } });
  });

  test('counts its timeout from when it begins', async () => {
    await publish('timed', [HOLD], { ...LIMIT_ONE, timeout: { after: { milliseconds: 700 } } });
    const [first, id] = await line('timed', 2);
    await reached(node, first, 'failed');
    await reached(node, id!, 'failed');
    const [queued, started, , ...rest] = await history(node, id!);
    const atMs = (event: typeof queued): number => Number(event!.data['atMs']);
    expect(atMs(started) - atMs(queued)).toBeGreaterThan(400);
    expect(atMs(rest.at(-1)) - atMs(started)).toBeGreaterThanOrEqual(700);
  });
});

describe('the line', () => {
  test('moves in order, one for each that ends, however it ends', async () => {
    await publish('ordered', [post('ordered'), HOLD]);
    const runs = await line('ordered', 5);
    const ends = [go, go, (id: string) => verb(id, 'cancel'), go, go];
    for (const [n, id] of runs.entries()) {
      await reached(node, id, 'waiting');
      expect(await listed('status=pending&flow=test/ordered')).toEqual(runs.slice(n + 1).toReversed());
      await ends[n]!(id);
    }
    await reached(node, runs[4]!, 'completed');
    expect(house.outside.calls.filter((call) => call.line === 'POST /ordered').length).toBe(5);
  });

  test('keeps its order over a killed process, and goes on in the next', async () => {
    await publish('killed', [post('killed'), HOLD]);
    const runs = await line('killed', 4);
    await verb(runs[2]!, 'signals', { name: 'go', data: 'early' });
    await until('the signal is kept', async () => (await types(runs[2]!)).includes('signal.received'));
    await node.kill();
    node = await house.open();
    expect(await listed('status=pending&flow=test/killed')).toEqual(runs.slice(1).toReversed());
    await go(runs[0]);
    await reached(node, runs[1]!, 'waiting');
    for (const id of runs.slice(2)) expect((await get(id))['status']).toBe('pending');
    await go(runs[1]!);
    await reached(node, runs[2]!, 'completed');
    await reached(node, runs[3]!, 'waiting');
    for (const id of runs) expect((await types(id)).filter((type) => type === 'run.started').length).toBe(1);
  });

  test('moves on in the next process when the place was freed as the last one died', async () => {
    await publish('freed');
    const [first, second, third] = await line('freed', 3);
    await go(first);
    await until('it has ended', async () => (await house.sql(`select 1 from flow.run where id = $1 and status = 'completed'`, [first])).length === 1);
    await node.kill();
    // As if it had died between the two commits.
    await house.sql(`delete from flow.journal where run = $1 and seq > 1`, [second]);
    await house.sql(`update flow.run set status = 'pending' where id = $1`, [second]);
    node = await house.open();
    await reached(node, second!, 'waiting');
    expect((await get(third!))['status']).toBe('pending');
  });

  test('is left by one that is set aside; given another chance it waits again and begins', async () => {
    await publish('damaged');
    const [first, second, third] = await line('damaged', 3);
    const intact = await house.sql<{ body: string }>('select body from flow.journal where run = $1', [second]);
    await node.close();
    await house.sql('update flow.journal set body = $2 where run = $1', [second, '[{"type":"no.such.event"}]']);
    node = await house.open();
    await go(first);
    await until('it is set aside', async () => (await house.sql(`select 1 from flow.run where id = $1 and status = 'quarantined'`, [second])).length === 1);
    await reached(node, third!, 'waiting');
    await house.sql('update flow.journal set body = $2 where run = $1', [second, intact[0]!.body]);
    await verb(second!, 'retry');
    await go(third!);
    await reached(node, second!, 'waiting');
    await go(second!);
    await reached(node, second!, 'completed');
  });

  test('moves up when a run at work is set aside', async () => {
    await publish('broken');
    const [first, second] = await line('broken', 2);
    await node.close();
    await house.sql('update flow.journal set body = $2 where run = $1 and seq = 1', [first, '[{"type":"no.such.event"}]']);
    node = await house.open();
    await go(first);
    await reached(node, second!, 'waiting');
  });

  test('has room for a failed run that is retried: it waits by its row and comes first, being the oldest', async () => {
    await publish('again', [post('again'), HOLD]);
    house.outside.behave = (_, nth) => (nth === 1 ? 400 : 200);
    const failed = await start(node, 'again');
    await reached(node, failed, 'failed');
    const [first, second] = await line('again', 2);
    const retry = await verb(failed, 'retry');
    // Nobody sees it stand in line.
    await sleep(300);
    expect(await node.call('GET', `/v1/commands/${String(retry.body['id'])}`)).toMatchObject({ body: { state: 'open' } });
    await go(first);
    await reached(node, failed, 'waiting');
    expect((await get(second!))['status']).toBe('pending');
    await go(failed);
    await reached(node, second!, 'waiting');
    expect(await decided(retry)).toMatchObject({ state: 'done' });
  });

  test('is bounded at the door, before anything is written', async () => {
    const small = await house.open({ config: { flow: { maxQueuedRuns: 3 } } });
    await node.close();
    node = small;
    await publish('bounded');
    await line('bounded', 4);
    const before = await house.sql('select count(*) from flow.inbox');
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/bounded' } })).toMatchObject({ status: 503, body: { code: 'overload.busy' } });
    expect(await house.sql('select count(*) from flow.inbox')).toEqual(before);
    await node.close();
    node = await house.open();
  });

  test('is bounded at the door of every process', async () => {
    const config = { flow: { maxQueuedRuns: 3 } };
    const [one, two] = [await house.open({ config }), await house.open({ config })];
    await node.close();
    node = one;
    await publish('bounded-twice');
    const shard = permitShard('acme', 'test/bounded-twice');
    const owner = await until('one of them owns the shard', async () => [one, two].find(({ flow }) => flow.node.fence(shard) !== undefined));
    node = owner === one ? two : one;
    const begun = await start(node, 'bounded-twice');
    await reached(node, begun, 'waiting');
    const answers: number[] = [];
    for (let n = 0; n < 20; n++) answers.push((await node.call('POST', '/v1/runs', { body: { flow: 'test/bounded-twice' } })).status);
    await until('what was accepted is queued', async () => {
      const queued = await listed('status=pending&flow=test/bounded-twice');
      return queued.length === answers.filter((status) => status === 201).length && queued.length <= 3;
    });
    expect(answers.filter((status) => status === 503).length).toBeGreaterThanOrEqual(17);
    await owner.close();
    await node.close();
    node = await house.open();
  });

  test('has no place for a key that no index could hold', async () => {
    await publish('wide', [HOLD], { palace: { concurrency: { limit: 1, key: '.customer' } } });
    const body = { flow: 'test/wide', input: { customer: 'x'.repeat(600) } };
    expect(await node.call('POST', '/v1/runs', { body })).toMatchObject({ status: 422, body: { code: 'run.input-refused' } });
  });
});

describe('a fork under a limit', () => {
  const forkOf = async (id: string, more: { [field: string]: Json } = {}): Promise<string> => {
    const { status, body } = await verb(id, 'fork', { atSeq: (await types(id)).indexOf('listen.opened') + 1, ...more });
    expect(status).toBe(201);
    return String(body['id']);
  };

  test('is a queued run like others, and goes on from its state when it begins', async () => {
    await publish('forked', [{ before: { set: { before: '${ .n }' }, export: { as: '.' } } }, HOLD, { out: { set: { context: '${ $context }' } } }]);
    const first = await start(node, 'forked', { n: 1 });
    await reached(node, first, 'waiting');
    const fork = await forkOf(first, { context: { before: 'edited' } });
    expect(await reached(node, fork, 'pending')).toMatchObject({ forkOf: first, input: { n: 1 }, waitingFor: [{ kind: 'place', name: 'test/forked' }] });
    const later = await start(node, 'forked', { n: 2 });
    await reached(node, later, 'pending');
    expect(await types(fork)).toEqual(['run.rewound']);
    await node.kill();
    node = await house.open();
    await go(first);
    await reached(node, fork, 'waiting');
    expect((await get(later))['status']).toBe('pending');
    await go(fork);
    expect((await reached(node, fork, 'completed'))['output']).toEqual({ context: { before: 'edited' } });
    await reached(node, later, 'waiting');
  });

  test('that does nothing (dry) does not wait; one that waits can be cancelled', async () => {
    await publish('forked-dry');
    const [first] = await line('forked-dry', 1);
    const [dry, waiting] = [await forkOf(first, { effects: 'dry' }), await forkOf(first)];
    await reached(node, dry, 'waiting');
    await reached(node, waiting, 'pending');
    await verb(waiting, 'cancel');
    await reached(node, waiting, 'cancelled');
    expect(await types(waiting)).toEqual(['run.rewound', 'run.cancelled']);
  });
});

describe('a start whose home shard has no owner for a while', () => {
  test('is pending for everybody who asks, takes what is sent to it, and begins when there is one', async () => {
    await publish('orphan', [HOLD, { out: { set: { heard: '${ .[0] }' } } }]);
    const shard = permitShard('acme', 'test/orphan');
    // A node that lives (its session lock is held) and does nothing.
    const farMs = 9_999_999_999_999;
    await house.sql(`insert into flow.node (id, lock_key, reads_format, leaving, seen_ms) values ('idle', 77, 1, true, $1)`, [farMs]);
    await house.sql(`select pg_advisory_lock(hashtext('flow'), 77)`);
    await house.sql(`update flow.shard set owner = 'idle', epoch = epoch + 1, lease_until_ms = $2 where id = $1`, [shard, farMs]);
    const { status, body } = await node.call('POST', '/v1/runs', { body: { flow: 'test/orphan', wait: '200ms' } });
    expect({ status, body }).toMatchObject({ status: 201, body: { flow: 'test/orphan', version: '1.0.0', status: 'pending', waitingFor: [], lastSeq: 0 } });
    const id = String(body['id']);
    expect(await node.call('GET', `/v1/runs/${id}`)).toMatchObject({ status: 200, body: { id, status: 'pending', startedAt: body['startedAt'] } });
    expect(await history(node, id)).toEqual([]);
    expect(await node.call('GET', `/v1/runs/${id}`, { tenant: 'other' })).toMatchObject({ status: 404 });
    expect((await verb(id, 'signals', { name: 'go', data: 'early' })).status).toBe(202);
    const { events } = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true });
    await house.sql(`delete from flow.node where id = 'idle'`);
    const seen: string[] = [];
    for await (const { event } of events!) seen.push(event);
    expect(seen).toContain('listen.received');
    expect((await get(id))['output']).toEqual({ heard: 'early' });
  });
});
