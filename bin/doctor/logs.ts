// The ends of the logs in a data folder, and what in PostgreSQL's must worry somebody.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { good, wrong, type Finding } from './finding.ts';
import { safePostgresLine } from './safe-text.ts';

const TAIL_BYTES = 262_144;
/** Damage, or a disk that refuses; a server that only restarted says FATAL too. */
const SERIOUS = /PANIC: |No space left|could not (?:write|extend|fsync|read) |invalid page|checksum/;

/** The last lines of a file, whole ones; none when it cannot be read. */
export function tailOf(path: string, bytes = TAIL_BYTES): string[] {
  if (!existsSync(path)) return [];
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const from = Math.max(0, size - bytes);
      const buffer = Buffer.alloc(Math.min(size, bytes));
      const read = readSync(file, buffer, 0, buffer.length, from);
      const lines = buffer.subarray(0, read).toString('utf8').split('\n');
      return (from > 0 ? lines.slice(1) : lines).filter((line) => line !== '');
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}

export function checkPostgresLog(path: string): Finding[] {
  const lines = tailOf(path);
  if (lines.length === 0) return [];
  const serious = lines.filter((line) => SERIOUS.test(line)).map((line) => safePostgresLine(line) ?? line.slice(0, 30));
  const last = serious.at(-1);
  if (last === undefined) return [good('postgres', 'its log complains of nothing serious')];
  return [wrong('postgres', `its log says: ${last}`, `Read ${path}; look at the disk first. Restore the last backup if data is damaged.`)];
}
