// Runs that live long: they go on far beyond the limit on a history, in segments; what was before stays within reach; the version may follow.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { flowText, history, listenFor, openInstallation, post, reached, start, until, type Installation, type Reply, type TestNode } from './testing.ts';

const LIMIT = 100;

let house: Installation;
let node: TestNode;
const open = () => house.open({ config: { flow: { historyEvents: LIMIT, eventsPerSnapshot: 30 } } });

beforeAll(async () => {
  house = await openInstallation();
  node = await open();
});
afterAll(() => house.close());

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));
const restart = async (): Promise<void> => {
  await node.close();
  node = await open();
};

/** Hears of `go` for ever; the output of a lap is what it heard, and the word of the version. */
const session = (said = 'one', name = 'hear'): unknown[] => [
  { first: { set: { begun: true } } },
  listenFor(name, 'agentspalace.signal.go'),
  { again: { switch: [{ end: { when: '.[0] == "end"', then: 'last' } }, { more: { then: 'lap' } }] } },
  { lap: { set: { said, heard: '${ .[0] }' }, export: { as: '.' }, then: name } },
  { last: { set: { said } } },
];

interface Reach {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly segment: number;
}
const look = async (id: string): Promise<Reply['body'] & { readonly reach: Reach }> => {
  const { body } = await node.call('GET', `/v1/runs/${id}`);
  return { ...body, reach: body['history'] as unknown as Reach } as Reply['body'] & { reach: Reach };
};
const signal = (id: string, data: Json) => node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data } });
/** Sends signals, some of them at once, until the run is in that segment. */
async function liveOn(id: string, segment: number): Promise<Reach> {
  for (let n = 0; n < 500; n += 5) {
    await Promise.all([0, 1, 2, 3, 4].map((i) => signal(id, { n: n + i })));
    const { reach } = await look(id);
    if (reach.segment >= segment) return reach;
  }
  return expect.fail(`${id} does not come to segment ${segment}`);
}
const settled = (id: string, commandId: unknown) =>
  until(`the command for ${id} is decided`, async () => {
    const { body } = await node.call('GET', `/v1/commands/${String(commandId)}`);
    return body['state'] === 'open' ? undefined : body;
  });
const segmentsOf = (id: string) =>
  house.sql<{ number: number; first_seq: number; last_seq: number; version: string }>(
    'select number, first_seq, last_seq, version from flow.segment where run = $1 order by number',
    [id],
  );

