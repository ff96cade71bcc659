// Acts on the world, and what people can do about them: classes, retries, doubt, fork. Beside each claim stand the remote's own books.
import { describe, expect, test } from 'vitest';
import { flowText, history, listenFor, openForFile, post, reached, start, until, VERIFY, type Installation, type Reply, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));
const doneAt = (line: string): number => house.outside.calls.filter((c) => c.line === line).length;
const acts = (path: string): number =>
  [...new Set(house.outside.calls.filter((c) => c.line === `POST /${path}`).map((c) => c.key))].reduce(
    (sum, key) => sum + (house.outside.done.get(key) ?? 0),
    0,
  );
const verb = (id: string, name: string, body: unknown = {}, options = {}): Promise<Reply> => node.call('POST', `/v1/runs/${id}/${name}`, { body, ...options });
const seqOf = async (id: string, type: string, nth = 0): Promise<number> => (await history(node, id)).filter((e) => e.type === type)[nth]?.seq ?? -1;

const decided = (reply: Reply): Promise<Reply['body']> =>
  until('the command is decided', async () => {
    const { body } = await node.call('GET', `/v1/commands/${String(reply.body['id'])}`);
    return body['state'] === 'open' ? undefined : body;
  });

describe('classes of effects', () => {
  test('an idempotent call that got no answer is retried under the same key', async () => {
    await publish('retrying', [
      { go: { try: [post('idem', { effect: 'idempotent' })], catch: { retry: { delay: { milliseconds: 10 }, limit: { attempt: { count: 5 } } } } } },
    ]);
    house.outside.behave = (_line, nth) => (nth < 3 ? 'drop' : 200);
    const id = await start(node, 'retrying');
    await reached(node, id, 'completed');
    const calls = house.outside.calls.filter((c) => c.line === 'POST /idem');
    expect(calls.map((c) => c.attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map((c) => c.key)).size).toBe(1);
  });

  test('an act that our own server could not begin is begun later, and is no attempt', async () => {
    let readings = 0;
    const { EgressFailure } = await import('@palace/platform/egress/port.ts');
    const other = await house.open({
      egress: (real) => ({
        ...real,
        request: (asked) =>
          ++readings <= 2 ? Promise.reject(new EgressFailure('unready', 'not-sent', 'The egress rules cannot be read.')) : real.request(asked),
      }),
    });
    await node.close();
    try {
      await other.flow.publish('acme', flowText('unready', [post('unready', { effect: 'unique', deadline: 'PT1S' })]));
      const id = await start(other, 'unready');
      await reached(other, id, 'completed');
      expect(readings).toBe(3);
      expect(house.outside.calls.filter((c) => c.line === 'POST /unready').map((c) => c.attempt)).toEqual([1]);
      expect((await history(other, id)).filter((e) => e.type === 'effect.failed')).toEqual([]);
    } finally {
      await other.close();
      node = await house.open();
    }
  });

  test('a unique act whose answer was lost is verified and not repeated', async () => {
    await publish('verifying', [post('charge-v', { effect: 'unique', deadline: 'PT1S', verify: VERIFY })]);
    house.outside.behave = (line) => (line === 'POST /charge-v' ? 'drop' : 200);
    const id = await start(node, 'verifying');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ verified: true });
    expect(acts('charge-v')).toBe(1);
    expect((await history(node, id)).find((e) => e.type === 'effect.completed')?.data['how']).toBe('verified');
  });

  test('verification that says it is absent, finally, permits one more act', async () => {
    await publish('absent', [post('charge-a', { effect: 'unique', deadline: 'PT0.3S', verify: VERIFY })]);
    house.outside.behave = (line, nth) => (line === 'POST /charge-a' && nth === 1 ? 'lost' : 200);
    const id = await start(node, 'absent');
    await reached(node, id, 'completed');
    expect(acts('charge-a')).toBe(1);
    expect(doneAt('POST /charge-a')).toBe(2);
  });

  test('a remote that is away while it is asked is asked again before a person is', async () => {
    const away = { ...VERIFY, with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/flaky?" + $effect.key }' } };
    await publish('flaky-verify', [post('charge-f', { effect: 'unique', deadline: 'PT0.2S', verify: away })]);
    house.outside.behave = (line, nth) => (line === 'POST /charge-f' ? 'drop' : line.startsWith('GET /flaky') && nth < 3 ? 'lost' : 200);
    const id = await start(node, 'flaky-verify');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ verified: true });
    expect(acts('charge-f')).toBe(1);
  });

  test('an error of the remote that is asked is no proof that the act did not happen', async () => {
    const asked = { ...VERIFY, with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/flaky?" + $effect.key }' } };
    await publish('broken-verify', [post('charge-b', { effect: 'unique', deadline: 'PT0.2S', verify: asked })]);
    house.outside.behave = (line, nth) => (line === 'POST /charge-b' ? 'drop' : line.startsWith('GET /flaky') && nth < 3 ? 503 : 200);
    const id = await start(node, 'broken-verify');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ verified: true });
    house.outside.behave = (line) => (line === 'POST /charge-b' ? 'drop' : line.startsWith('GET /flaky') ? 401 : 200);
    expect(await reached(node, await start(node, 'broken-verify'), 'waiting')).toMatchObject({ waitingFor: [{ kind: 'in-doubt' }] });
    expect(acts('charge-b')).toBe(2);
  });

  test('a unique act that nobody can verify is in doubt until a person says what happened', async () => {
    await publish('doubtful', [post('charge-d', { effect: 'unique', deadline: 'PT1S' }), { after: { set: { got: '${ . }' } } }]);
    house.outside.behave = (line) => (line === 'POST /charge-d' ? 'drop' : 200);
    const done = await start(node, 'doubtful');
    const run = await reached(node, done, 'waiting');
    expect(run).toMatchObject({ waitingFor: [{ kind: 'in-doubt', step: '/do/0/charge-d' }] });
    const key = house.outside.calls.at(-1)?.key ?? '';
    expect(await decided(await node.call('POST', `/v1/runs/${done}/effects/${key}`, { body: { outcome: 'done', result: { receipt: 7 } } }))).toMatchObject({
      state: 'done',
    });
    expect((await reached(node, done, 'completed'))['output']).toEqual({ got: { receipt: 7 } });
    expect(acts('charge-d')).toBe(1);
    const absent = await start(node, 'doubtful');
    await reached(node, absent, 'waiting');
    house.outside.behave = () => 200;
    const second = house.outside.calls.at(-1)?.key ?? '';
    await node.call('POST', `/v1/runs/${absent}/effects/${second}`, { body: { outcome: 'absent' } });
    await reached(node, absent, 'completed');
    expect(house.outside.calls.filter((c) => c.key === second).length).toBe(2);
  });

  test('a call for which the server has no executor, or no permission to dial, fails with the cause', async () => {
    await publish('refused', [{ dial: { call: 'http', with: { method: 'get', endpoint: 'http://127.0.0.1:1/' } } }]);
    const run = await reached(node, await start(node, 'refused'), 'failed');
    expect(JSON.stringify(run['failure'])).toContain('palace egress allow');
  });
});

