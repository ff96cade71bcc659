// The file with the key that opens the tenants' keys: DIR/vault.key, or PALACE_VAULT_KEY_FILE. A key a line, the first one wraps.
// I1 A key is made only for a data folder whose database is made with it, and where no key stands yet; the file appears whole, 0600.
// I2 A file that others may read is refused: whoever can read it and a backup can read every secret.
// Called by platform.ts; what the database says about the key is checked by vault.ts.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { PalaceError } from '../errors.ts';
import { KEY_BYTES } from './sealing.ts';
import { syncFolderNow } from '../sync-folder.ts';

export interface WrappingKey {
  /** Tells keys apart and says nothing about them. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface KeyFile {
  readonly path: string;
  /** Empty: there is no file. The first one wraps; the others open what was wrapped before. */
  readonly keys: readonly WrappingKey[];
  /** Writes the first key of an installation, unless somebody else just did. Absent where a key must come from a person. */
  readonly make?: () => readonly WrappingKey[];
}

const MOST_KEYS = 8;
const LARGEST_FILE = 4_096;

export function openKeyFile({ installation, database }: Config): KeyFile {
  if (installation.vaultKeyFile !== '') {
    const path = resolve(installation.vaultKeyFile);
    if (!existsSync(path)) throw refusal(path, 'does not exist', `Put the file there, or make a first one: ${MAKE_COMMAND} ${path}`);
    return { path, keys: readKeys(path) };
  }
  const path = join(installation.dataDir, 'vault.key');
  const keys = existsSync(path) ? readKeys(path) : [];
  return database.url.reveal() === '' ? { path, keys, make: () => makeKey(path) } : { path, keys };
}

/** 32 random bytes, readable by their owner alone. */
export const MAKE_COMMAND = '(umask 077; openssl rand -base64 32) >';

const refusal = (path: string, what: string, next: string): PalaceError => new PalaceError('boot.vault-key', { detail: `${path} ${what}. ${next}` });

function readKeys(path: string): readonly WrappingKey[] {
  const lines = readText(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.map((line) => Buffer.from(line, 'base64'));
  if (keys.length === 0 || keys.length > MOST_KEYS || keys.some((key) => key.byteLength !== KEY_BYTES))
    throw refusal(path, `does not hold 1 to ${MOST_KEYS} lines of ${KEY_BYTES} bytes in base64`, 'Put the file back from its backup.');
  return keys.map((bytes) => ({ id: createHmac('sha256', bytes).update('id of a vault key').digest('hex').slice(0, 16), bytes }));
}

function readText(path: string): string {
  try {
    const { mode, size } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw refusal(path, 'can be read by other accounts', `Close it: chmod 600 ${path}`);
    return size > LARGEST_FILE ? '' : readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof PalaceError) throw cause;
    throw new PalaceError('boot.vault-key', { detail: `${path} cannot be read: ${(cause as Error).message}.`, cause });
  }
}

function makeKey(path: string): readonly WrappingKey[] {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    fsyncSync(file);
    closeSync(file);
    linkSync(draft, path);
    syncFolderNow(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readKeys(path);
}

/** What is sealed with the key may be committed a moment later: the file must not be the one that a power cut takes. */
