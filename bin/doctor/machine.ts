// Checks of this machine: release, Node, the data folder, disk space, the credentials and key files, the port.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { lockHolder } from '@palace/platform/database/data-lock.ts';
import { credentialsFile, readCredentials } from '../find-server.ts';
import { RELEASE } from '../release.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

const NEEDED_MB = 500;
const OLDEST_NODE = 24;

export function checkNode(): Finding {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= OLDEST_NODE) return good('node', RELEASE);
  return wrong('node', `Node ${node} is older than ${OLDEST_NODE}`, 'Start with ./palace, which uses the pinned Node.');
}

export function checkFolder(dir: string): Finding {
  const existing = nearestExisting(dir);
  if (!statSync(existing).isDirectory()) return wrong('data', `${existing} is a file`, 'Choose a folder with --data DIR.');
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return wrong('data', `${existing} cannot be written by this account`, 'Choose a folder of yours with --data DIR, or give this account access.');
  }
  if (existing !== dir) return idle('data', `${dir} does not exist yet; palace up makes it`);
  const open = process.platform !== 'win32' && (statSync(dir).mode & 0o077) !== 0;
  return open ? wrong('data', `${dir} can be entered by other accounts`, `chmod 700 ${dir}`) : good('data', dir);
}

export function checkDisk(dir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(dir));
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb >= NEEDED_MB) return good('disk', `${freeMb} MB free`);
  return wrong('disk', `only ${freeMb} MB free, ${NEEDED_MB} MB are needed`, 'Free some space, or choose another disk with --data DIR.');
}

export function checkCredentials(dir: string): Finding {
  const path = credentialsFile(dir);
  if (!existsSync(path)) return idle('credentials', 'none yet; palace up writes them');
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    return wrong('credentials', `${path} can be read by other accounts`, `chmod 600 ${path}`);
  try {
    readCredentials(dir);
    return good('credentials', `${path}, readable by its owner alone`);
  } catch (error) {
    return wrong('credentials', error instanceof Error ? error.message : String(error), 'Stop the server with palace down; palace up writes the file again.');
  }
}

/** Files whose content opens what others are not to see. */
export const KEY_FILES = ['vault.key', 'internal.key', 'postgres.password'] as const;

export function checkKeys(dir: string): Finding {
  const there = KEY_FILES.filter((name) => existsSync(join(dir, name)));
  if (there.length === 0) return idle('keys', 'none yet; palace up makes them');
  const open = process.platform === 'win32' ? [] : there.filter((name) => (statSync(join(dir, name)).mode & 0o077) !== 0);
  if (open.length > 0) {
    const paths = open.map((name) => join(dir, name)).join(' ');
    return wrong('keys', `${open.join(', ')} can be read by other accounts`, `chmod 600 ${paths}; whoever read them may have what they protect`);
  }
  return good('keys', `${there.join(', ')}, readable by their owner alone`);
}

export async function checkPort(dir: string, port: number): Promise<Finding> {
  const holder = lockHolder(dir);
  if (holder !== undefined) return idle('port', `process ${holder.pid} serves this data folder`);
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return good('port', `${port} is free`);
  return wrong('port', `${port} cannot be used (${code})`, 'Choose another with palace up --port PORT, or stop the program that uses it.');
}

function nearestExisting(dir: string): string {
  let path = dir;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return path;
}
