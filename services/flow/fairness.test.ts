// R9 as its clients see it: one tenant floods starts, signals, timers and slow effects, another comes with one of each. What counts is how
// much of the flood is served between its arrival and its own service, never time. The real service on the real database.
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigOverrides } from '@palace/platform/config.ts';
import { permitShard } from './engine/placement.ts';
import type { Executor } from './executors/executor.ts';
import { flowText, listenFor, openInstallation, until, type Installation, type Reply, type TestNode } from './testing.ts';

const FLOOD = 1_200;
const act = (name: string): unknown => ({ [name]: { call: 'act:1.0.0@default', with: {}, metadata: { palace: { effect: 'idempotent' } } } });

let house: Installation;
let node: TestNode;
/** The tenant of each effect, in the order in which they were begun. */
let begun: string[] = [];
const held: (() => void)[] = [];
let holds = (_tenant: string): boolean => false;

beforeAll(async () => {
  house = await openInstallation();
});
afterEach(async () => {
  release();
  await node.close();
  begun = [];
});
afterAll(() => house.close());

function release(): void {
  holds = () => false;
  for (const go of held.splice(0)) go();
}

const perform: Executor = async ({ tenant, signal }) => {
  begun.push(tenant);
  if (holds(tenant)) {
    await new Promise<void>((resolve) => {
      held.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  return { ok: true, result: 1 };
};

async function open(config: ConfigOverrides = {}): Promise<void> {
  node = await house.open({ config, executors: { 'act:1.0.0@default': perform } });
}

async function publish(name: string, steps: unknown, palace: unknown = {}, tenants = ['flood', 'small']): Promise<void> {
  for (const tenant of tenants) await node.flow.publish(tenant, flowText(name, steps, { palace }));
}

const startAs = (tenant: string, name: string): Promise<Reply> => node.call('POST', '/v1/runs', { tenant, body: { flow: `test/${name}`, input: {} } });
const count = (list: readonly string[], tenant: string): number => list.filter((one) => one === tenant).length;

describe('a flood of starts', () => {
  test('R9: a run of another tenant is accepted, and comes to its end, after a bounded part of the flood', async () => {
    await open({ durable: { lanes: 1, maxBatchWrites: 100 }, flow: { turnsPerTick: 50 } });
    await publish('three', [act('one'), act('two'), act('three')]);
    await node.flow.startRun('flood', 'test/three', {}).ended;
    await node.flow.startRun('small', 'test/three', {}).ended;
    begun = [];
    let accepted = 0;
    const flood = Array.from({ length: FLOOD }, () => node.flow.startRun('flood', 'test/three', {}));
    for (const run of flood) void run.accepted.then(() => (accepted += 1));
    await tick();
    const small = node.flow.startRun('small', 'test/three', {});
    await small.accepted;
    const acceptedBefore = accepted;
    await small.ended;
    const begunBefore = count(begun, 'flood');
    // The batch under way and one that it shares, of a flood of 1,200.
    expect(acceptedBefore).toBeLessThanOrEqual(250);
    // Four commits, each after the batch under way; the flood has 3,600 effects to begin.
    expect(begunBefore).toBeLessThanOrEqual(800);
    await Promise.all(flood.map((run) => run.ended));
    expect(count(begun, 'flood')).toBe(3 * FLOOD);
  });
});

describe('a flood of slow effects', () => {
  test('R9: leaves places for the effects of another tenant; nothing of the flood is begun before them', async () => {
    await open({ flow: { maxEffects: 16 } });
    await publish('slow', [act('one')]);
    holds = (tenant) => tenant === 'flood';
    const flood = Array.from({ length: 400 }, () => node.flow.startRun('flood', 'test/slow', {}));
    await Promise.all(flood.map((run) => run.accepted));
    await until('the flood has its places', async () => begun.length >= 16);
    expect(begun.length).toBe(16);
    for (let n = 0; n < 10; n++) await node.flow.startRun('small', 'test/slow', {}).ended;
    expect(count(begun, 'small')).toBe(10);
    expect(count(begun, 'flood')).toBe(16);
    release();
    await Promise.all(flood.map((run) => run.ended));
    expect(count(begun, 'flood')).toBe(400);
  });

  test('R9: of one run with a wide step keeps its own tenant from starting more, and nobody else', async () => {
    await open({ flow: { maxEffects: 4, maxWaitingEffects: 50 } });
    const branches = Array.from({ length: 100 }, (_, n) => act(`branch-${n}`));
    await publish('wide', [{ all: { fork: { branches } } }]);
    await publish('slow', [act('one')]);
    holds = (tenant) => tenant === 'flood';
    expect((await startAs('flood', 'wide')).status).toBe(201);
    await until('the flood waits', async () => count(begun, 'flood') === 4);
    expect(await startAs('flood', 'slow')).toMatchObject({ status: 503, body: { code: 'overload.busy', detail: 'The limit of waiting effects is reached.' } });
    await node.flow.startRun('small', 'test/slow', {}).ended;
    expect(await node.metrics()).toContain('palace_refused_total{reason="waiting-effects"} 1');
  });
});

describe('a backlog at the start of a process', () => {
  const FLOW = { concurrency: { limit: 100_000 } };
  /** Runs under a limit live in the shard of their flow: a name for the other tenant's that lives there too. */
  const shardOf = (tenant: string, name: string): number => permitShard(tenant, `test/${name}`);
  const nameBeside = (name: string): string => {
    for (let n = 0; ; n++) if (shardOf('small', `beside-${n}`) === shardOf('flood', name)) return `beside-${n}`;
  };

  async function waitingRuns(name: string, steps: unknown): Promise<string> {
    await open();
    const beside = nameBeside(name);
    await publish(name, steps, FLOW, ['flood']);
    await publish(beside, steps, FLOW, ['small']);
    for (let n = 0; n < FLOOD; n += 200) await Promise.all(Array.from({ length: 200 }, () => startAs('flood', name)));
    await startAs('small', beside);
    await until('all wait', async () => {
      const flows = [`test/${name}`, `test/${beside}`];
      const [row] = await house.sql<{ n: number }>("select count(*)::int as n from flow.run where status = 'waiting' and flow = any ($1)", [flows]);
      return row?.n === FLOOD + 1;
    });
    await node.close();
    return beside;
  }

  test('R9: of signals keeps no signal of another tenant in the same shard from its effect', async () => {
    const beside = await waitingRuns('listens', [listenFor('go', 'agentspalace.signal.go'), act('one')]);
    const insert = `insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms)
      select tenant, 'cmd-' || id, shard, id, 'signal', '{"by":"test","name":"go","data":null}', 0 from flow.run where flow = $1 and status = 'waiting'`;
    await house.sql(insert, ['test/listens']);
    await house.sql(insert, [`test/${beside}`]);
    await open({ flow: { maxHeldRows: 200 } });
    await until('all are served', async () => begun.length === FLOOD + 1, 30_000);
    expect(begun.indexOf('small')).toBeLessThanOrEqual(200);
  });

  test('R9: of timers keeps no timer of another tenant in the same shard from firing', async () => {
    const beside = await waitingRuns('sleeps', [{ nap: { wait: { minutes: 10 } } }, act('one')]);
    const dueAt = 'update flow.timer t set due_ms = $1 from flow.run r where r.id = t.key and r.flow = $2';
    await house.sql(dueAt, [1_000, 'test/sleeps']);
    await house.sql(dueAt, [2_000, `test/${beside}`]);
    await open({ flow: { maxHeldRows: 200 }, durable: { overduePerSecond: 1_000_000 } });
    await until('all are served', async () => begun.length === FLOOD + 1, 30_000);
    expect(begun.indexOf('small')).toBeLessThanOrEqual(400);
  });

  test('R9: of unfinished work is taken up tenant by tenant', async () => {
    await open();
    await publish('slow', [act('one')]);
    holds = () => true;
    await Promise.all(Array.from({ length: FLOOD }, () => node.flow.startRun('flood', 'test/slow', {}).accepted));
    await node.flow.startRun('small', 'test/slow', {}).accepted;
    await node.close();
    release();
    begun = [];
    await open();
    await until('all are served', async () => begun.length === FLOOD + 1, 30_000);
    expect(begun.indexOf('small')).toBeLessThanOrEqual(400);
  });
});

describe('admission', () => {
  test('R9: one tenant may have every active run while it is alone; who comes next is let in, and shares are refused by reason', async () => {
    await open({ flow: { maxActiveRuns: 20 } });
    await publish('slow', [act('one')]);
    holds = () => true;
    const statuses = async (tenant: string, times: number): Promise<number[]> => {
      const all: number[] = [];
      for (let n = 0; n < times; n++) all.push((await startAs(tenant, 'slow')).status);
      return all;
    };
    expect(await statuses('flood', 22)).toEqual([...Array.from({ length: 20 }, () => 201), 503, 503]);
    expect(await statuses('small', 5)).toEqual([201, 201, 201, 201, 503]);
    const refused = await startAs('small', 'slow');
    expect(refused.body).toMatchObject({ code: 'overload.busy', detail: 'Others have work as well, and your share of the active runs is in use.' });
    const metrics = await node.metrics();
    expect(metrics).toContain('palace_refused_total{reason="active-runs"} 2');
    expect(metrics).toContain('palace_refused_total{reason="share-of-active-runs"} 2');
    expect(metrics).not.toMatch(/tenant=|flood|small/);
  });

  test('a concurrency limit counts the runs of its tenant alone, also where another has a flow of that name in the same shard', async () => {
    const shard = permitShard('flood', 'test/one-at-a-time');
    const other = Array.from({ length: 2_000 }, (_, n) => `other-${n}`).find((tenant) => permitShard(tenant, 'test/one-at-a-time') === shard) ?? '';
    await open();
    await publish('one-at-a-time', [act('one')], { concurrency: { limit: 1 } }, ['flood', other]);
    holds = (tenant) => tenant === 'flood';
    await startAs('flood', 'one-at-a-time');
    await until('the first has its place', async () => begun.length === 1);
    await startAs(other, 'one-at-a-time');
    await until('the other has one too', async () => begun.includes(other));
  });
});
