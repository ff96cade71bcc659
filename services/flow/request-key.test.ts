// One key, one request: what clients that repeat themselves, race each other or mix their keys up get, and what remains of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYED_PATHS } from './contract.ts';
import {
  flowText,
  history,
  listenFor,
  openInstallation,
  reached,
  start,
  until,
  type CallOptions,
  type Installation,
  type Reply,
  type TestNode,
} from './testing.ts';

let house: Installation;
let node: TestNode;
let second: TestNode;
let names = 0;
const newKey = (): string => `key-${names++}`;

beforeAll(async () => {
  house = await openInstallation();
  [node, second] = [await house.open(), await house.open()];
  for (const [name, steps] of Object.entries(FLOWS)) await node.flow.publish('acme', flowText(name, steps));
});
afterAll(() => house.close());

const FLOWS: Record<string, unknown> = {
  add: [{ sum: { set: { sum: '${ .a + .b }' } } }],
  asks: Array.from({ length: 6 }, (_, n) => listenFor(`ask-${n}`, 'agentspalace.signal.answer')),
  fails: [{ bang: { raise: { error: { type: 'https://example.com/bang', status: 418, title: 'Bang' } } } }],
};

const signal = (id: string, options: CallOptions, at = node): Promise<Reply> =>
  at.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer', data: 1 }, ...options });
const MISMATCH = { status: 422, body: { code: 'idempotency.mismatch' } };
const commandsFor = (id: string): Promise<unknown[]> => house.sql(`select from flow.inbox where key = $1 and kind <> 'start'`, [id]);

async function waitingRun(): Promise<string> {
  const id = await start(node, 'asks');
  await reached(node, id, 'waiting');
  return id;
}

describe('a signal under a key', () => {
  test('sent again, many times at once and through another process is one signal with one answer', async () => {
    const [id, key] = [await waitingRun(), newKey()];
    const together = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => signal(id, { key }, n % 2 === 0 ? node : second)));
    const again = await signal(id, { key }, second);
    expect(new Set([...together, again].map(({ status, body }) => `${status} ${String(body['id'])}`)).size).toBe(1);
    expect(await commandsFor(id)).toHaveLength(1);
    // Accepted is not yet decided.
    await expect.poll(async () => (await history(node, id)).filter((event) => event.type === 'listen.received').length, { timeout: 10_000 }).toBe(1);
  });

  test('with other data, for another run or as another verb is refused and changes nothing', async () => {
    const [id, bystander, key] = [await waitingRun(), await waitingRun(), newKey()];
    await signal(id, { key });
    expect(await signal(id, { key, body: { name: 'answer', data: 2 } }, second)).toMatchObject(MISMATCH);
    expect(await signal(bystander, { key })).toMatchObject(MISMATCH);
    for (const verb of ['pause', 'resume', 'cancel', 'retry']) {
      const body = verb === 'retry' ? { step: '/do/0/ask-0' } : {};
      expect(await second.call('POST', `/v1/runs/${id}/${verb}`, { key, body })).toMatchObject(MISMATCH);
    }
    expect(await node.call('PUT', `/v1/runs/${id}/context`, { key, body: { context: {} } })).toMatchObject(MISMATCH);
    expect(await node.call('POST', `/v1/runs/${id}/effects/none`, { key, body: { outcome: 'done' } })).toMatchObject(MISMATCH);
    expect(await node.call('POST', `/v1/runs/${id}/fork`, { key, body: { atSeq: 1 } })).toMatchObject(MISMATCH);
    expect(await node.call('POST', '/v1/runs/bulk', { key, body: { verb: 'cancel', filter: { ids: [id, bystander] } } })).toMatchObject(MISMATCH);
    expect(await node.call('POST', '/v1/runs', { key, body: { flow: 'test/add', input: { a: 1, b: 1 } } })).toMatchObject(MISMATCH);
    expect([await commandsFor(id), await commandsFor(bystander)].map((rows) => rows.length)).toEqual([1, 0]);
    expect((await node.call('GET', `/v1/runs/${bystander}`)).body).toMatchObject({ status: 'waiting' });
  });

  test('and another signal under it at the same time: one is kept, the other refused', async () => {
    for (let round = 0; round < 8; round++) {
      const [id, key] = [await waitingRun(), newKey()];
      const answers = await Promise.all([
        signal(id, { key, body: { name: 'answer', data: 'mine' } }, node),
        signal(id, { key, body: { name: 'answer', data: 'yours' } }, round % 2 === 0 ? node : second),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 422]);
      expect(await commandsFor(id)).toHaveLength(1);
    }
  });

  test('is answered as before after the run has ended', async () => {
    const [id, key] = [await waitingRun(), newKey()];
    const first = await signal(id, { key });
    await node.call('POST', `/v1/runs/${id}/cancel`);
    await reached(node, id, 'cancelled');
    expect(await signal(id, { key }, second)).toEqual(first);
    expect(await signal(id, { key, body: { name: 'answer', data: 'late' } })).toMatchObject(MISMATCH);
  });

  test('of one tenant is nothing to another', async () => {
    await node.flow.publish('other', flowText('asks', FLOWS['asks']));
    const key = newKey();
    await signal(await waitingRun(), { key });
    const theirs = await start(node, 'asks', {}, { tenant: 'other' });
    expect((await signal(theirs, { key, tenant: 'other' })).status).toBe(202);
  });
});

