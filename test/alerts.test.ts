// Alerts, dashboard and metrics as Prometheus and its own tool see them. Without promtool on this machine the cases that need it are skipped.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describeConfig, loadConfig } from '@palace/platform/config.ts';
import { METRICS } from '@palace/platform/telemetry/metrics.ts';
import { dashboardExpressions, renderDashboard } from '@palace/platform/telemetry/dashboard.ts';
import { createTelemetry } from '@palace/platform/telemetry/telemetry.ts';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../bin/commands.ts';
import { readText, ROOT } from './architecture/source.ts';
import { hasPromtool, promtoolForFile } from './monitoring/promtool.ts';
import { CASES, rules, unknownMetrics } from './monitoring/rules.ts';

const RULES = rules();
const { promtool, file } = promtoolForFile();

describe('the alert rules', () => {
  test('each have a severity, a sentence, and a section of the runbook; the runbook has no section without a rule', () => {
    const headings = [...readText('docs/runbook.md').matchAll(/^## (Palace\w+)$/gm)].map((match) => match[1] ?? '');
    for (const { alert, labels, annotations } of RULES) {
      expect(['page', 'ticket']).toContain(labels['severity']);
      expect(annotations.summary).toMatch(/^[A-Z].{30,200}\.$/);
      expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
    expect(headings).toEqual(RULES.map(({ alert }) => alert));
  });

  test('lead to commands and settings that exist', () => {
    const runbook = readText('docs/runbook.md');
    const named = [...runbook.matchAll(/`palace ([a-z-]+)([^`]*)`/g)].map(([, verb = '', rest = '']) => ({ verb, flags: rest.match(/--[a-z-]+/g) ?? [] }));
    expect(named.length).toBeGreaterThan(20);
    for (const { verb, flags } of named) {
      const spec = COMMANDS.find(({ name }) => name === verb);
      expect(
        flags.filter((flag) => spec?.flags.some(({ name }) => `--${name}` === flag) !== true),
        `palace ${verb}`,
      ).toEqual([]);
      expect(spec, `palace ${verb}`).toBeDefined();
    }
    const settings = describeConfig(loadConfig({}, {})).map(({ variable }) => variable);
    expect((runbook.match(/PALACE_[A-Z_]+/g) ?? []).filter((variable) => !settings.includes(variable))).toEqual([]);
  });

  test('ask for metrics that exist, and each has cases', () => {
    expect(unknownMetrics('rate(palace_made_up_total[5m]) / palace_commit_seconds')).toEqual(['palace_made_up_total', 'palace_commit_seconds']);
    expect(RULES.flatMap(({ expr }) => unknownMetrics(expr))).toEqual([]);
    expect(Object.keys(CASES)).toEqual(RULES.map(({ alert }) => alert));
    for (const { fires, rests } of Object.values(CASES)) expect(Math.min(fires.length, rests.length)).toBeGreaterThan(0);
  });
});

describe('the dashboard', () => {
  test('is deploy/monitoring/dashboard.json (write it with: vitest run test/alerts.test.ts -u), with a panel for every metric', async () => {
    await expect(`${JSON.stringify(renderDashboard(), undefined, 2)}\n`).toMatchFileSnapshot(join(ROOT, 'deploy/monitoring/dashboard.json'));
    const asked = dashboardExpressions().join('\n');
    expect(METRICS.filter(({ name }) => !asked.includes(name))).toEqual([]);
  });

  test('asks for metrics that exist', () => {
    expect(dashboardExpressions().flatMap(unknownMetrics)).toEqual([]);
  });

  test.skipIf(!hasPromtool())('asks in the language of Prometheus (promtool)', () => {
    const asked = dashboardExpressions().map((expr, at) => ({ record: `panel:${at}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    expect(promtool(['check', 'rules', file('panels.yml', { groups: [{ name: 'panels', rules: asked }] })])).toBe('');
  });
});

describe('the metrics', () => {
  test.skipIf(!hasPromtool())('are named and typed as the practice of Prometheus asks (promtool check metrics)', async () => {
    const telemetry = createTelemetry({ service: 'test', level: 'silent' });
    for (const { name, kind, labels } of METRICS) {
      const names = labels.map((label) => label.name);
      const values = Object.fromEntries(labels.map((label) => [label.name, label.values?.[0] ?? 'some']));
      if (kind === 'counter') telemetry.counter(name, '', names).add(1, values);
      if (kind === 'gauge') telemetry.gauge(name, '', names).set(1, values);
      if (kind === 'histogram') telemetry.histogram(name, '', [1, 2], names).observe(1, values);
    }
    const text = await telemetry.metrics();
    await telemetry.close();
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    expect(promtool(['check', 'metrics'], `# HELP palace_bad_total Bad.\n# TYPE palace_bad_total gauge\npalace_bad_total 1\n`)).not.toBe('');
  });
});
