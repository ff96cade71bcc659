// deploy/monitoring/dashboard.json as an object: a Grafana dashboard with a panel for each row of the metric table.
// Pure. A test writes and holds the file; what a panel shows follows from the kind of the metric, where it stands from its name.
// I1 Every metric of the table has its panel, in the order of the table.
import { METRICS, type MetricRow } from './metrics.ts';

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;
const QUANTILES = ['0.5', '0.99'] as const;

/** The rows of the dashboard, each with the beginnings of its metrics' names; the first that fits. */
const GROUPS: readonly (readonly [title: string, prefixes: readonly string[]])[] = [
  ['Canary', ['palace_canary_']],
  ['Runs and effects', ['palace_run', 'palace_effects_']],
  ['Engine', ['palace_commit_', 'palace_timer_', 'palace_inbox_', 'palace_stream_', 'palace_pool_']],
  ['Ownership and time', ['palace_shards_', 'palace_takeover_', 'palace_clock_']],
  ['Requests', ['palace_request', 'palace_refused_', 'palace_webhook_', 'palace_egress_']],
  ['Others', ['palace_']],
];

interface Target {
  readonly expr: string;
  readonly legend: string;
}

export function renderDashboard(): Record<string, unknown> {
  const panels: Record<string, unknown>[] = [];
  let top = 0;
  for (const [at, [title]] of GROUPS.entries()) {
    const metrics = METRICS.filter(({ name }) => groupOf(name) === at);
    if (metrics.length === 0) continue;
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: 24, x: 0, y: top } });
    top += 1;
    for (const [nth, metric] of metrics.entries()) {
      const gridPos = { h: HEIGHT, w: WIDTH, x: (nth % COLUMNS) * WIDTH, y: top + Math.floor(nth / COLUMNS) * HEIGHT };
      panels.push(panel(metric, panels.length + 1, gridPos));
    }
    top += Math.ceil(metrics.length / COLUMNS) * HEIGHT;
  }
  return {
    title: 'AgentsPalace',
    uid: 'agentspalace',
    description: 'Written from platform/telemetry/metrics.ts; a test holds the two together.',
    tags: ['agentspalace'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
    panels,
  };
}

/** What the dashboard asks, in its order. */
export const dashboardExpressions = (): string[] => METRICS.flatMap((metric) => targetsOf(metric).map(({ expr }) => expr));

const groupOf = (name: string): number => GROUPS.findIndex(([, prefixes]) => prefixes.some((prefix) => name.startsWith(prefix)));

function panel(metric: MetricRow, id: number, gridPos: object): Record<string, unknown> {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  return {
    id,
    type: 'timeseries',
    title: metric.name.replace(/^palace_/, '').replaceAll('_', ' '),
    description: metric.help,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit: unitOf(metric), min: 0, custom: { fillOpacity: 8, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: targetsOf(metric).map(({ expr, legend }, at) => ({ refId: String.fromCodePoint(65 + at), datasource, expr, legendFormat: legend })),
  };
}

function targetsOf(metric: MetricRow): Target[] {
  const labels = metric.labels.map(({ name }) => name);
  const legend = labels.map((name) => `{{${name}}}`).join(' ');
  const by = labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
  if (metric.kind === 'counter') return [{ expr: `sum${by} (rate(${metric.name}[$__rate_interval]))`, legend: legend || 'a second' }];
  if (metric.kind === 'histogram') {
    const series = `sum by (${['le', ...labels].join(', ')}) (rate(${metric.name}_bucket[$__rate_interval]))`;
    return QUANTILES.map((quantile) => ({ expr: `histogram_quantile(${quantile}, ${series})`, legend: `${legend} p${Number(quantile) * 100}`.trim() }));
  }
  if (isMoment(metric)) return [{ expr: `time() - (max(${metric.name}) > 0)`, legend: 'ago' }];
  // Ages and waits of several processes are not added up.
  const together = metric.unit === 'seconds' || metric.name === 'palace_shards_ownerless' ? 'max' : 'sum';
  return [{ expr: `${together}${by} (${metric.name})`, legend: legend || 'all processes' }];
}

const isMoment = ({ name }: MetricRow): boolean => name.endsWith('_timestamp_seconds');

function unitOf(metric: MetricRow): string {
  if (metric.unit === 'seconds') return 's';
  return metric.kind === 'counter' ? 'ops' : 'short';
}
