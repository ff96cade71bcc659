// Metrics in memory, read as Prometheus text. One registry for each telemetry, so that tests and processes do not mix.
// I1 Only names of the table in metrics.ts exist, with the table's kind, labels, and help: anything else throws at creation.
// I2 The number of series is bounded by the table, whatever values arrive.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type MetricKind, type MetricLabel, metricRow, type MetricRow, OTHER } from './metrics.ts';
import type { Counter, Gauge, Histogram } from './port.ts';

type Labels = Readonly<Record<string, string>>;

export interface Prometheus {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  text(): Promise<string>;
  close(): void;
}

const LOOP_SAMPLE_MS = 20;

/** Gauges that are named like counters, which every check of metrics complains of; each is the sum of another one by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

function checkedRow(name: string, kind: MetricKind, labels: readonly string[]): MetricRow {
  const row = metricRow(name);
  if (row === undefined) throw new Error(`The metric ${name} is not in platform/telemetry/metrics.ts; add its row there.`);
  const declared = row.labels.map((label) => label.name);
  if (row.kind !== kind || declared.toSorted().join() !== [...labels].toSorted().join()) {
    throw new Error(`The metric ${name} is a ${row.kind} with the labels [${declared.join()}] in platform/telemetry/metrics.ts.`);
  }
  return row;
}

/** Keeps a label's values within the table: listed ones, or the first so many. */
function bounded(label: MetricLabel): (value: string | undefined) => string {
  const known = new Set(label.values);
  const room = label.values === undefined ? (label.atMost ?? 0) : 0;
  return (value = OTHER) => {
    if (known.has(value)) return value;
    if (known.size >= room) return OTHER;
    known.add(value);
    return value;
  };
}

/** Resolves labels to one of prom-client's series and remembers it, because finding it again costs more than counting. */
function seriesOf<Series>(row: MetricRow, open: (labels: Record<string, string>) => Series): (labels: Labels | undefined) => Series {
  const limits = row.labels.map((label) => [label.name, bounded(label)] as const);
  const known = new Map<string, Series>();
  return (labels) => {
    let key = '';
    for (const [name, keep] of limits) key += `${keep(labels?.[name])}\n`;
    let series = known.get(key);
    if (series === undefined) known.set(key, (series = open(Object.fromEntries(limits.map(([name, keep]) => [name, keep(labels?.[name])])))));
    return series;
  };
}

function loopLagGauge(gauge: Gauge, delay: ReturnType<typeof monitorEventLoopDelay>): void {
  const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LOOP_SAMPLE_MS / 1000) : 0);
  gauge.set(seconds(delay.percentile(50)), { statistic: 'median' });
  gauge.set(seconds(delay.percentile(99)), { statistic: 'p99' });
  gauge.set(seconds(delay.max), { statistic: 'max' });
  delay.reset();
}

export function createPrometheus(): Prometheus {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const metrics = new Map<string, Counter | Gauge | Histogram>();

  function once<Metric extends Counter | Gauge | Histogram>(
    name: string,
    kind: MetricKind,
    labels: readonly string[],
    create: (row: MetricRow, options: PromOptions) => Metric,
  ): Metric {
    const row = checkedRow(name, kind, labels);
    const known = metrics.get(name);
    if (known !== undefined) return known as Metric;
    const created = create(row, { name, help: row.help, labelNames: row.labels.map((label) => label.name), registers: [registry] });
    metrics.set(name, created);
    return created;
  }

  const counter: Prometheus['counter'] = (name, _help, labels = []) =>
    once(name, 'counter', labels, (row, options) => {
      const prom = new PromCounter(options);
      const series = seriesOf(row, (values) => prom.labels(values));
      return { add: (value = 1, values) => series(values).inc(value) };
    });

  const gauge: Prometheus['gauge'] = (name, _help, labels = []) =>
    once(name, 'gauge', labels, (row, options) => {
      const prom = new PromGauge(options);
      const series = seriesOf(row, (values) => prom.labels(values));
      return { set: (value, values) => series(values).set(value) };
    });

  const histogram: Prometheus['histogram'] = (name, _help, buckets, labels = []) =>
    once(name, 'histogram', labels, (row, options) => {
      const prom = new PromHistogram({ ...options, buckets: [...buckets] });
      const series = seriesOf(row, (values) => prom.labels(values));
      return { observe: (value, values) => series(values).observe(value) };
    });

  const delay = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS });
  delay.enable();
  const loopLag = gauge('palace_loop_lag_seconds', '', ['statistic']);

  return {
    counter,
    gauge,
    histogram,
    text: () => {
      loopLagGauge(loopLag, delay);
      return registry.metrics();
    },
    close: () => {
      delay.disable();
      registry.clear();
    },
  };
}

interface PromOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}