describe('a verb under a key', () => {
  test('that its own first sending made impossible is answered as before', async () => {
    const [id, key] = [await start(node, 'fails'), newKey()];
    await reached(node, id, 'failed');
    const retry = (at: TestNode, body: object = {}): Promise<Reply> => at.call('POST', `/v1/runs/${id}/retry`, { key, body });
    const first = await retry(node);
    expect(first.status).toBe(202);
    // It fails again at once: nothing is written after that.
    await until('the retry is decided', async () => (await house.sql(`select from flow.inbox where key = $1 and state = 'open'`, [id])).length === 0);
    await house.sql(`update flow.run set status = 'completed' where id = $1`, [id]);
    expect(await retry(second)).toEqual(first);
    expect(await retry(second, { effects: 'again' })).toMatchObject(MISMATCH);
    expect(await node.call('POST', `/v1/runs/${id}/retry`, { key: newKey(), body: {} })).toMatchObject({ status: 409, body: { code: 'run.state' } });
  });

  test('a fork is one run with one answer, however the original has gone on', async () => {
    const [id, key] = [await waitingRun(), newKey()];
    const fork = (at: TestNode, body: object = { atSeq: 2 }): Promise<Reply> => at.call('POST', `/v1/runs/${id}/fork`, { key, body });
    expect((await fork(node, { atSeq: 2, preview: true })).body['id']).toBeUndefined();
    const together = await Promise.all([fork(node), fork(second), fork(node)]);
    await signal(id, {});
    const again = await fork(second);
    expect(new Set([...together, again].map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect([together.filter(({ status }) => status === 201).length, again.status]).toEqual([1, 200]);
    expect(await fork(node, { atSeq: 3 })).toMatchObject(MISMATCH);
    const forks = await house.sql<{ n: number }>('select count(*)::int as n from flow.inbox where kind = $1 and key = $2', ['fork', again.body['id']]);
    expect(forks).toEqual([{ n: 1 }]);
  });

  test('a bulk is answered with what it found the first time, and asks each run once', async () => {
    const [ids, key] = [[await waitingRun(), await waitingRun(), await waitingRun()], newKey()];
    const bulk = (at: TestNode, body: object): Promise<Reply> => at.call('POST', '/v1/runs/bulk', { key, body });
    const pause = { verb: 'pause', filter: { ids, status: 'waiting' } };
    expect(await bulk(node, pause)).toMatchObject({ status: 202, body: { matched: 3, accepted: 3 } });
    for (const id of ids) await reached(node, id, 'paused');
    expect(await bulk(second, pause)).toMatchObject({ status: 202, body: { matched: 3, accepted: 3 } });
    for (const other of [
      { ...pause, verb: 'cancel' },
      { ...pause, filter: { ids } },
    ])
      expect(await bulk(second, other)).toMatchObject(MISMATCH);
    expect(await Promise.all(ids.map(commandsFor))).toEqual([[{}], [{}], [{}]]);
  });
});

describe('a start under a key', () => {
  test('and a signal under it at the same time: one of the two happens', async () => {
    for (let round = 0; round < 6; round++) {
      const [id, key] = [await waitingRun(), newKey()];
      const begun = node.call('POST', '/v1/runs', { key, body: { flow: 'test/add', input: { a: round, b: 0 } } });
      const [started, signalled] = await Promise.all([begun, signal(id, { key }, second)]);
      expect([started.status, signalled.status].toSorted()).toEqual(started.status === 201 ? [201, 422] : [202, 422]);
      expect(await commandsFor(id)).toHaveLength(signalled.status === 202 ? 1 : 0);
    }
  });

  test('through two processes at once with different inputs: one run, one refusal', async () => {
    const key = newKey();
    const begin = (at: TestNode, a: number): Promise<Reply> => at.call('POST', '/v1/runs', { key, body: { flow: 'test/add', input: { a, b: 0 } } });
    const answers = await Promise.all([begin(node, 1), begin(second, 2)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422]);
  });

  test('an item of a batch is the same whatever the order of its fields', async () => {
    const key = newKey();
    const begin = (input: object): Promise<Reply> => node.call('POST', '/v1/runs/batch', { body: { items: [{ flow: 'test/add', input, key }] } });
    const [first, again, other] = [await begin({ a: 1, b: 2 }), await begin({ b: 2, a: 1 }), await begin({ a: 1, b: 3 })];
    expect(again.body).toEqual(first.body);
    expect(other.body['items']).toMatchObject([{ problem: { code: 'idempotency.mismatch' } }]);
  });
});

test('the paths that a gateway may send again keep their key, and those of runs are among them', () => {
  const posts = node.flow.door.routes.filter(({ method }) => method === 'post');
  const isKeyed = (path: string): boolean => KEYED_PATHS.test(path.replace(/\{[a-z]+\}/g, 'x'));
  expect(posts.filter(({ path, idempotent }) => isKeyed(path) && idempotent !== true).map(({ path }) => path)).toEqual([]);
  for (const path of ['/v1/runs', '/v1/runs/{id}/signals', '/v1/runs/{id}/pause', '/v1/runs/bulk'])
    expect(posts.map((one) => one.path).filter(isKeyed)).toContain(path);
});
