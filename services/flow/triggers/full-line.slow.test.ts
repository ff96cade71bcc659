// Times and events whose flow has a concurrency limit, and whose line is full: what waits, where it is seen, and that none is lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/jq.ts';
import { permitName } from '../core/permit.ts';
import { permitShard } from '../engine/placement.ts';
import { flowText, listenFor, openForFile, reached, start, TENANT, until, type Installation, type NodeOptions, type TestNode } from '../testing.ts';

const SMALL: NodeOptions = { config: { flow: { maxQueuedRuns: 2 } } };
const HOLD = [listenFor('hold', 'agentspalace.signal.go')];

let house: Installation;
let node: TestNode;
let number = 0;
let name = '';
openForFile((...opened) => void ([house, node] = opened), SMALL);
beforeEach(() => void (name = `full-${++number}`));

const type = (): string => `test.${name}`;
const onEvent = () => ({ on: { one: { with: { type: type() } } } });

async function publish(schedule: unknown, { tenant = TENANT, ...more }: { tenant?: string; version?: string; palace?: object } = {}): Promise<void> {
  const text = JSON.parse(flowText(name, HOLD, { ...more, palace: { concurrency: { limit: 1 }, ...more.palace } })) as object;
  await node.flow.publish(tenant, JSON.stringify({ ...text, ...(schedule !== undefined && { schedule }) }));
}
async function emit(id: string, tenant = TENANT): Promise<void> {
  const event = { specversion: '1.0', id, source: `/test/${name}`, type: type(), data: { id } };
  expect((await node.call('POST', '/v1/events', { body: event, tenant })).status).toBe(202);
}
interface Run {
  readonly id: string;
  readonly status: string;
  readonly trigger: string;
}
const runs = (tenant = TENANT): Promise<Run[]> =>
  house.sql<Run>('select id, status, trigger from flow.run where flow = $1 and tenant = $2 order by id', [`test/${name}`, tenant]);
const waiting = async (): Promise<number> =>
  Number((await house.sql<{ n: string }>('select count(*) as n from flow.waiting_start where flow = $1', [`test/${name}`]))[0]?.n);
async function listed(): Promise<Record<string, Json>> {
  const { body } = await node.call('GET', '/v1/schedules?limit=200');
  return (body['items'] as unknown as Record<string, Json>[]).find(({ flow }) => flow === `test/${name}`) ?? {};
}
async function told(verb: 'pause' | 'resume'): Promise<void> {
  const { body } = await node.call('POST', `/v1/schedules/test/${name}/${verb}`, { body: {} });
  await until('the word is decided', async () => (await node.call('GET', `/v1/commands/${String(body['id'])}`)).body['state'] === 'done');
}
/** Lets whoever is at work end, until so many have ended. */
async function letThrough(count: number): Promise<void> {
  const ended = new Set<string>();
  await until(
    `${count} ended`,
    async () => {
      for (const { id, status } of await runs()) {
        if (status === 'waiting') await node.call('POST', `/v1/runs/${id}/signals`, { body: { name: 'go' } });
        if (status === 'completed') ended.add(id);
      }
      return ended.size >= count;
    },
    40_000,
  );
}
/** One at work, and so many queued as there may be. */
const fullLine = () =>
  until('the line is full', async () => {
    const states = (await runs()).map(({ status }) => status);
    return states.includes('waiting') && states.filter((status) => status === 'pending').length === 2;
  });

