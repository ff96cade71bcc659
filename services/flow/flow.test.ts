// AgentsFlow as its clients see it: definitions, starts, waits, histories, bad input. The real service on the real database.
import { beforeAll, describe, expect, test } from 'vitest';
import { flowText, history, listenFor, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened));
beforeAll(async () => {
  for (const [name, steps] of Object.entries(FLOWS)) await node.flow.publish('acme', flowText(name, steps));
});

const FLOWS: Record<string, unknown> = {
  add: [{ sum: { set: { sum: '${ .a + .b }' } } }],
  ask: [listenFor('answer', 'agentspalace.signal.answer'), { told: { set: { told: '${ .[0] }' } } }],
  nap: [{ sleep: { wait: { milliseconds: 400 } } }, { awake: { set: { awake: true } } }],
  broken: [{ bang: { raise: { error: { type: 'https://example.com/bang', status: 418, title: 'Bang' } } } }],
};

describe('definitions', () => {
  test('the same content again is the same publication; other content under the same version is a conflict', async () => {
    const text = flowText('twice', [{ a: { set: { v: 1 } } }]);
    expect(await node.call('POST', '/v1/flows', { body: { source: text } })).toMatchObject({ status: 201, body: { created: true, latest: true } });
    expect(await node.call('POST', '/v1/flows', { body: { source: `${text}\n` } })).toMatchObject({ status: 200, body: { created: false } });
    const other = flowText('twice', [{ a: { set: { v: 2 } } }]);
    expect(await node.call('POST', '/v1/flows', { body: { source: other } })).toMatchObject({ status: 409, body: { code: 'flow.version-exists' } });
    const kept = await node.call('GET', '/v1/flows/test/twice');
    expect(kept.body['source']).toBe(text);
  });

  test('latest is the version published last, not the highest; a run keeps the version it began with', async () => {
    const version = (v: string) => flowText('moving', [listenFor('wait', 'agentspalace.signal.go'), { say: { set: { version: v } } }], { version: v });
    await node.call('POST', '/v1/flows', { body: { source: version('2.0.0') } });
    const old = await start(node, 'moving');
    await node.call('POST', '/v1/flows', { body: { source: version('1.5.0') } });
    const fresh = await start(node, 'moving');
    const named = await start(node, 'moving@2.0.0');
    for (const id of [old, fresh, named]) await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    const ended = await Promise.all([old, fresh, named].map((id) => reached(node, id, 'completed')));
    expect(ended.map((run) => run['output'])).toEqual([{ version: '2.0.0' }, { version: '1.5.0' }, { version: '2.0.0' }]);
    const { body } = await node.call('GET', '/v1/flows/test/moving/versions');
    expect((body['items'] as unknown as { version: string; latest: boolean }[]).map((v) => [v.version, v.latest])).toEqual([
      ['1.5.0', true],
      ['2.0.0', false],
    ]);
  });

  test('the list of flows has the run that started last, of any version', async () => {
    await node.flow.publish('acme', flowText('listed', FLOWS['add']));
    const listed = async () => {
      const { body } = await node.call('GET', '/v1/flows?namespace=test&limit=200');
      return (body['items'] as unknown as { name: string; lastRun?: { id: string; status: string } }[]).find(({ name }) => name === 'listed');
    };
    expect(await listed()).not.toHaveProperty('lastRun');
    await reached(node, await start(node, 'listed', { a: 1, b: 2 }), 'completed');
    const id = await start(node, 'listed', { a: 'x', b: 1 });
    await reached(node, id, 'failed');
    expect(await listed()).toMatchObject({ name: 'listed', version: '1.0.0', latest: true, lastRun: { id, status: 'failed' } });
  });

  test('a flow with open runs is not deleted; afterwards it is, and starts find nothing', async () => {
    await node.flow.publish('acme', flowText('short-lived', FLOWS['ask']));
    const id = await start(node, 'short-lived');
    expect(await node.call('DELETE', '/v1/flows/test/short-lived')).toMatchObject({ status: 409, body: { code: 'flow.in-use' } });
    await node.call('POST', `/v1/runs/${id}/cancel`);
    await reached(node, id, 'cancelled');
    expect(await node.call('DELETE', '/v1/flows/test/short-lived')).toMatchObject({ status: 204 });
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/short-lived' } })).toMatchObject({ status: 404 });
    expect(await node.call('GET', `/v1/runs/${id}`)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });

  test('what does not compile is refused with every mistake and writes nothing', async () => {
    const source = flowText('mistaken', [{ a: { set: { v: '${ . +' } } }, { b: { sett: {} } }]);
    const refused = await node.call('POST', '/v1/flows', { body: { source } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'flow.invalid' } });
    expect((refused.body['errors'] as unknown[]).length).toBeGreaterThan(1);
    expect(await house.sql(`select 1 from flow.definition where name = 'mistaken'`)).toEqual([]);
  });
});

