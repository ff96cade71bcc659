import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { blobsSuite } from './blobs.suite.ts';
import { fileBlobs } from './files.ts';

describe('blobs as files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'palace-blobs-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const blobs = fileBlobs({ dir, key: new Secret('a key of this test') });
  const files = (): string[] =>
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  blobsSuite(() => blobs);

  test('refuse content that was changed on the disk', async () => {
    const { hash } = await blobs.put('tampered', Buffer.from('the truth'), 'text/plain');
    const path = files().find((name) => name.endsWith(hash)) ?? '';
    writeFileSync(path, 'the lie!!');
    await expect(blobs.get('tampered', hash)).rejects.toMatchObject({ code: 'internal' });
    writeFileSync(path, '');
    await expect(blobs.get('tampered', hash)).rejects.toMatchObject({ code: 'internal' });
    await blobs.put('tampered', Buffer.from('the truth'), 'text/plain');
    expect(Buffer.from((await blobs.get('tampered', hash)) ?? []).toString()).toBe('the truth');
  });

  test('are readable by their owner alone, under names that no tenant chose, without leftovers', async () => {
    await blobs.put('../../escape', Buffer.from('x'), 'text/plain');
    for (const path of files()) {
      expect(path.slice(dir.length)).toMatch(/^\/[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}$/);
      expect(statSync(path).mode & 0o077).toBe(0);
    }
  });

  test('that cannot be written are a row of the error table', async () => {
    const file = join(dir, 'a-file');
    writeFileSync(file, '');
    const broken = fileBlobs({ dir: file, key: new Secret('k') });
    await expect(broken.put('a', Buffer.from('x'), 't')).rejects.toMatchObject({ code: 'unavailable.blobs' });
    rmSync(file);
  });
});