describe('a run that listens for ever', () => {
  let id: string;
  beforeAll(async () => {
    await publish('session', session());
    id = await start(node, 'session');
    await reached(node, id, 'waiting');
    await liveOn(id, 10);
    await restart();
    await liveOn(id, 24);
  });

  test('lives through more than ten times the limit and a restart, and its page says how far its history reaches', async () => {
    const { reach, ...run } = await look(id);
    expect(run).toMatchObject({ status: 'waiting', lastSeq: reach.lastSeq, context: { said: 'one' }, waitingFor: [{ kind: 'signal', name: 'go' }] });
    expect(reach.firstSeq).toBe(1);
    expect(reach.lastSeq).toBeGreaterThan(10 * LIMIT);
    const closed = await segmentsOf(id);
    expect(closed.map((one) => one.number)).toEqual(closed.map((_, i) => i + 1));
    for (const [i, one] of closed.entries()) expect(one.first_seq).toBe(i === 0 ? 1 : (closed[i - 1]?.last_seq ?? 0) + 1);
    expect(await house.sql('select segment, segment_seq, first_seq from flow.run where id = $1', [id])).toEqual([
      { segment: reach.segment, segment_seq: (closed.at(-1)?.last_seq ?? 0) + 1, first_seq: 1 },
    ]);
  });

  test('has one history without a gap, in pages and as a stream that resumes', async () => {
    const whole = await history(node, id);
    expect(whole.map((e) => e.seq)).toEqual(whole.map((_, i) => i + 1));
    expect(whole.length).toBe((await look(id)).reach.lastSeq);
    const opened = whole.filter((e) => e.type === 'segment.opened');
    expect(opened.map((e) => [e.data['segment'], e.data['version'], e.data['state']])).toEqual(opened.map((_, i) => [i + 2, '1.0.0', undefined]));
    expect((await segmentsOf(id)).map((one) => one.last_seq + 1)).toEqual(opened.map((e) => e.seq));
    const from = (opened[3]?.seq ?? 0) - 4;
    const { events } = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true, lastEventId: String(from) });
    const heard: number[] = [];
    for await (const event of events ?? []) {
      heard.push(Number(event.id));
      if (heard.length === 2 * LIMIT) break;
    }
    expect(heard).toEqual(heard.map((_, i) => from + 1 + i));
    const step = (pointer: string) => whole.filter((e) => e.type === 'step.entered' && e.step === pointer).length;
    expect(step('/do/1/hear')).toBe(step('/do/3/lap') + 1);
  });

  test('is forked from an event of a segment that is long closed', async () => {
    const [, , third] = await segmentsOf(id);
    const fork = await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: third?.first_seq } });
    expect(fork.status).toBe(201);
    const forked = String(fork.body['id']);
    const run = await reached(node, forked, 'waiting');
    expect(run).toMatchObject({ forkOf: id, version: '1.0.0', history: { firstSeq: 1, segment: 1 } });
    const heard = (await history(node, id)).findLast((e) => e.type === 'listen.received' && e.seq < (third?.first_seq ?? 0));
    expect(run['context']).toEqual({ said: 'one', heard: (heard?.data['event'] as { data: Json } | undefined)?.data });
    await signal(forked, 'end');
    expect((await reached(node, forked, 'completed'))['output']).toEqual({ said: 'one' });
  });

  test('is taken back to a step that it entered in its first segment', async () => {
    const { reach } = await look(id);
    const retry = await node.call('POST', `/v1/runs/${id}/retry`, { body: { step: '/do/0/first' } });
    expect(await settled(id, retry.body['id'])).toMatchObject({ state: 'done' });
    const { items } = (await node.call('GET', `/v1/runs/${id}/events?after=${reach.lastSeq}`)).body as unknown as { items: { type: string; step?: string }[] };
    expect(items.filter((e) => e.type === 'step.entered').map((e) => e.step)).toEqual(['/do/0/first', '/do/1/hear']);
    expect((await look(id))['context']).toEqual({});
    await liveOn(id, reach.segment + 2);
  });

  test('says what is not kept any more, to a fork and to a retry', async () => {
    const third = (await segmentsOf(id))[2];
    await house.sql('update flow.run set first_seq = $2 where id = $1', [id, third?.first_seq]);
    await house.sql('delete from flow.journal where run = $1 and seq < $2', [id, third?.first_seq]);
    await house.sql('delete from flow.segment where run = $1 and first_seq < $2', [id, third?.first_seq]);
    expect((await look(id)).reach.firstSeq).toBe(third?.first_seq);
    expect(await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: (third?.first_seq ?? 0) - 1, preview: true } })).toMatchObject({
      status: 410,
      body: { code: 'run.history-gone', detail: `The history of this run is kept from event ${third?.first_seq} on.` },
    });
    expect((await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: third?.first_seq } })).status).toBe(201);
    const retry = await node.call('POST', `/v1/runs/${id}/retry`, { body: { step: '/do/4/last' } });
    expect(await settled(id, retry.body['id'])).toMatchObject({ state: 'refused', detail: 'the history that is kept has no entry into the step /do/4/last' });
    const { items } = (await node.call('GET', `/v1/runs/${id}/events?limit=1`)).body as unknown as { items: { seq: number }[] };
    expect(items[0]?.seq).toBe(third?.first_seq);
    await signal(id, 'end');
    await reached(node, id, 'completed');
  });
});

describe('what is carried into a segment', () => {
  test('a timer, a child and a state too large for a row go on after a restart', async () => {
    await publish('child', [listenFor('hold', 'agentspalace.signal.go'), { out: { set: { child: '${ .[0] }' } } }]);
    await publish('carrier', [
      { big: { set: { big: '${ .big }' }, export: { as: '.' } } },
      {
        all: {
          fork: {
            branches: [
              { nap: { wait: { seconds: 4 } } },
              { sub: { run: { workflow: { namespace: 'test', name: 'child', version: '1.0.0' } } } },
              { loop: { for: { each: 'n', in: '[range(20)]' }, do: [{ wink: { wait: { milliseconds: 20 } } }] } },
            ],
          },
        },
      },
      { done: { set: { child: '${ .[1].child }', kept: '${ $context.big | length }' } } },
    ]);
    const id = await start(node, 'carrier', { big: 'a'.repeat(100_000) });
    await until('it has opened segments', async () => (await look(id)).reach.segment > 2);
    await restart();
    const rows = await house.sql<{ blob: string | null }>(
      'select j.blob from flow.journal j join flow.segment s on s.run = j.run and s.last_seq + 1 = j.seq where j.run = $1',
      [id],
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const { blob } of rows) expect(blob).not.toBeNull();
    const [child] = await house.sql<{ id: string }>('select id from flow.run where parent = $1', [id]);
    await signal(child?.id ?? '', 7);
    expect((await reached(node, id, 'completed'))['output']).toEqual({ child: 7, kept: 100_000 });
    expect((await history(node, id)).filter((e) => e.type === 'segment.opened').length).toBeGreaterThan(1);
  });

  test('the attempts of a step that failed over several segments are all told', async () => {
    house.outside.behave = (line) => (line === 'POST /always-down' ? 503 : 200);
    await publish('unlucky', [{ safe: { try: [post('always-down')], catch: { retry: { delay: { milliseconds: 5 }, limit: { attempt: { count: 30 } } } } } }]);
    const id = await start(node, 'unlucky');
    const { failure, reach } = { ...(await reached(node, id, 'failed')), ...(await look(id)) } as unknown as {
      failure: { attempts: { attempt: number }[] };
      reach: Reach;
    };
    expect(reach.segment).toBeGreaterThan(2);
    expect(failure.attempts.map((one) => one.attempt)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  test('a preview of a fork lists acts of later segments, as far as it looks', async () => {
    await publish('payer', [
      post('pay', { effect: 'unique' }),
      { nap: { wait: { milliseconds: 10 } } },
      { count: { set: { n: '${ ($context.n // 0) + 1 }' }, export: { as: '.' } } },
      { more: { switch: [{ again: { when: '.n < 20', then: 'pay' } }] } },
    ]);
    const id = await start(node, 'payer');
    await reached(node, id, 'completed');
    const { body } = await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: 1, preview: true } });
    const { repeats, repeatsUpTo } = body as unknown as { repeats: { step: string; answeredFromLedger: boolean }[]; repeatsUpTo: number };
    expect(repeatsUpTo).toBe(1 + LIMIT);
    expect(repeats.length).toBeGreaterThan(5);
    expect(repeats.every((one) => one.step === '/do/0/pay' && one.answeredFromLedger)).toBe(true);
    const late = await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: (await look(id)).reach.lastSeq - 40, preview: true } });
    expect(late.body).not.toHaveProperty('repeatsUpTo');
  });
});

