// Schedules through the whole service, on a real database: publications, down times, several owners, pauses, limits.
import { beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/jq.ts';
import { flowText, openForFile, post, reached, TENANT, until, type Installation, type Reply, type TestNode } from '../testing.ts';

let house: Installation;
let node: TestNode;
let number = 0;
let name = '';
openForFile((...opened) => void ([house, node] = opened));
beforeEach(() => void (name = `timed-${++number}`));

const STEPS = [{ done: { set: { at: '${ .scheduledAt }' } } }];

function scheduled(schedule: unknown, more: { version?: string; palace?: unknown; steps?: unknown } = {}): string {
  const text = JSON.parse(flowText(name, more.steps ?? STEPS, { ...more })) as Record<string, unknown>;
  return JSON.stringify({ ...text, ...(schedule !== undefined && { schedule }) });
}

async function publish(source: string, on = node): Promise<number> {
  const reply = await on.call('POST', '/v1/flows', { body: { source } });
  expect([200, 201], JSON.stringify(reply.body)).toContain(reply.status);
  return Date.parse(String(reply.body['publishedAt']));
}

interface Run {
  readonly id: string;
  readonly version: string;
  readonly status: string;
  readonly trigger: string | null;
  readonly started: number;
}
/** Oldest first. */
const runs = (): Promise<Run[]> =>
  house.sql<Run>('select id, version, status, trigger, started_ms::float8 as started from flow.run where flow = $1 order by trigger collate "C"', [
    `test/${name}`,
  ]);
const times = async (): Promise<number[]> => (await runs()).map(({ trigger }) => Date.parse(String(trigger).replace(/^\w+\//, '')));
const ofRuns = (count: number, limitMs = 15_000): Promise<Run[]> =>
  until(`${count} runs of ${name}`, async () => ((await runs()).length >= count ? runs() : undefined), limitMs);
async function listed(on = node): Promise<Record<string, Json>> {
  return until(`${name} is listed`, async () => {
    const { body } = await on.call('GET', '/v1/schedules?limit=200');
    return (body['items'] as unknown as Record<string, Json>[]).find(({ flow }) => flow === `test/${name}`);
  });
}
async function gone(): Promise<void> {
  await until(`${name} is not listed`, async () => {
    const { body } = await node.call('GET', '/v1/schedules?limit=200');
    return !(body['items'] as unknown as Record<string, Json>[]).some(({ flow }) => flow === `test/${name}`);
  });
}
async function told(verb: 'pause' | 'resume', on = node): Promise<Reply> {
  const reply = await on.call('POST', `/v1/schedules/test/${name}/${verb}`, { body: {} });
  if (reply.status !== 202) return reply;
  await until('the word is decided', async () => (await on.call('GET', `/v1/commands/${String(reply.body['id'])}`)).body['state'] === 'done');
  return reply;
}

describe('a schedule in force', () => {
  it('starts runs at its times, and each is told its time', async () => {
    const publishedMs = await publish(scheduled({ every: 'PT1S' }));
    const found = await ofRuns(3);
    expect((await times()).slice(0, 3).map((at) => at - publishedMs)).toEqual([1_000, 2_000, 3_000]);
    for (const { started, trigger } of found) expect(started).toBeGreaterThanOrEqual(Date.parse(String(trigger).slice('schedule/'.length)));
    const page = await reached(node, found[0]?.id ?? '', 'completed');
    expect(page['input']).toEqual({ scheduledAt: new Date(publishedMs + 1_000).toISOString() });
    expect(page['output']).toEqual({ at: new Date(publishedMs + 1_000).toISOString() });
    expect(page['trigger']).toBe(`schedule/${new Date(publishedMs + 1_000).toISOString()}`);
    const about = await listed();
    expect(about).toMatchObject({ kind: 'every', schedule: 'every 1 s', paused: false, missed: 0, version: '1.0.0' });
    expect(Date.parse(String(about['next']))).toBeGreaterThan(publishedMs);
  });

  it('ends with a version that has none, and with the last version', async () => {
    await publish(scheduled({ every: 'PT1S' }));
    await ofRuns(1);
    const endMs = await publish(scheduled(undefined, { version: '1.1.0' }));
    await gone();
    const before = await times();
    await sleep(1_500);
    expect(await times()).toEqual(before);
    expect(Math.max(...before)).toBeLessThanOrEqual(endMs);
    await publish(scheduled({ every: 'PT1S' }, { version: '1.2.0' }));
    await ofRuns(before.length + 1);
    await until('no run is open', async () => (await node.call('DELETE', `/v1/flows/test/${name}`)).status === 204);
    await gone();
  });

  it('is that of the newest version, which takes over in the instant of its publication', async () => {
    await publish(scheduled({ every: 'PT1S' }));
    await ofRuns(2);
    const atMs = await publish(scheduled({ every: { milliseconds: 1_500 } }, { version: '2.0.0' }));
    await until('runs of both', async () => (await runs()).some(({ version }) => version === '2.0.0'));
    for (const { version, trigger } of await runs()) {
      const at = Date.parse(String(trigger).slice('schedule/'.length));
      expect(at <= atMs ? '1.0.0' : '2.0.0').toBe(version);
    }
    // The version before comes back when the newest one is withdrawn.
    await until('no run is open', async () => (await node.call('DELETE', `/v1/flows/test/${name}?version=2.0.0`)).status === 204);
    await until('the version before is in force', async () => (await listed())['version'] === '1.0.0');
    await publish(scheduled(undefined, { version: '3.0.0' }));
  });

  it('starts one run a time, whatever limit the flow has', async () => {
    const publishedMs = await publish(
      scheduled({ every: 'PT1S' }, { palace: { concurrency: { limit: 1 } }, steps: [{ hold: { wait: { milliseconds: 1_300 } } }] }),
    );
    await ofRuns(3);
    await publish(scheduled(undefined, { version: '2.0.0' }));
    await gone();
    expect((await times()).map((at) => (at - publishedMs) % 1_000)).toEqual((await times()).map(() => 0));
    expect(new Set(await times()).size).toBe((await times()).length);
  });
});

describe('a pause', () => {
  it('holds a schedule, and its times are nobody’s afterwards', async () => {
    await publish(scheduled({ every: 'PT1S' }));
    await ofRuns(1);
    expect((await told('pause')).status).toBe(202);
    const before = await times();
    expect((await listed())['next']).toBeUndefined();
    await sleep(2_200);
    expect(await times()).toEqual(before);
    const resumedMs = Date.now();
    await told('resume');
    await ofRuns(before.length + 1);
    expect((await times())[before.length]).toBeGreaterThan(resumedMs - 500);
    expect(await listed()).toMatchObject({ paused: false, missed: 0 });
    await publish(scheduled(undefined, { version: '2.0.0' }));
  });

  it('can stand in the document, and needs the permission to control runs', async () => {
    await publish(scheduled({ every: 'PT1S' }, { palace: { schedule: { paused: true } } }));
    expect((await listed())['paused']).toBe(true);
    await sleep(1_200);
    expect(await runs()).toEqual([]);
    expect((await node.call('POST', '/v1/schedules/test/nothing/pause', { body: {} })).status).toBe(404);
    expect((await node.call('POST', `/v1/schedules/test/${name}/pause`, { body: {}, tenant: 'other' })).status).toBe(404);
  });
});

describe('after', () => {
  it('starts the given time after the end of the run before, also when that failed', async () => {
    const publishedMs = await publish(
      scheduled(
        { after: 'PT1S' },
        { steps: [{ hold: { wait: { milliseconds: 700 } } }, { fails: { raise: { error: { type: 'https://test.invalid/no', status: 500 } } } }] },
      ),
    );
    await ofRuns(3);
    await publish(scheduled(undefined, { version: '2.0.0' }));
    const [first = 0, ...rest] = await times();
    expect(first - publishedMs).toBe(1_000);
    const ends = (
      await house.sql<{ ended: number | null }>('select ended_ms::float8 as ended from flow.run where flow = $1 order by trigger collate "C"', [`test/${name}`])
    ).map(({ ended }) => ended);
    rest.forEach((at, i) => expect(at).toBe((ends[i] ?? 0) + 1_000));
    expect((await runs()).every(({ trigger }) => trigger?.startsWith('after/'))).toBe(true);
  });
});

describe('while everything is down', () => {
  it('times are caught up, all, the last or none, as the flow says; none of them twice', async () => {
    const names: Record<string, string> = {};
    for (const catchUp of ['all', 'last', 'skip']) {
      name = names[catchUp] = `down-${catchUp}-${++number}`;
      await publish(scheduled({ every: 'PT1S' }, { palace: { schedule: { catchUp } } }));
    }
    const down = await house.open();
    await node.close();
    await down.close();
    // Nobody serves: the rows alone go back in time, so that the down time is long enough to count as missed.
    await house.sql(
      `update flow.schedule set anchor_ms = anchor_ms - 180000, decided_ms = decided_ms - 180000, next_ms = decided_ms - 179000 where flow like 'test/down-%'`,
    );
    await house.sql(`update flow.timer set due_ms = due_ms - 180000 where key like 'schedule/%/test/down-%'`);
    node = await house.open();
    const counted = async (catchUp: string): Promise<number[]> => {
      name = names[catchUp] ?? '';
      return times();
    };
    // They live in many shards and begin in any order.
    await until('the whole down time is caught up, without a gap', async () => {
      const all = await counted('all');
      return all.length > 175 && all.every((at, i) => i === 0 || at - (all[i - 1] ?? 0) === 1_000);
    });
    // Within the last minute nothing was missed; of what came before, none.
    const skipped = await counted('skip');
    expect(skipped.length).toBeLessThan(90);
    expect(Number((await listed())['missed'])).toBeGreaterThan(100);
    for (const catchUp of Object.keys(names)) {
      name = names[catchUp] ?? '';
      await publish(scheduled(undefined, { version: '9.0.0' }));
    }
  });

  it('a publication is kept and comes into force, and the bound on what is caught up is kept', async () => {
    const small = await house.open({ config: { flow: { maxCaughtUp: 5 } } });
    await node.close();
    await publish(scheduled({ every: 'PT1S' }), small);
    await until('it is kept', async () => (await house.sql('select from flow.schedule where flow = $1', [`test/${name}`])).length === 1);
    await small.close();
    await house.sql(`update flow.schedule set anchor_ms = anchor_ms - 60000, decided_ms = decided_ms - 60000 where flow = $1`, [`test/${name}`]);
    await house.sql(`update flow.timer set due_ms = due_ms - 60000 where key = $1`, [`schedule/${TENANT}/test/${name}`]);
    node = await house.open({ config: { flow: { maxCaughtUp: 5 } } });
    await until('the newest are started', async () => (await runs()).length >= 5);
    expect(Number((await listed())['missed'])).toBeGreaterThan(50);
    await publish(scheduled(undefined, { version: '2.0.0' }));
  });
});

describe('several owners', () => {
  it('start one run a time, although the shard goes from one to the other', async () => {
    const publishedMs = await publish(scheduled({ every: 'PT1S' }, { steps: [post('counted')] }));
    await ofRuns(1);
    const second = await house.open();
    await sleep(1_500);
    await node.close();
    await sleep(1_500);
    node = await house.open();
    await second.close();
    const seen = await until('the next times', async () => ((await times()).length >= 5 ? times() : undefined), 20_000);
    expect(seen.map((at) => at - publishedMs)).toEqual(seen.map((_, i) => (i + 1) * 1_000));
    await publish(scheduled(undefined, { version: '2.0.0' }));
  });
});
