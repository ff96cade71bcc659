// The numbered, forward-only migrations of schema `flow`: the durable component's own, then the service's.
import { readFileSync } from 'node:fs';
import type { Migration, MigrationPlan } from '@palace/platform/database/port.ts';
import { tenantTable } from '@palace/platform/database/tenant-table.ts';
import { durableMigrations } from '@palace/platform/durable/migrations.ts';

/** Tables whose rows belong to a tenant: row-level security is forced on each (S03). */
const ENGINE_TABLES = ['run', 'journal', 'snapshot', 'effect', 'subscription', 'event'] as const;
const API_TABLES = ['program', 'definition'] as const;

const read = (name: string): string => readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8');

export function flowMigrations(): MigrationPlan {
  const own: readonly Omit<Migration, 'number'>[] = [
    { name: 'flow', sql: read('001-flow.sql') },
    { name: 'row-security', sql: rowSecurity() },
    { name: 'write-rows', sql: read('003-write-rows.sql') },
  ];
  const all = [...durableMigrations(), ...own];
  return { schema: 'flow', migrations: all.map((m, i) => ({ ...m, number: i + 1 })) };
}

function rowSecurity(): string {
  return [...ENGINE_TABLES.map((table) => tenantTable('{{schema}}', table, { shard: true })), ...API_TABLES.map((table) => tenantTable('{{schema}}', table, { shard: false }))].join('\n');
}
