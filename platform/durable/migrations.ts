// The tables and functions of the durable component, one set in the schema of each service ({{schema}}).
// I1 Every write of `commit` depends on its shard rows, locked at their epochs in the same statement (E1); locks are taken in one
//    order everywhere: clock, shards by id, keys by name.
// I2 Tables with a tenant carry forced row security: writes name their tenants, reads their shards (E4). The others (node, shard, clock,
//    halt, halt_scope, stream_head, cursor) hold no customer content.
// I3 A section that is null costs nothing.
// What a release had is never changed; a change is a migration more. A function that it replaces is written there whole.
// The service's own migration adds `write_rows(rows jsonb)`, which `commit` calls last.
import type { Migration } from '../database/port.ts';
import { COMMIT_SQL } from './sql/commit.ts';
import { FENCES_SQL } from './sql/fences.ts';
import { FORMATS_SQL } from './sql/formats.ts';
import { HALTS_SQL } from './sql/halts.ts';
import { OWNERSHIP_SQL } from './sql/ownership.ts';
import { READS_SQL } from './sql/reads.ts';
import { TABLES_SQL } from './sql/tables.ts';

/** In this order. Each service gives them numbers of its own series, for ever: flow has them where it had got to when they came. */
export const DURABLE_MIGRATIONS = {
  tables: { name: 'durable-tables', sql: TABLES_SQL },
  functions: { name: 'durable-functions', sql: HALTS_SQL + OWNERSHIP_SQL + COMMIT_SQL + READS_SQL },
  formats: { name: 'durable-formats', sql: FORMATS_SQL },
  fences: { name: 'durable-fences', sql: FENCES_SQL },
} as const satisfies Readonly<Record<string, Omit<Migration, 'number'>>>;

/** For a schema that is made today: 1, 2, 3, ... */
export function durableMigrations(): readonly Migration[] {
  return Object.values(DURABLE_MIGRATIONS).map((one, at) => ({ ...one, number: at + 1 }));
}
