// The database of an installation for a tool beside its server: the one that runs, or one for as long as it takes.
// Called by bin/verbs/backup.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PalaceError } from '../../errors.ts';
import type { Log } from '../../telemetry/port.ts';
import { startEmbedded } from '../embedded.ts';
import { embeddedUrl } from '../embedded-url.ts';
import { runningPostmaster } from '../postmaster.ts';

export interface ReachedDatabase {
  readonly url: string;
  close(): Promise<void>;
}

/** `given`: the URL of the configuration; empty for the embedded database of the folder. */
export async function reachDatabase(given: string, dir: string, log: Log): Promise<ReachedDatabase> {
  if (given !== '') return { url: given, close: () => Promise.resolve() };
  const cluster = join(dir, 'postgres');
  if (!existsSync(join(cluster, 'PG_VERSION')))
    throw new PalaceError('backup.refused', { detail: `${dir} holds no installation. Name the data folder of \`palace up\` with --data DIR.` });
  if (runningPostmaster(cluster) === undefined) {
    const server = await startEmbedded({ dataDir: dir, log });
    return { url: server.url, close: () => server.stop() };
  }
  const url = embeddedUrl(dir);
  if (url === undefined) throw new PalaceError('backup.refused', { detail: `${dir} may not be read by this account. Use the one that runs the server.` });
  return { url, close: () => Promise.resolve() };
}
