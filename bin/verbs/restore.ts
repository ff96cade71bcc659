// palace restore: a new installation of a backup. It starts held, and says what it still needs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import type { BackupHead } from '@palace/platform/database/backup/core/head.ts';
import { restoreBackup, type RestoredBackup } from '@palace/platform/database/backup/restore.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { palaceMigrations } from '@palace/platform/database/palace-migrations.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { shellWord, type Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { dataFolder } from '../find-server.ts';
import { megabytes } from '../megabytes.ts';
import { readPassphrase } from '../passphrase.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal } = call;
  const [file = ''] = args.positionals;
  const data = args.text('data');
  if (data === undefined)
    throw refused('Where to? Name a new folder with --data: a restore never goes into the usual one by itself.', {
      next: `palace restore ${shellWord(file)} --data NEWDIR`,
    });
  if (args.has('without-key') && args.has('passphrase-file')) throw refused('--without-key needs no passphrase.', { next: 'palace restore --help' });
  if (!existsSync(file)) throw refused(`There is no file ${file}.`, { next: 'Check the path; it is relative to the present folder.' });
  const restored = await restoreBackup({
    file,
    dir: dataFolder(data),
    databaseUrl: loadConfig().database.url.reveal(),
    plans: [palaceMigrations(), flowMigrations(), { schema: 'gateway', migrations: gatewayMigrations }],
    passphrase: () => (args.has('without-key') ? Promise.resolve(undefined) : readPassphrase(call, false)),
    log: QUIET,
    say: (what) => terminal.note(style('dim', `palace: ${what}`)),
  });
  report(call, restored);
  return 0;
}

/** What goes wrong is thrown. */
const QUIET: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => QUIET };

function report({ terminal, json }: Call, { dir, head, end, hasKey, isSealedOn }: RestoredBackup): void {
  const lacks = hasKey ? undefined : missingKey(dir, head);
  if (json) {
    const { pointAt } = head;
    terminal.out(jsonText({ data: dir, pointAt, bytes: end.bytes, sha256: end.sha256, held: true, hasKey, sealed: head.vault.sealed, keys: head.vault.keys }));
    return;
  }
  terminal.out(`Restored into ${oneLine(dir)}: ${megabytes(end.bytes)}, as it was at ${head.pointAt}.`);
  if (lacks !== undefined) terminal.out(lacks);
  if (!isSealedOn) terminal.out('It has a key of its own: palace audit verify calls the entries of the original sealed by another installation.');
  terminal.out(
    'It starts held: nothing acts until palace resume --all. What the original did after that moment is not known here; unique acts are verified first or wait for a person.',
  );
  const start =
    head.content.kind === 'copy'
      ? `palace up --data ${shellWord(dir)}`
      : `palace start flow and palace start gateway with this PALACE_DATABASE_URL and PALACE_DATA=${shellWord(dir)}`;
  terminal.note(`Next: ${start}; look at it; then palace resume --all. Never while the original runs.`);
}

/** Undefined when nothing is sealed: a new key is made then. */
function missingKey(dir: string, { vault }: BackupHead): string | undefined {
  if (vault.dataKeys === 0) return undefined;
  const counts = Object.entries(vault.sealed);
  const what = counts.length === 0 ? 'none now' : counts.map(([table, count]) => `${count} in ${table}`).join(', ');
  return `It has no key: its sealed values (${what}) cannot be opened, and palace up refuses to start, until the key file with the id ${vault.keys.join(' or ')} is put to ${join(dir, 'vault.key')} (chmod 600) or named by PALACE_VAULT_KEY_FILE.`;
}
