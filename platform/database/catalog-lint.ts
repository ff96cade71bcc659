// What must hold in the catalog of every database of ours (S03, S04). Answers with one sentence for each thing that does not.
// Called by the database's test and by the test of the whole product, after all migrations.
import type { Pool } from 'pg';
import { PALACE_ROLES } from './roles.ts';

export interface CatalogAllowance {
  /** Functions that run with their owner's rights on purpose, as `schema.name(argument types)`. */
  readonly securityDefiners?: readonly string[];
  /** Views that run with their owner's rights on purpose, as `schema.name`. */
  readonly ownerViews?: readonly string[];
}

const OURS = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'";

interface Rule {
  readonly sql: string;
  readonly says: (name: string) => string;
  readonly allowed?: readonly string[] | undefined;
}

export async function lintCatalog(owner: Pool, allowance: CatalogAllowance = {}): Promise<string[]> {
  const findings: string[] = [];
  for (const rule of rules(allowance)) {
    const { rows } = await owner.query<{ name: string }>(rule.sql);
    for (const { name } of rows) if (!rule.allowed?.includes(name)) findings.push(rule.says(name));
  }
  return findings;
}

function rules(allowance: CatalogAllowance): Rule[] {
  const roles = PALACE_ROLES.map((role) => `'${role}'`).join(', ');
  const tenantTables = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped)`;
  return [
    {
      sql: `select n.nspname || '.' || c.relname as name ${tenantTables} and not (c.relrowsecurity and c.relforcerowsecurity)`,
      says: (name) => `The table ${name} has a tenant but no forced row security.`,
    },
    {
      sql: `select n.nspname || '.' || c.relname as name ${tenantTables} and c.relrowsecurity
        and not c.relispartition and not exists (select from pg_policy p where p.polrelid = c.oid)`,
      says: (name) => `The table ${name} has row security without a policy: nobody can use it.`,
    },
    {
      sql: `select distinct n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        cross join lateral aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where ${OURS} and c.relispartition and c.relkind in ('r', 'p') and r.rolname in (${roles})`,
      says: (name) => `The partition ${name} can be reached past its parent, whose policies it would escape.`,
    },
    {
      sql: `select distinct n.nspname || '.' || c.relname || ': ' || p.polname as name
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
        where ${OURS} and (p.polroles = '{0}' or coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) = 'true')`,
      says: (name) => `The policy ${name} lets everybody in, or everything through.`,
    },
    {
      sql: `select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS} and p.prosecdef`,
      says: (name) => `The function ${name} runs with its owner's rights.`,
      allowed: allowance.securityDefiners,
    },
    {
      sql: `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where ${OURS} and c.relkind = 'v' and not coalesce(c.reloptions::text[] && array['security_invoker=true', 'security_invoker=on'], false)`,
      says: (name) => `The view ${name} reads with its owner's rights: make it security_invoker.`,
      allowed: allowance.ownerViews,
    },
    {
      sql: `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where ${OURS} and pg_get_userbyid(c.relowner) in (${roles}) and c.relkind <> 'i'`,
      says: (name) => `${name} belongs to a role that must own nothing.`,
    },
    {
      sql: `select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where pg_get_userbyid(p.proowner) in (${roles})`,
      says: (name) => `The function ${name} belongs to a role that must own nothing.`,
    },
    {
      sql: `select rolname as name from pg_roles where rolname in (${roles}) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)`,
      says: (name) => `The role ${name} has rights that let it pass row security.`,
    },
    {
      sql: `select m.rolname || ' in ' || g.rolname as name from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
        where m.rolname in (${roles})`,
      says: (name) => `The role ${name}: it must be a member of nothing.`,
    },
  ];
}
