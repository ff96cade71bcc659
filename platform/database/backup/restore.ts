// Makes a new installation of a backup: data folder, database, payloads. It starts held, and its life is another one (ENGINE E18).
// I1 The whole file is read and proved before anything is written (archive-reader.ts), and proved once more while it is used.
// I2 The folder appears whole or not at all: it is made beside, stopped, flushed and renamed. A folder that holds something is not touched.
// I3 From the file come rows and payloads alone: tables, functions and rights are made by this release's own migrations. A file that
//    somebody else made can lie, and can run nothing.
// I4 No key of the original but those that the passphrase opens: roles and superuser get new ones, and without it processes do.
// Called by bin/verbs/restore.ts.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { keepBlobNamesKey } from '../../blobs/names-key.ts';
import type { Blobs } from '../../blobs/port.ts';
import { loadConfig } from '../../config.ts';
import { lockHolder } from '../data-lock.ts';
import { startEmbedded } from '../embedded.ts';
import { asPalaceError } from '../failure.ts';
import type { MigrationPlan } from '../port.ts';
import { runningPostmaster, stopPostmaster } from '../postmaster.ts';
import { PalaceError } from '../../errors.ts';
import { installationKey } from '../../installation-key.ts';
import { openBlobs } from '../../platform.ts';
import type { Secret } from '../../secret.ts';
import type { Log } from '../../telemetry/port.ts';
import { verifyArchive, type VerifiedBackup } from './archive-reader.ts';
import { plansUpTo, type BackupHead } from './core/head.ts';
import { beginIncarnation } from './incarnation.ts';
import { makeTables } from './make-tables.ts';
import { putBack, type PutBack } from './put-back.ts';
import { checkTarget, restoreDump } from './restore-to-url.ts';
import { openKeys, type InstallationKeys } from './sealed-keys.ts';
import { syncFolderNow } from '../../sync-folder.ts';

export interface RestoreWish {
  readonly file: string;
  readonly dir: string;
  /** Empty: the embedded one. Otherwise a new database, for a backup that was taken of one by URL. */
  readonly databaseUrl: string;
  /** Of all schemas that a backup of this release may hold. */
  readonly plans: readonly MigrationPlan[];
  /** Asked when the backup holds a key; undefined leaves the key out. */
  readonly passphrase: () => Promise<Secret<string> | undefined>;
  readonly log: Log;
  readonly say: (what: string) => void;
}

export interface RestoredBackup extends VerifiedBackup {
  readonly dir: string;
  /** False: the sealed values of `head.vault` cannot be opened before the key file is brought. */
  readonly hasKey: boolean;
  /** The audit log goes on under the key of the original. */
  readonly isSealedOn: boolean;
}

/** Nothing is lost with it before it is renamed, and the last checkpoint flushes all of it. */
const LOADING: Readonly<Record<string, string>> = { synchronous_commit: 'off', autovacuum: 'off', max_wal_size: '4GB', checkpoint_timeout: '30min' };

export async function restoreBackup(wish: RestoreWish): Promise<RestoredBackup> {
  const dir = resolve(wish.dir);
  refuseUsed(dir);
  wish.say(`reading all of ${wish.file} first`);
  const verified = await verifyArchive(wish.file);
  const plans = plansUpTo(verified.head, wish.plans);
  if (typeof plans === 'string') throw new PalaceError('backup.foreign', { detail: `${wish.file}: ${plans}.` });
  await fitsTarget(verified.head, wish);
  const keys = await keysIn(verified, wish);
  const draft = `${dir}.restoring`;
  await clearDraft(draft);
  try {
    await restoreInto(draft, wish, verified, plans, keys);
    if (keys?.vault !== undefined) writeKeyFile(join(draft, 'vault.key'), keys.vault);
    syncFolderNow(draft);
    mkdirSync(dirname(dir), { recursive: true });
    renameSync(draft, dir);
    syncFolderNow(dirname(dir));
    return { ...verified, dir, hasKey: keys?.vault !== undefined, isSealedOn: keys !== undefined };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw readable(error, dir);
  }
}

