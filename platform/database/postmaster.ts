// One PostgreSQL server process: its settings, its start, what its own pid file says, its end.
// I1 The server is in a process group of its own and logs to a file: it outlives us, and Ctrl-C in our terminal is not for it.
// I2 A folder that the account cannot reach by name (under root's home) is handed over as an open descriptor.
// Called by embedded.ts, which decides when.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PalaceError } from '../errors.ts';
import { isAlive, isPostmasterOf } from './process-identity.ts';
import { canEnter, type SystemUser } from './system-user.ts';

/** Durable as PostgreSQL can be; small, since a laptop has other work; vacuumed often, since queues churn. */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '1GB',
  shared_buffers: '128MB',
  max_connections: '60',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
  log_checkpoints: 'off',
  autovacuum_naptime: '5s',
  autovacuum_vacuum_scale_factor: '0.02',
  autovacuum_vacuum_insert_scale_factor: '0.2',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_delay: '1ms',
};

export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/** What DIR/postgres/postmaster.pid says; undefined when there is none. */
export function readPostmasterFile(folder: string): PostmasterFile | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() } : undefined;
  } catch {
    return undefined;
  }
}

/** The server of this folder that runs now, by its own pid file and the process's working folder. */
export function runningPostmaster(folder: string): PostmasterFile | undefined {
  const file = readPostmasterFile(folder);
  return file !== undefined && isAlive(file.pid) && isPostmasterOf(file.pid, folder) ? file : undefined;
}

export interface ServerCommand {
  readonly program: string;
  readonly folder: string;
  readonly logFile: string;
  readonly user: SystemUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export function spawnPostmaster(command: ServerCommand): ChildProcess {
  const log = openSync(command.logFile, 'a', 0o600);
  const folder = handOver(command.folder, command.user);
  const settings = Object.entries(command.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const stdio: StdioOptions = folder.descriptor === undefined ? ['ignore', log, log] : ['ignore', log, log, folder.descriptor];
  try {
    const child = spawn(command.program, ['-D', folder.name, ...settings], { ...identity(command.user), stdio, detached: true, cwd: '/', env: {} });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(log);
    if (folder.descriptor !== undefined) closeSync(folder.descriptor);
  }
}

/** The name under which the account reaches the folder: as fourth descriptor of the new process when not by path. */
export function handOver(folder: string, user: SystemUser | undefined): { name: string; descriptor: number | undefined } {
  if (user === undefined || canEnter(folder, user)) return { name: folder, descriptor: undefined };
  if (process.platform === 'linux') return { name: '/proc/self/fd/3', descriptor: openSync(folder, 'r') };
  throw new PalaceError('boot.database', {
    detail: `PostgreSQL runs as "${user.name}", which cannot enter ${folder}. Choose a folder that it can enter with --data DIR.`,
  });
}

export function identity(user: SystemUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

const FAST = 'SIGINT';
const IMMEDIATE = 'SIGQUIT';

/** Ends the server: sessions are cut and data flushed; after `patienceMs` without flushing; at last killed. */
export async function stopPostmaster(pid: number, patienceMs = 15_000): Promise<void> {
  for (const [signal, waitMs] of [
    [FAST, patienceMs],
    [IMMEDIATE, 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    // A stopped process handles nothing until it is continued.
    if (!send(pid, signal) || (process.platform !== 'win32' && !send(pid, 'SIGCONT'))) return;
    if (await isGone(pid, waitMs)) return;
  }
  throw new PalaceError('boot.database', { detail: `The PostgreSQL process ${pid} does not end.` });
}

async function isGone(pid: number, waitMs: number): Promise<boolean> {
  const end = performance.now() + waitMs;
  while (performance.now() < end) {
    if (!isAlive(pid)) return true;
    await sleep(10);
  }
  return !isAlive(pid);
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The complaints that the server wrote after `from` bytes of its log. */
export function complaintsSince(logFile: string, from: number): string[] {
  try {
    const text = readFileSync(logFile).subarray(from).toString('utf8');
    return text.split('\n').flatMap((line) => /(?:FATAL|PANIC|ERROR|HINT|LOG): {2}(.*)/.exec(line)?.[1] ?? []);
  } catch {
    return [];
  }
}

export function logSize(logFile: string): number {
  return statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
}
