// The gateway's schema, forward only. One file a step in migrations/; a released step never changes.
import { readFileSync } from 'node:fs';
import type { Migration } from '@palace/platform/database/port.ts';

const TENANT_TABLES = ['tenant', 'api_key', 'egress_rule'];

/** The api role sees and writes the rows of the one tenant it named; without a tenant it gets an error (S03). */
function secured(table: string): string {
  return `
alter table {{schema}}.${table} enable row level security;
alter table {{schema}}.${table} force row level security;
create policy api_rows on {{schema}}.${table} to palace_api using (tenant = (select palace.tenant())) with check (tenant = (select palace.tenant()));
grant select, insert, update, delete on {{schema}}.${table} to palace_api;
`;
}

function step(file: string): string {
  return readFileSync(new URL(`./migrations/${file}`, import.meta.url), 'utf8');
}

export const migrations: readonly Migration[] = [
  { number: 1, name: 'gateway', sql: step('001-gateway.sql') + TENANT_TABLES.map(secured).join('') },
];
