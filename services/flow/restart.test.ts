// What remains when a process ends: another takes the shards and everything goes on; what is damaged is set aside alone.
import { describe, expect, test } from 'vitest';
import type { Executor } from './executors/executor.ts';
import { flowText, history, listenFor, openForFile, post, reached, start, until, VERIFY, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));

const publish = (name: string, steps: unknown, more = {}) => node.flow.publish('acme', flowText(name, steps, more));
const restart = async (options = {}): Promise<void> => {
  await node.close();
  node = await house.open(options);
};
const requests = (line: string): number => house.outside.calls.filter((c) => c.line === line).length;

describe('restart', () => {
  test('waits, timers, listens, sub-flows, pauses and limits go on in the next process', async () => {
    await publish('r-signal', [listenFor('hold', 'agentspalace.signal.go'), { out: { set: { heard: '${ .[0] }' } } }]);
    await publish('r-timer', [{ nap: { wait: { milliseconds: 700 } } }]);
    await publish('r-event', [listenFor('hear', 'test.restart')]);
    await publish('r-parent', [{ sub: { run: { workflow: { namespace: 'test', name: 'r-signal', version: '1.0.0' } } } }]);
    await publish('r-limited', [listenFor('hold', 'agentspalace.signal.go')], { palace: { concurrency: { limit: 1 } } });
    const [signal, timer, event, parent, paused, first, second] = await Promise.all(
      ['r-signal', 'r-timer', 'r-event', 'r-parent', 'r-signal', 'r-limited', 'r-limited'].map((flow) => start(node, flow)),
    );
    if (
      signal === undefined ||
      timer === undefined ||
      event === undefined ||
      parent === undefined ||
      paused === undefined ||
      first === undefined ||
      second === undefined
    )
      throw new Error('starts');
    const child = await until(
      'the child is there',
      async () => (await house.sql<{ id: string }>('select id from flow.run where parent = $1', [parent]))[0]?.id,
    );
    for (const id of [signal, event, paused, child]) await reached(node, id, 'waiting');
    await reached(node, first, 'waiting', 'pending');
    const [holds, waits] = (await reached(node, second, 'waiting', 'pending'))['status'] === 'pending' ? [first, second] : [second, first];
    await reached(node, holds, 'waiting');
    await node.call('POST', `/v1/runs/${paused}/pause`);
    await reached(node, paused, 'paused');
    await restart();
    expect((await node.call('GET', `/v1/runs/${paused}`)).body['status']).toBe('paused');
    await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: 'r1', source: 'https://o.invalid/', type: 'test.restart', data: 1 } });
    for (const id of [signal, child, holds]) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data: 'x' } });
    for (const id of [signal, timer, event, parent, holds]) await reached(node, id, 'completed');
    await reached(node, waits, 'waiting');
    await node.call('POST', `/v1/runs/${waits}/signals`, { body: { name: 'go' } });
    await reached(node, waits, 'completed');
    for (const id of [signal, timer, event, parent])
      expect((await history(node, id)).map((e) => e.seq)).toEqual((await history(node, id)).map((_, i) => i + 1));
  });

  test('an idempotent call under way is performed again; a verifiable unique one is looked up; another is in doubt', async () => {
    await publish('c-idem', [post('c-idem', { effect: 'idempotent' })]);
    await publish('c-verify', [post('c-verify', { effect: 'unique', deadline: 'PT1S', verify: VERIFY })]);
    await publish('c-doubt', [post('c-doubt', { effect: 'unique', deadline: 'PT1S' })]);
    const acted = new Set<string>();
    // Each acts, and keeps its answer until the process is gone.
    house.outside.behave = (line, nth) => {
      if (!line.startsWith('POST') || nth > 1) return 200;
      acted.add(line);
      return 'hang';
    };
    const runs = await Promise.all(['c-idem', 'c-verify', 'c-doubt'].map((flow) => start(node, flow)));
    await until('all three are under way', async () => acted.size === 3);
    for (const call of house.outside.calls) if (call.line === 'POST /c-verify') house.outside.done.set(call.key, 1);
    await restart();
    await reached(node, runs[0] ?? '', 'completed');
    expect((await reached(node, runs[1] ?? '', 'completed'))['output']).toEqual({ verified: true });
    expect(await reached(node, runs[2] ?? '', 'waiting')).toMatchObject({ waitingFor: [{ kind: 'in-doubt' }] });
    expect([requests('POST /c-idem'), requests('POST /c-verify'), requests('POST /c-doubt')]).toEqual([2, 1, 1]);
  });

  test('unique acts whose intent is committed when the server drains are performed, not left in doubt', async () => {
    await publish('drained', [post('drained', { effect: 'unique', deadline: 'PT2S' })]);
    const ids = await Promise.all(Array.from({ length: 20 }, () => start(node, 'drained')));
    await restart();
    for (const id of ids) await reached(node, id, 'completed');
  });

  test('a run of many steps is read from its snapshot, and from its whole journal when a release cannot use the snapshot', async () => {
    await publish('long', [
      { loop: { for: { each: 'n', in: '[ range(120) ]' }, do: [{ step: { set: { n: '${ $n }' } } }] } },
      listenFor('hold', 'agentspalace.signal.go'),
    ]);
    const [kept, old] = [await start(node, 'long'), await start(node, 'long')];
    for (const id of [kept, old]) await reached(node, id, 'waiting');
    expect((await house.sql('select 1 from flow.snapshot where run = any($1)', [[kept, old]])).length).toBe(2);
    await house.sql(`update flow.snapshot set evolve = 'of another release', body = '{}' where run = $1`, [old]);
    await restart();
    for (const id of [kept, old]) {
      await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data: 'on' } });
      expect((await reached(node, id, 'completed'))['output']).toEqual(['on']);
    }
  });
});

