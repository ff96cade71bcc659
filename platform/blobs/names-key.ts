// The key from which the names of blobs follow: the installation's, unless the store says another.
// I1 A restored store keeps the names that its rows know, under the key of the store that it was copied from, and the installation
//    gets a key of its own: a copy shares no key between processes with its original.
// Called by platform.ts, and by backup/ on both sides.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PalaceError } from '../errors.ts';
import { derivedKey } from '../installation-key.ts';
import { Secret } from '../secret.ts';

const FILE = 'names.key';

export function blobNamesKey(dir: string, installation: Secret<string>): Secret<string> {
  const path = join(dir, FILE);
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (key.length < 32) throw new Error('it is damaged');
    return new Secret(key);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return derivedKey(installation, 'blobs');
    throw new PalaceError('boot.config', { detail: `${path} cannot be used: ${message}. Put the file back from a backup.`, cause });
  }
}

/** For a store that is just being made. */
export function keepBlobNamesKey(dir: string, key: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = openSync(join(dir, FILE), 'wx', 0o600);
  try {
    writeFileSync(file, `${key}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
