// The engine's process of served.ts: opens the engine, says that it is ready, answers questions until SIGTERM.
import { openSync, writeSync } from 'node:fs';
import { openBenchEngine, type BenchEngine } from './engine.ts';
import { now, sleep } from './gauge.ts';
import type { Question, Ready, ServedOptions } from './served.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as ServedOptions;
const log = options.stepLog === undefined ? undefined : openSync(options.stepLog, 'a');
const began = now();
const engine = await openBenchEngine({
  databaseUrl: options.databaseUrl,
  dataDir: options.dataDir,
  ...(options.http === true && { http: { port: 0 } }),
  async step(run, step) {
    if (log !== undefined) writeSync(log, `${run} ${step}\n`);
    if (options.stepMs !== undefined) await sleep(options.stepMs);
    return { run, step, ok: true };
  },
});
const lateness: number[] = [];

process.on('message', (question: Question & { to: number }) => {
  void answer(engine, question).then((said) => process.send?.({ to: question.to, answer: said }));
});
// Its asker's death ends it as well.
let stopped: Promise<unknown> | undefined;
const stop = () => void (stopped ??= engine.stop().then(() => process.connected && process.disconnect()));
process.once('SIGTERM', stop);
process.once('disconnect', stop);
process.send?.({
  ready: { port: engine.door?.port ?? 0, secret: engine.door?.secret ?? '', openedMs: now() - began, postgres: engine.postgres } satisfies Ready,
});

async function answer({ flow, submit, countDone, countSteps }: BenchEngine, question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'submit':
      return (await Promise.all(Array.from({ length: question.count }, (_, n) => submit(`${question.prefix}${n}`)))).length;
    case 'sleep':
      return submit('waits', 'sleep');
    case 'done':
      return countDone();
    case 'steps':
      return countSteps(question.beforeMs);
    case 'watch':
      for (const { id, dueMs } of question.runs) {
        flow.engine.watching.watch(id, ({ status }) => {
          if (status === 'completed') lateness.push(flow.node.timeMs() - dueMs);
        });
      }
      return question.runs.length;
    case 'lateness':
      return lateness;
    case 'time':
      return flow.node.timeMs();
    default:
      return flow.engine.load();
  }
}
