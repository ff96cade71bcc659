// Reads one backup file from the beginning to its end, and lets nothing pass that the writer did not write.
// I1 Every entry has its sum, everything together has its sum, and nothing follows the end: a changed, cut or longer file is damaged.
// I2 What an entry holds is believed by nobody before the whole file has been read once (`verifyArchive`); whoever reads it again for its
//    content gets the same checks again.
// I3 Memory holds one entry, and the names and sums of a few hundred.
// Called by restore.ts and `palace backup --verify`.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { PalaceError } from '../../errors.ts';
import { endSchema, headSchema, readEndText, sumsSchema, type BackupEnd, type BackupHead, type Sums } from './core/head.ts';
import { BLOCK, END_BLOCKS, LARGEST_ENTRY, paddingOf, readEntryHead } from './core/tar.ts';

const MOST_UNSUMMED = 1_000;

export interface ArchiveEntry {
  readonly name: string;
  readonly payload: Uint8Array;
}

export interface VerifiedBackup {
  readonly head: BackupHead;
  readonly end: BackupEnd;
  /** The keys as they are sealed (sealed-keys.ts). */
  readonly sealedKeys?: Uint8Array;
}

const damaged = (path: string, what: string): PalaceError => new PalaceError('backup.damaged', { detail: `${path}: ${what}.` });

/** Reads all of it, unpacks all of it, counts what it says that it holds. */
export async function verifyArchive(path: string): Promise<VerifiedBackup> {
  let head: BackupHead | undefined;
  let end: BackupEnd | undefined;
  let sealedKeys: Uint8Array | undefined;
  let blobs = 0;
  const rows = new Map<string, number>();
  for await (const { name, payload } of readArchive(path)) {
    if (name === 'head.json') head = readHead(path, payload);
    else if (name === 'end.json') end = readEnd(path, payload);
    else if (name === 'keys.json') sealedKeys = payload;
    else if (name.startsWith('tables/')) {
      const table = tableOf(name);
      rows.set(table, (rows.get(table) ?? 0) + countLines(unpack(path, name, payload)));
    } else if (name.startsWith('blobs/')) {
      unpack(path, name, payload);
      blobs += 1;
    }
  }
  if (head === undefined || end === undefined) throw damaged(path, 'it has no beginning or no end');
  if (!sameCounts(rows, end.rows) || blobs !== end.blobs || end.withKey !== (sealedKeys !== undefined))
    throw damaged(path, 'it does not hold as many rows and payloads as it says');
  return { head, end, ...(sealedKeys !== undefined && { sealedKeys }) };
}

function sameCounts(found: ReadonlyMap<string, number>, said: Readonly<Record<string, number>>): boolean {
  const names = new Set([...found.keys(), ...Object.keys(said)]);
  return [...names].every((name) => (found.get(name) ?? 0) === (said[name] ?? 0));
}

export const tableOf = (entry: string): string => entry.split('/')[1] ?? '';

/** All entries but the sums, in order; the last one is `end.json`. Throws when anything is not as it was written. */
export async function* readArchive(path: string): AsyncGenerator<ArchiveEntry> {
  const file = await openFile(path);
  const whole = createHash('sha256');
  const unsummed: Sums[number][] = [];
  let at = 0;
  let entries = 0;
  try {
    for (;;) {
      const block = await readExactly(file, at, BLOCK);
      const entry = block === undefined ? undefined : readEntryHead(block);
      if (block === undefined || entry === undefined) throw damaged(path, at === 0 ? 'it is no backup of AgentsPalace' : `it is cut or changed at byte ${at}`);
      if (at === 0 && entry.name !== 'head.json') throw damaged(path, 'it is no backup of AgentsPalace');
      const padded = await readExactly(file, at + BLOCK, entry.size + paddingOf(entry.size));
      if (padded === undefined) throw damaged(path, `it is cut within ${entry.name}`);
      const payload = padded.subarray(0, entry.size);
      if (entry.name === 'end.json') {
        const end = readEnd(path, payload);
        const here: Pick<BackupEnd, 'entries' | 'bytes' | 'sha256'> = { entries, bytes: at, sha256: whole.digest('hex') };
        if (unsummed.length > 0 || here.entries !== end.entries || here.bytes !== end.bytes || here.sha256 !== end.sha256)
          throw damaged(path, 'its sum is another one than it says');
        const rest = await readExactly(file, at + BLOCK + padded.byteLength, END_BLOCKS.byteLength + 1, true);
        if (rest === undefined || !padded.subarray(entry.size).every((byte) => byte === 0) || !END_BLOCKS.equals(rest))
          throw damaged(path, 'something else stands where it should end');
        yield { name: entry.name, payload };
        return;
      }
      whole.update(block).update(padded);
      at += BLOCK + padded.byteLength;
      if (entry.name.startsWith('sums/')) {
        compareSums(path, unsummed.splice(0), readJson(path, entry.name, payload, sumsSchema));
        continue;
      }
      entries += 1;
      unsummed.push({ name: entry.name, size: entry.size, sha256: createHash('sha256').update(payload).digest('hex') });
      if (unsummed.length > MOST_UNSUMMED) throw damaged(path, 'it has entries without sums');
      yield { name: entry.name, payload };
    }
  } finally {
    await file.close();
  }
}

function compareSums(path: string, found: Sums, said: Sums): void {
  const wrong = said.find((one, n) => one.name !== found[n]?.name || one.size !== found[n]?.size || one.sha256 !== found[n]?.sha256);
  if (wrong !== undefined || said.length !== found.length) throw damaged(path, `${wrong?.name ?? 'an entry'} was changed`);
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new PalaceError('backup.damaged', { detail: code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`, cause });
  }
}

/** Undefined when the file ends before; with `short`, what there is. */
async function readExactly(file: FileHandle, at: number, length: number, short = false): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await file.read(bytes, have, length - have, at + have);
    if (bytesRead === 0) return short ? bytes.subarray(0, have) : undefined;
    have += bytesRead;
  }
  return bytes;
}

/** Bounded: a few bytes must not become all the memory. */
export function unpack(path: string, name: string, payload: Uint8Array): Buffer {
  try {
    return gunzipSync(payload, { maxOutputLength: LARGEST_ENTRY });
  } catch {
    throw damaged(path, `${name} cannot be unpacked`);
  }
}

/** COPY text writes a line break within a value as \n: each one ends a row. */
function countLines(text: Buffer): number {
  let lines = 0;
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines += 1;
  return lines;
}

function readHead(path: string, payload: Uint8Array): BackupHead {
  const head = parsed(payload) as { format?: unknown; product?: unknown } | undefined;
  if (head?.product === 'AgentsPalace' && head.format !== 1)
    throw new PalaceError('backup.foreign', { detail: `${path} has format ${String(head.format).slice(0, 20)}; this release reads format 1.` });
  return readJson(path, 'head.json', payload, headSchema);
}

export function readEnd(path: string, payload: Uint8Array): BackupEnd {
  const json = readEndText(Buffer.from(payload).toString('utf8'));
  if (json === undefined) throw damaged(path, 'end.json was changed');
  return readJson(path, 'end.json', Buffer.from(json), endSchema);
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as unknown;
  } catch {
    return undefined;
  }
}

function readJson<T>(path: string, name: string, payload: Uint8Array, schema: { safeParse(value: unknown): { success: boolean; data?: T } }): T {
  const result = schema.safeParse(parsed(payload));
  if (!result.success) throw damaged(path, `${name} cannot be read`);
  return result.data as T;
}
