// PostgreSQL for one machine: started beside us from the platform package, kept running, stopped with us.
// I1 One supervisor for one data folder (data-lock.ts); the server itself may outlive it and is then adopted or stopped.
// I2 Only this machine reaches it: a socket in a 0700 folder (loopback TCP on Windows), with a generated password.
// I3 A server that ends unasked is started again, at most RESTARTS times a minute; then `onGone` is told.
// I4 `stop` returns when the server process has ended.
// Called by platform.ts and, for tests, by testing.ts.
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PalaceError } from '../errors.ts';
import type { Log } from '../telemetry/port.ts';
import { takeDataLock } from './data-lock.ts';
import { clusterPassword, createCluster, hasCluster, openDataFolder, requireRoom, SUPERUSER, turnLog, type DataFolder } from './data-folder.ts';
import { postgresFiles } from './postgres-files.ts';
import { complaintsSince, logSize, runningPostmaster, SERVER_SETTINGS, spawnPostmaster, stopPostmaster, type ServerCommand } from './postmaster.ts';
import { isAlive } from './process-identity.ts';
import { unprivilegedUser } from './system-user.ts';

export type EmbeddedPhase = 'database-files' | 'database-create' | 'database-adopt' | 'database-start' | 'database-recover' | 'database-ready';

export interface EmbeddedOptions {
  /** The installation's folder; the cluster lies in its `postgres` folder. */
  readonly dataDir: string;
  readonly log: Log;
  readonly onPhase?: (phase: EmbeddedPhase) => void;
  /** Server settings over SERVER_SETTINGS; tests switch fsync off. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The server ended again and again; nothing more is tried. */
  readonly onGone?: (error: PalaceError) => void;
}

