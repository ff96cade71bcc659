// The database as one dump of pg_dump (custom format), in chunks, of the very view that the rest of the backup is taken of.
// Called by take.ts.
import type { Client } from 'pg';
import type { BackupHead } from './core/head.ts';
import { fittingTool, startTool } from './postgres-tools.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

export async function dumpProgram(serverVersion: number): Promise<string> {
  return (await fittingTool('pg_dump', serverVersion)).says;
}

export async function dumpDatabase(
  { url, client, schemas }: { readonly url: string; readonly client: Client; readonly schemas: BackupHead['schemas'] },
  say: (what: string) => void,
  keep: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
  const words = [
    '--format=custom',
    `--snapshot=${rows[0]?.id ?? ''}`,
    '--exclude-table-data=palace.backup',
    ...schemas.map(({ schema }) => `--schema=${schema}`),
  ];
  const { child, ended } = startTool('pg_dump', url, words, say);
  let parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of (child.stdout ?? []) as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.byteLength;
      if (bytes < CHUNK_BYTES) continue;
      await keep(Buffer.concat(parts, bytes));
      parts = [];
      bytes = 0;
    }
  } catch (error) {
    child.kill();
    throw error;
  }
  await ended;
  if (bytes > 0) await keep(Buffer.concat(parts, bytes));
}
