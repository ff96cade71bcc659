// Journal entries above 64 KiB: their text goes to the blob store, the row keeps where (ENGINE E15).
// I1 The blob is there before the commit that names it; a commit that fails leaves a blob that nobody names, which collection removes.
// I2 While the blob store is down the text stays in the row (PostgreSQL is the spool): nothing waits, nothing is lost (R14).
import type { Write } from '@palace/platform/durable/contract.ts';
import type { EngineParts } from './parts.ts';

const LARGE_BYTES = 64 * 1024;

interface Entry {
  readonly r: string;
  readonly h: number;
  readonly t: string;
  b: string | null;
  x?: string;
  z?: number;
}

const large = (write: Write): Entry[] =>
  ((write.rows['journal'] ?? []) as readonly Entry[]).filter((entry) => entry.b !== null && entry.b.length > LARGE_BYTES);

export const isLarge = (write: Write): boolean => large(write).length > 0;

/** Changes the rows of the write, which its maker owns until it is submitted. */
export async function moveLarge(parts: EngineParts, write: Write): Promise<void> {
  for (const entry of large(write)) {
    try {
      const { hash, size } = await parts.blobs.put(entry.t, Buffer.from(entry.b as string, 'utf8'), 'application/json');
      entry.b = null;
      entry.x = hash;
      entry.z = size;
      const rows = write.rows as Record<string, unknown[]>;
      (rows['blob_ref'] ??= []).push({ tenant: entry.t, hash, run: entry.r, shard: entry.h });
    } catch (error) {
      parts.log.warn('the blob store is away; a large entry stays in the database', { error, runId: entry.r });
    }
  }
}
