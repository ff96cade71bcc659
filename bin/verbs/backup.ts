// palace backup: the installation in one file while its server runs, or a look whether such a file is whole.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyArchive } from '@palace/platform/database/backup/archive-reader.ts';
import type { BackupEnd, BackupHead } from '@palace/platform/database/backup/core/head.ts';
import { noteBackup } from '@palace/platform/database/backup/last-backup.ts';
import { reachDatabase } from '@palace/platform/database/backup/reach.ts';
import { takeBackup, type BackupSource } from '@palace/platform/database/backup/take.ts';
import { blobNamesKey } from '@palace/platform/blobs/names-key.ts';
import { loadConfig, type Config } from '@palace/platform/config.ts';
import { installationKey } from '@palace/platform/installation-key.ts';
import { openBlobs } from '@palace/platform/platform.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { openKeyFile } from '@palace/platform/vault/key-file.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { dataFolder } from '../find-server.ts';
import { readPassphrase } from '../passphrase.ts';
import { RELEASE } from '../release.ts';
import { megabytes } from '../megabytes.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const [file = ''] = call.args.positionals;
  if (!call.args.has('verify')) return take(call, file);
  if (call.args.has('with-key') || call.args.has('passphrase-file'))
    throw refused('--verify reads the file alone and needs no passphrase.', { next: 'palace backup --verify FILE' });
  const { head, end } = await verifyArchive(file);
  say(call, `${file} is whole`, file, head, end);
  return 0;
}

async function take(call: Call, file: string): Promise<ExitCode> {
  const { args, terminal } = call;
  const dir = dataFolder(args.text('data'));
  const config = loadConfig({ installation: { dataDir: dir } });
  if (args.has('passphrase-file') && !args.has('with-key')) throw refused('--passphrase-file goes with --with-key.', { next: 'palace backup --help' });
  refuseForeignKey(config, dir);
  const keys = args.has('with-key') ? { keys: await keysFor(call, config) } : {};
  const { url, close } = await reachDatabase(config.database.url.reveal(), dir, QUIET);
  const key = installationKey(config);
  const blobs = openBlobs(config, key);
  try {
    const source: BackupSource = {
      databaseUrl: url,
      byTools: config.database.url.reveal() !== '',
      blobs,
      blobNamesKey: blobNamesKey(config.blobs.url.slice('files:'.length), key),
      release: RELEASE,
      say: (what) => terminal.note(style('dim', `palace: ${what}`)),
      ...keys,
    };
    const taken = await takeBackup(file, source);
    await noteBackup(url, taken);
    say(call, `Kept in ${taken.path}`, taken.path, taken.head, taken.end);
    if (taken.end.blobsMissing > 0)
      terminal.note(`palace: ${taken.end.blobsMissing} large payloads are named by rows and not in the store; their runs cannot be read here either.`);
    return 0;
  } finally {
    await blobs.close();
    await close();
  }
}

async function keysFor(call: Call, config: Config): Promise<NonNullable<BackupSource['keys']>> {
  const { path, keys } = openKeyFile(config);
  const vault = keys.length === 0 ? {} : { vault: readFileSync(path, 'utf8') };
  return { given: { installation: installationKey(config).reveal(), ...vault }, passphrase: await readPassphrase(call, true) };
}

/** From another key other names would follow, and no payload would be found. It is made by a first start, never here. */
function refuseForeignKey({ installation }: Config, dir: string): void {
  if (installation.internalKey.reveal() !== '' || existsSync(join(dir, 'internal.key'))) return;
  throw refused(`${dir} holds no installation.`, { next: 'Name its data folder with --data DIR, or its key with PALACE_INTERNAL_KEY.' });
}

/** What goes wrong is thrown. */
const QUIET: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => QUIET };

function say({ terminal, json }: Call, sentence: string, file: string, head: BackupHead, end: BackupEnd): void {
  const rows = Object.values(end.rows).reduce((sum, count) => sum + count, 0);
  const { pointAt, release } = head;
  const { bytes, sha256, blobs, blobsMissing, withKey } = end;
  if (json) {
    terminal.out(jsonText({ file, pointAt, release, bytes, sha256, rows, blobs, blobsMissing, withKey }));
    return;
  }
  terminal.out(
    `${oneLine(sentence)}: ${megabytes(bytes)}, ${head.content.kind === 'copy' ? `${rows} rows, ` : 'a dump, '}${blobs} large payloads, ${withKey ? 'with the keys' : 'without the keys'}.`,
  );
  terminal.out(`Everything acknowledged before ${pointAt} is in it. SHA-256 of its content: ${sha256}`);
}