describe('the version that a run goes on with', () => {
  const upgrade = { palace: { upgrade: 'compatible' } };

  test('is the one it began with, unless its flow asks for newer ones', async () => {
    await publish('stays', session('one'));
    const id = await start(node, 'stays');
    await publish('stays', session('two'), { version: '1.1.0' });
    await liveOn(id, 4);
    expect(await look(id)).toMatchObject({ version: '1.0.0', context: { said: 'one' } });
  });

  test('becomes a compatible newer one with the next segment, and an incompatible one never', async () => {
    await publish('moves', session('one'), upgrade);
    const id = await start(node, 'moves');
    await liveOn(id, 3);
    await publish('moves', [...session('two'), { more: { do: [{ still: { set: { more: true } } }] } }], { ...upgrade, version: '1.1.0' });
    await liveOn(id, 5);
    expect(await look(id)).toMatchObject({ version: '1.1.0' });
    await restart();
    await publish('moves', session('three', 'hark'), { ...upgrade, version: '2.0.0' });
    await liveOn(id, 8);
    expect(await look(id)).toMatchObject({ version: '1.1.0', context: { said: 'two' } });
    const { body } = await node.call('GET', '/v1/runs?flow=test/moves');
    expect(body['items']).toMatchObject([{ id, version: '1.1.0' }]);
    const versions = (await segmentsOf(id)).map((one) => one.version);
    expect([...new Set(versions)]).toEqual(['1.0.0', '1.1.0']);

    // Every event is read with the program of its own segment: the step numbers of the versions differ.
    const whole = await history(node, id);
    expect(new Set(whole.filter((e) => e.type === 'step.entered').map((e) => e.step))).toEqual(
      new Set(['', '/do/0/first', '/do/1/hear', '/do/2/again', '/do/3/lap']),
    );
    await signal(id, 'end');
    expect((await reached(node, id, 'completed'))['output']).toEqual({ more: true });
  });

  test('in a fork from an earlier segment is the version of that segment; a step of then is entered again on the version of now', async () => {
    await publish('two-lives', session('one'), upgrade);
    const id = await start(node, 'two-lives');
    await liveOn(id, 2);
    await publish('two-lives', session('two'), { ...upgrade, version: '1.1.0' });
    const { lastSeq } = await liveOn(id, 4);
    const fork = await node.call('POST', `/v1/runs/${id}/fork`, { body: { atSeq: 10 } });
    const forked = String(fork.body['id']);
    expect(await reached(node, forked, 'waiting')).toMatchObject({ version: '1.0.0' });
    await signal(forked, { n: 1 });
    await until('it has heard', async () => ((await look(forked))['context'] as { said?: string } | undefined)?.said === 'one');
    const retry = await node.call('POST', `/v1/runs/${id}/retry`, { body: { step: '/do/0/first' } });
    expect(await settled(id, retry.body['id'])).toMatchObject({ state: 'done' });
    expect((await look(id)).reach.lastSeq).toBeGreaterThan(lastSeq);
    await signal(id, 'end');
    expect(await reached(node, id, 'completed')).toMatchObject({ version: '1.1.0', output: { said: 'two' } });
  });
});

test('a run without a rest still ends at the limit, and the log says so in time', async () => {
  await publish('restless', [{ a: { set: { n: 1 }, then: 'a' } }]);
  const run = await reached(node, await start(node, 'restless'), 'failed');
  expect(JSON.stringify(run['error'])).toContain('PALACE_FLOW_HISTORY_EVENTS');
  expect(house.outside.log.filter((line) => line.includes('three quarters of its history'))).not.toEqual([]);
  expect(house.outside.log.filter((line) => line.includes('three quarters') && !line.includes('test/restless'))).toEqual([]);
});
