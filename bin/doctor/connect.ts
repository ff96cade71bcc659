// The database as `palace doctor` reaches it: the configured one, or the embedded one of a data folder while it runs.
// I1 Nothing is made, started or changed: a doctor looks.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '@palace/platform/config.ts';
import { embeddedUrl } from '@palace/platform/database/embedded-url.ts';
import { runningPostmaster } from '@palace/platform/database/postmaster.ts';

export const QUERY_LIMIT_MS = 5_000;

/** Undefined when there is none that runs, or its password may not be read. */
export function databaseUrl(dir: string): string | undefined {
  const url = loadConfig().database.url.reveal();
  if (url !== '') return url;
  const cluster = join(dir, 'postgres');
  return existsSync(cluster) && runningPostmaster(cluster) !== undefined ? embeddedUrl(dir) : undefined;
}

/** One connection for `work`, ended whatever happens. */
export async function withClient<R>(url: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: QUERY_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
    statement_timeout: QUERY_LIMIT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
