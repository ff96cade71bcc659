// W2: the three-step flow on an idle system, one at a time, in process and over HTTP.
import { openBenchEngine } from './engine/engine.ts';
import { machine, pool } from './engine/gauge.ts';
import { onGround } from './engine/ground.ts';
import { openHttpClient } from './engine/http-client.ts';
import { line } from './engine/line.ts';
import { startServed } from './engine/served.ts';

const RUNS = 300;
const WARM_UP = 50;

await onGround(async ({ databaseUrl }) => {
  const engine = await openBenchEngine({ databaseUrl, step: async (run, step) => ({ run, step, ok: true }) });
  await measure('in process', databaseUrl, (id) => engine.run(id, 'seq3'));
  await engine.stop();
  const served = await startServed({ databaseUrl, http: true });
  const client = openHttpClient(served.port, served.secret);
  await measure('http', databaseUrl, (id) => client.run('seq3', { run: id }));
  client.close();
  await served.stop();
});

async function measure(way: string, databaseUrl: string, run: (id: string) => Promise<void>): Promise<void> {
  await pool(WARM_UP, 1, (n) => run(`warm-${n}`));
  const before = await machine(databaseUrl);
  const { ms, failed } = await pool(RUNS, 1, (n) => run(`w2-${n}`));
  line('w2', { way, runs: RUNS, clients: 1, failed, ms, machine: before });
}
