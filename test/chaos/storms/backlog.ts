// A day in which nothing ran: engine time has gone on, timers of the whole day are overdue, schedules have missed their times. When the
// process is back it works off what is due, oldest first and at a bounded rate, while new starts are answered as fast as ever.
// The day is simulated: the offset of engine time in the database is put forward, and the timers are spread over the day.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Door } from '../door.ts';
import { flow } from '../flows.ts';
import { openOneProcess } from '../houses.ts';
import type { Outcome } from '../outcome.ts';
import { openFolder, startPostgres } from '../processes.ts';
import { watchHost, type Host } from './host.ts';
import { latencyOf, missedBeside, watchMemory } from './measure.ts';
import { enoughIn, refusalsIn, steadyStarts, together, type Starts } from './starts.ts';

const DAY_MS = 86_400_000;
const NAP = 'chaos/nap';
const NORMAL_SECONDS = 15;
/** So much longer until enough of the normal ones are undisturbed. */
const MOST_TIMES = 4;
const LOOK_SECONDS = 5;
const A_BATCH = 1_000;
const DRAIN_LIMIT_MS = 480_000;
/** In one shard: a run that was due earlier may end so much later than one that was due later. Shards are worked off side by side. */
const MOST_OUT_OF_ORDER_MS = 2_000;

export interface BacklogSizes {
  readonly timers: number;
  readonly schedules: number;
}

export async function backlog({ timers, schedules }: BacklogSizes, times: 'kept' | 'reported'): Promise<Outcome> {
  const folder = openFolder();
  const postgres = await startPostgres(join(folder.dir, 'database'));
  const sql = new pg.Pool({ connectionString: postgres.server.url, max: 2 });
  sql.on('error', () => undefined);
  const { host, stop } = watchHost();
  try {
    const house = await openOneProcess({ PALACE_DATABASE_URL: postgres.server.url });
    try {
      await plant(house.door, timers, schedules);
      const normal = await normally(house.door, host, times === 'kept' ? MOST_TIMES : 1);
      await house.process().stop();
      await passADay(sql);
      await house.restart();
      const memory = watchMemory(house.process().pid);
      const drained = await drain(house.door, sql, timers);
      const samplesMb = memory.stop();
      const caughtUp = await settledSchedules(sql, schedules);
      return outcome({ timers, schedules, times, host, normal, drained, samplesMb, caughtUp, outOfOrderMs: await outOfOrder(sql) });
    } finally {
      await house.close();
    }
  } finally {
    stop();
    await sql.end();
    await postgres.server.stop();
    folder.remove();
  }
}

/** Until enough of them are undisturbed. */
async function normally(door: Door, host: Host, mostTimes: number): Promise<Starts> {
  const parts: Starts[] = [];
  for (let n = 1; n <= mostTimes && host.undisturbed(together(parts).accepted).length < enoughIn(NORMAL_SECONDS); n++)
    parts.push(await steadyStarts(door, { seconds: NORMAL_SECONDS, series: `normal-${n}` }));
  return together(parts);
}

interface Drained extends Starts {
  readonly left: number;
  readonly tookMs: number;
  /** Runs woken a second, every few seconds. */
  readonly rates: readonly number[];
}

async function drain(door: Door, sql: pg.Pool, timers: number): Promise<Drained> {
  const beganMs = performance.now();
  const parts: Starts[] = [];
  const rates: number[] = [];
  let left = timers;
  for (let round = 1; left > 0 && performance.now() - beganMs < DRAIN_LIMIT_MS; round++) {
    parts.push(await steadyStarts(door, { seconds: LOOK_SECONDS, series: `during-${round}` }));
    const open = await openNaps(sql);
    rates.push(Math.round((left - open) / LOOK_SECONDS));
    left = open;
  }
  return { ...together(parts), left, rates, tookMs: Math.round(performance.now() - beganMs) };
}

interface Measured extends BacklogSizes {
  readonly times: 'kept' | 'reported';
  readonly host: Host;
  readonly normal: Starts;
  readonly drained: Drained;
  readonly samplesMb: readonly number[];
  readonly caughtUp: number;
  readonly outOfOrderMs: number;
}

