import { describe, expect, it } from 'vitest';
import { checkFigures } from './figures.ts';

const NOW = 1_767_323_045_000;
const GOOD = [
  '# TYPE palace_canary_last_success_timestamp_seconds gauge',
  `palace_canary_last_success_timestamp_seconds ${NOW / 1_000 - 42}`,
  'palace_shards_ownerless 0',
  'palace_inbox_age_seconds 0.2',
  'palace_stream_age_seconds{stream="flow"} 1',
  'palace_timer_overdue_seconds 0',
  'palace_clock_jump_seconds 0',
  'palace_runs{state="waiting"} 1000000',
  'palace_runs{state="quarantined"} 0',
  'palace_effects_in_doubt 0',
];
const check = (...lines: string[]): string[] =>
  checkFigures([...GOOD, ...lines].join('\n'), NOW).map(({ check: name, state, says }) => `${state} ${name}: ${says}`);

describe('the figures of a server', () => {
  it('that works are good', () => {
    expect(check()).toEqual(['good canary: succeeded 42 s ago', 'good work: nothing stands still']);
  });

  it.each([
    ['palace_shards_ownerless 3', 'wrong work: 3 shards have no owner; their runs stand still'],
    ['palace_inbox_age_seconds 31', 'wrong work: a command has not been carried out for 31 s'],
    ['palace_stream_age_seconds{stream="other"} 90', 'wrong work: an event has not been passed on for 90 s'],
    ['palace_timer_overdue_seconds 4e3', 'wrong work: a timer has been due for 4000 s'],
    ['palace_clock_jump_seconds -300', 'wrong work: the clock of the database jumped by 300 s and is in doubt'],
    ['palace_runs{state="quarantined"} 2', 'wrong work: 2 runs are set aside'],
    ['palace_effects_in_doubt 1', 'wrong work: 1 acts are in doubt: nobody knows whether they happened'],
  ])('with %s are not', (line, says) => {
    expect(check(line)).toContain(says);
  });

  it('say that a canary is old, never succeeded, or has not run here', () => {
    const canary = (...lines: string[]): string | undefined => checkFigures(lines.join('\n'), NOW)[0]?.says;
    expect(canary(`palace_canary_last_success_timestamp_seconds ${NOW / 1_000 - 900}`)).toBe('the last success was 900 s ago');
    expect(canary('palace_canary_last_success_timestamp_seconds 0', 'palace_canary_runs_total{outcome="late"} 4')).toBe('no run has succeeded, 4 have not');
    expect(canary('palace_canary_last_success_timestamp_seconds 0', 'palace_canary_runs_total{outcome="succeeded"} 0')).toBe(
      'none has run in this process yet',
    );
  });
});
