// palace upgrade: how far an upgrade is, and its end.
import { JOURNAL_FORMAT, READS_FORMAT } from '@palace/flow/core/model.ts';
import { finishUpgrade } from '@palace/platform/durable/upgrade.ts';
import { VERSION } from '@palace/platform/release.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { databaseUrl, withClient } from '../doctor/connect.ts';
import { releaseOf, TARGET, upgradeProgress, type UpgradeProgress } from '../doctor/upgrade.ts';
import { CommandFailure, refused } from '../failure.ts';
import { dataFolder } from '../find-server.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const url = databaseUrl(dataFolder(call.args.text('data')));
  if (url === undefined)
    throw refused('There is no database to ask: the one of the data folder does not run, or belongs to another account.', {
      next: 'Set PALACE_DATABASE_URL, or run palace up with the same --data.',
    });
  if (call.args.positionals[0] === 'finish') await finish(url);
  const progress = await withClient(url, upgradeProgress);
  if (progress === undefined) throw notMade();
  show(call, progress);
  return 0;
}

async function finish(url: string): Promise<void> {
  const outcome = await withClient(url, async (client) => ((await upgradeProgress(client)) === undefined ? undefined : finishUpgrade(client, 'flow', TARGET)));
  if (outcome === undefined) throw notMade();
  if (outcome.kind === 'newer')
    throw new CommandFailure(1, `The database is ahead: it has formats up to ${outcome.minReader}, this release reads ${READS_FORMAT}.`, {
      next: 'Use the newer release.',
    });
  if (outcome.kind === 'older-nodes')
    throw new CommandFailure(1, `The upgrade to ${VERSION} cannot be finished: older processes are alive.`, {
      details: outcome.nodes.map((node) => `${node.id} runs ${releaseOf(node)} and reads formats up to ${node.readsFormat}`),
      next: `Replace them by ${VERSION}, or stop them, then run palace upgrade finish again.`,
    });
}

function notMade(): CommandFailure {
  return refused('This database has no schema yet.', { next: 'The first start makes it; there is nothing to upgrade.' });
}

function show({ terminal, json }: Call, progress: UpgradeProgress): void {
  const { minReader, nodes, older, missingIndexes, finished } = progress;
  if (json) {
    const named = nodes.map((node) => ({ ...node, older: older.includes(node) }));
    terminal.out(jsonText({ release: VERSION, readsFormat: READS_FORMAT, minReader, finished, missingIndexes, nodes: named }));
    return;
  }
  terminal.out(`This is ${VERSION}; it reads formats up to ${READS_FORMAT} and writes ${Math.min(READS_FORMAT, Math.max(JOURNAL_FORMAT, minReader))}.`);
  table(
    terminal,
    ['PROCESS', 'RELEASE', 'READS', ''],
    nodes.map((node) => [node.id, releaseOf(node), String(node.readsFormat), older.includes(node) ? 'older' : '']),
  );
  for (const name of missingIndexes) terminal.out(`The index ${name} is still to be built; a running process does it beside its work.`);
  terminal.out(sentence(progress, finished));
}

function sentence({ older, minReader }: UpgradeProgress, finished: boolean): string {
  if (finished) return 'No upgrade is under way.';
  if (older.length > 0) return `${older.length} of them run an older release. Until the upgrade is finished each process can go back.`;
  return minReader < READS_FORMAT ? 'Every process runs this release: palace upgrade finish ends the upgrade.' : 'Every process runs this release.';
}
