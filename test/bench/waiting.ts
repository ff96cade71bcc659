// One million waiting runs against 1,000: start of everything (PostgreSQL included), memory at rest; then 500 of their timers due each
// second, every run read back from its journal to go on. The runs are copies of one real run's rows, its journal and timer included.
import pg from 'pg';
import { costMeter, latency, memoryMb, now, round, sleep, spread } from './engine/gauge.ts';
import { inFolder, withDatabase } from './engine/ground.ts';
import { line } from './engine/line.ts';
import { startServed } from './engine/served.ts';
import { copyWaitingRuns, makeDue, templateRun } from './engine/waiting-runs.ts';

const FEW = 1_000;
const MANY = 1_000_000;
const STARTS = 3;
const REST_MS = 5_000;
const DUE_PER_SECOND = 500;
const DUE_SECONDS = 40;
/** From the moment the timers are set until the first is due: the start of everything lies in between. */
const DUE_IN_MS = 25_000;

await inFolder(async (dir) => {
  const served = await startServed({ dataDir: dir });
  await served.ask({ ask: 'sleep' });
  await served.stop();
  await copied(dir, 1, FEW);
  const few = await starts(dir, FEW);
  const began = now();
  await copied(dir, FEW + 1, MANY);
  process.stderr.write(`${MANY} runs are there after ${round((now() - began) / 1000, 0)} s\n`);
  const many = await starts(dir, MANY);
  line('waiting', {
    way: 'memory at rest',
    ratio: round(many.restMb.median / few.restMb.median),
    restMb: many.restMb,
    against: few.restMb,
    restAfterMs: REST_MS,
    without: 'PostgreSQL',
  });
  await lateness(dir);
});

function copied(dir: string, from: number, to: number): Promise<void> {
  return withDatabase(dir, ({ databaseUrl }) => withClient(databaseUrl, async (client) => copyWaitingRuns(client, await templateRun(client), from, to)));
}

async function starts(dir: string, runs: number): Promise<{ restMb: ReturnType<typeof spread> }> {
  const readyMs: number[] = [];
  const openedMs: number[] = [];
  const restMb: number[] = [];
  for (let n = 0; n < STARTS; n++) {
    const served = await startServed({ dataDir: dir });
    readyMs.push(served.readyMs);
    openedMs.push(served.openedMs);
    await sleep(REST_MS);
    restMb.push(memoryMb([served.pid]) ?? 0);
    await served.stop();
  }
  line('waiting', { way: 'cold start', runs, starts: STARTS, readyMs: spread(readyMs), withoutModuleLoadingMs: spread(openedMs) });
  return { restMb: spread(restMb) };
}

async function lateness(dir: string): Promise<void> {
  const count = DUE_PER_SECOND * DUE_SECONDS;
  const due = await withDatabase(dir, ({ databaseUrl }) =>
    withClient(databaseUrl, (client) => makeDue(client, count, MANY, DUE_IN_MS, 1_000 / DUE_PER_SECOND)),
  );
  const firstMs = due[0]?.dueMs ?? 0;
  const served = await startServed({ dataDir: dir });
  await served.ask({ ask: 'watch', runs: due });
  const early = firstMs - (await served.ask<number>({ ask: 'time' }));
  if (early < 0) throw new Error(`the timers were due ${-early} ms before everything had started`);
  await sleep(early);
  const meter = costMeter(served.pid, served.postgres ?? 0);
  let late: number[] = [];
  for (const end = now() + DUE_SECONDS * 1_000 + 30_000; now() < end && late.length < count;) {
    await sleep(1_000);
    late = await served.ask<number[]>({ ask: 'lateness' });
  }
  line('waiting', {
    way: 'timers due',
    perSecond: DUE_PER_SECOND,
    seconds: DUE_SECONDS,
    due: count,
    fired: late.length,
    early: late.filter((ms) => ms < 0).length,
    lateMs: latency(late),
    cpuMsPerTimer: meter(late.length),
    memoryMb: memoryMb([served.pid]),
  });
  await served.stop();
}

async function withClient<R>(databaseUrl: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
