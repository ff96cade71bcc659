import { describe, expect, test } from 'vitest';
import { afterResult, NO_DOUBT, whyNotReady, type CanaryHealth } from './health.ts';

const MINUTE = 60_000;
const bad = (reason: string) => ({ ok: false, reason }) as const;

describe('a canary', () => {
  test('that has not run yet, or has failed for less than its time, leaves the process ready', () => {
    expect(whyNotReady(NO_DOUBT, 10 * MINUTE, 5 * MINUTE)).toBeUndefined();
    const failing = afterResult(NO_DOUBT, bad('it is late'), MINUTE);
    expect(whyNotReady(failing, 6 * MINUTE - 1, 5 * MINUTE)).toBeUndefined();
  });

  test('that fails for longer says since when and why, by its first failure and its newest reason', () => {
    let health: CanaryHealth = NO_DOUBT;
    for (const minute of [1, 2, 3, 4]) health = afterResult(health, bad(`reason ${minute}`), minute * MINUTE);
    expect(whyNotReady(health, 7 * MINUTE, 5 * MINUTE)).toBe('canary runs fail since 6 min: reason 4');
  });

  test('that succeeds once is good again, and its next failure counts from then', () => {
    const failing = afterResult(NO_DOUBT, bad('it is late'), 0);
    const good = afterResult(failing, { ok: true }, 9 * MINUTE);
    expect(good).toEqual(NO_DOUBT);
    expect(whyNotReady(afterResult(good, bad('it is late'), 10 * MINUTE), 11 * MINUTE, 5 * MINUTE)).toBeUndefined();
  });

  test('never makes a process unready where that is switched off', () => {
    expect(whyNotReady(afterResult(NO_DOUBT, bad('it is late'), 0), 1_000 * MINUTE, 0)).toBeUndefined();
  });
});
