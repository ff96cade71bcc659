import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { metricRow, METRICS, renderMetricsPage } from './metrics.ts';
import type { Telemetry } from './port.ts';
import { createTelemetry } from './telemetry.ts';

const ROOT = join(import.meta.dirname, '../..');

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.close());
const start = (): Telemetry => (telemetry = createTelemetry({ service: 'test', level: 'silent' }));
const series = async (from: Telemetry, name: string): Promise<string[]> => (await from.metrics()).split('\n').filter((line) => line.startsWith(name));

describe('the metric table', () => {
  test('holds each name once, in our form, with bounded labels', () => {
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
    for (const metric of METRICS) {
      expect(metric.name).toMatch(/^palace(_[a-z]+)+$/);
      expect(metric.name.endsWith('_total')).toBe(metric.kind === 'counter');
      expect(metric.name.endsWith('_seconds')).toBe(metric.unit === 'seconds');
      for (const label of metric.labels) expect(label.values?.length ?? label.atMost ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(200);
    }
  });

  test('is the page docs/metrics.md, word for word', async () => {
    await expect(renderMetricsPage()).toMatchFileSnapshot(join(ROOT, 'docs/metrics.md'));
  });

  test('holds every metric that the source creates, and no other', () => {
    const texts = globSync('{platform,services,bin}/**/*.ts', { cwd: ROOT, exclude: (name) => name.includes('node_modules') })
      .filter((file) => !file.includes('node_modules') && !file.endsWith('.test.ts') && !file.endsWith('telemetry/metrics.ts'))
      .map((file) => readFileSync(join(ROOT, file), 'utf8'));
    expect(METRICS.map(({ name }) => name).filter((name) => !texts.some((text) => text.includes(`'${name}'`)))).toEqual([]);
    const created = texts.flatMap((text) => [...text.matchAll(/\.(?:counter|gauge|histogram)\(\s*['"`]([^'"`]+)/g)].map((match) => match[1] ?? ''));
    expect(created.filter((name) => metricRow(name) === undefined)).toEqual([]);
  });
});

describe('metrics', () => {
  test('outside the table, or unlike their row, cannot be created', () => {
    const { counter, gauge, histogram } = start();
    expect(() => counter('palace_made_up_total', 'x')).toThrow(/metrics\.ts/);
    expect(() => gauge('palace_runs_started_total', 'x')).toThrow(/counter/);
    expect(() => counter('palace_runs_ended_total', 'x')).toThrow(/status/);
    expect(() => histogram('palace_request_seconds', 'x', [1], ['run'])).toThrow(/route/);
  });

  test('all of the table can be created, and the same name twice is the same metric', async () => {
    const running = start();
    for (const metric of METRICS) {
      const labels = metric.labels.map((label) => label.name);
      if (metric.kind === 'counter') expect(running.counter(metric.name, '', labels)).toBe(running.counter(metric.name, '', labels));
      if (metric.kind === 'gauge') expect(running.gauge(metric.name, '', labels)).toBe(running.gauge(metric.name, '', labels));
      if (metric.kind === 'histogram') expect(running.histogram(metric.name, '', [1, 2], labels)).toBe(running.histogram(metric.name, '', [1, 2], labels));
    }
    const text = await running.metrics();
    for (const metric of METRICS) expect(text).toContain(`# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.kind}\n`);
  });

  test('count, set, and observe by label', async () => {
    const running = start();
    const ended = running.counter('palace_runs_ended_total', '', ['status']);
    ended.add(1, { status: 'completed' });
    ended.add(2, { status: 'completed' });
    running.gauge('palace_shards_owned', '').set(64);
    const seconds = running.histogram('palace_request_seconds', '', [0.1, 1], ['route']);
    seconds.observe(0.05, { route: '/v1/runs' });
    seconds.observe(5, { route: '/v1/runs' });
    expect(await series(running, 'palace_runs_ended_total')).toEqual(['palace_runs_ended_total{status="completed"} 3']);
    expect(await series(running, 'palace_shards_owned')).toEqual(['palace_shards_owned 64']);
    expect(await series(running, 'palace_request_seconds_bucket')).toEqual([
      'palace_request_seconds_bucket{le="0.1",route="/v1/runs"} 1',
      'palace_request_seconds_bucket{le="1",route="/v1/runs"} 1',
      'palace_request_seconds_bucket{le="+Inf",route="/v1/runs"} 2',
    ]);
  });

  test('keep their number of series whatever values arrive', async () => {
    const running = start();
    const ended = running.counter('palace_runs_ended_total', '', ['status']);
    const requests = running.counter('palace_requests_total', '', ['route', 'status']);
    for (let i = 0; i < 5_000; i += 1) {
      ended.add(1, { status: `run-${i}` });
      requests.add(1, { route: `/v1/runs/${i}`, status: '200', surplus: `${i}` });
    }
    expect(await series(running, 'palace_runs_ended_total')).toEqual(['palace_runs_ended_total{status="other"} 5000']);
    const routes = await series(running, 'palace_requests_total');
    expect(routes.length).toBe(201);
    expect(routes).toContain('palace_requests_total{route="other",status="200"} 4800');
  });

  test('tell the event-loop delay', async () => {
    const running = start();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const until = performance.now() + 250;
    while (performance.now() < until); // hold the loop
    await new Promise((resolve) => setTimeout(resolve, 60));
    const [longest] = await series(running, 'palace_loop_lag_seconds{statistic="max"}');
    expect(Number(longest?.split(' ')[1])).toBeGreaterThan(0.15);
  });

  test('include those of the process, and two telemetries do not mix', async () => {
    const one = start();
    one.counter('palace_runs_started_total', '').add();
    const other = createTelemetry({ service: 'other', level: 'silent' });
    expect(await series(one, 'process_resident_memory_bytes')).toHaveLength(1);
    expect(await series(other, 'palace_runs_started_total')).toEqual([]);
    await other.close();
  });
});
