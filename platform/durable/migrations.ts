// The tables and functions of the durable component, one set in the schema of each service ({{schema}}).
// I1 Every write of `commit` depends on its shard rows, locked at their epochs in the same statement (E1); locks are taken in one
//    order everywhere: clock, shards by id, keys by name.
// I2 Tables with a tenant carry forced row security: writes name their tenants, reads their shards (E4). The others (node, shard, clock,
//    halt, halt_scope, stream_head, cursor) hold no customer content.
// I3 A section that is null costs nothing.
// The service's own migration adds `write_rows(rows jsonb)`, which `commit` calls last.
import type { Migration } from '../database/port.ts';
import { COMMIT_SQL } from './sql/commit.ts';
import { HALTS_SQL } from './sql/halts.ts';
import { OWNERSHIP_SQL } from './sql/ownership.ts';
import { READS_SQL } from './sql/reads.ts';
import { TABLES_SQL } from './sql/tables.ts';

/** First in the schema of each service; the service's own migrations follow, in the same series or in one of their own. */
export function durableMigrations(): readonly Migration[] {
  return [
    { number: 1, name: 'durable-tables', sql: TABLES_SQL },
    { number: 2, name: 'durable-functions', sql: HALTS_SQL + OWNERSHIP_SQL + COMMIT_SQL + READS_SQL },
  ];
}