describe('control', () => {
  test('a paused run begins nothing new; resumed it goes on', async () => {
    await publish('pausable', [{ nap: { wait: { milliseconds: 150 } } }, post('after-pause')]);
    const id = await start(node, 'pausable');
    await decided(await verb(id, 'pause', { reason: 'look first' }));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await node.call('GET', `/v1/runs/${id}`)).body).toMatchObject({ status: 'paused' });
    expect(doneAt('POST /after-pause')).toBe(0);
    await verb(id, 'resume');
    await reached(node, id, 'completed');
    expect(doneAt('POST /after-pause')).toBe(1);
  });

  test('a cancelled run ends at once, also in the middle of a call, and stays so', async () => {
    await publish('hanging', [post('hang', { effect: 'idempotent' })]);
    house.outside.behave = () => 'hang';
    const id = await start(node, 'hanging');
    await until('the call is under way', async () => doneAt('POST /hang') === 1);
    await verb(id, 'cancel', { reason: 'enough' });
    await reached(node, id, 'cancelled');
    expect(await decided(await verb(id, 'resume'))).toMatchObject({ state: 'unused' });
    expect(node.flow.engine.load().effects).toBe(0);
  });

  test('a failed run is retried from its failed step; what succeeded is not done again', async () => {
    await publish('retriable', [post('first', { effect: 'unique' }), post('second')]);
    house.outside.behave = (line, nth) => (line === 'POST /second' && nth === 1 ? 400 : 200);
    const id = await start(node, 'retriable');
    await reached(node, id, 'failed');
    await verb(id, 'retry');
    await reached(node, id, 'completed');
    expect([acts('first'), doneAt('POST /second')]).toEqual([1, 2]);
  });

  test('a run taken back to a step gets confirmed unique acts from the ledger, or performs them again when told to', async () => {
    await publish('back', [post('b-one', { effect: 'unique' }), post('b-two', { effect: 'unique' }), post('b-three')]);
    const id = await start(node, 'back');
    await reached(node, id, 'completed');
    await decided(await verb(id, 'retry', { step: '/do/0/b-one' }));
    await until('it has ended again', async () => (await history(node, id)).filter((e) => e.type === 'run.completed').length === 2);
    expect([acts('b-one'), acts('b-two'), doneAt('POST /b-three')]).toEqual([1, 1, 2]);
    expect(await verb(id, 'retry', { step: '/do/1/b-two', effects: 'again' }, { permissions: ['run.control'] })).toMatchObject({ status: 403 });
    await verb(id, 'retry', { step: '/do/1/b-two', effects: 'again' });
    await until('it has ended once more', async () => (await history(node, id)).filter((e) => e.type === 'run.completed').length === 3);
    expect([acts('b-one'), acts('b-two')]).toEqual([1, 2]);
    expect(await decided(await verb(id, 'retry', { step: '/do/9/none' }))).toMatchObject({ state: 'refused' });
  });

  test('the context can be replaced while the run waits', async () => {
    await publish('contextual', [listenFor('hold', 'agentspalace.signal.go'), { say: { set: { context: '${ $context }' } } }]);
    const id = await start(node, 'contextual');
    await decided(await node.call('PUT', `/v1/runs/${id}/context`, { body: { context: { edited: true } } }));
    await verb(id, 'signals', { name: 'go' });
    expect((await reached(node, id, 'completed'))['output']).toEqual({ context: { edited: true } });
  });

  test('a verb in bulk reaches what the filter finds, and a dry run nothing', async () => {
    await publish('many', [listenFor('hold', 'agentspalace.signal.go')]);
    const ids = await Promise.all(Array.from({ length: 5 }, () => start(node, 'many')));
    for (const id of ids) await reached(node, id, 'waiting');
    const body = { verb: 'cancel', filter: { flow: 'test/many', status: 'waiting' } };
    expect(await node.call('POST', '/v1/runs/bulk', { body: { ...body, dryRun: true } })).toMatchObject({ body: { matched: 5, accepted: 0 } });
    expect(await node.call('POST', '/v1/runs/bulk', { body })).toMatchObject({ body: { matched: 5, accepted: 5 } });
    for (const id of ids) await reached(node, id, 'cancelled');
    expect((await node.call('POST', '/v1/runs/bulk', { body: { verb: 'cancel', filter: {} } })).status).toBe(400);
  });
});

