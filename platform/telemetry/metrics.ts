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
  readonly unit: 'seconds' | 'rows' | 'shards' | 'runs' | 'effects' | 'requests' | 'refusals' | 'messages' | 'partitions' | 'bytes' | 'days';
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
  row('gauge', 'palace_shards_ownerless', 'shards', 'Shards that no living process owned when this one last asked, twice a second.'),
  row(
    'gauge',
    'palace_clock_jump_seconds',
    'seconds',
    'How far the clock of the database has left engine time, while that is in doubt; 0 otherwise. Runs are timed by engine time.',
  ),
  row('histogram', 'palace_takeover_seconds', 'seconds', 'Time from claiming a shard to serving it.'),
  row('counter', 'palace_runs_started_total', 'runs', 'Runs started.'),
  row('counter', 'palace_runs_ended_total', 'runs', 'Runs ended, by their final state.', STATUS),
  row(
    'gauge',
    'palace_runs',
    'runs',
    'Runs that have not ended, by state, in the shards that this process owns; counted every 15 s, more seldom where there are millions.',
    { name: 'state', values: ['pending', 'running', 'waiting', 'paused', 'quarantined'] },
  ),
  row(
    'gauge',
    'palace_run_oldest_seconds',
    'seconds',
    'Age of the oldest run that has not ended, by why it has not, in the shards that this process owns; 0 where there is none.',
    { name: 'reason', values: ['place', 'work', 'answer', 'paused', 'quarantined', 'in-doubt'] },
  ),
  row('gauge', 'palace_runs_in_memory', 'runs', 'Runs held in memory; idle ones leave it.'),
  row('counter', 'palace_runs_quarantined_total', 'runs', 'Runs set aside because their journal or a decision failed.'),
  row('counter', 'palace_runs_expired_total', 'runs', 'Ended runs removed because their time was over.'),
  row('gauge', 'palace_journal_partitions', 'partitions', 'Partitions of the journal; set by the process that owns the first shard.'),
  row('gauge', 'palace_database_bytes', 'bytes', 'Size of the database; set by the process that owns the first shard.'),
  row(
    'gauge',
    'palace_database_full_in_seconds',
    'seconds',
    'Time until the room for the database is used up, as it grew in the last day; +Inf when it does not grow, NaN when nobody can know.',
  ),
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
  row('gauge', 'palace_halts', 'rows', 'What is held back: flows, tenants, the installation; every process knows the same.', {
    name: 'level',
    values: ['effects', 'everything'],
  }),
  row(
    'counter',
    'palace_invariant_breaches_total',
    'rows',
    'Broken invariants that the reconciler found, by what became of them.',
    {
      name: 'invariant',
      values: [
        'resting-run',
        'unread-run',
        'overdue-timer',
        'stream-row',
        'inbox-row',
        'permit-held',
        'subscription',
        'queued-run',
        'idle-effect',
        'shard-owner',
      ],
    },
    { name: 'outcome', values: ['repaired', 'reported'] },
  ),
  row('histogram', 'palace_timer_lateness_seconds', 'seconds', 'How much later than due a timer fired.'),
  row('gauge', 'palace_timer_overdue_seconds', 'seconds', 'For how long the oldest timer that has not fired has been due; looked at every 5 s.'),
  row('gauge', 'palace_inbox_age_seconds', 'seconds', 'Age of the oldest command that is not consumed yet.'),
  row('gauge', 'palace_stream_age_seconds', 'seconds', 'Age of the oldest stream row (the outbox) that its consumer has not taken; looked at every 5 s.', {
    name: 'stream',
    atMost: 50,
  }),
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
  row('histogram', 'palace_canary_seconds', 'seconds', 'Time of a canary run from its start to its end, of which it sleeps 0.1 s.'),
  row('counter', 'palace_canary_runs_total', 'runs', 'Canary runs, by how they ended.', {
    name: 'outcome',
    values: ['succeeded', 'failed', 'late', 'refused'],
  }),
  row(
    'gauge',
    'palace_canary_last_success_timestamp_seconds',
    'seconds',
    'When the last canary run that this process started succeeded, Unix time; 0 before the first one and where another process starts them.',
  ),
  row('gauge', 'palace_loop_lag_seconds', 'seconds', 'Event-loop delay since the metrics were last read.', {
    name: 'statistic',
    values: ['median', 'p99', 'max'],
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