describe('events', () => {
  it('wait for room in rows of their own, are listed, and start their runs later, each once, over a crash too', async () => {
    await publish(onEvent());
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const id of ids) await emit(id);
    await fullLine();
    await until('the others wait', async () => (await waiting()) === 4);
    expect(await listed()).toMatchObject({ waiting: 4, missed: 0 });
    expect(await runs()).toHaveLength(3);
    await node.kill();
    node = await house.open(SMALL);
    await letThrough(7);
    expect((await runs()).map(({ trigger }) => trigger).toSorted()).toEqual(ids.map((id) => `event/${id}`));
    expect([await waiting(), (await listed())['waiting']]).toEqual([0, 0]);
    expect(house.outside.log.some((line) => line.includes('too many of its runs wait for a place'))).toBe(true);
  });

  it('reach whoever listens for them meanwhile: the run that holds the place may need one to end', async () => {
    const more = { palace: { concurrency: { limit: 1 } } };
    const text = JSON.parse(flowText(name, [listenFor('hold', type())], more)) as object;
    await node.flow.publish(TENANT, JSON.stringify({ ...text, schedule: onEvent() }));
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await emit(id);
      await sleep(30);
    }
    // Nobody but these events ends a run: b ends that of a, and so on.
    for (let n = 0; n < 12; n++) {
      await emit(`more-${n}`);
      await sleep(150);
    }
    await until('the first six have ended', async () => (await runs()).slice(0, 6).every(({ status }) => status === 'completed'));
    await publish(undefined, { version: '2.0.0' });
  });

  it('of a flow that is paused wait on', async () => {
    await publish(onEvent());
    for (const id of ['a', 'b', 'c', 'd', 'e']) await emit(id);
    await fullLine();
    await until('the others wait', async () => (await waiting()) === 2);
    await told('pause');
    await letThrough(3);
    await sleep(2_500);
    expect([await waiting(), (await runs()).length]).toEqual([2, 3]);
    await told('resume');
    await letThrough(5);
    expect(await waiting()).toBe(0);
  });

  it('beyond what may wait are missed, counted where people look, with their reason in the log and the metric', async () => {
    await node.close();
    node = await house.open({ config: { flow: { maxQueuedRuns: 2, maxWaitingStarts: 1 } } });
    await publish(onEvent());
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await emit(id);
    // What was queued when the last came, waits or is missed; the one that waited moves up.
    const missed = await until('each is accounted for', async () => {
      const about = await listed();
      const count = Number(about['missed']);
      return count >= 2 && count + Number(about['waiting']) + (await runs()).length === 6 ? count : undefined;
    });
    expect(await node.metrics()).toContain(`palace_refused_total{reason="events-that-wait-to-start-runs"} ${missed}`);
    expect(house.outside.log.some((line) => line.includes('a schedule started no run') && line.includes(name))).toBe(true);
    await letThrough(6 - missed);
    await node.close();
    node = await house.open(SMALL);
  });

  it('that were gathered wait together', async () => {
    const of = (what: string) => ({ with: { type: type(), subject: what }, correlate: { order: { from: '.data.order' } } });
    await publish({ on: { all: [of('order'), of('paid')] } });
    for (let order = 1; order <= 5; order++)
      for (const subject of ['order', 'paid']) {
        const body = { specversion: '1.0', id: `${subject}-${order}`, source: `/test/${name}`, type: type(), subject, data: { order } };
        expect((await node.call('POST', '/v1/events', { body })).status).toBe(202);
      }
    await fullLine();
    await until('the others wait', async () => (await waiting()) === 2);
    await letThrough(5);
    expect((await runs()).length).toBe(5);
  });

  it('R9: of another tenant find room in the line of the same shard', async () => {
    await publish(onEvent());
    const shard = permitShard(TENANT, permitName(`test/${name}`));
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await emit(id);
    await fullLine();
    const first = name;
    for (let n = 0; permitShard('other', permitName(`test/${name}`)) !== shard; n++) name = `${first}-${n}`;
    await publish(onEvent(), { tenant: 'other' });
    for (const id of ['x', 'y']) await emit(id, 'other');
    await until('one at work, one queued', async () => {
      const states = (await runs('other')).map(({ status }) => status);
      return states.toSorted().join() === 'pending,waiting';
    });
    name = first;
    await letThrough(6);
  });
});

describe('times', () => {
  it('wait for room as if nobody had looked: listed as waiting, none missed, each started once in the end', async () => {
    await publish({ every: 'PT1S' });
    await fullLine();
    await until('times wait', async () => Number((await listed())['waiting']) >= 2);
    const about = await listed();
    expect(about['missed']).toBe(0);
    expect(Date.parse(String(about['next']))).toBeLessThan(Date.now());
    expect(await runs()).toHaveLength(3);
    expect(house.outside.log.some((line) => line.includes('times of a schedule wait') && line.includes(name))).toBe(true);
    await letThrough(6);
    const at = (await runs()).map(({ trigger }) => Date.parse(trigger.slice('schedule/'.length)));
    expect(at.map((ms) => ms - at[0]!)).toEqual(at.map((_, i) => i * 1_000));
    await publish(undefined, { version: '2.0.0' });
  });

  it('stop no publication: what waited until then is missed', async () => {
    await publish({ every: 'PT1S' });
    await until('times wait', async () => Number((await listed())['waiting']) >= 1);
    await publish({ every: 'PT1H' }, { version: '2.0.0' });
    await until('the new version is in force', async () => (await listed())['version'] === '2.0.0');
    expect(Number((await listed())['missed'])).toBeGreaterThanOrEqual(1);
    expect((await listed())['waiting']).toBe(0);
    await letThrough(3);
    await sleep(1_500);
    expect(await runs()).toHaveLength(3);
  });

  it('after the run before find their line full of the runs of others', async () => {
    await publish({ after: 'PT1S' });
    for (let n = 0; n < 3; n++) await start(node, name);
    await until('the time waits', async () => (await listed())['waiting'] === 1);
    await letThrough(4);
    const [run] = (await runs()).filter(({ trigger }) => trigger !== null);
    await reached(node, run?.id ?? '', 'completed');
    expect((await listed())['missed']).toBe(0);
    await publish(undefined, { version: '2.0.0' });
  });
});
