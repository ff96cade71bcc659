// The alert rules played by Prometheus' own tool: its many virtual minutes burn a processor for a while.
import { describe, expect, test } from 'vitest';
import { hasPromtool, promtoolForFile } from './monitoring/promtool.ts';
import { CASES, promtoolTest, rules } from './monitoring/rules.ts';

const RULES = rules();
const { promtool, file } = promtoolForFile();

describe('the alert rules', () => {
  test.skipIf(!hasPromtool())('each fire when they should, and not otherwise (promtool test rules)', { timeout: 120_000 }, () => {
    expect(promtool(['test', 'rules', file('cases.yml', promtoolTest(RULES))])).toBe('');
  });

  test.skipIf(!hasPromtool())('would be caught if they never fired, or always (promtool test rules)', { timeout: 120_000 }, () => {
    const some = RULES.filter(({ alert }) => ['PalaceOutboxOld', 'PalaceRefusing'].includes(alert));
    const swapped = Object.fromEntries(some.map(({ alert }) => [alert, { fires: CASES[alert]?.rests ?? [], rests: CASES[alert]?.fires ?? [] }]));
    const said = promtool(['test', 'rules', file('swapped.yml', promtoolTest(some, swapped))]);
    for (const { alert } of some)
      expect(said.split(`alertname: ${alert}`).length - 1).toBe((swapped[alert]?.fires.length ?? 0) + (swapped[alert]?.rests.length ?? 0));
  });
});