describe('starts', () => {
  test('a start answers with the id after its commit, or with `wait` with the result', async () => {
    const { status, body, headers } = await node.call('POST', '/v1/runs', { body: { flow: 'test/add', input: { a: 2, b: 3 }, wait: '5s' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'completed', output: { sum: 5 }, flow: 'test/add' });
    expect(headers['location']).toBe(`/v1/runs/${String(body['id'])}`);
  });

  test('a wait that runs out answers with what the run waits for', async () => {
    const { body } = await node.call('POST', '/v1/runs', { body: { flow: 'test/ask', wait: '200ms' } });
    expect(body).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'signal', name: 'answer' }] });
  });

  test('one key is one run: repeated, sent many times at once, refused with another body', async () => {
    const body = { flow: 'test/add', input: { a: 1, b: 1 } };
    const together = await Promise.all(Array.from({ length: 8 }, () => node.call('POST', '/v1/runs', { body, key: 'k-1' })));
    const again = await node.call('POST', '/v1/runs', { body, key: 'k-1' });
    const ids = new Set([...together, again].map((r) => r.body['id']));
    expect(ids.size).toBe(1);
    expect(together.filter((r) => r.status === 201).length).toBe(1);
    expect(again.status).toBe(200);
    expect(await node.call('POST', '/v1/runs', { body: { ...body, input: { a: 9, b: 9 } }, key: 'k-1' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.mismatch' },
    });
    expect(await house.sql('select count(*)::int as n from flow.run where id = $1', [[...ids][0]])).toEqual([{ n: 1 }]);
  });

  test('two tenants may use the same key; neither sees the other’s runs or flows', async () => {
    await node.flow.publish('other', flowText('add', FLOWS['add']));
    const mine = await start(node, 'add', { a: 1, b: 2 }, { key: 'shared' });
    const theirs = await start(node, 'add', { a: 1, b: 2 }, { key: 'shared', tenant: 'other' });
    expect(theirs).not.toBe(mine);
    expect((await node.call('GET', `/v1/runs/${mine}`, { tenant: 'other' })).status).toBe(404);
    expect((await node.call('POST', `/v1/runs/${mine}/cancel`, { tenant: 'other' })).status).toBe(404);
    expect((await node.call('GET', '/v1/flows/test/ask', { tenant: 'other' })).status).toBe(404);
  });

  test('a batch accepts each item for itself and tells of each end', async () => {
    const items = [
      { flow: 'test/add', input: { a: 1, b: 1 } },
      { flow: 'test/nothing' },
      { flow: 'test/add', input: { a: 2, b: 2 }, key: 'b' },
      { flow: 'test/add', input: { a: 2, b: 2 }, key: 'b' },
    ];
    const { body } = await node.call('POST', '/v1/runs/batch', { body: { items } });
    const answers = body['items'] as unknown as { id?: string; problem?: { code: string } }[];
    expect(answers[1]?.problem?.code).toBe('not-found');
    expect(answers[2]?.id).toBe(answers[3]?.id);
    const { events } = await node.call('POST', '/v1/runs/batch', { body: { items: items.slice(0, 2) }, wantsEvents: true });
    const told = new Map<string, unknown>();
    for await (const event of events ?? []) told.set(event.event ?? '', event.data);
    expect([...told.keys()].toSorted()).toEqual(['accepted', 'ended', 'refused']);
    expect(told.get('ended')).toMatchObject({ index: 0, status: 'completed', output: { sum: 2 } });
  });

  test('an input that does not fit the schema is refused before anything is written', async () => {
    await node.flow.publish('acme', flowText('strict', FLOWS['add'], { input: { schema: { format: 'json', document: { type: 'object', required: ['a'] } } } }));
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/strict', input: {} } })).toMatchObject({
      status: 422,
      body: { code: 'run.input-refused' },
    });
    expect(await house.sql(`select 1 from flow.run where flow = 'test/strict'`)).toEqual([]);
  });

  test('unknown flows, versions and ids, and wrong types read 4xx and write nothing', async () => {
    const before = await house.sql('select count(*)::int as n from flow.run');
    const bodies = [
      { flow: 'test/none' },
      { flow: 'test/add@9.9.9' },
      { flow: 'add' },
      { flow: 7 },
      { flow: 'test/add', extra: 1 },
      { flow: 'test/add', wait: 'long' },
      {},
    ];
    for (const body of bodies) expect((await node.call('POST', '/v1/runs', { body })).status).toBeOneOf([400, 404]);
    for (const id of ['run_00000000000000000000000000', 'nonsense']) expect((await node.call('GET', `/v1/runs/${id}`)).status).toBeOneOf([400, 404]);
    expect((await node.call('GET', '/v1/runs?cursor=bad')).status).toBe(400);
    expect(await house.sql('select count(*)::int as n from flow.run')).toEqual(before);
  });
});

