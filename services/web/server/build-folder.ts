// Where builds of the console lie: CACHE/HASH is one that is complete, CACHE/building-HASH-… one that is not.
// I1 A build appears under its hash by one rename, so what was killed half-way is never believed.
// I2 Whoever builds holds CACHE/lock; others wait for the result instead of building it too.
// I3 At most KEPT complete builds stay, the last used ones: an older process of this checkout may still serve one.
// Called by service.ts and `palace doctor`.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '@palace/platform/database/data-lock.ts';
import { PalaceError } from '@palace/platform/errors.ts';

const KEPT = 3;
const COMPLETE = /^[0-9a-f]{16}$/;
const BEGUN = /^building-/;

/** Undefined when no cache has it. */
export function chooseBuilt(caches: readonly string[], hash: string): string | undefined {
  const having = caches.find((cache) => isBuilt(cache, hash));
  return having === undefined ? undefined : join(having, hash);
}

/** The first cache that has the build, or else the first that can be written to. */
export function chooseCache(caches: readonly string[], hash: string): { readonly cache: string; readonly built: boolean } | undefined {
  const having = caches.find((cache) => isBuilt(cache, hash));
  if (having !== undefined) return { cache: having, built: true };
  const writable = caches.find(isWritable);
  return writable === undefined ? undefined : { cache: writable, built: false };
}

export function isBuilt(cache: string, hash: string): boolean {
  return existsSync(join(cache, hash, '.next', 'BUILD_ID'));
}

function isWritable(cache: string): boolean {
  try {
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder of one's own to build in. */
export function newFolder(cache: string, hash: string, random: string): string {
  const folder = join(cache, `building-${hash}-${process.pid}-${random}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Undefined while another process builds here. */
export function takeBuildLock(cache: string): (() => void) | undefined {
  try {
    return takeLock(join(cache, 'lock'), () => new PalaceError('boot.data-locked'));
  } catch (error) {
    if (error instanceof PalaceError) return undefined;
    throw error;
  }
}

/** Makes it the build of its hash. Only with the lock. */
export async function complete(cache: string, folder: string, hash: string): Promise<void> {
  if (isBuilt(cache, hash)) return rm(folder, { recursive: true, force: true });
  await rm(join(cache, hash), { recursive: true, force: true });
  await rename(folder, join(cache, hash));
  await rm(failureFile(cache), { force: true });
}

/** It serves now: it is kept before others. A cache that cannot be written to keeps what it has. */
export async function markUsed(cache: string, hash: string, now: Date): Promise<void> {
  await utimes(join(cache, hash), now, now).catch(() => undefined);
}

/** Removes what was begun and left, and the builds that nobody used for longest. Only with the lock. */
export async function removeOld(cache: string, hash: string): Promise<void> {
  const names = await readdir(cache);
  const begun = names.filter((name) => BEGUN.test(name));
  const others = await Promise.all(
    names.filter((name) => COMPLETE.test(name) && name !== hash).map(async (name) => ({ name, usedMs: (await stat(join(cache, name))).mtimeMs })),
  );
  const old = others.toSorted((left, right) => right.usedMs - left.usedMs).slice(KEPT - 1);
  for (const name of [...begun, ...old.map((one) => one.name)]) await rm(join(cache, name), { recursive: true, force: true });
}

/** What the last build of these sources failed with: for `palace doctor`, and gone with the next build that succeeds. */
export interface BuildFailure {
  readonly hash: string;
  readonly at: string;
  readonly lines: readonly string[];
}

const failureFile = (cache: string): string => join(cache, 'failed.json');

export async function writeFailure(cache: string, failure: BuildFailure): Promise<void> {
  await writeFile(failureFile(cache), JSON.stringify(failure), { mode: 0o600 }).catch(() => undefined);
}

export async function readFailure(cache: string, hash: string): Promise<BuildFailure | undefined> {
  try {
    const failure = JSON.parse(await readFile(failureFile(cache), 'utf8')) as BuildFailure;
    return failure.hash === hash && Array.isArray(failure.lines) ? failure : undefined;
  } catch {
    return undefined;
  }
}
