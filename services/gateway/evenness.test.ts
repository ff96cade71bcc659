// How much of a rate comes at once, and that the rest comes evenly.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evennessOf, fill, fullBucket, waitMs } from './evenness.ts';

test('a quarter of a second’s worth may come at once; of a small quota all of it', () => {
  const atOnce = (quota: number, windowMs: number): number => evennessOf({ quota, windowMs }).atOnce;
  expect(atOnce(600_000, 60_000)).toBe(2_500);
  expect(atOnce(12_000, 60_000)).toBe(50);
  expect(atOnce(1_200, 60_000)).toBe(25);
  expect(atOnce(100, 3_600_000)).toBe(100);
  expect(atOnce(5, 1_000)).toBe(5);
  expect(evennessOf({ quota: 1_200, windowMs: 60_000, atOnce: 100 }).atOnce).toBe(100);
});

test('R9: whatever comes when, no span lets more through than what may come at once and the mean of its time', () => {
  const policy = fc.record({ quota: fc.integer({ min: 1, max: 1_000_000 }), windowMs: fc.constantFrom(1_000, 60_000) });
  fc.assert(
    fc.property(policy, fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 300 }), (rate, pauses) => {
      const evenness = evennessOf(rate);
      const bucket = fullBucket(evenness, 0);
      let nowMs = 0;
      let passed = 0;
      for (const pause of pauses) {
        nowMs += pause;
        if (fill(bucket, evenness, nowMs) < 1) continue;
        bucket.full -= 1;
        passed += 1;
      }
      expect(passed).toBeLessThanOrEqual(evenness.atOnce + nowMs * evenness.perMs + 1e-6);
    }),
  );
});

test('who comes no faster than the mean is never refused, and the time to wait is enough', () => {
  const evenness = evennessOf({ quota: 6_000, windowMs: 60_000 });
  const bucket = fullBucket(evenness, 0);
  for (let n = 0; n < 10_000; n++) {
    expect(fill(bucket, evenness, n * 10)).toBeGreaterThanOrEqual(1);
    bucket.full -= 1;
  }
  bucket.full = 0;
  const wait = waitMs(bucket, evenness);
  expect(fill(bucket, evenness, bucket.atMs + wait)).toBeGreaterThanOrEqual(1);
});
