// The one table of all metrics. docs/metrics.md is written from it, and only what stands here can be created.
// I1 A name is `palace_<noun>_<unit>`; counters end in `_total`.
// I2 Labels are bounded: either the values stand here, or their number is capped and the rest counts as `other`.

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface MetricLabel {
  readonly name: string;
  /** All values there are; others count as `other`. */
  readonly values?: readonly string[];
  /** For values that come from code or configuration, such as routes: how many different ones are kept. */
  readonly atMost?: number;
}

export interface MetricRow {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: 'seconds' | 'rows' | 'shards' | 'runs' | 'effects' | 'requests' | 'refusals' | 'messages';
  readonly help: string;
  readonly labels: readonly MetricLabel[];
}

const row = (kind: MetricKind, name: string, unit: MetricRow['unit'], help: string, ...labels: MetricLabel[]): MetricRow => ({
  name,
  kind,
  unit,
  help,
  labels,
});

const STATUS: MetricLabel = { name: 'status', values: ['completed', 'failed', 'cancelled'] };
const ROUTE: MetricLabel = { name: 'route', atMost: 200 };

export const METRICS: readonly MetricRow[] = [
  row('histogram', 'palace_commit_seconds', 'seconds', 'Time of one fenced commit to the database.'),
  row('histogram', 'palace_commit_rows', 'rows', 'Rows written by one fenced commit.'),
  row('gauge', 'palace_shards_owned', 'shards', 'Shards that this process owns.'),
  row('histogram', 'palace_takeover_seconds', 'seconds', 'Time from claiming a shard to serving it.'),
  row('counter', 'palace_runs_started_total', 'runs', 'Runs started.'),
  row('counter', 'palace_runs_ended_total', 'runs', 'Runs ended, by their final state.', STATUS),
  row('gauge', 'palace_runs_in_memory', 'runs', 'Runs held in memory; idle ones leave it.'),
  row('counter', 'palace_runs_quarantined_total', 'runs', 'Runs set aside because their journal or a decision failed.'),
  row(
    'counter',
    'palace_effects_total',
    'effects',
    'Outside acts, by class and outcome.',
    { name: 'class', values: ['read', 'idempotent', 'unique', 'irreversible'] },
    { name: 'outcome', values: ['done', 'not-sent', 'answered', 'unknown', 'in-doubt', 'verified'] },
  ),
  row(
    'gauge',
    'palace_effects_in_doubt',
    'effects',
    'Acts whose outcome nobody knows, of runs that have not ended, in the shards that this process owns; counted every 5 s, up to 10,000.',
  ),
  row('histogram', 'palace_timer_lateness_seconds', 'seconds', 'How much later than due a timer fired.'),
  row('gauge', 'palace_inbox_age_seconds', 'seconds', 'Age of the oldest command that is not consumed yet.'),
  row('gauge', 'palace_stream_lag', 'messages', 'Stream rows that the slowest consumer has not taken.', { name: 'stream', atMost: 50 }),
  row('counter', 'palace_requests_total', 'requests', 'HTTP requests answered, by route and status.', ROUTE, { name: 'status', atMost: 60 }),
  row('histogram', 'palace_request_seconds', 'seconds', 'Time to answer an HTTP request, by route.', ROUTE),
  row('counter', 'palace_refused_total', 'refusals', 'Requests refused before anything was written, and starts by events given up, by reason.', {
    name: 'reason',
    atMost: 60,
  }),
  row('counter', 'palace_webhook_deliveries_total', 'requests', 'Deliveries to webhooks, by outcome.', {
    name: 'outcome',
    values: ['accepted', 'duplicate', 'refused'],
  }),
  row('gauge', 'palace_loop_lag_seconds', 'seconds', 'Event-loop delay since the metrics were last read.', {
    name: 'quantile',
    values: ['0.5', '0.99', 'max'],
  }),
  row('histogram', 'palace_pool_wait_seconds', 'seconds', 'Time a query waited for a database connection.'),
  row('counter', 'palace_egress_refused_total', 'refusals', 'Outgoing requests refused, by the class of the address.', {
    name: 'class',
    values: ['public', 'loopback', 'private', 'link-local', 'metadata', 'reserved', 'multicast'],
  }),
];

export const OTHER = 'other';

const byName = new Map(METRICS.map((metric) => [metric.name, metric]));

export const metricRow = (name: string): MetricRow | undefined => byName.get(name);

/** The page docs/metrics.md, whole. */
export function renderMetricsPage(): string {
  const label = (entry: MetricLabel): string =>
    entry.values === undefined ? `\`${entry.name}\` (at most ${entry.atMost ?? 0})` : `\`${entry.name}\`: ${entry.values.join(', ')}`;
  const line = (metric: MetricRow): string =>
    `| \`${metric.name}\` | ${metric.kind} | ${metric.unit} | ${metric.help} | ${metric.labels.map(label).join('; ') || 'none'} |`;
  return [
    '# Metrics',
    '',
    'Prometheus text at `/metrics`. This page is written from `platform/telemetry/metrics.ts`; a test holds the two together.',
    'Beside these stand the usual `process_*` and `nodejs_*` metrics of the process. A label value that is not listed counts as `other`.',
    '',
    '| name | kind | unit | meaning | labels |',
    '|---|---|---|---|---|',
    ...METRICS.map(line),
    '',
  ].join('\n');
}
