// The alert rules as data, and the cases that promtool plays: for each rule series that make it fire and series that do not.
import { METRICS } from '@palace/platform/telemetry/metrics.ts';
import { parse } from 'yaml';
import { readText } from '../architecture/source.ts';

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const RULES_FILE = 'deploy/monitoring/alerts.yml';
export const rules = (): readonly Rule[] => (parse(readText(RULES_FILE)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

/** Series by name, in promtool's notation, a value every 15 s; `labels` are those of the alert beside its own. */
export interface Case {
  readonly series: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RuleCases {
  readonly fires: readonly Case[];
  readonly rests: readonly Case[];
}

const steady = (value: number | string): string => `${value}x120`;
/** Counters of a histogram that grow by so much each 15 s: `few` observations up to the small bound, the rest above it. */
const histogram = (name: string, small: string, large: string, few: number, all: number): Record<string, string> => ({
  [`${name}_bucket{le="${small}"}`]: `0+${few}x120`,
  [`${name}_bucket{le="${large}"}`]: `0+${all}x120`,
  [`${name}_bucket{le="+Inf"}`]: `0+${all}x120`,
});
const above = (series: string, bound: number): RuleCases => ({
  fires: [{ series: { [series]: steady(bound + 1) } }],
  rests: [{ series: { [series]: steady(0) } }, { series: { [series]: steady(bound) } }],
});
/** Stands at its bad value for less than the rule's time. */
const briefly = (series: string, value: number): Case => ({ series: { [series]: `0x37 ${value}x3` }, at: '10m' });

export const CASES: Readonly<Record<string, RuleCases>> = {
  PalaceDown: {
    fires: [
      { series: { 'up{job="palace",instance="a"}': '1x4 0x40', 'up{job="palace",instance="b"}': steady(1) }, labels: { job: 'palace', instance: 'a' } },
      { series: { 'up{job="other"}': steady(1) }, labels: { job: 'palace' } },
    ],
    rests: [{ series: { 'up{job="palace",instance="a"}': '1x37 0 1x40', 'up{job="other"}': steady(0) } }],
  },
  PalaceErrors: {
    fires: [{ series: { 'palace_requests_total{status="503"}': '0+10x120', 'palace_requests_total{status="200"}': '0+90x120' }, at: '15m' }],
    rests: [
      { series: { 'palace_requests_total{status="503"}': '0+1x120', 'palace_requests_total{status="200"}': '0+99x120' }, at: '15m' },
      { series: { 'palace_requests_total{status="404"}': '0+100x120' }, at: '15m' },
    ],
  },
  PalaceShardsOwnerless: {
    fires: [{ series: { 'palace_shards_ownerless{instance="a"}': steady(0), 'palace_shards_ownerless{instance="b"}': steady(3) } }],
    rests: [{ series: { palace_shards_ownerless: steady(0) } }, briefly('palace_shards_ownerless', 64)],
  },
  PalaceTakeoverSlow: {
    fires: [{ series: histogram('palace_takeover_seconds', '5', '10', 0, 4), at: '15m' }],
    rests: [{ series: histogram('palace_takeover_seconds', '0.5', '10', 4, 4), at: '15m' }, { series: {} }],
  },
  PalaceOutboxOld: {
    fires: above('palace_stream_age_seconds{stream="flow"}', 30).fires,
    rests: [...above('palace_stream_age_seconds{stream="flow"}', 30).rests, briefly('palace_stream_age_seconds{stream="flow"}', 45)],
  },
  PalaceInboxOld: {
    ...above('palace_inbox_age_seconds', 30),
    rests: [...above('palace_inbox_age_seconds', 30).rests, briefly('palace_inbox_age_seconds', 45)],
  },
  PalaceTimersLate: {
    ...above('palace_timer_overdue_seconds', 30),
    rests: [...above('palace_timer_overdue_seconds', 30).rests, briefly('palace_timer_overdue_seconds', 45)],
  },
  PalaceCommitsSlow: {
    fires: [{ series: histogram('palace_commit_seconds', '1', '2.5', 90, 100), at: '15m' }],
    rests: [{ series: histogram('palace_commit_seconds', '0.05', '2.5', 100, 100), at: '15m' }],
  },
  PalacePoolExhausted: {
    fires: [{ series: histogram('palace_pool_wait_seconds', '0.5', '2', 90, 100), at: '15m' }],
    rests: [{ series: histogram('palace_pool_wait_seconds', '0.001', '2', 100, 100), at: '15m' }],
  },
  PalaceLoopLag: {
    fires: [{ series: { 'palace_loop_lag_seconds{instance="a",statistic="p99"}': steady(0.8) }, at: '15m', labels: { instance: 'a' } }],
    rests: [{ series: { 'palace_loop_lag_seconds{instance="a",statistic="p99"}': steady(0.1), 'palace_loop_lag_seconds{statistic="max"}': steady(3) } }],
  },
  PalaceClockInDoubt: {
    fires: [{ series: { palace_clock_jump_seconds: steady(-300) } }],
    rests: [{ series: { palace_clock_jump_seconds: steady(0) } }, briefly('palace_clock_jump_seconds', 300)],
  },
  PalaceCanaryFailing: {
    fires: [
      { series: { palace_canary_last_success_timestamp_seconds: steady(60) }, at: '10m' },
      {
        series: {
          palace_canary_last_success_timestamp_seconds: steady(0),
          'palace_canary_runs_total{outcome="late"}': '0x3 1x3 2x3 3x3 4x3 5x3 6x3 7x3 8x3 9x3 10x9',
        },
        at: '10m',
      },
    ],
    rests: [
      // Switched off, or another process has it.
      { series: { palace_canary_last_success_timestamp_seconds: steady(0) }, at: '10m' },
      {
        series: {
          'palace_canary_last_success_timestamp_seconds{instance="a"}': steady(30),
          'palace_canary_last_success_timestamp_seconds{instance="b"}': '0+15x120',
        },
      },
      { series: { palace_canary_last_success_timestamp_seconds: '0+15x120', 'palace_canary_runs_total{outcome="late"}': '0x20 1x100' } },
    ],
  },
  PalaceCanarySlow: {
    fires: [{ series: { palace_canary_seconds_sum: '0+3x120', palace_canary_seconds_count: '0+1x120' }, at: '25m' }],
    rests: [{ series: { palace_canary_seconds_sum: '0+0.2x120', palace_canary_seconds_count: '0+1x120' }, at: '25m' }, { series: {} }],
  },
  PalaceDiskFullSoon: {
    fires: [{ series: { palace_database_full_in_seconds: '172800x200' }, at: '40m' }],
    rests: [
      { series: { palace_database_full_in_seconds: '2592000x200' }, at: '40m' },
      { series: { palace_database_full_in_seconds: '2592000x100 172800x20' }, at: '30m' },
    ],
  },
  PalaceInDoubt: {
    fires: [{ series: { palace_effects_in_doubt: steady(1) }, at: '15m' }],
    rests: [{ series: { palace_effects_in_doubt: steady(0) }, at: '15m' }, briefly('palace_effects_in_doubt', 1)],
  },
  PalaceQuarantined: {
    fires: [{ series: { 'palace_runs{state="quarantined"}': steady(1), 'palace_runs{state="waiting"}': steady(5) } }],
    rests: [{ series: { 'palace_runs{state="quarantined"}': steady(0), 'palace_runs{state="waiting"}': steady(1_000_000) } }],
  },
  PalaceRunStuck: {
    fires: [{ series: { 'palace_run_oldest_seconds{reason="work"}': steady(30_000) }, at: '20m' }],
    rests: [
      { series: { 'palace_run_oldest_seconds{reason="work"}': steady(600), 'palace_run_oldest_seconds{reason="answer"}': steady(2_592_000) }, at: '20m' },
    ],
  },
  PalaceRefusing: {
    fires: [{ series: { 'palace_refused_total{reason="overload.rate"}': '0+30x120' }, at: '15m', labels: { reason: 'overload.rate' } }],
    rests: [{ series: { 'palace_refused_total{reason="overload.rate"}': '0+3x120' }, at: '15m' }],
  },
};

/** A test file of promtool: each case asks for the alerts of its own rule alone. */
export function promtoolTest(given: readonly Rule[], cases = CASES): unknown {
  const test = (alert: string, one: Case, alerts: readonly unknown[]): unknown => ({
    interval: '15s',
    input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
    alert_rule_test: [{ eval_time: one.at ?? '10m', alertname: alert, exp_alerts: alerts }],
  });
  const tests = given.flatMap(({ alert, labels, annotations }) => {
    const { fires = [], rests = [] } = cases[alert] ?? {};
    const expected = (one: Case): unknown => ({ exp_labels: { ...labels, ...one.labels }, exp_annotations: annotations });
    return [...fires.map((one) => test(alert, one, [expected(one)])), ...rests.map((one) => test(alert, one, []))];
  });
  return { rule_files: ['alerts.yml'], evaluation_interval: '15s', tests };
}

/** Named in rules and not in our table: Prometheus itself says the first; the second comes with the figures of storage. */
const OF_OTHERS: readonly string[] = ['up'];

/** Metrics in an expression that nobody exports. */
export function unknownMetrics(expr: string): string[] {
  const exported = new Set([
    ...OF_OTHERS,
    ...METRICS.flatMap(({ name, kind }) => (kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
  ]);
  return [...expr.matchAll(/\b(?:palace_\w+|up)\b/g)].map(([name]) => name).filter((name) => !exported.has(name));
}
