import { expect, test } from 'vitest';
import type { FlowSchedule } from '../../api/flows.ts';
import { fits, stateOf, timeIn, zoneOf } from './times.ts';

const one = (more: Partial<FlowSchedule> = {}): FlowSchedule => ({
  flow: 'ops/nightly',
  version: '1.0.0',
  kind: 'cron',
  schedule: 'cron 30 2 * * * (Europe/Berlin)',
  paused: false,
  missed: 0,
  waiting: 0,
  ...more,
});

test('the zone of a cron schedule is read out of its words; others have none', () => {
  expect(zoneOf(one())).toBe('Europe/Berlin');
  expect(zoneOf(one({ kind: 'every', schedule: 'every 5 min' }))).toBeUndefined();
  expect(zoneOf(one({ kind: 'on', schedule: 'on one of a (b)' }))).toBeUndefined();
});

test('a time reads as the clock on the wall of its zone, also where the clock was set', () => {
  expect(timeIn('2026-03-29T00:30:00Z', 'en', 'Europe/Berlin')).toContain('01:30:00');
  expect(timeIn('2026-03-29T01:30:00Z', 'en', 'Europe/Berlin')).toContain('03:30:00');
  expect(timeIn('2026-03-29T01:30:00Z', 'en', 'No/Where')).toContain('01:30:00');
});

test('a paused schedule is paused whatever waits; filters fit together', () => {
  expect([stateOf(one({ paused: true, waiting: 2 })), stateOf(one({ waiting: 2 })), stateOf(one())]).toEqual(['paused', 'waiting', 'active']);
  expect(fits(one(), { flow: 'NIGHT', kind: 'cron', state: 'active' })).toBe(true);
  expect(fits(one(), { kind: 'every' })).toBe(false);
  expect(fits(one(), { state: 'paused' })).toBe(false);
});
