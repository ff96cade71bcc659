// The life of one test run's database server: a folder before the first test, server and folder gone after the last.
// vitest.config.ts names it as globalSetup. The server itself starts when the first test asks for it (testing.ts).
// I1 What a killed run left behind is ended and removed by the next run.
import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { runningPostmaster, stopPostmaster } from './postmaster.ts';
import { startMark } from './process-identity.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    palaceTestRun: string;
  }
}

export const TEMPLATE = 'palace_template';
const PREFIX = 'palace-test-';

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftBehind();
  const dir = mkdtempSync(join(realpathSync(tmpdir()), PREFIX));
  writeFileSync(join(dir, 'run'), `${process.pid} ${startMark(process.pid) ?? ''}`);
  project.provide('palaceTestRun', dir);
  return () => endRun(dir);
}

async function endRun(dir: string): Promise<void> {
  const server = runningPostmaster(join(dir, 'data', 'postgres'));
  if (server !== undefined) await stopPostmaster(server.pid, 5_000);
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

async function removeLeftBehind(): Promise<void> {
  const parent = realpathSync(tmpdir());
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = join(parent, name);
    if (statSync(dir, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const [pid, ...mark] = (await readFile(join(dir, 'run'), 'utf8').catch(() => '')).split(' ');
    // A run that has just begun has not written its file yet.
    if (pid === '' || pid === undefined || startMark(Number(pid)) === mark.join(' ')) continue;
    await endRun(dir).catch(() => undefined);
  }
}
