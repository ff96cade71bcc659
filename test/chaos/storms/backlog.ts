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
import { watchMemory, quantile } from './measure.ts';
import { p99OfStarts } from './starts.ts';

const DAY_MS = 86_400_000;
const NAP = 'chaos/nap';
const NORMAL_SECONDS = 15;
const A_BATCH = 1_000;
const DRAIN_LIMIT_MS = 480_000;
const TIMES = 2;
/** Below it twice as much is the noise of a machine. */
const LEAST_MS = 20;
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
  try {
    const house = await openOneProcess({ PALACE_DATABASE_URL: postgres.server.url });
    try {
      await plant(house.door, timers, schedules);
      const normal = await p99OfStarts(house.door, { seconds: NORMAL_SECONDS, series: 'normal' });
      await house.process().stop();
      await passADay(sql);
      await house.restart();
      const memory = watchMemory(house.process().pid);
      const beganMs = performance.now();
      const during: number[] = [];
      let problems: readonly string[] = [];
      let left = timers;
      const rates: number[] = [];
      for (let round = 1; left > 0 && performance.now() - beganMs < DRAIN_LIMIT_MS; round++) {
        const part = await p99OfStarts(house.door, { seconds: 5, series: `during-${round}` });
        during.push(...part.tookMs);
        problems = [...problems, ...part.problems];
        const open = await openNaps(sql);
        rates.push(Math.round((left - open) / 5));
        left = open;
      }
      const drainedMs = Math.round(performance.now() - beganMs);
      const samplesMb = memory.stop();
      const caughtUp = await settledSchedules(sql, schedules);
      const outOfOrderMs = await outOfOrder(sql);
      const normalP99Ms = quantile(normal.tookMs, 0.99);
      const duringP99Ms = quantile(during, 0.99);
      const allowedMs = Math.max(LEAST_MS, TIMES * normalP99Ms);
      const memoryHalfMb = Math.max(...samplesMb.slice(0, Math.ceil(samplesMb.length / 2)));
      const memoryPeakMb = Math.max(...samplesMb);
      const slow = [
        ...(duringP99Ms > allowedMs ? [`new starts took ${duringP99Ms} ms at p99 meanwhile, ${normalP99Ms} ms normally`] : []),
        ...(outOfOrderMs > MOST_OUT_OF_ORDER_MS ? [`runs ended up to ${outOfOrderMs} ms before older ones`] : []),
      ];
      return {
        timers,
        schedules,
        normalMs: { p50: quantile(normal.tookMs, 0.5), p99: normalP99Ms },
        duringMs: { p50: quantile(during, 0.5), p99: duringP99Ms, max: quantile(during, 1) },
        startsMeanwhile: during.length,
        drainedMs,
        aSecond: { mean: Math.round(timers / (drainedMs / 1_000)), most: Math.max(...rates) },
        outOfOrderMs,
        caughtUp,
        memoryHalfMb,
        memoryPeakMb,
        ...(times === 'reported' && { missed: slow }),
        violations: [
          ...(times === 'kept' ? slow : []),
          ...normal.problems,
          ...problems,
          ...(left > 0 ? [`${left} runs are not woken`] : []),
          ...(caughtUp < schedules ? [`${caughtUp} of ${schedules} schedules caught up`] : []),
          ...(memoryPeakMb > 1.25 * memoryHalfMb + 100 ? [`memory grew from ${memoryHalfMb} MB to ${memoryPeakMb} MB`] : []),
        ],
      };
    } finally {
      await house.close();
    }
  } finally {
    await sql.end();
    await postgres.server.stop();
    folder.remove();
  }
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
