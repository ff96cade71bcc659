// What every blob store does. Called by blobs.test.ts for each adapter.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Blobs, StoredBlob } from './port.ts';

export function blobsSuite(blobs: () => Blobs): void {
  test('gives back what was put, byte by byte, the empty content too', async () => {
    for (const content of [randomBytes(100_000), Buffer.alloc(0), Buffer.from('ü\n\0')]) {
      const ref = await blobs().put('a', content, 'application/json');
      expect(ref).toMatchObject({ size: content.byteLength, type: 'application/json' });
      expect(Buffer.from((await blobs().get('a', ref.hash)) ?? [1])).toEqual(content);
    }
  });

  test('names the same content the same for a tenant and differently for another', async () => {
    const content = randomBytes(64);
    const [first, second, other] = [await blobs().put('a', content, 't'), await blobs().put('a', content, 't'), await blobs().put('b', content, 't')];
    expect(second.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  test('shows a tenant nothing of another, even by its exact name', async () => {
    const { hash } = await blobs().put('a', randomBytes(64), 't');
    expect(await blobs().get('b', hash)).toBeUndefined();
    expect(await blobs().get('a', hash)).toBeDefined();
  });

  test('knows nothing by names that are no hashes', async () => {
    for (const name of ['', '../../etc/passwd', '0'.repeat(64), `${'0'.repeat(63)}/`, 'A'.repeat(64)]) expect(await blobs().get('a', name)).toBeUndefined();
    expect(await blobs().collect(['../x', '', `${'0'.repeat(32)}/00/../../x`, '0'.repeat(64)], 0)).toBe(0);
  });

  test('puts the same content many times at once', async () => {
    const content = randomBytes(10_000);
    const refs = await Promise.all(Array.from({ length: 20 }, () => blobs().put('a', content, 't')));
    expect(new Set(refs.map((ref) => ref.hash)).size).toBe(1);
    expect(Buffer.from((await blobs().get('a', refs[0]?.hash ?? '')) ?? [])).toEqual(content);
  });

  test('lists everything once, in parts, whosever it is', async () => {
    const put = new Set<string>();
    for (const tenant of ['l1', 'l2', 'l3']) for (let n = 0; n < 5; n++) put.add((await blobs().put(tenant, randomBytes(20), 't')).hash);
    const found: StoredBlob[] = [];
    for (let after = ''; ;) {
      const part = await blobs().list(after, 4);
      found.push(...part);
      if (part.length === 0) break;
      after = part.at(-1)?.key ?? '';
    }
    expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
    expect(found.filter(({ hash }) => put.has(hash))).toHaveLength(put.size);
  });

  test('collects what is old enough, and a put makes it young again', async () => {
    const [kept, gone] = [randomBytes(10), randomBytes(10)];
    const [keptRef, goneRef] = [await blobs().put('c', kept, 't'), await blobs().put('c', gone, 't')];
    const stored = await blobs().list('', 10_000);
    const keyOf = (hash: string): string => stored.find((one) => one.hash === hash)?.key ?? '';
    const [keptKey, goneKey] = [keyOf(keptRef.hash), keyOf(goneRef.hash)];
    expect(await blobs().collect([keptKey, goneKey], 60_000)).toBe(0);
    await sleep(300);
    await blobs().put('c', kept, 't');
    expect(await blobs().collect([keptKey, goneKey, goneKey], 200)).toBe(1);
    expect(await blobs().get('c', goneRef.hash)).toBeUndefined();
    expect(await blobs().get('c', keptRef.hash)).toBeDefined();
  });
}
