// The build of the present sources: found, made, or made by another process meanwhile.
// I1 Two processes that begin at once build once: one has the lock, the other looks again until it is there or free.
// I2 What failed is written down for `palace doctor`; the next start tries again.
// Called by service.ts.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, type BuildOutcome } from './build.ts';
import { chooseCache, complete, isBuilt, markUsed, newFolder, removeOld, takeBuildLock, writeFailure } from './build-folder.ts';
import type { Happening } from './console-state.ts';
import { modulesFolder, readSources, type Sources } from './sources.ts';

const LOOK_AGAIN_MS = 500;

export interface Places {
  /** The console's folder. */
  readonly dir: string;
  /** Where builds may lie, the preferred one first. */
  readonly caches: readonly string[];
}

export interface BuildWatch {
  readonly signal: AbortSignal;
  note(happening: Happening): void;
}

export type EnsuredBuild =
  | { readonly kind: 'there'; readonly folder: string; readonly built: boolean }
  | { readonly kind: 'failed'; readonly lines: readonly string[] }
  | { readonly kind: 'stopped' };

export async function ensureBuild({ dir, caches }: Places, watch: BuildWatch): Promise<EnsuredBuild> {
  const sources = await readSources(dir);
  const choice = chooseCache(caches, sources.hash);
  if (choice === undefined) return { kind: 'failed', lines: [`None of these folders can be written to: ${caches.join(', ')}`] };
  const folder = join(choice.cache, sources.hash);
  const outcome = choice.built ? 'found' : await makeOrAwait(choice.cache, sources, watch);
  if (typeof outcome === 'object' && outcome.kind !== 'built') return outcome;
  if (outcome === 'found') watch.note('found');
  await markUsed(choice.cache, sources.hash, new Date());
  return { kind: 'there', folder, built: outcome !== 'found' };
}

async function makeOrAwait(cache: string, sources: Sources, watch: BuildWatch): Promise<BuildOutcome | 'found'> {
  while (!watch.signal.aborted) {
    const release = takeBuildLock(cache);
    try {
      if (isBuilt(cache, sources.hash)) return 'found';
      if (release !== undefined) return await make(cache, sources, watch);
    } finally {
      release?.();
    }
    watch.note('elsewhere');
    await sleep(LOOK_AGAIN_MS, undefined, { signal: watch.signal }).catch(() => undefined);
  }
  return { kind: 'stopped' };
}

async function make(cache: string, sources: Sources, { signal, note }: BuildWatch): Promise<BuildOutcome> {
  const { hash } = sources;
  note('free');
  await removeOld(cache, hash);
  const folder = newFolder(cache, hash, randomBytes(4).toString('hex'));
  const outcome = await build({ sources, folder, modules: modulesFolder(), signal });
  if (outcome.kind === 'built') {
    await complete(cache, folder, hash);
    note('built');
    return outcome;
  }
  if (outcome.kind === 'failed') await writeFailure(cache, { hash, at: new Date().toISOString(), lines: outcome.lines });
  await removeOld(cache, hash);
  return outcome;
}
