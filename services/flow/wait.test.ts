// What a client gets that waits for a run: soon where only an answer from outside moves it, the end where it moves by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, listenFor, openInstallation, post, reached, start, until, type Installation, type Reply, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;
let second: TestNode;

const ASK = listenFor('ask', 'agentspalace.signal.approve');
const nap = (ms: number): unknown => ({ [`nap-${ms}`]: { wait: { milliseconds: ms } } });
const done = { out: { set: { done: true } } };
const runFlow = (name: string): unknown => ({ [`run-${name}`]: { run: { workflow: { namespace: 'test', name, version: '1.0.0' } } } });
const slow = (name: string): unknown => ({ [name]: { call: 'slow:1.0.0@default', metadata: { palace: { effect: 'idempotent' } } } });

const FLOWS: Record<string, unknown> = {
  asks: [{ ask: { listen: { to: { one: { with: { type: 'agentspalace.signal.approve' } } } }, timeout: { after: { seconds: 90 } } } }, done],
  naps: [nap(700), done],
  works: [slow('one'), nap(300), slow('two'), done],
  'asks-beside': [{ both: { fork: { branches: [ASK, nap(700)] } } }, done],
  tries: [{ safe: { try: [post('flaky')], catch: { retry: { delay: { milliseconds: 500 }, limit: { attempt: { count: 3 } } } } } }, done],
  doubts: [post('blind', { effect: 'unique', deadline: 'PT1S' }), done],
  'asks-below': [runFlow('asks')],
  'naps-below': [runFlow('naps')],
  hears: [listenFor('hear', 'test.before'), done],
  twice: [listenFor('first', 'agentspalace.signal.one'), listenFor('second', 'agentspalace.signal.two'), done],
};

beforeAll(async () => {
  house = await openInstallation();
  const executors = { 'slow:1.0.0@default': async () => (await sleep(400), { ok: true as const, result: null }) };
  [node, second] = [await house.open({ executors }), await house.open({ executors })];
  for (const [name, steps] of Object.entries(FLOWS)) await node.flow.publish('acme', flowText(name, steps));
  await node.flow.publish('acme', flowText('limited', [done], { palace: { concurrency: { limit: 1, key: '.customer' } } }));
  await node.flow.publish('acme', flowText('single', [ASK], { palace: { concurrency: { limit: 1 } } }));
});
afterAll(() => house.close());

async function timed(ask: () => Promise<Reply>): Promise<Reply & { tookMs: number }> {
  const began = performance.now();
  return { ...(await ask()), tookMs: performance.now() - began };
}

const startAndWait = (flow: string, wait = '20s', input = {}, at = node) =>
  timed(() => at.call('POST', '/v1/runs', { body: { flow: `test/${flow}`, input, wait } }));

describe('a start that waits is answered at once', () => {
  test('when the run asks for a signal, with its name and until when', async () => {
    const { status, body, tookMs } = await startAndWait('asks');
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'waiting', waitingFor: [{ kind: 'signal', name: 'approve' }] } });
    const [asked] = body['waitingFor'] as unknown as { until: string; command: string }[];
    expect(Date.parse(asked!.until) - Date.now()).toBeGreaterThan(60_000);
    expect(asked!.command).toBe(`palace signal ${String(body['id'])} approve`);
    expect(tookMs).toBeLessThan(1_500);
  });

  test('when an act is in doubt', async () => {
    house.outside.behave = (line) => (line === 'POST /blind' ? 'drop' : 200);
    const { body, tookMs } = await startAndWait('doubts');
    expect(body).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'in-doubt' }] });
    expect(tookMs).toBeLessThan(5_000);
  });

  test('when a sub-flow asks', async () => {
    const { body, tookMs } = await startAndWait('asks-below');
    expect(body).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'run' }] });
    expect(tookMs).toBeLessThan(2_000);
  });

  test('when somebody pauses the run meanwhile', async () => {
    const waiting = startAndWait('naps', '20s', { paused: true });
    const id = await until(
      'it has begun',
      async () => (await house.sql<{ id: string }>(`select id from flow.run where status = 'waiting' and flow = 'test/naps'`))[0]?.id,
    );
    await node.call('POST', `/v1/runs/${id}/pause`);
    expect((await waiting).body).toMatchObject({ status: 'paused', waitingFor: [{ kind: 'paused' }, {}] });
    await node.call('POST', `/v1/runs/${id}/resume`);
  });

  test('when the run lives in another process', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => startAndWait('limited', '20s', { customer: `c${n}` }, n % 2 === 0 ? node : second)));
    expect(answers.map(({ body }) => body['status'])).toEqual(Array<string>(8).fill('completed'));
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(1_900);
  });
});

