import { expect, test } from 'vitest';
import { largest, latencyOf, readSample, sum } from './figures.ts';

const text = (counts: readonly number[]): string =>
  [
    '# HELP palace_commit_seconds Time of one fenced commit to the database.',
    ...['0.001', '0.01', '0.1', '+Inf'].map((le, i) => `palace_commit_seconds_bucket{le="${le}"} ${counts[i]}`),
    'palace_runs_in_memory 12',
    'palace_stream_age_seconds{stream="flow"} 1.5',
    'palace_stream_age_seconds{stream="other"} 0',
    'palace_canary_runs_total{outcome="succeeded"} 4',
    'palace_canary_runs_total{outcome="late"} 1',
    'nodejs_version_info{version="v24"} 1',
  ].join('\n');

test('figures are read out of the text of metrics, the worst series of each', () => {
  const sample = readSample(text([0, 0, 0, 0]), 1);
  expect([largest(sample, 'palace_runs_in_memory'), largest(sample, 'palace_stream_age_seconds'), largest(sample, 'palace_runs')]).toEqual([12, 1.5, 0]);
  expect([sum(sample, 'palace_canary_runs_total'), sum(sample, 'palace_canary_runs_total', 'succeeded')]).toEqual([5, 4]);
});

test('a quantile lies within its bucket, and nothing was measured without a count', () => {
  const latency = latencyOf('palace_commit_seconds', undefined, readSample(text([50, 100, 100, 100]), 1));
  expect(latency.count).toBe(100);
  expect(latency.quantile(0.5)).toBeCloseTo(0.001, 6);
  expect(latency.quantile(0.75)).toBeCloseTo(0.0055, 6);
  expect(latencyOf('palace_commit_seconds', undefined, readSample('', 1)).quantile(0.95)).toBe(0);
});

test('what came before the first sample is not in the window; what is slower than every bucket is told as the last one', () => {
  const [before, now] = [readSample(text([100, 100, 100, 100]), 1), readSample(text([100, 100, 100, 110]), 2)];
  const latency = latencyOf('palace_commit_seconds', before, now);
  expect(latency.count).toBe(10);
  expect(latency.quantile(0.5)).toBe(0.1);
});
