// How many bytes a write brings to the database, roughly: the text in its rows and streams. Numbers and keys count as nothing.
// Called by lanes.ts.
import type { Write } from './contract.ts';

export function bytesOf(write: Write): number {
  let bytes = 0;
  for (const table in write.rows) for (const row of write.rows[table] as readonly unknown[]) bytes += textIn(row);
  for (const append of write.streams ?? []) bytes += append.body.length;
  return bytes;
}

function textIn(row: unknown): number {
  if (typeof row !== 'object' || row === null) return 0;
  let bytes = 0;
  for (const name in row) {
    const value = (row as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'string') bytes += value.length;
  }
  return bytes;
}