describe('a start that waits is held', () => {
  test('while the run sleeps on a timer', async () => {
    expect((await startAndWait('naps')).body).toMatchObject({ status: 'completed', output: { done: true } });
  });

  test('while it calls out, sleeps and calls out again', async () => {
    const { body, tookMs } = await startAndWait('works');
    expect(body).toMatchObject({ status: 'completed' });
    expect(tookMs).toBeGreaterThan(1_000);
  });

  test('while a branch sleeps beside one that asks', async () => {
    const { body, tookMs } = await startAndWait('asks-beside');
    expect(tookMs).toBeGreaterThan(650);
    expect(body).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'signal' }] });
  });

  test('while it tries again', async () => {
    house.outside.behave = (line, nth) => (line === 'POST /flaky' && nth === 1 ? 503 : 200);
    expect((await startAndWait('tries')).body).toMatchObject({ status: 'completed' });
  });

  test('while a sub-flow sleeps', async () => {
    expect((await startAndWait('naps-below')).body).toMatchObject({ status: 'completed' });
  });

  test('while a listen looks back at what was published before', async () => {
    const event = { specversion: '1.0', id: 'b1', source: 'https://outside.invalid/', type: 'test.before' };
    await node.call('POST', '/v1/events', { body: event });
    await until('it is kept', async () => (await house.sql('select 1 from flow.event where id = $1 and matched', ['b1'])).length === 1);
    expect((await startAndWait('hears')).body).toMatchObject({ status: 'completed' });
  });

  test('to its limit and no longer', async () => {
    const { body, tookMs } = await startAndWait('works', '300ms');
    expect(body).toMatchObject({ status: 'running' });
    expect(tookMs).toBeLessThan(1_000);
  });

  test('while it waits for its place, and then says so', async () => {
    const first = await start(node, 'single');
    await reached(node, first, 'waiting');
    const { status, body, tookMs } = await startAndWait('single', '700ms');
    const place = { kind: 'place', name: 'test/single', text: 'Waits for its place among the runs of test/single: at most 1 at a time.' };
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'pending', input: {}, waitingFor: [place] } });
    expect(tookMs).toBeGreaterThan(690);
    await node.call('POST', `/v1/runs/${first}/cancel`);
    await reached(node, String(body['id']), 'waiting');
  });
});

describe('whoever asks again', () => {
  test('with the same key and another wait asks for the same run', async () => {
    const ask = (wait: object) => node.call('POST', '/v1/runs', { key: 'patient', body: { flow: 'test/naps', input: {}, ...wait } });
    const first = await ask({});
    expect(await ask({ wait: '10s' })).toMatchObject({ status: 200, body: { id: first.body['id'], status: 'completed' } });
  });

  test('for a run is held until it has ended, whatever it waits for', async () => {
    const id = await start(node, 'twice');
    await reached(node, id, 'waiting');
    const short = await timed(() => second.call('GET', `/v1/runs/${id}?wait=600ms`));
    expect([short.body['status'], short.tookMs > 590]).toEqual(['waiting', true]);
    const waiting = [node, second].map((at) => timed(() => at.call('GET', `/v1/runs/${id}?wait=20s`)));
    for (const name of ['one', 'two']) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name } });
    for (const { body, tookMs } of await Promise.all(waiting)) {
      expect(body).toMatchObject({ status: 'completed' });
      expect(tookMs).toBeLessThan(3_000);
    }
  });
});