describe('forks', () => {
  const STEPS = [
    { begin: { set: { amount: '${ .amount // 1 }' } } },
    post('f-charge', { effect: 'unique' }),
    { check: { if: '$context.fail == true', raise: { error: { type: 'https://example.com/no', status: 400 } } } },
    post('f-notify'),
  ];
  const original = async (): Promise<string> => {
    await publish('forkable', STEPS);
    const id = await start(node, 'forkable', { amount: 5 });
    await reached(node, id, 'completed');
    return id;
  };
  const forkOf = async (id: string, body: Record<string, unknown>, options = {}): Promise<string> => String((await verb(id, 'fork', body, options)).body['id']);

  test('a preview says which effects would come again and writes nothing', async () => {
    const id = await original();
    const atSeq = await seqOf(id, 'run.started');
    const before = await house.sql('select count(*)::int as n from flow.run');
    const { status, body } = await verb(id, 'fork', { atSeq, preview: true });
    expect(status).toBe(200);
    expect(body['repeats']).toMatchObject([
      { step: '/do/1/f-charge', class: 'unique', answeredFromLedger: true },
      { step: '/do/3/f-notify', answeredFromLedger: false },
    ]);
    expect(await house.sql('select count(*)::int as n from flow.run')).toEqual(before);
  });

  test('keep: the confirmed unique act is answered from the original’s ledger, the rest happens', async () => {
    const id = await original();
    const [charged, told] = [acts('f-charge'), doneAt('POST /f-notify')];
    const fork = await forkOf(id, { atSeq: await seqOf(id, 'run.started') });
    expect(await reached(node, fork, 'completed')).toMatchObject({ forkOf: id });
    expect([acts('f-charge') - charged, doneAt('POST /f-notify') - told]).toEqual([0, 1]);
  });

  test('again: it is performed anew, under a key of its own, and only with the permission', async () => {
    const id = await original();
    const charged = acts('f-charge');
    const atSeq = await seqOf(id, 'run.started');
    expect(await verb(id, 'fork', { atSeq, effects: 'again' }, { permissions: ['run.control'] })).toMatchObject({ status: 403 });
    await reached(node, await forkOf(id, { atSeq, effects: 'again' }), 'completed');
    expect(acts('f-charge') - charged).toBe(1);
  });

  test('dry: nothing happens outside', async () => {
    const id = await original();
    const before = house.outside.calls.length;
    await reached(node, await forkOf(id, { atSeq: await seqOf(id, 'run.started'), effects: 'dry' }), 'completed');
    expect(house.outside.calls.length).toBe(before);
  });

  test('edits of the input reach the step about to run; those of the context all later steps', async () => {
    await publish('edited', [{ one: { set: { n: '${ .n + 1 }' } } }, { two: { set: { n: '${ .n * 10 }', c: '${ $context.c }' } } }]);
    const id = await start(node, 'edited', { n: 1 });
    await reached(node, id, 'completed');
    const early = await forkOf(id, { atSeq: 1, input: { n: 5 } });
    const late = await forkOf(id, { atSeq: await seqOf(id, 'step.completed'), input: { n: 7 }, context: { c: 'edited' } });
    expect((await reached(node, early, 'completed'))['output']).toMatchObject({ n: 60 });
    expect((await reached(node, late, 'completed'))['output']).toEqual({ n: 70, c: 'edited' });
  });

  test('an end cannot be forked, nor an event that there is not', async () => {
    const id = await original();
    const last = (await history(node, id)).length;
    for (const atSeq of [last, last + 1]) expect(await verb(id, 'fork', { atSeq })).toMatchObject({ status: atSeq === last ? 409 : 400 });
  });

  test('the same fork with the same key is one fork', async () => {
    const id = await original();
    const atSeq = await seqOf(id, 'run.started');
    const [a, b] = await Promise.all([forkOf(id, { atSeq }, { key: 'fork-1' }), forkOf(id, { atSeq }, { key: 'fork-1' })]);
    expect(a).toBe(b);
    await reached(node, a, 'completed');
  });

  test('a fork of a fork, and a retry of a fork, still know what the first run did', async () => {
    const id = await original();
    const charged = acts('f-charge');
    const atSeq = await seqOf(id, 'run.started');
    const first = await forkOf(id, { atSeq, context: { fail: true } });
    await reached(node, first, 'failed');
    const second = await forkOf(first, { atSeq: 1, context: { fail: true } });
    await reached(node, second, 'failed');
    await verb(second, 'retry', { step: '/do/0/begin' });
    await until('it has failed again', async () => (await history(node, second)).filter((e) => e.type === 'run.failed').length === 2);
    const third = await forkOf(second, { atSeq: 1, context: {} });
    await reached(node, third, 'completed');
    expect(acts('f-charge') - charged).toBe(0);
  });
});
