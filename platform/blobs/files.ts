// Blobs as files: DIR/<tenant name>/<first two of the hash>/<hash>, one file each, the content and nothing else.
// I1 A blob is named by HMAC(tenant's key, content): equal content of two tenants has two names, and a name tells nothing.
// I2 A file appears whole: written beside, flushed, renamed; its folder is flushed before `put` returns.
// I3 What is read is checked against its name; other content is an error, never an answer.
// I4 Names in the file system are made here from hashes; nothing a caller sends becomes part of a path.
// Called by platform.ts; passes blobs.suite.ts.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PalaceError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { BlobRef, Blobs, StoredBlob } from './port.ts';
import { syncFolder } from '../sync-folder.ts';

const DRAFT_LIFE_MS = 3_600_000;
/** Tenant's folder, first two letters of the hash, hash. */
const KEY = /^[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}$/;

export interface FileBlobsOptions {
  readonly dir: string;
  /** From which each tenant's key follows. */
  readonly key: Secret<string>;
}

export function fileBlobs({ dir, key }: FileBlobsOptions): Blobs {
  const tenantKey = (tenant: string): Buffer => createHmac('sha256', key.reveal()).update(`blobs of ${tenant}`).digest();
  const folderOf = (tenant: string): string => join(dir, createHmac('sha256', tenantKey(tenant)).update('folder').digest('hex').slice(0, 32));
  const hashOf = (tenant: string, content: Uint8Array): string => createHmac('sha256', tenantKey(tenant)).update(content).digest('hex');
  const pathOf = (tenant: string, hash: string): string | undefined =>
    /^[0-9a-f]{64}$/.test(hash) ? join(folderOf(tenant), hash.slice(0, 2), hash) : undefined;

  return {
    async put(tenant, content, type) {
      const hash = hashOf(tenant, content);
      const path = pathOf(tenant, hash) ?? '';
      await guarded(async () => {
        if (!(await touch(path, content.byteLength))) await writeWhole(path, content);
      });
      return { hash, size: content.byteLength, type } satisfies BlobRef;
    },

    async get(tenant, hash) {
      const path = pathOf(tenant, hash);
      if (path === undefined) return undefined;
      const content = await guarded(() => readFile(path).catch(unlessMissing));
      if (content === undefined) return undefined;
      const same = timingSafeEqual(Buffer.from(hashOf(tenant, content), 'hex'), Buffer.from(hash, 'hex'));
      if (!same) throw new PalaceError('internal', { detail: `The stored content ${hash.slice(0, 12)} was changed: it does not fit its hash.` });
      return content;
    },

    list: (after, limit) => guarded(() => listAfter(dir, after, limit)),

    async collect(keys, minAgeMs) {
      let gone = 0;
      for (const key of new Set(keys)) if (KEY.test(key) && (await guarded(() => removeOld(join(dir, key), minAgeMs)))) gone++;
      return gone;
    },

    close: () => Promise.resolve(),
  };
}

/** Refreshes the age of a blob that is there whole; false when it has to be written. */
async function touch(path: string, size: number): Promise<boolean> {
  const known = await stat(path).catch(unlessMissing);
  if (known?.size !== size) return false;
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    (error: unknown) => unlessMissing(error) ?? false,
  );
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.draft-${randomUUID()}`);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  for (const at of [folder, dirname(folder), dirname(dirname(folder))]) await syncFolder(at);
}

/** Moves the file aside before it looks at the age a last time: a put at the same moment either refreshed it or writes anew. */
async function removeOld(path: string, minAgeMs: number): Promise<boolean> {
  const isOld = async (at: string): Promise<boolean> => {
    const known = await stat(at).catch(unlessMissing);
    return known !== undefined && Date.now() - known.mtimeMs >= minAgeMs;
  };
  if (!(await isOld(path))) return false;
  const aside = join(dirname(path), `.draft-${randomUUID()}`);
  if ((await rename(path, aside).then(() => true, unlessMissing)) !== true) return false;
  if (await isOld(aside)) return unlink(aside).then(() => true);
  await rename(aside, path);
  return false;
}

/** Folder by folder in the order of their names; one folder has some part of one tenant. Drafts that were left behind go as they are met. */
async function listAfter(dir: string, after: string, limit: number): Promise<StoredBlob[]> {
  const found: StoredBlob[] = [];
  for (const tenant of await namesIn(dir)) {
    if (tenant < after.split('/', 1).join('/')) continue;
    for (const part of await namesIn(join(dir, tenant))) {
      const folder = `${tenant}/${part}`;
      if (folder < after.split('/', 2).join('/')) continue;
      for (const name of await namesIn(join(dir, folder))) {
        const key = `${folder}/${name}`;
        if (name.startsWith('.draft-')) await removeDraft(join(dir, key));
        else if (key > after && KEY.test(key)) found.push({ key, hash: name });
        if (found.length === limit) return found;
      }
    }
  }
  return found;
}

const namesIn = async (folder: string): Promise<string[]> => ((await readdir(folder).catch(unlessMissing)) ?? []).toSorted();

/** Of a process that was killed while writing. */
async function removeDraft(path: string): Promise<void> {
  const known = await stat(path).catch(unlessMissing);
  if (known !== undefined && Date.now() - known.ctimeMs > DRAFT_LIFE_MS) await rm(path, { force: true });
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PalaceError) throw cause;
    throw new PalaceError('unavailable.blobs', { cause, retryAfterSeconds: 5 });
  }
}
