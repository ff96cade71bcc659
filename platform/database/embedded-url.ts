// Where the embedded server of a data folder listens, for tools beside the process that runs it.
// Called by bin/ (doctor, backup).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUPERUSER } from './data-folder.ts';
import { LONGEST_SOCKET_PATH } from './embedded.ts';

/** Undefined when this account may not read its password. */
export function embeddedUrl(dir: string): string | undefined {
  const cluster = join(dir, 'postgres');
  try {
    const password = readFileSync(join(dir, 'postgres.password'), 'utf8').trim();
    const short = Buffer.byteLength(join(cluster, '.s.PGSQL.5432')) <= LONGEST_SOCKET_PATH;
    const socket = short ? cluster : readFileSync(join(dir, 'postgres.socket'), 'utf8');
    return `postgres://${SUPERUSER}:${password}@localhost/palace?host=${encodeURIComponent(socket)}`;
  } catch {
    return undefined;
  }
}
