// The end of an upgrade: from then on every node reads the newest format, and it is written (ENGINE E10).
// I1 min_reader only rises, and only while no living node reads less or runs an older release; both are looked at under its lock.
// I2 It is the point of no return: releases that read less claim no shard any more.
// Called by `palace upgrade`, as the owner of the database.
import type { Sql } from '../database/port.ts';
import { sqlState } from '../database/failure.ts';
import { PalaceError } from '../errors.ts';
import { isBefore } from '../release.ts';

export interface LivingNode {
  readonly id: string;
  /** Undefined: a release before 0.2.0. */
  readonly release?: string;
  readonly readsFormat: number;
}

export interface UpgradeState {
  /** Formats below it need not be read by anybody new; the newest up to it is written. */
  readonly minReader: number;
  readonly nodes: readonly LivingNode[];
}

/** What every node must be before the upgrade can end. */
export interface UpgradeTarget {
  readonly release: string;
  readonly readsFormat: number;
}

export type Finish =
  | { readonly kind: 'finished'; readonly minReader: number }
  | { readonly kind: 'older-nodes'; readonly nodes: readonly LivingNode[] }
  /** The database is ahead of this release. */
  | { readonly kind: 'newer'; readonly minReader: number };

export async function readUpgrade(sql: Sql, schema: string): Promise<UpgradeState> {
  const { rows } = await sql.query<{ min_reader: number }>(`select min_reader from ${schema}.halt`);
  return { minReader: rows[0]?.min_reader ?? 0, nodes: await livingNodes(sql, schema) };
}

/** Those that stand in the way. */
export function olderNodes(nodes: readonly LivingNode[], { release, readsFormat }: UpgradeTarget): readonly LivingNode[] {
  return nodes.filter((node) => node.readsFormat < readsFormat || node.release === undefined || isBefore(node.release, release));
}

/** `sql` is one connection. */
export async function finishUpgrade(sql: Sql, schema: string, target: UpgradeTarget): Promise<Finish> {
  await sql.query('begin');
  try {
    await sql.query('set local lock_timeout = 2000');
    const { rows } = await sql.query<{ min_reader: number }>(`update ${schema}.halt set min_reader = greatest(min_reader, $1) returning min_reader`, [
      target.readsFormat,
    ]);
    const minReader = rows[0]?.min_reader ?? 0;
    const older = minReader > target.readsFormat ? [] : olderNodes(await livingNodes(sql, schema), target);
    await sql.query(older.length === 0 ? 'commit' : 'rollback');
    if (older.length > 0) return { kind: 'older-nodes', nodes: older };
    return { kind: minReader > target.readsFormat ? 'newer' : 'finished', minReader };
  } catch (error) {
    await sql.query('rollback').catch(() => undefined);
    if (sqlState(error) !== '55P03') throw error;
    throw new PalaceError('unavailable.database', { detail: 'Shards are changing hands at this moment.', retryAfterSeconds: 2, cause: error });
  }
}

async function livingNodes(sql: Sql, schema: string): Promise<LivingNode[]> {
  const { rows } = await sql.query<{ id: string; release: string | null; reads_format: number }>(
    // The column may not be there yet.
    `select n.id, to_jsonb(n) ->> 'release' as release, n.reads_format from ${schema}.node n join ${schema}.living() l on l.id = n.id order by n.id`,
  );
  return rows.map(({ id, release, reads_format: readsFormat }) => ({ id, readsFormat, ...(release !== null && { release }) }));
}
