// Scenarios that are no loop of faults. Each opens its own house and says its figures.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { historyOf } from './checks.ts';
import type { Outcome } from './outcome.ts';
import type { Door } from './door.ts';
import { HOLD, POISON, STEPS } from './flows.ts';
import { openCluster, openOneProcess, type Cluster } from './houses.ts';
import { overload } from './overload.ts';
import { backlog } from './storms/backlog.ts';
import { neighbour } from './storms/neighbour.ts';
import { outage } from './storms/outage.ts';
import { STORMS } from './storms/weather.ts';

export interface Scenario {
  readonly name: string;
  /** What is bounded by the clock of the wall is a violation, or only told. */
  run(times: 'kept' | 'reported', storm: StormSizes): Promise<Outcome>;
}

/** How large the storms are. */
export interface StormSizes {
  readonly seconds: number;
  readonly timers: number;
  readonly schedules: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'fork', run: fork },
  { name: 'poison', run: poison },
  { name: 'overload', run: (times) => overload(60, times) },
  ...STORMS.map((storm): Scenario => ({ name: storm.name, run: (times, { seconds }) => outage(storm, seconds, times) })),
  { name: 'day-of-outage', run: (times, sizes) => backlog(sizes, times) },
  { name: 'loud-neighbour', run: (times, { seconds }) => neighbour(seconds, times) },
];

const LIMIT_MS = 120_000;
const AT_ONCE = 32;

async function together<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const n = next;
        next += 1;
        results[n] = await work(n);
      }
    }),
  );
  return results;
}

async function statusOf(door: Door, run: string, wanted: readonly string[], limitMs = LIMIT_MS): Promise<string> {
  const end = performance.now() + limitMs;
  for (;;) {
    const { body } = await door.must('GET', `/v1/runs/${run}`);
    const status = String(body['status']);
    if (wanted.includes(status) || performance.now() > end) return status;
    await sleep(100);
  }
}

/** 100 runs past their unique act, each forked before and after it: the sink must see no second act. */
async function fork(): Promise<Outcome> {
  const house = await openOneProcess();
  const { door, sink } = house;
  const violations: string[] = [];
  try {
    const originals = await together(100, async (n) => String((await door.must('POST', '/v1/runs', { flow: STEPS, input: { n } })).body['id']));
    for (const run of originals) if ((await statusOf(door, run, ['completed', 'failed'])) !== 'completed') violations.push(`${run} did not complete`);
    const forks = await together(200, async (n) => {
      const run = originals[Math.floor(n / 2)] as string;
      const events = await historyOf(door, run);
      const requested = events.find((e) => e.type === 'effect.requested' && e.data['class'] === 'unique')?.seq ?? 0;
      const atSeq = n % 2 === 0 ? requested - 1 : (events.find((e) => e.type === 'effect.completed' && e.seq > requested)?.seq ?? 0);
      return String((await door.must('POST', `/v1/runs/${run}/fork`, { atSeq })).body['id']);
    });
    for (const run of forks) if ((await statusOf(door, run, ['completed', 'failed'])) !== 'completed') violations.push(`the fork ${run} did not complete`);
    const second = forks.filter((run) => (sink.byStep.get(`${run} /unique`) ?? []).length > 0);
    if (second.length > 0) violations.push(`${second.length} forks performed the unique act again`);
    const first = originals.filter((run) => (sink.byStep.get(`${run} /unique`) ?? []).length !== 1);
    if (first.length > 0) violations.push(`${first.length} originals did not perform it once`);
    return { runs: originals.length, forks: forks.length, secondEffects: second.length, violations };
  } finally {
    await house.close();
  }
}

const CROWD = 1_000;

/** 1,000 waiting runs; one journal is corrupted, one run's decision throws; over a kill -9 the other 998 finish as fast as before. */
async function poison(): Promise<Outcome> {
  const house = await openCluster(1);
  const violations: string[] = [];
  try {
    const soundMs = await crowdEnds(house, await crowd(house, CROWD), [], violations);
    const runs = await crowd(house, CROWD - 1);
    const thrower = String((await house.door.must('POST', '/v1/runs', { flow: POISON, input: {} })).body['id']);
    await statusOf(house.door, thrower, ['waiting']);
    const corrupted = runs[500] as string;
    await damage(house, corrupted);
    await house.flows()[0]?.kill();
    await house.restart(0);
    const poisonedMs = await crowdEnds(house, [...runs, thrower], [corrupted, thrower], violations);
    if (poisonedMs > 2 * soundMs + 2_000) violations.push(`998 runs took ${poisonedMs} ms beside the poison, ${soundMs} ms without`);
    const after = await crowdEnds(house, await crowd(house, 50), [], violations);
    return { runs: CROWD, soundMs, poisonedMs, fiftyAfterwardsMs: after, violations };
  } finally {
    await house.close();
  }
}

async function crowd({ door }: Cluster, count: number): Promise<string[]> {
  const runs = await together(count, async (n) => String((await door.must('POST', '/v1/runs', { flow: HOLD, input: { n } })).body['id']));
  for (const run of runs) await statusOf(door, run, ['waiting']);
  return runs;
}

async function damage({ postgres }: Cluster, corrupted: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.server.url });
  await client.connect();
  await client.query(`update flow.journal set body = '[{"type":"nonsense"}]' where run = $1 and seq = 1`, [corrupted]);
  // The step after its listen is none that there is: going there is a broken invariant, which throws.
  await client.query(
    `update flow.program set program = jsonb_set(program, '{steps,1,next}', '99') where hash = (select hash from flow.definition where name = 'poison')`,
  );
  await client.end();
}

/** Signals all; how long until all but `bad` have ended. */
async function crowdEnds({ door }: Cluster, runs: readonly string[], bad: readonly string[], violations: string[]): Promise<number> {
  const begin = performance.now();
  await together(runs.length, (n) => door.must('POST', `/v1/runs/${runs[n]}/signals`, { name: 'go' }));
  for (const run of runs) {
    if (bad.includes(run)) continue;
    const status = await statusOf(door, run, ['completed', 'failed', 'quarantined']);
    if (status !== 'completed') violations.push(`${run} is ${status}`);
  }
  const tookMs = Math.round(performance.now() - begin);
  for (const run of bad) {
    const status = await statusOf(door, run, ['quarantined'], 10_000);
    if (status !== 'quarantined') violations.push(`the poisoned ${run} is ${status}`);
  }
  return tookMs;
}