/** Rows go into a database of our own, a dump into one that is given. */
async function fitsTarget(head: BackupHead, { file, databaseUrl }: RestoreWish): Promise<void> {
  if (head.content.kind === 'dump') {
    if (databaseUrl === '') throw refused(`${file} was taken of a database given by URL. Name a new, empty one in PALACE_DATABASE_URL to restore it there.`);
    return checkTarget(databaseUrl, head);
  }
  if (databaseUrl !== '') throw refused(`${file} was taken of a database of palace up, and is restored into a new one of its own: unset PALACE_DATABASE_URL.`);
}

/** A wrong passphrase is found out before anything is made. */
async function keysIn({ sealedKeys }: VerifiedBackup, { passphrase }: RestoreWish): Promise<InstallationKeys | undefined> {
  const given = sealedKeys === undefined ? undefined : await passphrase();
  return sealedKeys === undefined || given === undefined ? undefined : openKeys(sealedKeys, given);
}

async function restoreInto(
  draft: string,
  wish: RestoreWish,
  { head, end }: VerifiedBackup,
  plans: readonly MigrationPlan[],
  keys: InstallationKeys | undefined,
): Promise<void> {
  const { file, databaseUrl: url, log, say } = wish;
  const hasKey = keys?.vault !== undefined;
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  if (keys !== undefined) writeKeyFile(join(draft, 'internal.key'), keys.installation);
  const blobs = newStore(draft, head);
  try {
    if (head.content.kind === 'dump') await restoreDump({ url, file, head, sha256: end.sha256, blobs, hasKey, say });
    else await restoreRows(draft, { file, head, sha256: end.sha256, blobs }, { plans, hasKey, log, say });
  } finally {
    await blobs.close();
  }
}

type How = Pick<RestoreWish, 'plans' | 'log' | 'say'> & { readonly hasKey: boolean };

async function restoreRows(draft: string, parts: PutBack, { plans, hasKey, log, say }: How): Promise<void> {
  say('making the database');
  const server = await startEmbedded({ dataDir: draft, log, settings: LOADING });
  const owner = new pg.Pool({ connectionString: server.url, max: 2, application_name: 'palace restore' });
  owner.on('error', () => undefined);
  const { head, sha256 } = parts;
  try {
    await makeTables(owner, server.url, head, plans);
    say('putting back rows and payloads');
    await putBack(owner, parts);
    // A key that nothing was ever sealed with is missed by nobody: the first start makes another.
    if (!hasKey && head.vault.dataKeys === 0) await owner.query('delete from palace.wrapping_key');
    await beginIncarnation(owner, head, sha256);
  } finally {
    await owner.end();
    await server.stop();
  }
}

/** With the installation's key, a new one unless it has one, and the names that the rows know. */
function newStore(draft: string, head: BackupHead): Blobs {
  const folder = join(draft, 'blobs');
  const config = loadConfig({ installation: { dataDir: draft }, blobs: { url: `files:${folder}` } });
  const key = installationKey(config);
  keepBlobNamesKey(folder, head.blobNamesKey);
  return openBlobs(config, key);
}

function refuseUsed(dir: string): void {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw refused(`${dir} is a file.`);
  if (readdirSync(dir).length > 0) throw refused(`${dir} holds something already, and a restore replaces nothing. Name a new folder with --data.`);
}

/** What a restore that was killed has left. */
async function clearDraft(draft: string): Promise<void> {
  if (!existsSync(draft)) return;
  const holder = lockHolder(draft);
  if (holder !== undefined) throw refused(`Process ${holder.pid} is restoring into ${draft}.`);
  const left = runningPostmaster(join(draft, 'postgres'));
  if (left !== undefined) await stopPostmaster(left.pid);
  rmSync(draft, { recursive: true, force: true });
}

function writeKeyFile(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const refused = (detail: string, cause?: unknown): PalaceError => new PalaceError('restore.refused', { detail, cause });

function readable(error: unknown, dir: string): unknown {
  const known = asPalaceError(error);
  const { code, message } = known as NodeJS.ErrnoException;
  if (known instanceof PalaceError || code === undefined) return known;
  if (code === 'ENOSPC' || code === '53100') return refused(`The disk at ${dir} is full.`, error);
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EDQUOT'].includes(code)) return refused(`${dir} cannot be made: ${message}.`, error);
  // Rows that the tables do not take: a file that was made to look like a backup.
  if (/^(?:2[0-9]|42)[0-9A-Z]{3}$|^2[23]/.test(code))
    return new PalaceError('backup.damaged', { detail: `Its rows do not fit its tables: ${message}.`, cause: error });
  return error;
}
