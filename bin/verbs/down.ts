// palace down: stops the process that has the data folder, and a PostgreSQL that outlived its process.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockHolder, type LockHolder } from '@palace/platform/database/data-lock.ts';
import { runningPostmaster, stopPostmaster } from '@palace/platform/database/postmaster.ts';
import { isAlive, startMark } from '@palace/platform/database/process-identity.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure } from '../failure.ts';
import { dataFolder } from '../find-server.ts';
import { jsonText } from '../terminal.ts';

const SECOND_SIGNAL_AFTER_MS = 200;
const LOOK_MS = 50;

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
      if (lockHolder(dir) !== undefined) signal(holder.pid);
    }
    await untilGone(dir, holder, timeoutMs);
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

/** The lock is given back a moment before the process has ended; whoever stops it waits for both. */
async function untilGone(dir: string, { pid, mark }: LockHolder, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (lockHolder(dir)?.pid === pid || (isAlive(pid) && startMark(pid) === mark)) {
    if (performance.now() > end) throw new CommandFailure(1, `Process ${pid} has not ended within ${timeoutMs / 1000} s.`, { next: 'palace down --now' });
    await sleep(LOOK_MS);
  }
}
