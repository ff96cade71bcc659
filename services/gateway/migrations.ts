// The gateway's schema, forward only: numbered steps in migrations/, and row security for every table with a tenant (S03).
import { loadMigrations } from '@palace/platform/database/load-migrations.ts';
import type { Migration } from '@palace/platform/database/port.ts';
import { tenantTable } from '@palace/platform/database/tenant-table.ts';

/** The tables that a step creates. The api role works on them as one tenant; the engine role has no business here. */
const TENANT_TABLES: Readonly<Record<number, readonly string[]>> = {
  1: ['tenant', 'api_key', 'egress_rule', 'environment', 'variable', 'secret'],
  2: ['member', 'invitation'],
};

export const migrations: readonly Migration[] = loadMigrations(new URL('./migrations/', import.meta.url)).map((step) => ({
  ...step,
  sql: [step.sql, ...(TENANT_TABLES[step.number] ?? []).map(secured)].join('\n'),
}));

function secured(table: string): string {
  return tenantTable('{{schema}}', table, { api: ['select', 'insert', 'update', 'delete'], engine: [] });
}