describe('waits and signals', () => {
  test('a timer ends no earlier than it said, and soon after', async () => {
    const id = await start(node, 'nap');
    const run = await reached(node, id, 'completed');
    const tookMs = Date.parse(String(run['endedAt'])) - Date.parse(String(run['startedAt']));
    expect(tookMs).toBeGreaterThanOrEqual(400);
    expect(tookMs).toBeLessThan(2_400);
  });

  test('a signal sent before the run listens is kept; one sent after is heard; each is told what became of it', async () => {
    await node.flow.publish('acme', flowText('late-listener', [{ first: { wait: { milliseconds: 300 } } }, ...(FLOWS['ask'] as unknown[])]));
    const early = await start(node, 'late-listener');
    const sent = await node.call('POST', `/v1/runs/${early}/signals`, { body: { name: 'answer', data: 42 } });
    expect(sent.status).toBe(202);
    expect((await reached(node, early, 'completed'))['output']).toEqual({ told: 42 });
    const late = await start(node, 'ask');
    await reached(node, late, 'waiting');
    await node.call('POST', `/v1/runs/${late}/signals`, { body: { name: 'answer', data: 'yes' } });
    expect((await reached(node, late, 'completed'))['output']).toEqual({ told: 'yes' });
    expect((await node.call('GET', `/v1/commands/${String(sent.body['id'])}`)).body).toMatchObject({ state: 'done' });
  });

  test('a signal to an ended run is kept as unused', async () => {
    const id = await start(node, 'add', { a: 1, b: 1 });
    await reached(node, id, 'completed');
    const sent = await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer' } });
    const state = await until('the command is decided', async () => {
      const { body } = await node.call('GET', `/v1/commands/${String(sent.body['id'])}`);
      return body['state'] === 'open' ? undefined : body;
    });
    expect(state).toMatchObject({ state: 'unused', detail: 'The run has ended: completed.' });
    expect((await history(node, id)).at(-1)?.type).toBe('run.completed');
  });

  test('the same signal with the same key is one signal', async () => {
    await node.flow.publish('acme', flowText('two-answers', [listenFor('one', 'agentspalace.signal.answer'), listenFor('two', 'agentspalace.signal.answer')]));
    const id = await start(node, 'two-answers');
    const options = { body: { name: 'answer', data: 1 }, key: 'sig-1' };
    const sent = await Promise.all([1, 2, 3].map(() => node.call('POST', `/v1/runs/${id}/signals`, options)));
    expect(new Set(sent.map((r) => r.body['id'])).size).toBe(1);
    await until('it waits for the second', async () => (await history(node, id)).filter((e) => e.type === 'listen.opened').length === 2);
    expect(await reached(node, id, 'waiting')).toMatchObject({ waitingFor: [{ kind: 'signal' }] });
  });
});

