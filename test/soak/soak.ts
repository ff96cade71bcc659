// Soak: so many runs that retention must keep up, and what it must then show. One JSON line of figures; exit code 1 where a bound is missed.
//   node test/soak/soak.ts [--runs 1000000] [--seconds N] [--retention-ms 60000] [--clients 50] [--rate N] [--report-rates]
// --seconds: no more than so long; what was done until then is judged, and told as `done`.
// --rate: no more than so many a second. Without it the load is as fast as the machine, and what is kept swings with the machine's moods.
// Bounds, once the run is long enough to tell (several times the retention):
//   the database levels off: over its last third it is larger by less than 5 % than over the third before, for the load that there was
//   throughput of the last tenth is at least 0.9 of the first; --report-rates: told and not judged, the machine may be busy with others
//   memory levels off: the heap after a collection grows by less than MEMORY_MB over the second half
// Every run goes through the real engine on the embedded PostgreSQL with fsync; every tenth has a key, every twentieth a child, every twentieth fails.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parseArgs } from 'node:util';
import { runInNewContext } from 'node:vm';
import type { Executor } from '@palace/flow/executors/executor.ts';
import { openFlow, type FlowService } from '@palace/flow/service.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { openPlatform, type Platform } from '@palace/platform/platform.ts';
import { SEQ3 } from '../bench/engine/flows.ts';
import { cpuSeconds, memoryMb, pool, round, sleep } from '../bench/engine/gauge.ts';
import { onGround, type Ground } from '../bench/engine/ground.ts';
import { judge, type Figures, type Look } from './figures.ts';

const TENANT = 'soak';
const PARTS = 50;
/** Where the time may end it, the parts are small enough to be many. */
const MOST_IN_A_PART = 500;
const LAST_WAIT_MS = 240_000;

