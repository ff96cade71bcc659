// The key of an installation: from the configuration, or made once in the data folder. Keys for single purposes follow from it.
// I1 The file is readable by its owner alone and appears whole; of two processes that make it at once, one wins for both.
// I2 A key that is missing beside existing data is never made anew: what it protects would be lost without a word.
// Called by platform.ts.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { openDataFolder } from './database/data-folder.ts';
import { PalaceError } from './errors.ts';
import { Secret } from './secret.ts';

export function installationKey(config: Config): Secret<string> {
  const { internalKey, dataDir } = config.installation;
  if (internalKey.reveal() !== '') return internalKey;
  const { dir } = openDataFolder(dataDir);
  const path = join(dir, 'internal.key');
  return new Secret(readKey(path) ?? makeKey(path, dir));
}

/** A key for one purpose: whoever learns it learns no other. */
export function derivedKey(key: Secret<string>, purpose: string): Secret<string> {
  return new Secret(createHmac('sha256', key.reveal()).update(purpose).digest('base64url'));
}

function readKey(path: string): string | undefined {
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (key.length >= 32) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PalaceError('boot.config', { detail: `${path} cannot be read: ${(error as Error).message}.`, cause: error });
  }
  throw new PalaceError('boot.config', { detail: `${path} is damaged. Put the file back from a backup, or set PALACE_INTERNAL_KEY.` });
}

function makeKey(path: string, dir: string): string {
  if (existsSync(join(dir, 'postgres')) || existsSync(join(dir, 'blobs'))) {
    throw new PalaceError('boot.config', {
      detail: `${path} is missing, but data that it protects exists. Put the file back, or set PALACE_INTERNAL_KEY to the key in use before.`,
    });
  }
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    writeFileSync(file, randomBytes(32).toString('base64url'));
    fsyncSync(file);
    closeSync(file);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}
