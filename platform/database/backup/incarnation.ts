// A restored installation lives another life than its original (ENGINE E18): no owner of the original can write to it, and it starts held.
// I1 Every schema that has something to end (shards, sessions of people) takes part, as the catalog tells.
// Called by restore.ts.
import type { Pool } from 'pg';
import type { BackupHead } from './core/head.ts';

export async function beginIncarnation(owner: Pool, head: BackupHead, sha256: string): Promise<void> {
  await owner.query(`insert into palace.incarnation (number, backup_sha256, backup_point_at) select max(number) + 1, $1, $2 from palace.incarnation`, [
    sha256,
    head.pointAt,
  ]);
  const { rows } = await owner.query<{ schema: string }>(
    "select n.nspname as schema from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.proname = 'begin_incarnation' order by 1",
  );
  const why = `restored from the backup of ${head.pointAt}`;
  for (const { schema } of rows) await owner.query(`select ${schema}.begin_incarnation($1)`, [why]);
}
