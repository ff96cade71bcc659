// The SQL that puts a table under row-level security (ENGINE E4). Migrations call it where they create a table with a `tenant` column.
// I1 Security is forced: the owner is bound by it too, unless it is a superuser.
// I2 palace_api sees one tenant. palace_engine reads the shards it named (the tenants, where a table has no shard) and writes the tenants it named.
// I3 The scope functions stand in a sub-select, so that a statement asks them once and not for every row.

export interface TenantTableOptions {
  /** Name of the table's shard column, if it has one. */
  readonly shardColumn?: string;
  readonly api?: readonly TableVerb[];
  readonly engine?: readonly TableVerb[];
}

export type TableVerb = 'select' | 'insert' | 'update' | 'delete';

const ALL: readonly TableVerb[] = ['select', 'insert', 'update', 'delete'];

/** `schema` may be `{{schema}}`. Default: the api role reads, the engine does all. */
export function tenantTable(schema: string, table: string, options: TenantTableOptions = {}): string {
  const name = `${schema}.${table}`;
  const oneTenant = 'tenant = (select palace.tenant())';
  const namedTenants = 'tenant = any ((select palace.tenants())::text[])';
  const reads = options.shardColumn === undefined ? namedTenants : `${options.shardColumn} = any ((select palace.shards())::integer[])`;
  return [
    `alter table ${name} enable row level security;`,
    `alter table ${name} force row level security;`,
    ...grantAndPolicies(name, 'palace_api', options.api ?? ['select'], oneTenant, oneTenant),
    ...grantAndPolicies(name, 'palace_engine', options.engine ?? ALL, reads, namedTenants),
  ].join('\n');
}

/** A partition is reached through its parent, whose policies hold. By itself it is open to nobody. */
export const partitionSecurity = (schema: string, table: string): string =>
  `alter table ${schema}.${table} enable row level security; alter table ${schema}.${table} force row level security;`;

function grantAndPolicies(name: string, role: string, verbs: readonly TableVerb[], reads: string, writes: string): string[] {
  if (verbs.length === 0) return [];
  return [
    `grant ${verbs.join(', ')} on ${name} to ${role};`,
    ...verbs.map((verb) => `create policy ${role}_${verb} on ${name} for ${verb} to ${role} ${condition(verb, reads, writes)};`),
  ];
}

function condition(verb: TableVerb, reads: string, writes: string): string {
  if (verb === 'select') return `using (${reads})`;
  if (verb === 'insert') return `with check (${writes})`;
  return verb === 'delete' ? `using (${writes})` : `using (${writes}) with check (${writes})`;
}
