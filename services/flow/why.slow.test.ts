// Stalls planted in the real service: each is named by its cause, with the commands that move it.
import { describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { flowText, history, listenFor, openForEach, post, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForEach((...opened) => ([house, node] = opened));

interface Why {
  readonly cause: string;
  readonly text: string;
  readonly since: string;
  readonly owner: { readonly shard: number; readonly epoch: number; readonly node?: string; readonly seen?: string };
  readonly lastEvent?: { readonly type: string };
  readonly commands: readonly string[];
}

const publish = (name: string, steps: unknown, more?: Parameters<typeof flowText>[2]) => node.flow.publish('acme', flowText(name, steps, more));
const why = async (id: string): Promise<Why> => (await node.call('GET', `/v1/runs/${id}`)).body['why'] as unknown as Why;
async function waiting(name: string, steps: unknown, status = 'waiting', more?: Parameters<typeof flowText>[2], input: Json = {}): Promise<string> {
  await publish(name, steps, more);
  const id = await start(node, name, input);
  await reached(node, id, status);
  return id;
}
const HOLD = listenFor('hold', 'agentspalace.signal.go');

describe('what a run waits for itself', () => {
  test('a timer, a signal, an event with what it must say, a person, a place, a sub-flow and what that waits for', async () => {
    const timer = await waiting('timer', [{ nap: { wait: { hours: 1 } } }]);
    expect(await why(timer)).toMatchObject({
      cause: 'timer',
      text: expect.stringMatching(/^Waits in "nap" until .*Z\.$/),
      commands: [`palace cancel ${timer}`],
    });
    const signal = await waiting('signal', [HOLD]);
    expect(await why(signal)).toMatchObject({ cause: 'signal', commands: [`palace signal ${signal} go`], lastEvent: { type: 'listen.opened' } });
    const { owner } = await why(signal);
    expect(owner).toMatchObject({ node: node.flow.node.nodeId, epoch: expect.any(Number) });
    expect(Date.now() - Date.parse(owner.seen ?? '')).toBeLessThan(60_000);

    const event = await waiting('event', [listenFor('hear', 'shop.paid')]);
    expect(await why(event)).toMatchObject({
      cause: 'event',
      text: '"hear" waits for an event shop.paid.',
      commands: ['palace emit shop.paid', `palace cancel ${event}`],
    });
    await node.call('POST', `/v1/runs/${event}/pause`, { body: { reason: 'the bank is closed' } });
    await reached(node, event, 'paused');
    expect(await why(event)).toMatchObject({ cause: 'paused', text: expect.stringContaining('the bank is closed'), commands: [`palace resume ${event}`] });

    const first = await waiting('place', [HOLD], 'waiting', { palace: { concurrency: { limit: 1 } } });
    const second = await start(node, 'place');
    const third = await start(node, 'place');
    await reached(node, third, 'pending');
    expect(await why(third)).toMatchObject({
      cause: 'place',
      text: expect.stringContaining(`it is number 2 in line, and ${first} has the place.`),
      commands: [`palace why ${first}`, `palace cancel ${third}`],
    });
    expect((await why(second)).text).toContain('number 1 in line');

    await publish('below', [listenFor('hear', 'shop.shipped')]);
    const parent = await waiting('above', [{ sub: { run: { workflow: { namespace: 'test', name: 'below', version: '1.0.0' } } } }]);
    await until('the sub-flow waits', async () => (await why(parent)).text.includes('shop.shipped'));
    const found = await why(parent);
    expect(found).toMatchObject({
      cause: 'child',
      text: expect.stringMatching(/^Waits for the run run_\w+ of "sub", which is waiting: "hear" waits for an event shop\.shipped\.$/),
    });
    expect(found.commands[1]).toBe('palace emit shop.shipped');
  }, 30_000);

  test('an act under way, one in doubt, a retry and what failed, a function that is not there', async () => {
    house.outside.behave = (line) => (line.endsWith('/slow') ? 'hang' : line.endsWith('/lost') ? 'drop' : 503);
    const slow = await waiting('slow', [post('slow', { effect: 'idempotent', deadline: 'PT30S' })], 'running');
    await until('it is under way', async () => house.outside.calls.length > 0);
    expect(await why(slow)).toMatchObject({
      cause: 'effect',
      text: expect.stringMatching(/^Performs "slow" \(http, POST http:\/\/127\.0\.0\.1:\d+\/slow\), attempt 1, since .*, until .* at the latest\.$/),
    });
    const lost = await waiting('lost', [post('lost', { effect: 'unique', deadline: 'PT0.2S' })]);
    const doubt = await why(lost);
    expect(doubt.cause).toBe('in-doubt');
    expect(doubt.commands).toEqual([expect.stringMatching(/^palace resolve run_\w+ \S+ done$/), expect.stringMatching(/ absent$/)]);
    const again = (steps: unknown) => [{ guard: { try: steps, catch: { retry: { delay: { hours: 1 }, limit: { attempt: { count: 3 } } } } } }];
    const retry = await waiting('retry', again([post('busy')]));
    expect(await why(retry)).toMatchObject({ cause: 'retry', text: expect.stringMatching(/tries again .*, after: POST http:.* answered 503/) });
    const missing = await waiting(
      'missing',
      again([
        { ask: { call: 'grpc', with: { proto: { endpoint: 'https://example.com/a.proto' }, service: { name: 'a.B', host: 'example.com' }, method: 'Do' } } },
      ]),
    );
    expect(await why(missing)).toMatchObject({ cause: 'function', text: expect.stringContaining('"call: grpc" is not available yet') });
  }, 30_000);

  test('a halt of its flow, and by whom', async () => {
    await publish('held', [post('held')]);
    await node.call('POST', '/v1/halts', { body: { flow: 'test/held', reason: 'it pays twice' } });
    const id = await start(node, 'held');
    await until('it is told', async () => (await why(id)).cause === 'halt');
    expect(await why(id)).toMatchObject({
      text: expect.stringMatching(/^"held" may not begin: it is held back by api-key:\w+ since .* \(it pays twice\)\.$/),
      commands: ['palace resume --flow test/held'],
    });
  });
});

describe('what stands in its way', () => {
  test('a journal that does not fold, a program that is gone', async () => {
    const id = await waiting('torn', [HOLD]);
    const gone = await waiting('gone', [HOLD]);
    await house.sql(`delete from flow.program where hash = (select hash from flow.run where id = $1)`, [gone]);
    await node.close();
    await house.sql(`update flow.journal set body = '[]' where run = $1`, [id]);
    node = await house.open();
    expect(await why(gone)).toMatchObject({
      cause: 'program',
      text: expect.stringContaining('test/gone@1.0.0 cannot be read'),
      commands: ['palace get flow test/gone@1.0.0', 'palace doctor'],
    });
    await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
    await until('it is set aside', async () => (await house.sql(`select from flow.run where id = $1 and status = 'quarantined'`, [id])).length === 1);
    expect(await why(id)).toMatchObject({
      cause: 'quarantined',
      text: expect.stringContaining('its journal does not fold'),
      commands: [`palace retry ${id}`, `palace get events ${id}`],
    });
  }, 30_000);

  test('no owner, one too old for the database, a frozen one; rows that nobody takes, a timer that does not fire', async () => {
    const id = await waiting('alone', [HOLD]);
    const shard = (await why(id)).owner.shard;
    await node.flow.stop();
    expect(await why(id)).toMatchObject({
      cause: 'no-owner',
      text: expect.stringContaining(`Its shard ${shard} has no owner`),
      commands: ['palace doctor', 'palace up'],
    });

    // A process of another release: it lives and may take nothing.
    const ghost = await house.ghost('ghost', 1);
    await house.sql('update flow.halt set min_reader = 2');
    expect(await why(id)).toMatchObject({ cause: 'format', text: expect.stringContaining('asks for format 2, and the living processes read up to 1') });
    await house.sql('update flow.halt set min_reader = 0');

    await house.sql(`update flow.shard set owner = 'ghost', epoch = epoch + 1, lease_until_ms = flow.engine_now_ms() - 1 where id = $1`, [shard]);
    await house.sql(`update flow.node set seen_ms = flow.engine_now_ms() - 60000 where id = 'ghost'`);
    expect(await why(id)).toMatchObject({ cause: 'frozen-owner', text: expect.stringContaining('ghost, is connected and frozen'), owner: { node: 'ghost' } });

    // From here on it looks well, and takes nothing.
    await house.sql(`update flow.shard set lease_until_ms = flow.engine_now_ms() + 600000 where id = $1`, [shard]);
    expect(await why(id)).toMatchObject({ cause: 'signal', owner: { node: 'ghost' } });
    await house.sql(`insert into flow.timer (shard, key, id, tenant, due_ms) values ($1, $2, 't', 'acme', flow.engine_now_ms() - 20000)`, [shard, id]);
    expect(await why(id)).toMatchObject({ cause: 'overdue-timer', text: expect.stringContaining('its owner ghost is behind') });
    await house.sql(
      `insert into flow.stream (shard, consumer, consumer_shard, position, tenant, kind, body, sent_ms)
       values (1, 'flow', $1, 1000000, 'acme', 'match', json_build_object('run', $2::text)::text, flow.wall_ms() - 20000)`,
      [shard, id],
    );
    expect(await why(id)).toMatchObject({ cause: 'delivery', text: expect.stringMatching(/^An event for it was sent at .* not delivered yet\.$/) });
    await house.sql(
      `insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms) values ('acme', 'c', $1, $2, 'signal', '{}', flow.wall_ms() - 20000)`,
      [shard, id],
    );
    expect(await why(id)).toMatchObject({
      cause: 'command',
      text: expect.stringMatching(/^A signal for it was kept at .*, and the owner ghost has not taken it yet\.$/),
    });
    await ghost.end();
  }, 30_000);

  test('is told to nobody of another tenant', async () => {
    const id = await waiting('mine', [HOLD]);
    expect((await node.call('GET', `/v1/runs/${id}`, { tenant: 'other' })).status).toBe(404);
    expect((await history(node, id)).length).toBeGreaterThan(0);
  });
});
