// The numbered, forward-only migrations of schema `flow`: the durable component's and the service's, in one series.
// I1 A number is for ever, and so is the text of a migration that was released (test/upgrade/releases): a change is one more at the end.
// I2 Expand in one release, contract two later: what a migration takes away, the release before it did not use any more (`breaksBefore`).
// I3 An index on a table of before is an entry of flowIndexes.
import { readFileSync } from 'node:fs';
import type { IndexPlan, MigrationPlan } from '@palace/platform/database/port.ts';
import { partitionSecurity, tenantTable } from '@palace/platform/database/tenant-table.ts';
import { DURABLE_MIGRATIONS as durable } from '@palace/platform/durable/migrations.ts';

/** Written by the engine within its shards; read by people within their tenant (S03). */
const RUN_TABLES = ['run', 'segment', 'journal', 'snapshot', 'effect', 'subscription', 'event', 'blob_ref'] as const;
/** Written by a publication. */
const DEFINITION_TABLES = ['program', 'definition'] as const;
/** Matching looks across shards, within one tenant (ENGINE E14). */
const MATCHED_TABLES = ['subscription', 'event'] as const;

/** Written by people and by what others deliver, as one tenant. */
const WEBHOOK_TABLES = ['webhook', 'webhook_key', 'webhook_delivery'] as const;

/** Where runs leave rows behind. */
const EXPIRED_TABLES = ['run', 'segment', 'journal', 'snapshot', 'effect', 'subscription', 'blob_ref'] as const;
/** Written by an apply, as one tenant. */
const APPLY_TABLES = ['set_member', 'apply'] as const;

const read = (name: string): string => readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8');

export function flowMigrations(): MigrationPlan {
  return {
    schema: 'flow',
    migrations: [
      { number: 1, ...durable.tables },
      { number: 2, ...durable.functions },
      { number: 3, name: 'flow', sql: read('001-flow.sql') },
      { number: 4, name: 'row-security', sql: rowSecurity() },
      { number: 5, name: 'write-rows', sql: read('003-write-rows.sql') },
      { number: 6, name: 'triggers', sql: `${read('004-triggers.sql')}\n${triggerSecurity()}` },
      { number: 7, name: 'retention', sql: read('005-retention.sql').replace('{{expire_policies}}', expirePolicies()) },
      { number: 8, name: 'applies', sql: `${read('006-applies.sql')}\n${applySecurity()}` },
      { number: 9, ...durable.formats },
      { number: 10, ...durable.fences },
    ],
  };
}

/** Built after the start, beside the traffic. */
export function flowIndexes(): IndexPlan {
  return {
    schema: 'flow',
    indexes: [
      // The list of cancelled runs: the other states that people look for have run_attention. Of a million runs with 20 cancelled ones the
      // list took 0.6 s without it, and takes 1 ms.
      { number: 1, name: 'run_cancelled', on: "{{schema}}.run (tenant, started_ms desc, id desc) where status = 'cancelled'" },
      // The list of an environment beside the default one. Of 100,000 runs with 100 of another environment it took 120 ms and grew with all.
      { number: 2, name: 'run_environment', on: '{{schema}}.run (tenant, environment, started_ms desc, id desc) where environment is not null' },
    ],
  };
}

function rowSecurity(): string {
  return [
    ...RUN_TABLES.map((table) => tenantTable('{{schema}}', table, { shardColumn: 'shard' })),
    ...DEFINITION_TABLES.map((table) => tenantTable('{{schema}}', table, { api: ['select', 'insert', 'update', 'delete'], engine: ['select'] })),
    partitionSecurity('{{schema}}', 'journal_rest'),
    ...MATCHED_TABLES.map(
      (table) =>
        `create policy palace_engine_match on {{schema}}.${table} for select to palace_engine using (tenant = any ((select palace.tenants())::text[]));`,
    ),
  ].join('\n');
}

function triggerSecurity(): string {
  return [
    ...['schedule', 'waiting_start', 'held_start', 'breach'].map((table) => tenantTable('{{schema}}', table, { shardColumn: 'shard' })),
    // A publication replaces them; the owner of a schedule pauses them.
    tenantTable('{{schema}}', 'event_trigger', { api: ['select', 'insert', 'delete'], engine: ['select', 'update'] }),
    ...WEBHOOK_TABLES.map((table) => tenantTable('{{schema}}', table, { api: ['select', 'insert', 'update', 'delete'], engine: [] })),
  ].join('\n');
}

/** Runs that expire go together, whosever they are; who removes them owns their shards. */
function expirePolicies(): string {
  return EXPIRED_TABLES.map(
    (table) =>
      `create policy palace_engine_expire on {{schema}}.${table} for delete to palace_engine using (shard = any ((select palace.shards())::integer[]));`,
  ).join('\n');
}

function applySecurity(): string {
  return [
    ...APPLY_TABLES.map((table) => tenantTable('{{schema}}', table, { api: ['select', 'insert', 'update', 'delete'], engine: [] })),
    // Read where a run begins that something started by itself.
    tenantTable('{{schema}}', 'flow_environment', { api: ['select', 'insert', 'update', 'delete'], engine: ['select'] }),
  ].join('\n');
}
