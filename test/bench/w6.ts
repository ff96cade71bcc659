// W6: 500 three-step runs (each step takes 100 ms), kill -9 at 40 % of the steps, start again; nobody helps.
// Killed is the engine's process alone, then the engine and every process of PostgreSQL. The time counts from before the second start
// until the last run is complete in the database. Each executed step leaves a line in a file: repeats are counted there. A step may run
// twice only if it had begun and its completion was not committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { family, now, round, sleep } from './engine/gauge.ts';
import { inFolder } from './engine/ground.ts';
import { line } from './engine/line.ts';
import { startServed, type Served } from './engine/served.ts';

const RUNS = 500;
const STEPS = RUNS * 3;
const STEP_MS = 100;
const KILL_AT = STEPS * 0.4;
const LIMIT_MS = 60_000;
const LOOK_MS = 20;

for (const killed of ['engine', 'engine and PostgreSQL'] as const) await inFolder((dir) => crash(dir, killed));

async function crash(dir: string, killed: 'engine' | 'engine and PostgreSQL'): Promise<void> {
  const stepLog = join(dir, 'steps.log');
  writeFileSync(stepLog, '');
  const lines = (): string[] =>
    readFileSync(stepLog, 'utf8')
      .split('\n')
      .filter((text) => text !== '');
  const first = await startServed({ dataDir: dir, stepLog, stepMs: STEP_MS });
  const accepted = await first.ask<number>({ ask: 'submit', prefix: 'c-', count: RUNS });
  while (lines().length < KILL_AT) await sleep(2);
  await killAll(first, killed);
  // Engine time is the database's clock, which is this machine's; nothing is decided between the kill and the second start.
  const killedMs = Date.now();
  const begun = lines().length;

  const began = now();
  const second = await startServed({ dataDir: dir, stepLog, stepMs: STEP_MS });
  let done = 0;
  while (now() - began < LIMIT_MS && (done = await second.ask<number>({ ask: 'done' })) < RUNS) await sleep(LOOK_MS);
  const allDoneMs = now() - began;
  const committed = await second.ask<number>({ ask: 'steps', beforeMs: killedMs });
  await second.stop();
  const ran = lines();
  const times = new Map<string, number>();
  for (const text of ran) times.set(text, (times.get(text) ?? 0) + 1);
  line('w6', {
    killed,
    runs: RUNS,
    accepted,
    finished: done,
    allDoneMs: done === RUNS ? round(allDoneMs, 0) : null,
    readyMs: round(second.readyMs, 0),
    openedMs: round(second.openedMs, 0),
    stepsBegunAtKill: begun,
    stepsCommittedAtKill: committed,
    stepsRepeated: ran.length - times.size,
    mostRunsOfOneStep: Math.max(...times.values()),
    stepsMissing: STEPS - times.size,
  });
}

async function killAll(served: Served, killed: 'engine' | 'engine and PostgreSQL'): Promise<void> {
  // The folder belongs to one server: the one that we killed.
  const database = killed === 'engine' || served.postgres === undefined ? [] : family(served.postgres);
  await served.kill();
  for (const pid of database) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended with its parent.
    }
  }
}
