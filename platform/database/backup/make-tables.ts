// The tables of a restored installation: by this release's migrations, as far as the backup had come, emptied, with the partitions that it had.
// I1 Nothing of the file is run as SQL: names are names, and the bounds of a partition are read and written anew.
// Called by restore.ts.
import pg from 'pg';
import { migrate } from '../migrate.ts';
import type { MigrationPlan } from '../port.ts';
import { openRoleAccess } from '../roles.ts';
import { PalaceError } from '../../errors.ts';
import { readTables, type CatalogTable } from './catalog.ts';
import type { BackupHead, BackupTable } from './core/head.ts';
import { partitionBound } from './core/partition-bound.ts';

export async function makeTables(owner: pg.Pool, url: string, head: BackupHead, plans: readonly MigrationPlan[]): Promise<void> {
  await openRoleAccess(owner, url);
  // `palace` first: the others stand on its functions.
  for (const plan of [...plans].sort((a, b) => Number(b.schema === 'palace') - Number(a.schema === 'palace'))) await migrate(owner, plan);
  if (head.content.kind !== 'copy') return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const made = await readTables(client);
    const known = new Map(made.map((table) => [`${table.schema}.${table.name}`, table]));
    for (const table of head.content.tables) await addPartition(client, known, table);
    refuseOthers(known, head.content.tables);
    // What the migrations put into them is in the backup, as it is by now.
    if (made.length > 0) await client.query(`truncate ${made.map(({ schema, name }) => `${schema}.${name}`).join(', ')}`);
  } finally {
    await client.end();
  }
}

async function addPartition(client: pg.Client, known: Map<string, CatalogTable>, table: BackupTable): Promise<void> {
  const { schema, name, partition } = table;
  const made = known.get(`${schema}.${name}`);
  if (partition === undefined || made !== undefined) return;
  const parent = known.get(`${schema}.${partition.parent}`);
  const bound = partitionBound(partition.bound);
  if (parent?.isParent !== true || bound === undefined)
    throw new PalaceError('backup.damaged', { detail: `${schema}.${name} can be no partition of ${partition.parent}.` });
  await client.query(`create table ${schema}.${name} partition of ${schema}.${partition.parent} ${bound}`);
  await secureLikeParent(client, schema, name, partition.parent);
  known.set(`${schema}.${name}`, { ...table, columns: parent.columns, isParent: false });
}

/** Nobody asks a partition: with row security and no policy it answers nobody but through its parent. */
async function secureLikeParent(client: pg.Client, schema: string, name: string, parent: string): Promise<void> {
  const { rows } = await client.query<{ row_security: boolean; forced: boolean }>(
    'select relrowsecurity as row_security, relforcerowsecurity as forced from pg_class where oid = $1::regclass',
    [`${schema}.${parent}`],
  );
  if (rows[0]?.row_security === true) await client.query(`alter table ${schema}.${name} enable row level security`);
  if (rows[0]?.forced === true) await client.query(`alter table ${schema}.${name} force row level security`);
}

function refuseOthers(known: ReadonlyMap<string, CatalogTable>, tables: readonly BackupTable[]): void {
  for (const { schema, name, columns } of tables) {
    const made = known.get(`${schema}.${name}`);
    if (made === undefined || made.isParent) throw new PalaceError('backup.damaged', { detail: `There is no table ${schema}.${name} for its rows.` });
    const other = columns.find((column) => !made.columns.includes(column)) ?? made.columns.find((column) => !columns.includes(column));
    if (other !== undefined) throw new PalaceError('backup.damaged', { detail: `The column ${other} of ${schema}.${name} is not on both sides.` });
  }
}
