// The file of a backup: written whole or not at all, and refused when anything of it is not as it was written.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { readArchive, verifyArchive } from './archive-reader.ts';
import { ArchiveWriter } from './archive-writer.ts';
import type { BackupHead } from './core/head.ts';
import { BLOCK, entryHead } from './core/tar.ts';

const dir = mkdtempSync(join(tmpdir(), 'palace-backup-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const HEAD: BackupHead = {
  format: 1,
  product: 'AgentsPalace',
  release: 'AgentsPalace of this test',
  pointAt: '2026-01-01T00:00:00.000Z',
  postgres: 180_004,
  schemas: [],
  content: { kind: 'copy', tables: [{ schema: 'flow', name: 'run', columns: ['id'] }], sequences: [] },
  blobNamesKey: 'a key of this test, long enough to be one',
  vault: { keys: [], dataKeys: 0, sealed: {} },
};

let nth = 0;
const fresh = (): string => join(dir, `${nth++}.tar`);

async function write(path: string, entries = 3): Promise<void> {
  const writer = await ArchiveWriter.open(path);
  await writer.add('head.json', Buffer.from(JSON.stringify(HEAD)));
  for (let n = 0; n < entries; n++) await writer.add(`tables/flow.run/${String(n).padStart(6, '0')}.gz`, gzipSync(`run_${n}\nrun_${n}b\n`));
  await writer.add('blobs/000000000.gz', gzipSync('{"tenant":"a","hash":"h"}\ncontent'));
  await writer.finish({ rows: { 'flow.run': 2 * entries, 'flow.empty': 0 }, blobs: 1, blobsMissing: 0, withKey: false });
}

describe('a backup file', () => {
  let path = '';
  beforeEach(async () => {
    path = fresh();
    await write(path);
  });

  test('is whole as it was written, readable by its owner alone, and a tar for everybody else', async () => {
    const { head, end } = await verifyArchive(path);
    expect(head).toEqual(HEAD);
    expect(end).toMatchObject({ entries: 5, rows: { 'flow.run': 6 }, blobs: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const names = execFileSync('tar', ['tf', path], { encoding: 'utf8' }).trim().split('\n');
    expect([names[0], names.at(-1), names.length]).toEqual(['head.json', 'end.json', 7]);
    expect([existsSync(`${path}.partial`), existsSync(`${path}.lock`)]).toEqual([false, false]);
  });

  test('is damaged when any of its bytes was changed', async () => {
    const whole = readFileSync(path);
    const other = fresh();
    // Every byte of a head of an entry would take long: each seventh, and those around the ends of entries.
    for (let at = 0; at < whole.byteLength; at += at % BLOCK < 4 ? 1 : 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      writeFileSync(other, bytes);
      await expect(verifyArchive(other), `byte ${at}`).rejects.toMatchObject({ code: expect.stringMatching(/^backup\.(?:damaged|foreign)$/) });
    }
  });

  test('is damaged when it was cut or made longer, at any length', async () => {
    const whole = readFileSync(path);
    const other = fresh();
    for (const length of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK, whole.byteLength - 2 * BLOCK, whole.byteLength - BLOCK, whole.byteLength - 1]) {
      writeFileSync(other, whole.subarray(0, length));
      await expect(verifyArchive(other), `${length} bytes`).rejects.toMatchObject({ code: 'backup.damaged' });
    }
    for (const more of [Buffer.alloc(1), Buffer.alloc(BLOCK), whole]) {
      writeFileSync(other, Buffer.concat([whole, more]));
      await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged' });
    }
  });

  test('with an entry less, twice, or in another place is damaged', async () => {
    const whole = readFileSync(path);
    const heads = [...entriesOf(whole)];
    const [first = [0, 0], second = [0, 0]] = heads.slice(1, 3);
    const part = ([from = 0, to = 0]: readonly number[]): Buffer => whole.subarray(from, to);
    const other = fresh();
    const before = whole.subarray(0, first[0]);
    const after = whole.subarray(second[1]);
    for (const middle of [[second], [second, first], [first, second, second]] as const) {
      writeFileSync(other, Buffer.concat([before, ...middle.map((one) => part(one)), after]));
      await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged' });
    }
  });

  test('that is another file is refused with one sentence: text, gzip, a tar of others, nothing at all', async () => {
    const other = fresh();
    const tar = fresh();
    execFileSync('tar', ['cf', tar, '-C', '/etc', 'hostname']);
    for (const content of ['hello', gzipSync('hello'), readFileSync(tar), '']) {
      writeFileSync(other, content);
      await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged', detail: expect.stringContaining('no backup of AgentsPalace') });
    }
    await expect(verifyArchive(join(dir, 'none'))).rejects.toMatchObject({ code: 'backup.damaged', detail: expect.stringContaining('There is no file') });
  });

  test('names nothing outside: links, folders and paths of others are no entries', async () => {
    const other = fresh();
    const head = entryHead({ name: 'head.json', size: 0 }, 0);
    for (const [at, text] of [
      [0, '../../etc/passwd\0'],
      [0, '/etc/passwd\0'],
      [156, '2'],
      [156, '5'],
      [157, '/etc/passwd'],
    ] as const) {
      const bytes = Buffer.from(head);
      bytes.write(text, at, 'latin1');
      writeFileSync(other, bytes);
      await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged' });
    }
    expect(() => entryHead({ name: 'tables/flow.run/../../x', size: 0 }, 0)).toThrow(RangeError);
  });

  test('of a later format is refused as such, and not called damaged', async () => {
    const other = fresh();
    const writer = await ArchiveWriter.open(other);
    await writer.add('head.json', Buffer.from(JSON.stringify({ ...HEAD, format: 2, more: true })));
    await writer.finish({ rows: {}, blobs: 0, blobsMissing: 0, withKey: false });
    await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.foreign', detail: expect.stringContaining('format 2') });
  });

  test('that says other counts than it holds is damaged', async () => {
    const other = fresh();
    const writer = await ArchiveWriter.open(other);
    await writer.add('head.json', Buffer.from(JSON.stringify(HEAD)));
    await writer.add('tables/flow.run/000000.gz', gzipSync('a\n'));
    await writer.finish({ rows: { 'flow.run': 2 }, blobs: 0, blobsMissing: 0, withKey: false });
    await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged', detail: expect.stringContaining('as many rows') });
  });

  test('cannot fill the memory: a few bytes that unpack to gigabytes are refused', async () => {
    const other = fresh();
    const writer = await ArchiveWriter.open(other);
    await writer.add('head.json', Buffer.from(JSON.stringify(HEAD)));
    await writer.add('blobs/000000000.gz', gzipSync(Buffer.alloc(300 * 1024 * 1024), { level: 1 }));
    await writer.finish({ rows: {}, blobs: 1, blobsMissing: 0, withKey: false });
    await expect(verifyArchive(other)).rejects.toMatchObject({ code: 'backup.damaged', detail: expect.stringContaining('cannot be unpacked') });
  });

  test('with thousands of entries has sums in between, so that reading it needs no list of all', async () => {
    const other = fresh();
    await write(other, 1_200);
    const names: string[] = [];
    for await (const { name } of readArchive(other)) names.push(name);
    expect(names.length).toBe(1_203);
    expect(execFileSync('tar', ['tf', other], { encoding: 'utf8' }).match(/sums\//g)).toHaveLength(3);
    await verifyArchive(other);
  });
});

describe('writing a backup file', () => {
  test('never replaces one, and says so before anything is done', async () => {
    const path = fresh();
    writeFileSync(path, 'mine');
    await expect(ArchiveWriter.open(path)).rejects.toMatchObject({ code: 'backup.refused', detail: expect.stringContaining('exists') });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('does not replace one that appears meanwhile', async () => {
    const path = fresh();
    const writer = await ArchiveWriter.open(path);
    await writer.add('head.json', Buffer.from(JSON.stringify(HEAD)));
    writeFileSync(path, 'mine');
    await expect(writer.finish({ rows: {}, blobs: 0, blobsMissing: 0, withKey: false })).rejects.toMatchObject({ code: 'backup.refused' });
    await writer.abandon();
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('is for one at a time; a draft that a killed writer left is replaced', async () => {
    const path = fresh();
    const writer = await ArchiveWriter.open(path);
    await expect(ArchiveWriter.open(path)).rejects.toMatchObject({ code: 'backup.refused', detail: expect.stringContaining(`Process ${process.pid}`) });
    await writer.abandon();
    expect([existsSync(`${path}.partial`), existsSync(`${path}.lock`)]).toEqual([false, false]);
    writeFileSync(`${path}.partial`, 'half');
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 4_000_000, mark: '1' }));
    await write(path);
    await verifyArchive(path);
  });

  test('into a folder that is not there, or a disk that is full, is one sentence and leaves nothing', async () => {
    await expect(ArchiveWriter.open(join(dir, 'none', 'b.tar'))).rejects.toMatchObject({
      code: 'backup.refused',
      detail: expect.stringContaining('folder does not exist'),
    });
    if (!existsSync('/dev/full')) return;
    await expect(ArchiveWriter.open('/dev/full')).rejects.toMatchObject({ code: 'backup.refused' });
  });
});

/** From and to of each entry, its payload included. */
function* entriesOf(bytes: Buffer): Generator<[number, number]> {
  for (let at = 0; bytes[at] !== 0;) {
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    yield [at, end];
    at = end;
  }
}
