// An installation that was restored from a backup (ENGINE E18): held until somebody lets it go, and then no unique act on a guess.
// The restore itself is platform/database/backup; here its last step is taken on the running database: another life begins with what is there.
import { describe, expect, test, vi } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowText, history, listenFor, openForEach, post, reached, start, until, VERIFY, type Installation, type Reply, type TestNode } from './testing.ts';

// Each opens an installation and opens it again after its loss.
vi.setConfig({ testTimeout: 90_000 });

let house: Installation;
let node: TestNode;

openForEach((...opened) => ([house, node] = opened));

const GO = listenFor('go', 'agentspalace.signal.go');
const FAST_VERIFY = { effect: 'unique', deadline: 'PT0.2S', verify: VERIFY };
const publish = (name: string, steps: unknown, more: Record<string, unknown> = {}) =>
  node.flow.publish('acme', JSON.stringify({ ...(JSON.parse(flowText(name, steps)) as object), ...more }));
const signal = (id: string): Promise<Reply> => node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go', data: {} } });
const callsOf = (line: string): number => house.outside.calls.filter((call) => call.line === line).length;
const inDoubt = (id: string): Promise<unknown> =>
  until(`${id} has an act in doubt`, async () => {
    const { body } = await node.call('GET', `/v1/runs/${id}`);
    return (body['waitingFor'] as unknown as { kind: string }[]).some(({ kind }) => kind === 'in-doubt');
  });
const resolve = async (id: string, outcome: string): Promise<void> => {
  const doubted = (await history(node, id)).findLast((event) => event.type === 'effect.doubted');
  await node.call('POST', `/v1/runs/${id}/effects/${String(doubted?.data['key'])}`, { body: { outcome } });
};

/** The original is gone; another life begins with what it had. */
async function restore(): Promise<void> {
  await node.kill();
  await house.sql("select flow.begin_incarnation('restored from a backup of this test')");
  node = await house.open();
}
const release = (): Promise<Reply> => node.call('POST', '/v1/halts/lift', { body: { all: true }, tenant: 'local' });

