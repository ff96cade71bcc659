// What lifecycle events cost: the three-step flow without them, with those of the workflow, with those of its tasks too, in turn in one
// process over one database. Counted: processor time of engine and PostgreSQL a flow until all is at rest, events kept and matched.
import { openBenchEngine, TENANT, type BenchEngine } from './engine/engine.ts';
import { SEQ3 } from './engine/flows.ts';
import { costMeter, machine, pool, sleep, spread, type Cost, type Pooled } from './engine/gauge.ts';
import { onGround } from './engine/ground.ts';
import { line } from './engine/line.ts';
import pg from 'pg';

const LEVELS = ['none', 'workflow', 'task'] as const;
type Level = (typeof LEVELS)[number];
const RUNS = 600;
const CLIENTS = 50;
const ROUNDS = 5;
const LOOK_MS = 50;

interface Taken {
  readonly pooled: Pooled;
  readonly cost: Cost;
}

const flowOf = (level: Level): string =>
  SEQ3.replace(
    "name: seq3, version: '1.0.0'",
    `name: life-${level}, version: '1.0.0'${level === 'none' ? '' : `, metadata: { palace: { lifecycle: ${level} } }`}`,
  );

await onGround(async ({ databaseUrl, postgres }) => {
  const engine = await openBenchEngine({ databaseUrl, step: async (run, step) => ({ run, step, ok: true }) });
  const database = new pg.Client(databaseUrl);
  await database.connect();
  for (const level of LEVELS) await engine.flow.publish(TENANT, flowOf(level));
  for (const level of LEVELS) await take(engine, level, 100, postgres, database);
  const before = await machine(databaseUrl);
  const taken: Record<Level, Taken[]> = { none: [], workflow: [], task: [] };
  for (let n = 0; n < ROUNDS; n++) for (const level of LEVELS) taken[level].push(await take(engine, level, RUNS, postgres, database));
  // Of those taken one after the other, so that other work on the machine falls on all of them.
  const ratio = (level: Level, pick: (one: Taken) => number) => spread(taken[level].map((one, n) => pick(one) / pick(taken.none[n] as Taken)));
  const ratios = (level: Level) => ({ cpu: ratio(level, ({ cost }) => cost.totalMs ?? 0), throughput: ratio(level, ({ pooled }) => pooled.perSecond) });
  line('lifecycle', {
    runs: RUNS,
    clients: CLIENTS,
    rounds: ROUNDS,
    ratioToNone: { workflow: ratios('workflow'), task: ratios('task') },
    cpuMsPerFlow: Object.fromEntries(LEVELS.map((level) => [level, spread(taken[level].flatMap(({ cost }) => cost.totalMs ?? []))])),
    flowsPerSecond: Object.fromEntries(LEVELS.map((level) => [level, spread(taken[level].map(({ pooled }) => pooled.perSecond))])),
    machine: before,
  });
  await database.end();
  await engine.stop();
});

async function take(engine: BenchEngine, level: Level, runs: number, postgres: number, database: pg.Client): Promise<Taken> {
  const meter = costMeter(process.pid, postgres);
  const pooled = await pool(runs, CLIENTS, async (n) => {
    const end = await engine.flow.startRun(TENANT, `bench/life-${level}`, { run: `${level}-${n}` }).ended;
    if (end.status !== 'completed') throw new Error(`a run ended ${end.status}`);
  });
  for (let left = 1; left > 0;) {
    await sleep(LOOK_MS);
    const { rows } = await database.query<{ n: number }>('select count(*)::int as n from flow.event where not matched');
    left = rows[0]?.n ?? 0;
  }
  return { pooled, cost: meter(pooled.done) };
}