export interface EmbeddedServer {
  /** Superuser URL of the database `palace`. */
  readonly url: string;
  /** The server process; another one after a restart. */
  readonly pid: number;
  /** True when the server ran already. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

const RESTARTS = 10;
const START_LIMIT_MS = 600_000;
/** A server that does not answer within this is not worth adopting. */
const ADOPT_LIMIT_MS = 3_000;
const LEFTOVER_LIMIT_MS = 20_000;
export const LONGEST_SOCKET_PATH = 100;
const DATABASE = 'palace';

interface Supervised {
  readonly command: ServerCommand;
  readonly options: EmbeddedOptions;
  pid: number;
  stopping: boolean;
  restarts: number[];
  restarting: Promise<void> | undefined;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = openDataFolder(options.dataDir);
  const unlock = takeDataLock(folder.dir);
  try {
    return await startLocked(folder, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startLocked(folder: DataFolder, options: EmbeddedOptions, unlock: () => void): Promise<EmbeddedServer> {
  const phase = options.onPhase ?? (() => undefined);
  requireRoom(folder.dir);
  const user = unprivilegedUser();
  phase('database-files');
  const files = await postgresFiles(folder.dir, user);
  const password = clusterPassword(folder);
  if (!hasCluster(folder)) {
    phase('database-create');
    await createCluster(folder, files, user, options.settings?.['fsync'] !== 'off');
  }
  const address = await serverAddress(folder, user?.uid, user?.gid);
  const settings = { ...SERVER_SETTINGS, ...options.settings, ...address.settings };
  const mark = createHash('sha256')
    .update(JSON.stringify([files.version, files.postgres, settings]))
    .digest('hex')
    .slice(0, 12);
  const command: ServerCommand = {
    program: files.postgres,
    folder: folder.cluster,
    logFile: folder.logFile,
    user,
    settings: { ...settings, cluster_name: `palace-${mark}` },
  };
  const urlOf = (database: string): string => `postgres://${SUPERUSER}:${password}@${address.host}/${database}${address.query}`;
  const supervised: Supervised = { command, options, pid: 0, stopping: false, restarts: [], restarting: undefined };
  const adopted = await adopt(supervised, urlOf('postgres'), phase);
  if (!adopted) {
    turnLog(folder);
    await start(supervised, phase);
  }
  await createDatabase(urlOf('postgres'));
  phase('database-ready');
  return serverHandle(supervised, urlOf(DATABASE), adopted, unlock);
}

function serverHandle(supervised: Supervised, url: string, adopted: boolean, unlock: () => void): EmbeddedServer {
  let stopped: Promise<void> | undefined;
  return {
    url,
    adopted,
    get pid() {
      return supervised.pid;
    },
    stop() {
      stopped ??= end(supervised).finally(unlock);
      return stopped;
    },
  };
}

async function end(supervised: Supervised): Promise<void> {
  supervised.stopping = true;
  await supervised.restarting;
  await stopPostmaster(supervised.pid);
}

interface Address {
  readonly host: string;
  readonly query: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** The socket lies in the cluster's own 0700 folder; a path too long for the kernel gives way to a short private one. */
async function serverAddress(folder: DataFolder, uid?: number, gid?: number): Promise<Address> {
  if (process.platform === 'win32') {
    const port = runningPostmaster(folder.cluster)?.port || (await freePort());
    return { host: `127.0.0.1:${port}`, query: '', settings: { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' } };
  }
  const short = Buffer.byteLength(join(folder.cluster, '.s.PGSQL.5432')) <= LONGEST_SOCKET_PATH;
  const socketDir = short ? folder.cluster : shortSocketFolder(folder, uid, gid);
  // The server stands in its cluster folder: "." reaches it even when the path to it does not.
  return {
    host: 'localhost',
    query: `?host=${encodeURIComponent(socketDir)}`,
    settings: { listen_addresses: '', unix_socket_directories: short ? '.' : socketDir, unix_socket_permissions: '0700' },
  };
}

function shortSocketFolder(folder: DataFolder, uid?: number, gid?: number): string {
  const note = join(folder.dir, 'postgres.socket');
  try {
    if (runningPostmaster(folder.cluster) !== undefined) return readFileSync(note, 'utf8');
    rmSync(readFileSync(note, 'utf8'), { recursive: true, force: true });
  } catch {
    // No note yet: the first start.
  }
  const made = mkdtempSync(join(tmpdir(), 'palace-socket-'));
  if (uid !== undefined && gid !== undefined) chownSync(made, uid, gid);
  writeFileSync(note, made, { mode: 0o600 });
  return made;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Takes over a server that outlived its parent, when it is this release's and answers; otherwise ends it. */
async function adopt(supervised: Supervised, url: string, phase: (phase: EmbeddedPhase) => void): Promise<boolean> {
  const found = runningPostmaster(supervised.command.folder);
  if (found === undefined) return false;
  phase('database-adopt');
  const mark = await question(url, "select current_setting('cluster_name') as answer", ADOPT_LIMIT_MS);
  if (mark === supervised.command.settings['cluster_name']) {
    supervised.pid = found.pid;
    watchAdopted(supervised);
    supervised.options.log.info('adopted the running PostgreSQL', { pid: found.pid });
    return true;
  }
  supervised.options.log.warn('stopping a PostgreSQL that cannot be used as it is', { pid: found.pid, answered: mark !== undefined });
  await stopPostmaster(found.pid);
  return false;
}

async function start(supervised: Supervised, phase: (phase: EmbeddedPhase) => void): Promise<void> {
  const { command } = supervised;
  const leftoverEnd = performance.now() + LEFTOVER_LIMIT_MS;
  for (;;) {
    const logFrom = logSize(command.logFile);
    phase('database-start');
    const child = spawnPostmaster(command);
    if (await becomesReady(child, command, phase)) {
      supervised.pid = child.pid ?? 0;
      watchChild(supervised, child);
      return;
    }
    const complaints = complaintsSince(command.logFile, logFrom);
    // The processes of a killed server need a moment to notice; the kernel keeps its memory until then.
    const leftover = complaints.some((line) => line.includes('shared memory block') || line.includes('lock file "postmaster.pid" already exists'));
    if (!leftover || performance.now() > leftoverEnd) {
      throw new PalaceError('boot.database', {
        detail: `PostgreSQL did not start: ${complaints.slice(-3).join(' ') || 'it wrote no reason'}. Its log is ${command.logFile}.`,
      });
    }
    await sleep(100);
  }
}

async function becomesReady(child: ChildProcess, command: ServerCommand, phase: (phase: EmbeddedPhase) => void): Promise<boolean> {
  const begin = performance.now();
  let recovering = false;
  while (performance.now() - begin < START_LIMIT_MS) {
    const file = runningPostmaster(command.folder);
    if (file?.pid === child.pid && file?.status === 'ready') return true;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    if (!recovering && performance.now() - begin > 2_000) {
      recovering = true;
      phase('database-recover');
    }
    await sleep(recovering ? 50 : 5);
  }
  if (child.pid !== undefined) await stopPostmaster(child.pid);
  return false;
}

function watchChild(supervised: Supervised, child: ChildProcess): void {
  const ended = (): void => void (supervised.restarting = restart(supervised));
  if (child.exitCode !== null || child.signalCode !== null) ended();
  else child.once('exit', ended);
}

/** An adopted server is not our child: no exit event comes, so it is looked at. */
function watchAdopted(supervised: Supervised): void {
  const { pid } = supervised;
  const timer = setInterval(() => {
    if (isAlive(pid) && !supervised.stopping) return;
    clearInterval(timer);
    supervised.restarting = restart(supervised);
  }, 250);
  timer.unref();
}

async function restart(supervised: Supervised): Promise<void> {
  const { log, onGone } = supervised.options;
  if (supervised.stopping) return;
  const now = performance.now();
  supervised.restarts = [...supervised.restarts.filter((at) => now - at < 60_000), now];
  try {
    if (supervised.restarts.length > RESTARTS)
      throw new PalaceError('boot.database', { detail: `PostgreSQL ended ${RESTARTS} times within a minute. Its log is ${supervised.command.logFile}.` });
    log.warn('PostgreSQL ended unasked; starting it again', { restarts: supervised.restarts.length });
    await start(supervised, () => undefined);
    log.info('PostgreSQL runs again', { pid: supervised.pid, tookMs: Math.round(performance.now() - now) });
  } catch (error) {
    log.error('PostgreSQL cannot be kept running', { error });
    onGone?.(error instanceof PalaceError ? error : new PalaceError('boot.database', { cause: error }));
  }
}

async function createDatabase(url: string): Promise<void> {
  const exists = (): Promise<unknown> => question(url, `select 1 as answer from pg_database where datname = '${DATABASE}'`, 30_000);
  if ((await exists()) !== undefined) return;
  await question(url, `create database ${DATABASE}`, 60_000);
  if ((await exists()) === undefined) throw new PalaceError('boot.database', { detail: `PostgreSQL runs but the database "${DATABASE}" cannot be made.` });
}

/** One question on a connection of its own; undefined when it fails or has no answer. */
async function question(url: string, sql: string, limitMs: number): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limitMs, query_timeout: limitMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
