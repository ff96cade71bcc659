import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

const SETTINGS = { max: 512, floor: 16, targetMs: 250 };

/** A server that answers `rate` a second, offered far more: returns how many are open in the end. */
function flooded(rate: number, seconds: number): { open: number; lastTookMs: number; quiet: (requests: number) => number } {
  let nowMs = 0;
  const pace = new Pace(SETTINGS, () => nowMs);
  const queue: number[] = [];
  let lastTookMs = 0;
  for (; nowMs < seconds * 1_000; nowMs += 1_000 / rate) {
    while (pace.admits(queue.length)) queue.push(nowMs);
    lastTookMs = nowMs - (queue.shift() ?? nowMs);
    pace.answered(lastTookMs);
  }
  return {
    open: queue.length,
    lastTookMs,
    quiet(requests) {
      for (let i = 0; i < requests; i++) {
        nowMs += 5;
        pace.answered(5);
      }
      let open = 0;
      while (pace.admits(open)) open += 1;
      return open;
    },
  };
}

test('a quiet server takes a burst of a quarter of its bound', () => {
  const pace = new Pace(SETTINGS);
  expect(pace.admits(127)).toBe(true);
  expect(pace.admits(128)).toBe(false);
});

test('while answers are quick the whole bound can be used', () => {
  let nowMs = 0;
  const pace = new Pace(SETTINGS, () => nowMs);
  for (let i = 0; i < 10_000; i++) {
    nowMs += 2;
    for (let open = 0; pace.admits(open);) open += 1;
    pace.answered(20);
  }
  expect(pace.admits(511)).toBe(true);
  expect(pace.admits(512)).toBe(false);
});

test('under a flood the open requests fall to what can be answered in good time, at any speed', () => {
  for (const rate of [100, 400, 1_500]) {
    const { open, lastTookMs } = flooded(rate, 20);
    expect(lastTookMs).toBeLessThan(600);
    expect(open).toBeGreaterThanOrEqual(Math.min(15, SETTINGS.floor - 1));
  }
});

test('it never falls below its floor, and after the flood it is back where it began within seconds', () => {
  const slow = flooded(10, 60);
  expect(slow.open).toBeGreaterThanOrEqual(SETTINGS.floor - 1);
  expect(slow.quiet(1_000)).toBeGreaterThanOrEqual(128);
});
