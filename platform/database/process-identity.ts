// Telling one process from a later one with the same number: the number alone is reused after a restart.
// I1 A process that was killed and not reaped by its parent (a zombie) does nothing any more: it is dead to every question here.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A mark that no later process with this number can have; undefined when no such process lives. */
export function startMark(pid: number): string | undefined {
  if (process.platform === 'win32') return isAlive(pid) ? 'alive' : undefined;
  if (isZombie(pid)) return undefined;
  return process.platform === 'linux' ? procStat(pid)?.[19] : psColumn(pid, 'lstart=');
}

/** True when the process is a PostgreSQL server that works in this folder. */
export function isPostmasterOf(pid: number, folder: string): boolean {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') return isAlive(pid);
  return psColumn(pid, 'command=')?.includes(folder) ?? false;
}

function isZombie(pid: number): boolean {
  if (process.platform === 'win32') return false;
  const state = process.platform === 'linux' ? procStat(pid)?.[0] : psColumn(pid, 'state=');
  return state?.startsWith('Z') === true;
}

/** The fields of /proc/PID/stat after the command name, which may itself hold spaces and brackets. */
function procStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function psColumn(pid: number, column: string): string | undefined {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim() || undefined;
  } catch {
    return undefined;
  }
}
