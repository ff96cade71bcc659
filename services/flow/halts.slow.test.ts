// Holding back and letting go on, as people do it: flows, a tenant, everything; over two processes, crashes and restarts.
import { describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  flowText,
  history,
  listenFor,
  openForEach,
  post,
  reached,
  start,
  until,
  VERIFY,
  type CallOptions,
  type Installation,
  type Reply,
  type TestNode,
} from './testing.ts';

let house: Installation;
let node: TestNode;

openForEach((...opened) => ([house, node] = opened));

const publish = (name: string, steps: unknown, more: Record<string, unknown> = {}) =>
  node.flow.publish('acme', JSON.stringify({ ...(JSON.parse(flowText(name, steps)) as object), ...more }));
const halt = (body: unknown, options: CallOptions = {}, at = node): Promise<Reply> => at.call('POST', '/v1/halts', { ...options, body });
const lift = (body: unknown, options: CallOptions = {}, at = node): Promise<Reply> => at.call('POST', '/v1/halts/lift', { ...options, body });
const callsOf = (name: string): number => house.outside.calls.filter(({ line }) => line.endsWith(`/${name}`)).length;
const runsOf = async (flow: string): Promise<Record<string, string>[]> =>
  (await node.call('GET', `/v1/runs?flow=test/${flow}`)).body['items'] as unknown as Record<string, string>[];

/** One act after the other, as fast as it goes. */
const busy = (name: string): unknown => [{ many: { for: { in: '[range(150)]' }, do: [post(name)] } }];

