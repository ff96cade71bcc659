// W1: a three-step flow, 50 clients. In process; over HTTP, each run started and awaited by one request; over HTTP in batches whose
// ends are streamed. Processor time a flow is the engine's and PostgreSQL's. Over HTTP the clients have a process of their own, which
// is not counted; in process they are the measured process and are counted.
import { openBenchEngine } from './engine/engine.ts';
import { costMeter, machine, pool, spread, type Cost, type Pooled } from './engine/gauge.ts';
import { onGround, type Ground } from './engine/ground.ts';
import { openHttpClient } from './engine/http-client.ts';
import { line } from './engine/line.ts';
import { startServed } from './engine/served.ts';

const RUNS = 2_000;
const CLIENTS = 50;
const ROUNDS = 3;
const BATCH = 100;
const BATCHES_AT_ONCE = 4;
const WARM_UP = 200;

await onGround(async (ground) => {
  await inProcess(ground);
  await overHttp(ground);
});

async function inProcess({ databaseUrl, postgres }: Ground): Promise<void> {
  const engine = await openBenchEngine({ databaseUrl, step: async (run, step) => ({ run, step, ok: true }) });
  await pool(WARM_UP, CLIENTS, (n) => engine.run(`warm-${n}`, 'seq3'));
  await rounds('in process', databaseUrl, process.pid, postgres, RUNS, () => pool(RUNS, CLIENTS, (n) => engine.run(`w1-${n}`, 'seq3')));
  await engine.stop();
}

async function overHttp({ databaseUrl, postgres }: Ground): Promise<void> {
  const served = await startServed({ databaseUrl, http: true });
  const client = openHttpClient(served.port, served.secret);
  await pool(WARM_UP, CLIENTS, (n) => client.run('seq3', { run: `warm-${n}` }));
  await rounds('http', databaseUrl, served.pid, postgres, RUNS, () => pool(RUNS, CLIENTS, (n) => client.run('seq3', { run: `h-${n}` })));
  const batch = (n: number) =>
    client.batch(
      'seq3',
      Array.from({ length: BATCH }, (_, i) => ({ run: `b-${n}-${i}` })),
    );
  await rounds('http, batches of 100 with streamed ends, 4 at once', databaseUrl, served.pid, postgres, RUNS, async () => {
    const pooled = await pool(RUNS / BATCH, BATCHES_AT_ONCE, batch);
    return { ...pooled, done: pooled.done * BATCH, perSecond: pooled.perSecond * BATCH };
  });
  client.close();
  await served.stop();
}

async function rounds(way: string, databaseUrl: string, engine: number, postgres: number, runs: number, work: () => Promise<Pooled>): Promise<void> {
  const taken: { pooled: Pooled; cost: Cost }[] = [];
  const before = await machine(databaseUrl);
  for (let n = 0; n < ROUNDS; n++) {
    const meter = costMeter(engine, postgres);
    const pooled = await work();
    taken.push({ pooled, cost: meter(pooled.done) });
  }
  const of = (pick: (one: { pooled: Pooled; cost: Cost }) => number | null) => spread(taken.flatMap((one) => pick(one) ?? []));
  line('w1', {
    way,
    runs,
    clients: CLIENTS,
    rounds: ROUNDS,
    failed: taken.reduce((sum, { pooled }) => sum + pooled.failed, 0),
    flowsPerSecond: of(({ pooled }) => pooled.perSecond),
    p50Ms: of(({ pooled }) => pooled.ms.p50),
    p99Ms: of(({ pooled }) => pooled.ms.p99),
    cpuMsPerFlow: { engine: of(({ cost }) => cost.engineMs), postgres: of(({ cost }) => cost.postgresMs), total: of(({ cost }) => cost.totalMs) },
    machine: before,
  });
}
