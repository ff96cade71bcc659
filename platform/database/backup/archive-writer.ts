// Writes one backup file: entries one after the other, their sums after every few, the end with the sum of everything.
// I1 Nothing stands under the file's name before all of it is on the disk: it is written beside, flushed, and linked.
// I2 A file that exists is never written over; a draft of a writer that was killed is replaced.
// I3 Memory holds one entry.
// Called by take.ts.
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { takeLock } from '../data-lock.ts';
import { PalaceError } from '../../errors.ts';
import { endText, type BackupEnd, type Sums } from './core/head.ts';
import { BLOCK, END_BLOCKS, entryHead, paddingOf } from './core/tar.ts';
import { syncFolder } from '../../sync-folder.ts';

const ENTRIES_A_SUM = 500;

export class ArchiveWriter {
  readonly path: string;
  readonly #draft: string;
  readonly #unlock: () => void;
  readonly #seconds = Math.floor(Date.now() / 1_000);
  readonly #whole: Hash = createHash('sha256');
  #file: FileHandle | undefined;
  #sums: { name: string; size: number; sha256: string }[] = [];
  #sumFiles = 0;
  #entries = 0;
  #bytes = 0;

  private constructor(path: string, unlock: () => void) {
    this.path = path;
    this.#draft = `${path}.partial`;
    this.#unlock = unlock;
  }

  static async open(file: string): Promise<ArchiveWriter> {
    const path = resolve(file);
    if (existsSync(path)) throw refused(`${path} exists, and a backup replaces nothing. Choose another name, or remove it first.`);
    const writer = await guarded(path, () => Promise.resolve(new ArchiveWriter(path, takeDraftLock(path))));
    try {
      await rm(writer.#draft, { force: true });
      writer.#file = await guarded(path, () => open(writer.#draft, 'wx', 0o600));
      return writer;
    } catch (error) {
      writer.#unlock();
      throw error;
    }
  }

  async add(name: string, payload: Uint8Array): Promise<void> {
    await this.#write(name, payload);
    this.#entries += 1;
    this.#sums.push({ name, size: payload.byteLength, sha256: createHash('sha256').update(payload).digest('hex') });
    if (this.#sums.length === ENTRIES_A_SUM) await this.#addSums();
  }

  /** The file is there, whole and on the disk. Returns its end. */
  async finish(about: Omit<BackupEnd, 'entries' | 'bytes' | 'sha256'>): Promise<BackupEnd> {
    if (this.#sums.length > 0) await this.#addSums();
    const end: BackupEnd = { ...about, entries: this.#entries, bytes: this.#bytes, sha256: this.#whole.copy().digest('hex') };
    await this.#write('end.json', Buffer.from(endText(end)));
    await guarded(this.path, async () => {
      await this.#file?.write(END_BLOCKS);
      await this.#file?.sync();
      await this.#file?.close();
      this.#file = undefined;
      await this.#appear();
      await syncFolder(dirname(this.path));
    });
    this.#unlock();
    return end;
  }

  /** Leaves nothing behind. Does nothing after `finish`. */
  async abandon(): Promise<void> {
    await this.#file?.close().catch(() => undefined);
    if (this.#file !== undefined) await rm(this.#draft, { force: true }).catch(() => undefined);
    this.#file = undefined;
    this.#unlock();
  }

  async #addSums(): Promise<void> {
    const sums: Sums = this.#sums;
    this.#sums = [];
    await this.#write(`sums/${String(this.#sumFiles).padStart(6, '0')}.json`, Buffer.from(JSON.stringify(sums)));
    this.#sumFiles += 1;
  }

  async #write(name: string, payload: Uint8Array): Promise<void> {
    const parts = [entryHead({ name, size: payload.byteLength }, this.#seconds), payload, Buffer.alloc(paddingOf(payload.byteLength))];
    for (const part of parts) this.#whole.update(part);
    this.#bytes += BLOCK + payload.byteLength + paddingOf(payload.byteLength);
    await guarded(this.path, async () => {
      for (const part of parts) await writeAll(this.#file, part);
    });
  }

  /** A link fails where the name is taken meanwhile; where links are not to be had, a rename has to do. */
  async #appear(): Promise<void> {
    try {
      await link(this.#draft, this.path);
      await rm(this.#draft);
    } catch (error) {
      if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await rename(this.#draft, this.path);
    }
  }
}

function takeDraftLock(path: string): () => void {
  return takeLock(`${path}.lock`, ({ pid }) => refused(`Process ${pid} is writing ${path}.`));
}

async function writeAll(file: FileHandle | undefined, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await file?.write(bytes, at))?.bytesWritten ?? bytes.byteLength;
}

const refused = (detail: string, cause?: unknown): PalaceError => new PalaceError('backup.refused', { detail, cause });

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this account is used up',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'it lies below a file',
  EACCES: 'this account may not write there',
  EPERM: 'this account may not write there',
  EROFS: 'that disk can only be read',
  EEXIST: 'a file of that name has appeared meanwhile',
};

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PalaceError) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw refused(`${path} cannot be written: ${REASONS[code] ?? message}.`, error);
  }
}
