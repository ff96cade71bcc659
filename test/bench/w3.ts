// W3: one run with 100 parallel steps and a durable join, on an idle system.
import { openBenchEngine } from './engine/engine.ts';
import { costMeter, machine, pool } from './engine/gauge.ts';
import { onGround } from './engine/ground.ts';
import { line } from './engine/line.ts';

const RUNS = 40;
const WARM_UP = 10;

await onGround(async ({ databaseUrl, postgres }) => {
  const engine = await openBenchEngine({ databaseUrl, step: async (run, step) => ({ run, step, ok: true }) });
  await pool(WARM_UP, 1, (n) => engine.run(`warm-${n}`, 'fan100'));
  const before = await machine(databaseUrl);
  const meter = costMeter(process.pid, postgres);
  const { ms, failed, done } = await pool(RUNS, 1, (n) => engine.run(`w3-${n}`, 'fan100'));
  line('w3', { way: 'in process', branches: 100, runs: RUNS, failed, ms, cpuMsPerRun: meter(done), machine: before });
  await engine.stop();
});
