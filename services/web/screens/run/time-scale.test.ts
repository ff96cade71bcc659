import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chosenSight, isWhole, moved, shareOf, spanOf, ticks, wholeSight, zoomed, type Sight } from './time-scale.ts';

const WHOLE: Sight = wholeSight(1_000, 11_000);

describe('what is in sight', () => {
  test('stays inside of the whole, however one zooms and moves', () => {
    const act = fc.oneof(
      fc.record({
        kind: fc.constant('zoom' as const),
        factor: fc.double({ min: 0.01, max: 20, noNaN: true }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('move' as const), by: fc.double({ min: -3, max: 3, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        let sight = WHOLE;
        for (const one of acts) sight = one.kind === 'zoom' ? zoomed(sight, WHOLE, one.factor, one.share) : moved(sight, WHOLE, one.by);
        expect(sight.fromMs).toBeGreaterThanOrEqual(WHOLE.fromMs - 1e-6);
        expect(sight.toMs).toBeLessThanOrEqual(WHOLE.toMs + 1e-6);
        expect(sight.toMs).toBeGreaterThan(sight.fromMs);
      }),
    );
  });

  test('zooming keeps the moment under the pointer where it is', () => {
    const near = zoomed(WHOLE, WHOLE, 0.5, 0.25);
    expect(shareOf(near, WHOLE.fromMs + (WHOLE.toMs - WHOLE.fromMs) * 0.25)).toBeCloseTo(0.25);
    expect(isWhole(near, WHOLE)).toBe(false);
    expect(isWhole(zoomed(near, WHOLE, 100), WHOLE)).toBe(true);
  });

  test('is what was drawn, unless that is too little', () => {
    expect(chosenSight(WHOLE, 3_000, 2_000)).toEqual({ fromMs: 2_000, toMs: 3_000 });
    expect(chosenSight(WHOLE, 3_000, 3_001)).toBeUndefined();
  });
});

test('ticks are round, few, and counted from the start of the run', () => {
  expect(ticks({ fromMs: 1_000, toMs: 11_000 }, 1_000, 5)).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000]);
  expect(ticks({ fromMs: 1_000, toMs: 1_020 }, 1_000, 4)).toEqual([0, 5, 10, 15, 20]);
  expect(ticks({ fromMs: 0, toMs: 3 * 86_400_000 }, 0, 3)).toEqual([0, 86_400_000, 172_800_000, 259_200_000]);
});

test('a bar is cut where the sight ends, and is nothing outside of it', () => {
  const sight = { fromMs: 100, toMs: 200 };
  expect(spanOf(sight, 50, 150)).toEqual({ start: 0, width: 0.5 });
  expect(spanOf(sight, 150, 150)).toEqual({ start: 0.5, width: 0 });
  expect(spanOf(sight, 0, 50)).toBeUndefined();
  expect(spanOf(sight, 250, 300)).toBeUndefined();
});