function outcome({ timers, schedules, times, host, normal, drained, samplesMb, caughtUp, outOfOrderMs }: Measured): Outcome {
  const normalMs = latencyOf(normal.accepted, host);
  const duringMs = latencyOf(drained.accepted, host);
  const memoryHalfMb = Math.max(...samplesMb.slice(0, Math.ceil(samplesMb.length / 2)));
  const memoryPeakMb = Math.max(...samplesMb);
  const slow = [
    ...missedBeside({ loaded: duringMs, normal: normalMs, enough: enoughIn(NORMAL_SECONDS), host }),
    ...(outOfOrderMs > MOST_OUT_OF_ORDER_MS ? [`runs ended up to ${outOfOrderMs} ms before older ones`] : []),
  ];
  return {
    timers,
    schedules,
    normalMs,
    duringMs,
    hostTookPercent: host.takenPercent(),
    drainedMs: drained.tookMs,
    aSecond: { mean: Math.round(timers / (drained.tookMs / 1_000)), most: Math.max(...drained.rates) },
    outOfOrderMs,
    caughtUp,
    memoryHalfMb,
    memoryPeakMb,
    ...(times === 'reported' && { missed: slow }),
    violations: [
      ...(times === 'kept' ? slow : []),
      ...refusalsIn(normal, host),
      ...refusalsIn(drained, host),
      ...(drained.left > 0 ? [`${drained.left} runs are not woken`] : []),
      ...(caughtUp < schedules ? [`${caughtUp} of ${schedules} schedules caught up`] : []),
      ...(memoryPeakMb > 1.25 * memoryHalfMb + 100 ? [`memory grew from ${memoryHalfMb} MB to ${memoryPeakMb} MB`] : []),
    ],
  };
}

async function plant(door: Door, timers: number, schedules: number): Promise<void> {
  await door.must('POST', '/v1/flows', { source: flow(NAP, [{ nap: { wait: { hours: 24 } } }, { out: { set: { woken: true } } }]) });
  for (let at = 0; at < timers; at += A_BATCH) {
    const items = Array.from({ length: Math.min(A_BATCH, timers - at) }, () => ({ flow: NAP, input: {} }));
    await door.must('POST', '/v1/runs/batch', { items });
  }
  for (let n = 0; n < schedules; n++) await door.must('POST', '/v1/flows', { source: scheduled(n) });
}

function scheduled(n: number): string {
  const source = JSON.parse(flow(`chaos/hourly-${n}`, [{ out: { set: { done: true } } }])) as Record<string, unknown>;
  const document = { ...(source['document'] as object), metadata: { palace: { schedule: { catchUp: 'last' } } } };
  return JSON.stringify({ ...source, document, schedule: { every: { hours: 1 } } });
}

/** The timers are spread over the day, the rows of the runs say nothing of when they are due. */
async function passADay(sql: pg.Pool): Promise<void> {
  await sql.query(`update flow.timer set due_ms = due_ms - floor(random() * ${DAY_MS})::bigint where key like 'run\\_%'`);
  await sql.query('create table public.due as select shard, key, due_ms from flow.timer');
  await sql.query(`update flow.clock set offset_ms = offset_ms + ${DAY_MS + 60_000}`);
}

async function openNaps(sql: pg.Pool): Promise<number> {
  const { rows } = await sql.query<{ open: string }>(`select count(*) as open from flow.run where flow = $1 and ended_ms is null`, [NAP]);
  return Number(rows[0]?.open);
}

async function settledSchedules(sql: pg.Pool, wanted: number): Promise<number> {
  for (let look = 0; ; look++) {
    const { rows } = await sql.query<{ ran: string }>(
      `select count(distinct flow) as ran from flow.run where flow like 'chaos/hourly-%' and ended_ms is not null`,
    );
    const ran = Number(rows[0]?.ran);
    if (ran >= wanted || look >= 60) return ran;
    await sleep(1_000);
  }
}

/** By how much a run ended before one of its shard that was due earlier, at p99. */
async function outOfOrder(sql: pg.Pool): Promise<number> {
  const { rows } = await sql.query<{ early: string | null }>(
    `select percentile_disc(0.99) within group (order by early) as early from (
       select max(r.ended_ms) over (partition by d.shard order by d.due_ms) - r.ended_ms as early from public.due d join flow.run r on r.id = d.key where r.flow = $1) x`,
    [NAP],
  );
  return Number(rows[0]?.early ?? 0);
}
