// What every blob store does. Called by blobs.test.ts for each adapter.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Blobs } from './port.ts';

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
    expect(await blobs().collect('b', [hash], 0)).toBe(0);
    expect(await blobs().get('a', hash)).toBeDefined();
  });

  test('knows nothing by names that are no hashes', async () => {
    for (const name of ['', '../../etc/passwd', '0'.repeat(64), `${'0'.repeat(63)}/`, 'A'.repeat(64)]) expect(await blobs().get('a', name)).toBeUndefined();
    expect(await blobs().collect('a', ['../x', ''], 0)).toBe(0);
  });

  test('puts the same content many times at once', async () => {
    const content = randomBytes(10_000);
    const refs = await Promise.all(Array.from({ length: 20 }, () => blobs().put('a', content, 't')));
    expect(new Set(refs.map((ref) => ref.hash)).size).toBe(1);
    expect(Buffer.from((await blobs().get('a', refs[0]?.hash ?? '')) ?? [])).toEqual(content);
  });

  test('collects what is old enough, and a put makes it young again', async () => {
    const [kept, gone] = [randomBytes(10), randomBytes(10)];
    const [keptRef, goneRef] = [await blobs().put('c', kept, 't'), await blobs().put('c', gone, 't')];
    expect(await blobs().collect('c', [keptRef.hash, goneRef.hash], 60_000)).toBe(0);
    await sleep(300);
    await blobs().put('c', kept, 't');
    expect(await blobs().collect('c', [keptRef.hash, goneRef.hash, goneRef.hash], 200)).toBe(1);
    expect(await blobs().get('c', goneRef.hash)).toBeUndefined();
    expect(await blobs().get('c', keptRef.hash)).toBeDefined();
  });
}
