// What there is of the console, without making anything: for `palace doctor`.
import { chooseBuilt, readFailure, type BuildFailure } from './build-folder.ts';
import type { Places } from './ensure-build.ts';
import { readSources } from './sources.ts';

export interface Sight {
  /** Where the build of the present sources lies; undefined when there is none. */
  readonly folder: string | undefined;
  /** Why there is none, when it was tried. */
  readonly failure: BuildFailure | undefined;
}

export async function lookAt({ dir, caches }: Places): Promise<Sight> {
  const { hash } = await readSources(dir);
  const folder = chooseBuilt(caches, hash);
  if (folder !== undefined) return { folder, failure: undefined };
  const failures = await Promise.all(caches.map((cache) => readFailure(cache, hash)));
  return { folder, failure: failures.find((one) => one !== undefined) };
}
