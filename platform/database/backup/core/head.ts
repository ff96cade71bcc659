// What a backup says of itself: the head before everything, the sums after every few entries, the end after everything.
// I1 A head of another format, or of tables that this release does not have, is refused before anything is written.
// Called by take.ts, restore.ts and the archive's reader and writer.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { contentHash, INDEX_SERIES } from '../../migrate.ts';
import type { MigrationPlan } from '../../port.ts';

export const BACKUP_FORMAT = 1;

const name = z.string().regex(/^[a-z][a-z0-9_]*$/);
const count = z.number().int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** One row of a schema's table of migrations. */
const applied = z.strictObject({ series: name, number: count, hash: digest });

/** Rows of a partition are restored into one with the same bounds. */
const partition = z.strictObject({ parent: name, bound: z.string().max(500) });

const table = z.strictObject({
  schema: name,
  name,
  columns: z.array(name).min(1).max(500),
  partition: partition.optional(),
});

const sequence = z.strictObject({ schema: name, name, value: z.string().regex(/^-?\d{1,19}$/), called: z.boolean() });

/** `copy`: rows of each table as COPY text. `dump`: one file of pg_dump, custom format. */
const content = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('copy'), tables: z.array(table).max(100_000), sequences: z.array(sequence).max(100_000) }),
  z.strictObject({ kind: z.literal('dump'), program: z.string().max(200) }),
]);

/** The vault's key as far as it may be known: what it is called, and how many keys and values of tenants need it. */
const vault = z.strictObject({ keys: z.array(z.string().max(100)).max(100), dataKeys: count, sealed: z.record(z.string(), count) });

export const headSchema = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  product: z.literal('AgentsPalace'),
  release: z.string().max(100),
  /** Everything acknowledged before this moment of the database's clock is in the backup. */
  pointAt: z.iso.datetime(),
  postgres: count,
  schemas: z.array(z.strictObject({ schema: name, applied: z.array(applied).max(10_000) })).max(100),
  content,
  /** From which the names of blobs follow. */
  blobNamesKey: z.string().max(500),
  vault,
});

export type BackupHead = z.output<typeof headSchema>;
export type BackupTable = z.output<typeof table>;

export const sumsSchema = z.array(z.strictObject({ name: z.string().max(100), size: count, sha256: digest })).max(1_000);
export type Sums = z.output<typeof sumsSchema>;

export const endSchema = z.strictObject({
  entries: count,
  /** Bytes of the file before this entry, and their SHA-256. */
  bytes: count,
  sha256: digest,
  rows: z.record(z.string(), count),
  blobs: count,
  /** Named by a row, and not in the store. */
  blobsMissing: count,
  withKey: z.boolean(),
});
export type BackupEnd = z.output<typeof endSchema>;

/** The end is the one entry that no sum of others covers: it carries its own on a second line. */
export function endText(end: BackupEnd): string {
  const text = JSON.stringify(end);
  return `${text}\n${sumOf(text)}\n`;
}

/** The JSON of an end; undefined when it is not as it was written. */
export function readEndText(text: string): string | undefined {
  const [json = '', sum, last, more] = text.split('\n');
  return sum === sumOf(json) && last === '' && more === undefined ? json : undefined;
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The plans as far as the backup had come, or a sentence that says why its tables are not ours. */
export function plansUpTo(head: BackupHead, plans: readonly MigrationPlan[]): readonly MigrationPlan[] | string {
  const found: MigrationPlan[] = [];
  for (const { schema, applied: rows } of head.schemas) {
    // Indexes are built by the next start.
    for (const series of new Set(rows.map((row) => row.series).filter((one) => one !== INDEX_SERIES))) {
      const plan = plans.find((one) => one.schema === schema && (one.series ?? 'service') === series);
      if (plan === undefined) return `it has a schema "${schema}" (${series}) that this release does not know; it was made by ${head.release}`;
      const mine = rows.filter((row) => row.series === series).sort((a, b) => a.number - b.number);
      const newest = mine.at(-1)?.number ?? 0;
      if (newest > plan.migrations.length)
        return `its schema "${schema}" is at migration ${newest}, this release knows ${plan.migrations.length}; it was made by ${head.release}, a newer release`;
      const other = mine.find((row, at) => row.number !== at + 1 || contentHash(plan.migrations[at] ?? { sql: '' }) !== row.hash);
      if (other !== undefined)
        return `migration ${other.number} of its schema "${schema}" is not the one of this release; it was made by another build of ${head.release}`;
      found.push({ ...plan, migrations: plan.migrations.slice(0, newest) });
    }
  }
  return found;
}