describe('history', () => {
  test('is gap-free in pages of any size and resumes where Last-Event-ID says', async () => {
    const id = await start(node, 'ask');
    await reached(node, id, 'waiting');
    await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'answer', data: 1 } });
    await reached(node, id, 'completed');
    const whole = await history(node, id);
    expect(whole.map((e) => e.seq)).toEqual(whole.map((_, i) => i + 1));
    const paged: unknown[] = [];
    for (let after = 0; after < whole.length; after += 3)
      paged.push(...((await node.call('GET', `/v1/runs/${id}/events?after=${after}&limit=3`)).body['items'] as unknown[]));
    expect(paged).toEqual(whole);
    const { events } = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true, lastEventId: '4' });
    const resumed: number[] = [];
    for await (const event of events ?? []) resumed.push(Number(event.id));
    expect(resumed).toEqual(whole.slice(4).map((e) => e.seq));
  });

  test('a Last-Event-ID that is no event of a run is refused, not taken for the beginning', async () => {
    const id = await start(node, 'add', { a: 1, b: 1 });
    await reached(node, id, 'completed');
    for (const lastEventId of ['abc', '-1', '1.5', '1e3', '0x10', '9'.repeat(30)]) {
      const refused = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true, lastEventId });
      expect([lastEventId, refused.status, refused.body['errors']]).toEqual([
        lastEventId,
        400,
        [{ path: 'Last-Event-ID', message: 'Send the id of the last event that was received, unchanged.' }],
      ]);
    }
  });

  test('a follower of a running run hears everything once, in order, to the end', async () => {
    const id = await start(node, 'nap');
    const { events } = await node.call('GET', `/v1/runs/${id}/events`, { wantsEvents: true });
    const heard: [number, string][] = [];
    for await (const event of events ?? []) heard.push([Number(event.id), event.event]);
    expect(heard.map(([seq]) => seq)).toEqual(heard.map((_, i) => i + 1));
    expect(heard.at(-1)?.[1]).toBe('run.completed');
  });

  test('a failed run names the step, its attempts and the cause', async () => {
    const id = await start(node, 'broken');
    const run = await reached(node, id, 'failed');
    expect(run).toMatchObject({ error: { status: 418, instance: '/do/0/bang' }, failure: { step: '/do/0/bang', name: 'bang' } });
  });

  test('lists page through every run once and filter by state', async () => {
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const { body } = await node.call('GET', `/v1/runs?flow=test/add&limit=2${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...(body['items'] as unknown as { id: string }[]).map((r) => r.id));
      next = body['next'] as string | undefined;
    }
    const rows = await house.sql<{ id: string }>(`select id from flow.run where flow = 'test/add' and tenant = 'acme'`);
    expect(seen.toSorted()).toEqual(rows.map((r) => r.id).toSorted());
    const failed = await node.call('GET', '/v1/runs?status=failed');
    expect((failed.body['items'] as unknown as { status: string }[]).every((r) => r.status === 'failed')).toBe(true);
  });
});
