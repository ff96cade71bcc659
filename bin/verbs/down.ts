// palace down: stops the process that has the data folder, and a PostgreSQL that outlived its process.
// I1 "Stopped" is said when the process is gone, not when it has given its lock back: what it holds besides is free then.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, lockHolder, type LockHolder } from '@palace/platform/database/data-lock.ts';
import { runningPostmaster, stopPostmaster } from '@palace/platform/database/postmaster.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure } from '../failure.ts';
import { dataFolder } from '../find-server.ts';
import { jsonText } from '../terminal.ts';

const SECOND_SIGNAL_AFTER_MS = 200;
const LOOK_MS = 20;

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const dir = dataFolder(args.text('data'));
  const timeoutMs = args.durationMs('timeout') ?? 60_000;
  const holder = lockHolder(dir);
  const database = runningPostmaster(join(dir, 'postgres'));
  if (holder !== undefined) {
    if (!json) terminal.note(`palace: stopping process ${holder.pid}; running steps finish first.`);
    signal(holder.pid);
    if (args.has('now')) {
      await sleep(SECOND_SIGNAL_AFTER_MS);
      if (isRunning(holder)) signal(holder.pid);
    }
    await untilGone(holder, timeoutMs);
  }
  // One that outlived its process, or that was not taken along by a process that ended at once.
  const left = runningPostmaster(join(dir, 'postgres'));
  if (left !== undefined && lockHolder(dir) === undefined) await stopPostmaster(left.pid);
  const stopped = { palace: holder?.pid ?? null, postgres: database?.pid ?? null };
  if (json) terminal.out(jsonText({ stopped, data: dir }));
  else terminal.out(holder === undefined && database === undefined ? `Nothing runs with ${dir}.` : `Stopped. The data stays in ${dir}.`);
  return 0;
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') throw new CommandFailure(2, `Process ${pid} belongs to another account.`, { next: 'Run this as the account that started it.' });
    if (code !== 'ESRCH') throw error;
  }
}

async function untilGone(holder: LockHolder, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (isRunning(holder)) {
    if (performance.now() > end)
      throw new CommandFailure(1, `Process ${holder.pid} has not ended within ${timeoutMs / 1000} s.`, { next: 'palace down --now' });
    await sleep(LOOK_MS);
  }
}