describe('a flow that is held back', () => {
  test('begins no act later than a second after the answer, in no process, not even in runs that start later', async () => {
    const other = await house.open();
    await publish('busy', busy('one'));
    await publish('free', busy('two'));
    await until('both own shards', async () => node.flow.node.owned().length > 0 && other.flow.node.owned().length > 0);
    const ids = [await start(node, 'busy'), await start(other, 'busy'), await start(other, 'free')];
    await until('it is at work', async () => callsOf('one') > 5);
    const { status, body } = await halt({ flow: 'test/busy', reason: 'it pays twice' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ scope: 'flow', flow: 'test/busy', level: 'effects', reason: 'it pays twice', by: 'api-key:0k5m9q2r7t4w8x3z' });
    const later = [await start(node, 'busy'), await start(other, 'busy')];
    await sleep(1_000);
    const [one, two] = [callsOf('one'), callsOf('two')];
    await sleep(1_500);
    expect(callsOf('one')).toBe(one);
    expect(two).toBeGreaterThan(0);
    expect((await lift({ flow: 'test/busy' }, {}, other)).body).toMatchObject({ lifted: { flow: 'test/busy' }, still: [] });
    for (const id of [...ids, ...later])
      await until(`${id} ends`, async () => (await node.call('GET', `/v1/runs/${id}`)).body['status'] === 'completed', 30_000);
    expect(callsOf('one')).toBe(600);
  }, 60_000);

  test('keeps a unique act that was never begun out of doubt, through the death of its process', async () => {
    await publish('pays', [post('pay', { effect: 'unique' })]);
    await halt({ flow: 'test/pays' });
    // Asked for while the halt certainly stood.
    await sleep(1_200);
    const id = await start(node, 'pays');
    await until('it asks for its act', async () => (await history(node, id)).some(({ type }) => type === 'effect.requested'));
    await node.kill();
    node = await house.open();
    await until('the new owner has it', async () => node.flow.engine.peek(id));
    await sleep(300);
    expect((await history(node, id)).map(({ type }) => type)).not.toContain('effect.doubted');
    expect(callsOf('pay')).toBe(0);
    await lift({ flow: 'test/pays' });
    await reached(node, id, 'completed');
    expect(callsOf('pay')).toBe(1);
  }, 30_000);

  test('leaves its shards to another process without waiting for its acts', async () => {
    await publish('leaves', [post('leave')]);
    await halt({ flow: 'test/leaves' });
    const ids = [await start(node, 'leaves'), await start(node, 'leaves')];
    const other = await house.open();
    const begunMs = performance.now();
    await node.close();
    expect(performance.now() - begunMs, 'the drain did not wait to its limit').toBeLessThan(1_900);
    node = other;
    await lift({ flow: 'test/leaves' });
    for (const id of ids) await reached(node, id, 'completed');
  }, 30_000);

  test('is started by no event: events wait, reach who listens, and start it afterwards in their order', async () => {
    await publish('by-event', [{ out: { set: { at: '${ .[0].data.n }' } } }], { schedule: { on: { one: { with: { type: 'test.order' } } } } });
    await publish('hears', [listenFor('hear', 'test.order')]);
    await halt({ flow: 'test/by-event' });
    const listener = await start(node, 'hears');
    await reached(node, listener, 'waiting');
    for (const n of [1, 2, 3])
      await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: `o-${n}`, source: 'urn:test', type: 'test.order', data: { n } } });
    await reached(node, listener, 'completed');
    await until('they are kept', async () => (await house.sql('select from flow.held_start')).length === 3);
    expect(await runsOf('by-event')).toEqual([]);
    await node.close();
    node = await house.open();
    expect(await runsOf('by-event')).toEqual([]);
    await lift({ flow: 'test/by-event' });
    await until('they have started', async () => (await runsOf('by-event')).filter(({ status }) => status === 'completed').length === 3);
    expect(await house.sql('select from flow.held_start')).toEqual([]);
  }, 30_000);

  test('is started by no schedule: what passed is caught up afterwards as the schedule says', async () => {
    await halt({ tenant: 'acme' });
    await publish('ticks', [{ out: { set: { ok: true } } }], { schedule: { every: { seconds: 1 } } });
    await sleep(2_600);
    expect(await runsOf('ticks')).toEqual([]);
    // Other commands of the schedule do not wait behind it.
    const paused = await node.call('POST', '/v1/schedules/test/ticks/pause', { body: {} });
    await until('the pause is decided', async () => (await node.call('GET', `/v1/commands/${String(paused.body['id'])}`)).body['state'] === 'done');
    await node.call('POST', '/v1/schedules/test/ticks/resume', { body: {} });
    await lift({ tenant: 'acme' });
    await until('it ticks', async () => (await runsOf('ticks')).length > 0);
  }, 30_000);

  test('refuses starts once half of the runs that its tenant may have at once wait for it; other flows go on', async () => {
    await node.close();
    node = await house.open({ config: { flow: { maxActiveRuns: 6 } } });
    await publish('full', [post('full')]);
    await publish('other', [post('other')]);
    await halt({ flow: 'test/full' });
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await start(node, 'full'));
    await until('they wait', async () => node.flow.engine.load().slots === 3);
    await sleep(100);
    const refused = await node.call('POST', '/v1/runs', { body: { flow: 'test/full' } });
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable.held', detail: expect.stringContaining('palace resume --flow test/full') } });
    await reached(node, await start(node, 'other'), 'completed');
    await lift({ flow: 'test/full' });
    for (const id of ids) await reached(node, id, 'completed');
  }, 30_000);

  test('waits with the question whether an act took place, and does not end in doubt meanwhile', async () => {
    await publish('asks', [post('ask', { effect: 'unique', deadline: 'PT1.5S', verify: VERIFY })]);
    house.outside.behave = (line) => (line.endsWith('/ask') ? 'drop' : 200);
    const id = await start(node, 'asks');
    await until('it is unknown', async () => (await history(node, id)).some(({ type }) => type === 'effect.doubted'));
    await halt({ flow: 'test/asks' });
    await sleep(2_500);
    const asked = house.outside.calls.filter(({ line }) => line.startsWith('GET')).length;
    expect(asked).toBe(0);
    expect((await node.call('GET', `/v1/runs/${id}`)).body).toMatchObject({ status: 'running' });
    await lift({ flow: 'test/asks' });
    await reached(node, id, 'completed');
  }, 30_000);
});

