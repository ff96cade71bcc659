import { expect, test } from 'vitest';
import { Host, stealOf } from './host.ts';
import { latencyOf, missedBeside } from './measure.ts';

const start = (dueMs: number, tookMs = 5): { dueMs: number; tookMs: number } => ({ dueMs, tookMs });
const dueOf = (all: readonly { dueMs: number }[]): number[] => all.map(({ dueMs }) => dueMs);

test('the line of all processors tells what was taken, an older one nothing', () => {
  expect(stealOf('cpu  10 20 30 40 50 60 70 80 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n')).toBe(80);
  expect(stealOf('cpu 10 20 30 40 50 60 70\n')).toBe(0);
  expect(stealOf('cpu0 1 2 3 4 5 6 7 8 0 0\n')).toBe(0);
});

test('what came while the host took its share is left out, and what came shortly before and after it', () => {
  const host = new Host(2);
  host.add({ fromMs: 0, toMs: 1_000, stolenMs: 20 });
  host.add({ fromMs: 1_000, toMs: 2_000, stolenMs: 41 });
  host.add({ fromMs: 2_000, toMs: 3_000, stolenMs: 0 });
  expect(dueOf(host.undisturbed([start(500), start(501), start(1_500), start(2_499), start(2_500), start(2_900)]))).toEqual([500, 2_500, 2_900]);
  expect(host.takenPercent()).toBe(1);
});

test('how long a start took has no say', () => {
  const host = new Host(2);
  host.add({ fromMs: 0, toMs: 500, stolenMs: 20 });
  host.add({ fromMs: 1_000, toMs: 1_500, stolenMs: 500 });
  expect(host.undisturbed([start(400, 2_000)])).toHaveLength(1);
});

test('with nothing known nothing is left out', () => {
  const host = new Host(2);
  expect(host.undisturbed([start(1), start(2)])).toHaveLength(2);
  expect(host.takenPercent()).toBe(0);
});

test('starts may take twice as long beside a load and no longer; too few undisturbed ones are no pass', () => {
  const host = new Host(2);
  const of = (tookMs: number, starts = 100): ReturnType<typeof latencyOf> =>
    latencyOf(
      Array.from({ length: starts }, () => start(10_000, tookMs)),
      host,
    );
  const missed = (loaded: number, normal: number): string[] => missedBeside({ loaded: of(loaded), normal: of(normal), enough: 90, host });
  expect(missed(60, 30)).toEqual([]);
  expect(missed(61, 30)).toEqual(['starts took 61 ms at p99 meanwhile, 30 ms normally']);
  expect(missed(20, 5), 'the noise of a machine').toEqual([]);
  host.add({ fromMs: 9_000, toMs: 10_000, stolenMs: 400 });
  expect(missed(61, 30)).toEqual(['the host took 20 % of the processors: too few moments were undisturbed to judge by']);
});