const PARENT = `document: { dsl: '1.0.3', namespace: bench, name: parent, version: '1.0.0' }
do:
  - child: { run: { workflow: { namespace: bench, name: seq3, version: '1.0.0' } } }
`;
const BAD = `document: { dsl: '1.0.3', namespace: bench, name: bad, version: '1.0.0' }
do:
  - refuse: { raise: { error: { type: 'https://example.com/refused', status: 422 } } }
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seconds: { type: 'string' },
    'retention-ms': { type: 'string', default: '60000' },
    clients: { type: 'string', default: '50' },
    rate: { type: 'string', default: 'Infinity' },
    'report-rates': { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const retentionMs = Number(values['retention-ms']);
const rate = Number(values.rate);
if (!(rate > 0)) throw new Error('--rate must be a number above 0.');
if (!Number.isSafeInteger(runs) || runs < PARTS) throw new Error(`--runs must be a whole number, at least ${PARTS}.`);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const step: Executor = ({ args }) => Promise.resolve({ ok: true, result: { step: (args as { step: number }).step, ok: true } });

let missed: readonly string[] = ['nothing was measured'];
await onGround(async (ground) => {
  const platform = await open(ground);
  const flow = await openFlow(platform, { executors: new Map([['step:1.0.0@default', step]]) });
  await flow.start();
  for (const source of [SEQ3, PARENT, BAD]) await flow.publish(TENANT, source);
  const figures = await soak(flow, platform, ground);
  missed = judge(figures, { retentionMs, rates: values['report-rates'] ? 'told' : 'judged' });
  process.stdout.write(`${JSON.stringify({ soak: 'runs', ok: missed.length === 0, ...figures.told, missed })}\n`);
  await flow.stop();
  await platform.close();
});
process.exit(missed.length === 0 ? 0 : 1);

function open({ databaseUrl, dir }: Ground): Promise<Platform> {
  const config = loadConfig(
    {
      database: { url: databaseUrl },
      installation: { dataDir: join(dir, 'palace') },
      telemetry: { logLevel: 'error' },
      retention: { completedMs: retentionMs, failedMs: retentionMs, keysMs: retentionMs },
    },
    {},
  );
  return openPlatform(config, { service: 'soak' });
}

async function soak(flow: FlowService, platform: Platform, { postgres }: Ground): Promise<Figures> {
  const looks: Look[] = [await look(platform, 0, 0)];
  let failed = 0;
  const size = values.seconds === undefined ? Math.ceil(runs / PARTS) : Math.min(Math.ceil(runs / PARTS), MOST_IN_A_PART);
  const beginMs = performance.now();
  const end = beginMs + Number(values.seconds ?? Infinity) * 1_000;
  const paced = async (n: number): Promise<void> => {
    const earlyMs = beginMs + (n / rate) * 1_000 - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    await one(flow, n);
  };
  for (let begun = 0; begun < runs && performance.now() < end; begun += size) {
    const begin = cpuOf(postgres);
    const pooled = await pool(Math.min(size, runs - begun), Number(values.clients), (n) => paced(begun + n), Infinity);
    failed += pooled.failed;
    const cpuMs = round(((cpuOf(postgres) - begin) * 1_000) / size, 3);
    looks.push({ ...(await look(platform, looks.at(-1)!.done + pooled.done, pooled.perSecond)), cpuMs });
    const { done, perSecond, databaseMb, heapMb, left } = looks.at(-1) as Look;
    process.stderr.write(`${done} runs, ${perSecond}/s, ${cpuMs} ms of processor a run, database ${databaseMb} MB, heap ${heapMb} MB, ${left} runs kept\n`);
  }
  return {
    looks,
    told: {
      ...tellOf(looks),
      runs,
      done: (looks.at(-1) as Look).done,
      failed,
      retentionMs,
      leftAfterwards: await waitUntilGone(platform),
      memoryMb: memoryMb([process.pid]),
    },
  };
}

function cpuOf(postgres: number): number {
  return (cpuSeconds(process.pid, 'alone') ?? 0) + (cpuSeconds(postgres, 'with-children') ?? 0);
}

async function one(flow: FlowService, n: number): Promise<void> {
  const name = n % 20 === 0 ? 'parent' : n % 20 === 10 ? 'bad' : 'seq3';
  const idempotency = n % 10 === 5 ? { idempotency: { scope: 'soak', key: `k-${n}`, fingerprint: 'f' } } : {};
  const end = Promise.withResolvers<string>();
  await flow.engine.accept.start({
    tenant: TENANT,
    flow: `bench/${name}`,
    input: { run: `r-${n}` },
    ...idempotency,
    onEnd: ({ status }) => end.resolve(status),
  });
  const status = await end.promise;
  if (status !== (name === 'bad' ? 'failed' : 'completed')) throw new Error(`${name} ended ${status}`);
}

async function look({ database }: Platform, done: number, perSecond: number): Promise<Look> {
  const { rows } = await database.owner.query<{ bytes: string; left: string; partitions: number }>(
    `select pg_database_size(current_database()) as bytes, pg_stat_get_live_tuples('flow.run'::regclass) as left,
       (select count(*)::int from flow.journal_period) as partitions`,
  );
  collect();
  const { bytes = 0, left = 0, partitions = 0 } = rows[0] ?? {};
  const heapMb = round(process.memoryUsage().heapUsed / 1e6, 1);
  return { atMs: performance.now(), done, perSecond, cpuMs: 0, databaseMb: round(Number(bytes) / 1e6, 1), heapMb, left: Number(left), partitions };
}

/** What every run leaves behind goes too: nothing may be left when no more come. */
async function waitUntilGone({ database }: Platform): Promise<Record<string, number>> {
  const end = performance.now() + LAST_WAIT_MS + retentionMs;
  for (;;) {
    const { rows } = await database.owner.query<Record<string, number>>(
      `select (select count(*)::int from flow.run) as runs, (select count(*)::int from flow.journal) as journal, (select count(*)::int from flow.dedupe) as keys,
         (select count(*)::int from flow.stream) as stream, (select count(*)::int from flow.inbox) as commands`,
    );
    const left = rows[0] ?? {};
    if (Object.values(left).every((n) => n === 0) || performance.now() > end) return left;
    await sleep(2_000);
  }
}

function tellOf(looks: readonly Look[]): Record<string, unknown> {
  const last = looks.at(-1) as Look;
  return {
    seconds: round((last.atMs - (looks[0] as Look).atMs) / 1_000, 0),
    databaseMb: last.databaseMb,
    mostDatabaseMb: Math.max(...looks.map((one) => one.databaseMb)),
  };
}
