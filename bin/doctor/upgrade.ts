// How far an upgrade is: what every living process runs, which formats may be written, which indexes are still to be built.
// Called by `palace upgrade` and `palace doctor`.
import type pg from 'pg';
import { JOURNAL_FORMAT, READS_FORMAT } from '@palace/flow/core/model.ts';
import { flowIndexes } from '@palace/flow/migrations.ts';
import { INDEX_SERIES } from '@palace/platform/database/migrate.ts';
import { olderNodes, readUpgrade, type LivingNode, type UpgradeTarget } from '@palace/platform/durable/upgrade.ts';
import { VERSION } from '@palace/platform/release.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

/** What this release makes of an upgrade that is finished. */
export const TARGET: UpgradeTarget = { release: VERSION, readsFormat: READS_FORMAT };

export interface UpgradeProgress {
  readonly minReader: number;
  readonly nodes: readonly LivingNode[];
  readonly older: readonly LivingNode[];
  readonly missingIndexes: readonly string[];
  readonly finished: boolean;
}

/** Undefined while there is no schema to ask. */
export async function upgradeProgress(client: pg.Client): Promise<UpgradeProgress | undefined> {
  const { rows } = await client.query<{ there: boolean }>("select to_regclass('flow.halt') is not null as there");
  if (rows[0]?.there !== true) return undefined;
  const { minReader, nodes } = await readUpgrade(client, 'flow');
  const built = await client.query<{ number: number }>('select number from flow.migration where series = $1', [INDEX_SERIES]);
  const missing = flowIndexes().indexes.filter(({ number }) => !built.rows.some((row) => row.number === number));
  const older = olderNodes(nodes, TARGET);
  // Where the formats stay the same there is nothing to be switched on.
  const isWritten = minReader >= READS_FORMAT || READS_FORMAT === JOURNAL_FORMAT;
  return { minReader, nodes, older, missingIndexes: missing.map(({ name }) => name), finished: isWritten && older.length === 0 && missing.length === 0 };
}

export const releaseOf = ({ release }: LivingNode): string => release ?? 'a release before 0.2.0';

export async function checkUpgrade(client: pg.Client): Promise<Finding[]> {
  const progress = await upgradeProgress(client);
  if (progress === undefined) return [];
  const { minReader, nodes, older, missingIndexes } = progress;
  if (minReader > READS_FORMAT)
    return [
      wrong('upgrade', `this release reads formats up to ${READS_FORMAT}, and the database has had ${minReader} since its upgrade`, 'Start the newer release.'),
    ];
  if (older.length > 0)
    return [idle('upgrade', `under way to ${VERSION}: ${older.map((node) => `${node.id} runs ${releaseOf(node)}`).join(', ')}; palace upgrade tells more`)];
  if (missingIndexes.length > 0) return [idle('upgrade', `${missingIndexes.length} indexes are still to be built by a running process`)];
  if (!progress.finished) return [idle('upgrade', `formats up to ${READS_FORMAT} are written once palace upgrade finish has been run`)];
  return [
    good('upgrade', nodes.length === 0 ? 'nothing is under way' : `nothing is under way; ${nodes.length} of ${nodes.length} processes run ${VERSION} or newer`),
  ];
}
