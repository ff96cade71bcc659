// The data folder of an installation: made 0700, checked for room, its PostgreSQL cluster created whole or not at all.
// I1 The cluster is made under another name and renamed: a half-made one is made again.
// I2 The password exists before the cluster that checks it; both stay in the folder, readable by its owner alone.
// Called by embedded.ts.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  fsyncSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { PalaceError } from '../errors.ts';
import type { PostgresFiles } from './postgres-files.ts';
import { handOver, identity } from './postmaster.ts';
import type { SystemUser } from './system-user.ts';
import { syncFolderNow } from '../sync-folder.ts';

const NEEDED_BYTES = 500 * 1024 * 1024;
const LARGEST_LOG_BYTES = 16 * 1024 * 1024;
export const SUPERUSER = 'palace';

export interface DataFolder {
  readonly dir: string;
  readonly cluster: string;
  readonly logFile: string;
}

/** Makes the folder if need be and answers with its real path. */
export function openDataFolder(dir: string): DataFolder {
  try {
    makeFolder(dir);
    if (!statSync(dir).isDirectory()) throw unwritable(dir, 'is a file');
    accessSync(dir, constants.W_OK | constants.X_OK);
    const probe = join(dir, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    if (cause instanceof PalaceError) throw cause;
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw diskFull(dir, 0);
    throw unwritable(dir, REASONS[code] ?? `answers ${message}`, cause);
  }
  const real = realpathSync(dir);
  return { dir: real, cluster: join(real, 'postgres'), logFile: join(real, 'postgres.log') };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'lies below a file',
  EACCES: 'may not be written by this account',
  EPERM: 'may not be written by this account',
  EROFS: 'is on a disk that can only be read',
};

function unwritable(dir: string, reason: string, cause?: unknown): PalaceError {
  return new PalaceError('boot.data-unwritable', { detail: `${dir} ${reason}.`, cause });
}

/** One by one: Node's recursive mkdir never returns where the system answers ENOENT below a folder that exists, as /proc does. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  if (dirname(dir) !== dir) makeFolder(dirname(dir));
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export function requireRoom(dir: string): void {
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < NEEDED_BYTES) throw diskFull(dir, bavail * bsize);
}

function diskFull(dir: string, freeBytes: number): PalaceError {
  return new PalaceError('boot.disk-full', {
    detail: `${Math.floor(freeBytes / 1024 / 1024)} MB are free at ${dir}; at least 500 MB are needed.`,
  });
}

/** The superuser's password, made at the first start. */
export function clusterPassword(folder: DataFolder): string {
  const path = join(folder.dir, 'postgres.password');
  try {
    const known = readFileSync(path, 'utf8').trim();
    if (known !== '') return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (existsSync(folder.cluster)) {
    throw new PalaceError('boot.database', { detail: `${path} is missing, but the database it opens exists. Put the file back.` });
  }
  const password = randomBytes(24).toString('base64url');
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  writeFileSync(file, password);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  return password;
}

export function hasCluster(folder: DataFolder): boolean {
  return existsSync(join(folder.cluster, 'PG_VERSION'));
}

/** Runs initdb into a folder beside and renames it. `durable` false skips the flush, for servers that are thrown away. */
export async function createCluster(folder: DataFolder, files: PostgresFiles, user: SystemUser | undefined, durable: boolean): Promise<void> {
  const draft = `${folder.cluster}.draft`;
  rmSync(draft, { recursive: true, force: true });
  if (existsSync(folder.cluster)) {
    throw new PalaceError('boot.database', {
      detail: `${folder.cluster} exists but is no database: its PG_VERSION is missing. Move it away, or restore it from a backup.`,
    });
  }
  mkdirSync(draft, { mode: 0o700 });
  if (user !== undefined) chownSync(draft, user.uid, user.gid);
  await runInitdb(draft, join(folder.dir, 'postgres.password'), files, user, durable ? [] : ['--no-sync']);
  renameSync(draft, folder.cluster);
  syncFolderNow(folder.dir);
}

async function runInitdb(draft: string, passwordFile: string, files: PostgresFiles, user: SystemUser | undefined, more: readonly string[]): Promise<void> {
  const target = handOver(draft, user);
  const password = openSync(passwordFile, 'r');
  // The account, which owns the cluster anyway, may read the file but perhaps not reach it: the open descriptor does.
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  const passwordName = user === undefined ? passwordFile : '/proc/self/fd/4';
  const stdio = ['ignore', 'pipe', 'pipe', target.descriptor ?? 'ignore', password] as const;
  const options = [
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...more,
  ];
  const child = spawn(files.initdb, ['-D', target.name, '-U', SUPERUSER, `--pwfile=${passwordName}`, ...options], {
    ...identity(user),
    stdio: [...stdio],
    cwd: '/',
    env: {},
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)).finally(() => {
    closeSync(password);
    if (target.descriptor !== undefined) closeSync(target.descriptor);
  });
  if (status !== 0) throw new PalaceError('boot.database', { detail: `initdb ended with ${status}: ${said.trim().split('\n').slice(-3).join(' ')}` });
}

/** Keeps one older log. */
export function turnLog(folder: DataFolder): void {
  if ((statSync(folder.logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(folder.logFile, `${folder.logFile}.1`);
}