describe('two processes', () => {
  test('each takes a part; signals and reads work through either; when one stops the other has all', async () => {
    await publish('either', [post('either'), listenFor('hold', 'agentspalace.signal.go')]);
    const second = await house.open();
    try {
      await until('the second has shards', async () => second.flow.node.owned().length > 10 && node.flow.node.owned().length < 60, 20_000);
      const ids = (await Promise.all(Array.from({ length: 20 }, (_, i) => start(i % 2 === 0 ? node : second, 'either')))).map((id, i) => ({
        id,
        other: i % 2 === 0 ? second : node,
      }));
      for (const { id, other } of ids) {
        await reached(other, id, 'waiting');
        await other.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
      }
      for (const { id, other } of ids) await reached(other, id, 'completed');
      const body = { flow: 'test/either', input: {} };
      const both = await Promise.all([node, second].map((n) => n.call('POST', '/v1/runs', { body, key: 'across' })));
      expect(both[0]?.body['id']).toBe(both[1]?.body['id']);
    } finally {
      await second.close();
    }
    await until('the first has all shards', async () => node.flow.node.owned().length === 64, 20_000);
  });
});

describe('what is damaged', () => {
  test('a corrupted journal row sets its run aside alone, over a restart; repaired it goes on', async () => {
    await publish('damaged', [listenFor('hold', 'agentspalace.signal.go')]);
    const ids = await Promise.all(Array.from({ length: 10 }, () => start(node, 'damaged')));
    for (const id of ids) await reached(node, id, 'waiting');
    const bad = ids[3] ?? '';
    const [kept] = await house.sql<{ body: string }>('select body from flow.journal where run = $1 and seq = 1', [bad]);
    await house.sql(`update flow.journal set body = '[{"type":"nonsense"}]' where run = $1 and seq = 1`, [bad]);
    await restart();
    for (const id of ids) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    // Until its owner has met the damage, whoever looks at the run does.
    await until('it is set aside', async () => (await house.sql('select 1 from flow.run where id = $1 and status = $2', [bad, 'quarantined'])).length === 1);
    for (const id of ids) await reached(node, id, id === bad ? 'quarantined' : 'completed');
    expect((await node.call('GET', `/v1/runs/${bad}`)).body).toMatchObject({ quarantine: { reason: expect.stringContaining('does not fold') as unknown } });
    await house.sql('update flow.journal set body = $2 where run = $1 and seq = 1', [bad, kept?.body]);
    await node.call('POST', `/v1/runs/${bad}/retry`);
    await reached(node, bad, 'waiting');
    await node.call('POST', `/v1/runs/${bad}/signals`, { body: { name: 'go' } });
    await reached(node, bad, 'completed');
  });

  test('a decision that throws sets its run aside alone', async () => {
    const { hash } = await publish('throws', [listenFor('hold', 'agentspalace.signal.go'), { on: { set: { on: true } } }]);
    await publish('sound', [listenFor('hold', 'agentspalace.signal.go'), { on: { set: { fine: true } } }]);
    const [bad, good] = [await start(node, 'throws'), await start(node, 'sound')];
    for (const id of [bad, good]) await reached(node, id, 'waiting');
    // The step after the listen is none that there is.
    await house.sql(`update flow.program set program = jsonb_set(program, '{steps,1,next}', '99') where hash = $1`, [hash]);
    await restart();
    for (const id of [bad, good]) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    await reached(node, good, 'completed');
    await reached(node, bad, 'quarantined');
    const start2 = await node.call('POST', '/v1/runs', { body: { flow: 'test/sound' } });
    expect(start2.status).toBe(201);
  });

  test('a flow whose compiled form cannot be read quarantines its runs and no others', async () => {
    const { hash } = await publish('unlinked', [listenFor('hold', 'agentspalace.signal.go')]);
    const [bad, good] = [await start(node, 'unlinked'), await start(node, 'sound')];
    for (const id of [bad, good]) await reached(node, id, 'waiting');
    await house.sql(`update flow.program set program = '{"format":1}' where hash = $1`, [hash]);
    await restart();
    for (const id of [bad, good]) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    await reached(node, good, 'completed');
    await reached(node, bad, 'quarantined');
  });

  test('a result with characters that PostgreSQL would refuse hurts neither its run nor its neighbours, in its journal and in its ledger', async () => {
    const odd: Executor = () => Promise.resolve({ ok: true, result: { text: 'a\u0000b\ud800c' } });
    await restart({ executors: { 'odd:1.0.0@default': odd } });
    await publish('odd', [
      { odd: { call: 'odd:1.0.0@default', with: {}, metadata: { palace: { effect: 'unique' } } } },
      listenFor('hold', 'agentspalace.signal.go'),
    ]);
    const ids = await Promise.all([start(node, 'odd'), start(node, 'sound'), start(node, 'odd')]);
    for (const id of ids) await reached(node, id, 'waiting');
    await restart();
    for (const id of ids) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data: 'x\u0000y' } });
    for (const id of ids) await reached(node, id, 'completed');
  });

  test('an executor that throws fails its step; the server goes on', async () => {
    const thrower: Executor = () => Promise.reject(new Error('boom'));
    await restart({ executors: { 'boom:1.0.0@default': thrower } });
    await publish('boom', [{ odd: { call: 'boom:1.0.0@default', with: {}, metadata: { palace: { effect: 'read' } } } }]);
    await reached(node, await start(node, 'boom'), 'failed');
  });
});
