// What each release had, for ever: the hashes of its migrations, the formats that it reads, the words of its journal. A file a release.
// Called by the test that compares them with the present tree, and by record.ts, which writes the present one.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JOURNAL_FORMAT, READS_FORMAT } from '@palace/flow/core/model.ts';
import { PROGRAM_FORMAT } from '@palace/flow/core/program.ts';
import { flowIndexes, flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import { loadMigrations } from '../../platform/database/load-migrations.ts';
import { contentHash } from '../../platform/database/migrate.ts';
import { isBefore, VERSION } from '../../platform/release.ts';
import { journalWords } from '../journals/words.ts';

export interface RecordedStep {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

export interface ReleaseRecord {
  readonly version: string;
  readonly writes: number;
  readonly reads: number;
  readonly program: number;
  /** By schema; the indexes as `flow.index`. */
  readonly migrations: Readonly<Record<string, readonly RecordedStep[]>>;
  /** Types of events and kinds of steps. */
  readonly words: readonly string[];
}

const FOLDER = new URL('./releases/', import.meta.url);

export function fileOf(version: string): string {
  return fileURLToPath(new URL(`${version}.json`, FOLDER));
}

/** The oldest first. */
export function recordedReleases(): ReleaseRecord[] {
  const versions = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .toSorted((left, right) => (isBefore(left, right) ? -1 : 1));
  return versions.map((version) => JSON.parse(readFileSync(fileOf(version), 'utf8')) as ReleaseRecord);
}

export function presentRelease(): ReleaseRecord {
  const steps = (list: readonly { readonly number: number; readonly name: string; readonly sql: string }[]): RecordedStep[] =>
    list.map(({ number, name, sql }) => ({ number, name, hash: contentHash({ sql }) }));
  return {
    version: VERSION,
    writes: JOURNAL_FORMAT,
    reads: READS_FORMAT,
    program: PROGRAM_FORMAT,
    migrations: {
      palace: steps(loadMigrations(new URL('../../platform/database/migrations/', import.meta.url))),
      flow: steps(flowMigrations().migrations),
      'flow.index': steps(flowIndexes().indexes.map(({ on, ...index }) => ({ ...index, sql: on }))),
      gateway: steps(gatewayMigrations),
    },
    words: journalWords(),
  };
}