describe('who may hold back', () => {
  test('is anybody who controls runs, for the own tenant; the rest is for an owner of the installation', async () => {
    await publish('mine', [post('mine')]);
    const operator: CallOptions = { permissions: ['run.read', 'run.control'] };
    expect((await halt({ all: true }, operator)).body).toMatchObject({ code: 'auth.forbidden' });
    expect((await halt({ tenant: 'other' }, operator)).body).toMatchObject({ code: 'auth.forbidden' });
    expect((await halt({ flow: 'test/typo' })).body).toMatchObject({ code: 'not-found', detail: expect.stringContaining('test/typo') });
    expect((await halt({}, operator)).body).toMatchObject({ code: 'request.invalid' });
    expect((await halt({ all: true, flow: 'test/mine' }, operator)).body).toMatchObject({ code: 'request.invalid' });
    expect((await halt({ tenant: 'acme' }, { tenant: 'local', body: undefined })).body).toMatchObject({ scope: 'tenant', tenant: 'acme' });
    expect((await lift({ tenant: 'acme' })).body).toMatchObject({ code: 'auth.forbidden' });
    // What stands stays as it is.
    expect((await halt({ tenant: 'acme', reason: 'mine' })).body).toMatchObject({ by: 'an owner of the installation' });
    expect((await lift({ tenant: 'acme' })).body).toMatchObject({ code: 'auth.forbidden' });
    expect((await node.call('GET', '/v1/halts')).body['items']).toMatchObject([{ scope: 'tenant', tenant: 'acme', by: 'an owner of the installation' }]);
    expect((await node.call('GET', '/v1/halts', { tenant: 'stranger' })).body['items']).toEqual([]);
    await halt({ flow: 'test/mine' });
    expect((await lift({ tenant: 'acme' }, { tenant: 'local' })).body).toMatchObject({
      lifted: { tenant: 'acme' },
      still: [{ scope: 'flow', flow: 'test/mine' }],
    });
    expect(await node.metrics()).toContain('palace_halts{level="effects"} 1');
    expect((await lift({ flow: 'test/mine' })).body).toMatchObject({ lifted: { flow: 'test/mine' }, still: [] });
    expect((await lift({ flow: 'test/mine' })).body).toEqual({ still: [] });
  });
});

describe('an installation that decides nothing', () => {
  test('refuses starts, keeps what comes, fires no timer, begins no act, reads; and goes on without loss', async () => {
    await publish('sleeps', [{ nap: { wait: { seconds: 8 } } }, post('woke')]);
    await publish('listens', [listenFor('hear', 'agentspalace.signal.go'), post('heard')]);
    await publish('acts', [post('acted', { effect: 'unique', deadline: 'PT5S' })]);
    house.outside.behave = (line) => (line.endsWith('/acted') ? 'hang' : 200);
    const [sleeps, listens, acts] = [await start(node, 'sleeps'), await start(node, 'listens'), await start(node, 'acts')];
    await reached(node, listens, 'waiting');
    await until('the act is under way', async () => callsOf('acted') === 1);
    await node.kill();
    // As a restore writes it, before anything starts.
    await house.sql(`insert into flow.halt_scope (scope, level, reason, by, since_ms) values ('all', 'everything', 'restored', 'palace restore', 0)`);
    node = await house.open();
    const events = (await history(node, acts)).length;
    expect(node.flow.door.held?.()).toMatch(/^Everything is held back since .* \(restored\): .* palace resume --all\.$/);
    const refused = await node.call('POST', '/v1/runs', { body: { flow: 'test/sleeps' } });
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable.held', detail: expect.stringContaining('palace resume --all') } });
    const signal = await node.call('POST', `/v1/runs/${listens}/signals`, { body: { name: 'go' } });
    expect(signal.status).toBe(202);
    await node.call('POST', '/v1/events', { body: { specversion: '1.0', id: 'e-1', source: 'urn:test', type: 'test.any' } });
    await sleep(1_500);
    expect((await node.call('GET', `/v1/commands/${String(signal.body['id'])}`)).body).toMatchObject({ state: 'open' });
    await until('its time has passed', async () => (await house.sql('select from flow.timer where due_ms < flow.engine_now_ms() - 500')).length > 0, 20_000);
    expect((await node.call('GET', `/v1/runs/${sleeps}`)).body).toMatchObject({ status: 'waiting' });
    expect(await history(node, acts)).toHaveLength(events);
    expect([callsOf('woke'), callsOf('heard'), callsOf('acted')]).toEqual([0, 0, 1]);
    expect(await node.metrics()).toContain('palace_halts{level="everything"} 1');
    expect((await halt({ all: true }, { tenant: 'local' })).body).toMatchObject({ level: 'everything', by: 'palace restore' });
    expect((await lift({ all: true })).body).toMatchObject({ code: 'auth.forbidden' });
    expect((await lift({ all: true }, { tenant: 'local' })).body).toMatchObject({ lifted: { scope: 'all' } });
    await reached(node, sleeps, 'completed');
    await reached(node, listens, 'completed');
    await until('the act of the process before is in doubt', async () =>
      ((await node.call('GET', `/v1/runs/${acts}`)).body['waitingFor'] as { kind: string }[]).some(({ kind }) => kind === 'in-doubt'),
    );
    expect(node.flow.door.held?.()).toBeUndefined();
  }, 60_000);
});
