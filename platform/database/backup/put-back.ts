// Puts rows and payloads of a backup into the empty installation that was made for them.
// I1 All rows are one transaction, without triggers: what the original's triggers did is in the rows.
// I2 A payload that does not get the name under which the rows know it is refused.
// Called by restore.ts.
import type pg from 'pg';
import type { Blobs } from '../../blobs/port.ts';
import { PalaceError } from '../../errors.ts';
import { readArchive, readEnd, tableOf, unpack, type ArchiveEntry } from './archive-reader.ts';
import { copyInto, type CopyIn } from './copy-rows.ts';
import type { BackupHead } from './core/head.ts';

export interface PutBack {
  readonly file: string;
  readonly head: BackupHead;
  /** As it was proved: the file must not have become another one since. */
  readonly sha256: string;
  readonly blobs: Blobs;
}

const PUTS_AT_ONCE = 8;
const LONGEST_LINE = 1_000;

export async function putBack(owner: pg.Pool, parts: PutBack): Promise<void> {
  const client = await owner.connect();
  let failure: Error | undefined;
  try {
    await client.query("begin; set local session_replication_role = 'replica'; set local statement_timeout = 0");
    await readAll(client, parts);
    await setSequences(client, parts.head);
    await client.query('commit');
    await client.query('analyze');
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // Closing the connection is the rollback.
    client.release(failure);
  }
}

/** Tables first, in the order of the file; each is ended before the next begins. */
async function readAll(client: pg.ClientBase, { file, head, sha256, blobs }: PutBack): Promise<void> {
  const tables = new Map((head.content.kind === 'copy' ? head.content.tables : []).map((table) => [`${table.schema}.${table.name}`, table]));
  async function* rowsFirst(): AsyncGenerator<ArchiveEntry> {
    let current: { readonly name: string; readonly into: CopyIn } | undefined;
    for await (const entry of readArchive(file)) {
      const name = entry.name.startsWith('tables/') ? tableOf(entry.name) : undefined;
      if (current !== undefined && current.name !== name) {
        await current.into.end();
        current = undefined;
      }
      if (name === undefined) {
        yield entry;
        continue;
      }
      const table = tables.get(name);
      if (table === undefined) throw new PalaceError('backup.damaged', { detail: `${file}: its head does not name ${name}.` });
      current ??= { name, into: copyInto(client, table) };
      await current.into.write(unpack(file, entry.name, entry.payload));
    }
  }
  await putBlobs(rowsFirst(), { file, sha256, blobs });
}

/** Takes what is left of the entries: payloads, and the end. */
export async function putBlobs(entries: AsyncIterable<ArchiveEntry>, { file, sha256, blobs }: Pick<PutBack, 'file' | 'sha256' | 'blobs'>): Promise<void> {
  const puts = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const { name, payload } of entries) {
      if (name.startsWith('blobs/')) {
        if (puts.size >= PUTS_AT_ONCE) await Promise.race(puts);
        if (failures.length > 0) break;
        const put: Promise<void> = putBlob(blobs, file, unpack(file, name, payload))
          .catch((error: unknown) => void failures.push(error))
          .finally(() => puts.delete(put));
        puts.add(put);
      } else if (name === 'end.json' && readEnd(file, payload).sha256 !== sha256)
        throw new PalaceError('backup.damaged', { detail: `${file} was changed while it was restored.` });
    }
  } finally {
    await Promise.all(puts);
  }
  if (failures.length > 0) throw failures[0];
}

async function putBlob(blobs: Blobs, file: string, bytes: Buffer): Promise<void> {
  const line = bytes.indexOf(10);
  const { tenant, hash } = blobLine(file, bytes.toString('utf8', 0, Math.max(0, Math.min(line, LONGEST_LINE))));
  const put = await blobs.put(tenant, bytes.subarray(line + 1), 'application/json');
  if (put.hash !== hash)
    throw new PalaceError('backup.damaged', { detail: `${file}: the payload ${hash.slice(0, 12)} is not the one that its name stands for.` });
}

function blobLine(file: string, text: string): { tenant: string; hash: string } {
  try {
    const { tenant, hash } = JSON.parse(text) as { tenant?: unknown; hash?: unknown };
    if (typeof tenant === 'string' && typeof hash === 'string') return { tenant, hash };
  } catch {
    // Said below.
  }
  throw new PalaceError('backup.damaged', { detail: `${file}: a payload does not say whose it is.` });
}

async function setSequences(client: pg.ClientBase, head: BackupHead): Promise<void> {
  if (head.content.kind !== 'copy') return;
  for (const { schema, name, value, called } of head.content.sequences)
    await client.query('select setval($1::regclass, $2::bigint, $3)', [`${schema}.${name}`, value, called]);
}
