// Removes blobs that no run names: a walk over what is stored, page by page, round after round (ENGINE E15).
// I1 A blob is put before the commit that names it, and every put makes it young: what is old and unnamed is named by nobody any more.
// I2 Whatever else names blobs needs a table of its own here before it may.
import type { Blobs } from '@palace/platform/blobs/port.ts';
import type { Database } from '@palace/platform/database/port.ts';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';

const PAGE = 500;
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** One page behind `after`. Returns where the next one begins: '' when the round is over. */
export async function collectBlobs(
  database: Database,
  blobs: Blobs,
  after: string,
  graceMs: number,
): Promise<{ readonly next: string; readonly gone: number }> {
  const stored = await blobs.list(after, PAGE);
  const last = stored.at(-1);
  if (last === undefined) return { next: '', gone: 0 };
  const { rows } = await database.asEngine({ shards: ALL_SHARDS }, (sql) =>
    sql.query<{ hash: string }>('select distinct hash from flow.blob_ref where hash = any($1)', [stored.map(({ hash }) => hash)]),
  );
  const named = new Set(rows.map(({ hash }) => hash));
  const gone = await blobs.collect(
    stored.filter(({ hash }) => !named.has(hash)).map(({ key }) => key),
    graceMs,
  );
  return { next: stored.length < PAGE ? '' : last.key, gone };
}
