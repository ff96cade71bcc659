// One AgentsPalace for one data folder: the file DIR/lock names the process that has it. Other files of locks work alike.
// I1 The file appears with its content (written beside, then linked), so a reader never sees half of it.
// I2 A holder that has ended holds nothing: the process number is kept with its start mark.
// Called by embedded.ts and the writer of backups; `palace down` reads the holder.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PalaceError } from '../errors.ts';
import { startMark } from './process-identity.ts';

export interface LockHolder {
  readonly pid: number;
  readonly mark: string;
}

const ATTEMPTS = 5;

/** Takes the lock or throws `boot.data-locked`. Returns the function that gives it back. */
export function takeDataLock(dir: string): () => void {
  return takeLock(join(dir, 'lock'), (holder) => locked(dir, holder));
}

/** `refusal`: what is thrown while another process has it. */
export function takeLock(path: string, refusal: (holder: LockHolder) => PalaceError): () => void {
  const mine: LockHolder = { pid: process.pid, mark: startMark(process.pid) ?? 'unknown' };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (linkNew(path, mine)) return () => releaseLock(path, mine);
    const holder = livingHolder(path);
    if (holder !== undefined) throw refusal(holder);
    removeDead(path);
  }
  throw new PalaceError('boot.data-locked', { detail: `The lock file ${path} changes hands all the time.` });
}

/** Who has the folder now; undefined when nobody does or its holder has ended. */
export function lockHolder(dir: string): LockHolder | undefined {
  return livingHolder(join(dir, 'lock'));
}

function livingHolder(path: string): LockHolder | undefined {
  const holder = readHolder(path);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

/** Whether the process lives, also after it has given the lock back. */
export function isRunning({ pid, mark }: LockHolder): boolean {
  return startMark(pid) === mark;
}

function linkNew(path: string, mine: LockHolder): boolean {
  const draft = `${path}.${mine.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    // On a full disk the draft is there, and empty.
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: 'wx' });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's file away. Two may try at once: whoever moved a live one puts it back. */
function removeDead(path: string): void {
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved !== undefined && isRunning(moved)) {
    try {
      linkSync(aside, path);
    } catch {
      // A third process has the lock already; the next look finds it.
    }
  }
  rmSync(aside, { force: true });
}

function releaseLock(path: string, mine: LockHolder): void {
  const holder = readHolder(path);
  if (holder?.pid === mine.pid && holder.mark === mine.mark) rmSync(path, { force: true });
}

function readHolder(path: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder>;
    return typeof value.pid === 'number' && typeof value.mark === 'string' ? { pid: value.pid, mark: value.mark } : undefined;
  } catch {
    return undefined;
  }
}

function locked(dir: string, holder: LockHolder): PalaceError {
  return new PalaceError('boot.data-locked', { detail: `Process ${holder.pid} uses ${dir}. Stop it with \`palace down --data ${dir}\`.` });
}