describe('a restored installation', () => {
  test('reads and keeps while it is held, starts nothing, and acts on nothing: no timer, no signal, no schedule', async () => {
    await publish('acts', [GO, post('acted', { effect: 'idempotent' })]);
    await publish('sleeps', [{ nap: { wait: { milliseconds: 100 } } }, post('woken', { effect: 'idempotent' })]);
    await publish('timed', [post('timed', { effect: 'idempotent' })], { schedule: { every: 'PT1S' } });
    const told = await start(node, 'acts');
    await reached(node, told, 'waiting');
    const sleeping = await start(node, 'sleeps');
    await restore();
    const before = house.outside.calls.length;
    await sleep(100);
    expect((await node.call('GET', `/v1/runs/${told}`)).body).toMatchObject({ status: 'waiting' });
    expect(await node.call('POST', '/v1/runs', { body: { flow: 'test/acts', input: {} } })).toMatchObject({ status: 503, body: { code: 'unavailable.held' } });
    expect((await signal(told)).status).toBe(202);
    await sleep(1_500);
    expect(house.outside.calls.length).toBe(before);
    expect((await release()).status).toBe(200);
    await reached(node, told, 'completed');
    await reached(node, sleeping, 'completed');
    await until('the schedule goes on', async () => callsOf('POST /timed') > 0);
  });

  test('verifies the unique acts of a run that it knows before it begins them, and asks a person where nobody can be asked', async () => {
    await publish('pays', [GO, post('pay', FAST_VERIFY), post('ship', FAST_VERIFY), post('tell', { effect: 'unique' })]);
    const id = await start(node, 'pays');
    await reached(node, id, 'waiting');
    // What the original does after the backup: it pays, and is lost.
    await signal(id);
    await until('it has paid', async () => callsOf('POST /pay') === 1);
    await reached(node, id, 'waiting', 'completed', 'running');
    await node.kill();
    await house.sql("delete from flow.journal where run = $1 and seq > (select min(seq) from flow.journal where run = $1 and body like '%listen.opened%')", [
      id,
    ]);
    await house.sql('delete from flow.effect where run = $1', [id]);
    await house.sql("update flow.run set status = 'waiting' where id = $1", [id]);
    await house.sql("update flow.inbox set state = 'open' where key = $1", [id]);
    await house.sql(
      "insert into flow.subscription (run, act, type, shard, tenant) select id, 2, 'agentspalace.signal.go', shard, tenant from flow.run where id = $1 on conflict do nothing",
      [id],
    );
    await house.sql("select flow.begin_incarnation('restored from a backup of this test')");
    node = await house.open();
    const shipped = callsOf('POST /ship');
    const told = callsOf('POST /tell');
    expect((await release()).status).toBe(200);
    await inDoubt(id);
    expect([callsOf('POST /pay'), callsOf('POST /tell')]).toEqual([1, told]);
    // What the original did is found; what it did not do is done, once.
    expect(callsOf('POST /ship')).toBe(Math.max(1, shipped));
    const types = (await history(node, id)).filter(({ type }) => type.startsWith('effect.'));
    expect(types.find(({ type }) => type === 'effect.doubted')?.data['why']).toContain('restored from a backup');
    expect(types.find(({ type }) => type === 'effect.completed')?.data['how']).toBe('verified');
    await resolve(id, told === 0 ? 'absent' : 'done');
    await reached(node, id, 'completed');
    for (const [key, times] of house.outside.done) expect([key, times]).toEqual([key, 1]);
  });

  test('reads and idempotent acts of such a run simply go on, and a run of after the release does everything at once', async () => {
    await publish('mixed', [
      GO,
      { look: { call: 'http', with: { method: 'get', endpoint: '${ $runtime.metadata.outside + "/look" }' } } },
      post('keep', { effect: 'idempotent' }),
    ]);
    await publish('new', [post('new', { effect: 'unique' })]);
    const id = await start(node, 'mixed');
    await reached(node, id, 'waiting');
    await restore();
    await signal(id);
    await release();
    await reached(node, id, 'completed');
    expect([callsOf('GET /look'), callsOf('POST /keep')]).toEqual([1, 1]);
    // A clock within the second before the release counts as before it.
    await sleep(1_100);
    await reached(node, await start(node, 'new'), 'completed');
    expect(callsOf('POST /new')).toBe(1);
  });

  test('a child, and a fork, of a run that it knows are asked about as well', async () => {
    await publish('inner', [post('inner', { effect: 'unique' })]);
    await publish('outer', [GO, { sub: { run: { workflow: { namespace: 'test', name: 'inner', version: '1.0.0' } } } }]);
    await publish('forked', [GO, post('forked', { effect: 'unique' })]);
    const outer = await start(node, 'outer');
    const original = await start(node, 'forked');
    for (const id of [outer, original]) await reached(node, id, 'waiting');
    await restore();
    await release();
    await sleep(1_100);
    await signal(outer);
    const child = await until('the child has begun', async () => {
      const asked = (await history(node, outer)).find(({ type }) => type === 'child.requested');
      return asked === undefined ? undefined : String(asked.data['run']);
    });
    await inDoubt(child);
    const at = (await history(node, original)).at(-1)?.seq;
    const forked = String((await node.call('POST', `/v1/runs/${original}/fork`, { body: { atSeq: at } })).body['id']);
    await reached(node, forked, 'waiting');
    const again = String((await node.call('POST', `/v1/runs/${forked}/fork`, { body: { atSeq: 1 } })).body['id']);
    for (const id of [forked, again]) {
      await signal(id);
      await inDoubt(id);
    }
    expect([callsOf('POST /inner'), callsOf('POST /forked')]).toEqual([0, 0]);
  });

  test('a time that passed while it was held or lost starts a run whose unique acts the original may have done', async () => {
    await publish('daily', [post('daily', { effect: 'unique' })], { schedule: { every: 'PT1S' } });
    await restore();
    // Longer than a second before the release, and longer than the schedule's own pace.
    await sleep(2_500);
    await release();
    const late = await until('a missed time is caught up', async () => {
      const { body } = await node.call('GET', '/v1/runs?flow=test/daily&limit=200');
      const ids = (body['items'] as unknown as { id: string; status: string }[]).filter(({ status }) => status === 'waiting');
      return ids.at(-1)?.id;
    });
    await inDoubt(late);
    // Times after the release are nobody else's.
    await until('a time of after the release is done at once', async () => callsOf('POST /daily') > 0, 20_000);
  });

  test('an act that was held back at the backup is not believed to have been held back ever since', async () => {
    await publish('waits', [post('once', { effect: 'unique' })]);
    await node.call('POST', '/v1/halts', { body: { flow: 'test/waits' } });
    await sleep(1_200);
    const id = await start(node, 'waits');
    await until('it is asked for', async () => (await history(node, id)).some(({ type }) => type === 'effect.requested'));
    await restore();
    await release();
    await inDoubt(id);
    expect(callsOf('POST /once')).toBe(0);
  });

  test('no owner of the original can write to it, whatever its epoch', async () => {
    const owner = node;
    const [fence] = owner.flow.node.owned();
    await house.sql("select flow.begin_incarnation('restored from a backup of this test')");
    await house.sql('update flow.shard set owner = $1 where id = $2', [owner.flow.node.nodeId, fence?.shard]);
    const outcome = fence === undefined ? undefined : await owner.flow.node.submit({ fence, key: 'late', tenant: 'acme', rows: {} });
    expect(outcome).toMatchObject({ kind: 'fenced' });
  });
});
