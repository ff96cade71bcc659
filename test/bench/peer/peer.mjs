// AgentsPalace as a peer of the shared benchmark: the real engine, in process, every step an effect whose result is journaled.
// AGENTSPALACE_HOME is the checkout (default: the current folder's AgentsPalace). BENCH_VARIANT=http starts and awaits each run over HTTP.
import { pathToFileURL } from 'node:url';
import { stepBody, PORT_BASE } from '../../lib/util.mjs';

const home = process.env.AGENTSPALACE_HOME;
if (!home) throw new Error('Set AGENTSPALACE_HOME to the AgentsPalace checkout.');
const { openBenchEngine } = await import(pathToFileURL(`${home}/test/bench/engine/engine.ts`).href);
const http = process.env.BENCH_VARIANT === 'http';

export const meta = {
  label: http ? 'AgentsPalace (HTTP)' : 'AgentsPalace',
  kind: 'workflow',
  needsPg: true,
  storage: 'PostgreSQL, group commit, fsync',
  recovery: 'automatic at start',
};

export async function start({ dbUrl }) {
  const engine = await openBenchEngine({ databaseUrl: dbUrl, step: (run, step) => stepBody(run, step), http: http ? { port: PORT_BASE + 40 } : undefined });
  return { run: engine.run, submit: engine.submit, countDone: engine.countDone, pids: [], stop: engine.stop };
}
