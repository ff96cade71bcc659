// What there is to back up, as the catalog tells: tables with their columns and partitions, sequences, applied migrations.
// I1 No list by hand: every table of a schema that our migrations made is taken, but for what tells of this database alone (LEFT_OUT).
// Called by take.ts and restore.ts.
import type { ClientBase } from 'pg';
import type { BackupHead, BackupTable } from './core/head.ts';

/** Made by the migrations themselves, or of no use elsewhere. */
const LEFT_OUT: readonly string[] = ['palace.backup'];
const isLeftOut = (schema: string, name: string): boolean => name === 'migration' || LEFT_OUT.includes(`${schema}.${name}`);

/** Schemas that our migrations made. */
const SCHEMAS = `select n.oid, n.nspname from pg_namespace n
  where exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'migration' and c.relkind = 'r')
    and exists (select from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = n.oid and c.relname = 'migration' and a.attname = 'series')`;

export interface CatalogTable extends BackupTable {
  /** It has no rows of its own, its partitions have. */
  readonly isParent: boolean;
}

export async function readTables(client: ClientBase): Promise<CatalogTable[]> {
  const { rows } = await client.query<{ schema: string; name: string; is_parent: boolean; columns: string[]; parent: string | null; bound: string | null }>(
    `with ours as (${SCHEMAS})
     select o.nspname as schema, c.relname as name, c.relkind = 'p' as is_parent,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       case when c.relispartition then (select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid) end as parent,
       case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as bound
     from pg_class c join ours o on o.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.relpersistence = 'p' order by 1, 2`,
  );
  return rows
    .filter(({ schema, name }) => !isLeftOut(schema, name))
    .map(({ schema, name, is_parent: isParent, columns, parent, bound }) => ({
      schema,
      name,
      isParent,
      columns,
      ...(parent !== null && bound !== null && { partition: { parent, bound } }),
    }));
}

type Sequences = Extract<BackupHead['content'], { kind: 'copy' }>['sequences'];

export async function readSequences(client: ClientBase): Promise<Sequences> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `with ours as (${SCHEMAS}) select o.nspname as schema, c.relname as name from pg_class c join ours o on o.oid = c.relnamespace
     where c.relkind = 'S' and o.nspname || '.' || c.relname <> all ($1) order by 1, 2`,
    [LEFT_OUT.map((table) => `${table}_id_seq`)],
  );
  const found: Sequences = [];
  for (const { schema, name } of rows) {
    const { rows: values } = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${schema}.${name}`,
    );
    if (values[0] !== undefined) found.push({ schema, name, ...values[0] });
  }
  return found;
}

export async function readSchemas(client: ClientBase): Promise<BackupHead['schemas']> {
  const { rows } = await client.query<{ nspname: string }>(`${SCHEMAS} order by 2`);
  const found: BackupHead['schemas'] = [];
  for (const { nspname: schema } of rows) {
    const applied = await client.query<{ series: string; number: number; hash: string }>(
      `select series, number, content_hash as hash from ${schema}.migration order by series, number`,
    );
    found.push({ schema, applied: applied.rows });
  }
  return found;
}

/** Sealed values by table: what needs the vault's key. */
export async function countSealed(client: ClientBase, tables: readonly CatalogTable[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { schema, name, columns } of tables) {
    if (!columns.includes('sealed')) continue;
    const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${schema}.${name}`);
    if ((rows[0]?.count ?? 0) > 0) counts[`${schema}.${name}`] = rows[0]?.count ?? 0;
  }
  return counts;
}
