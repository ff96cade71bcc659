import { expect, test } from 'vitest';
import { backupState, figuresOf, partOf, worst } from './judge.ts';

const figures = { inboxAgeSeconds: 0, outboxAgeSeconds: 0, timerOverdueSeconds: 0, runsInMemory: 3, clockJumpSeconds: 0 };

test('figures are fine, worth a look or bad, and unknown while nothing was measured', () => {
  const fine = figuresOf({ figures, shards: { total: 64, ownerless: 0 } });
  expect(Object.values(fine).map(({ state }) => state)).toEqual(['unknown', 'good', 'good', 'good', 'good', 'good']);
  const ill = figuresOf({
    figures: { ...figures, commit: { p50Ms: 1, p95Ms: 900, count: 3, windowSeconds: 60 }, inboxAgeSeconds: 6, outboxAgeSeconds: 31, timerOverdueSeconds: 30 },
    shards: { total: 64, ownerless: 2 },
  });
  expect(Object.values(ill).map(({ state }) => state)).toEqual(['warn', 'warn', 'bad', 'warn', 'warn', 'good']);
});

test('a part is found under the name of its service too, with the reason that was given', () => {
  const ready = { ready: false, parts: { accepting: true, 'flow.flow.shards': true, 'flow.room': false }, reasons: { 'flow.room': 'The disk is full.' } };
  expect(partOf(ready, 'accepting')).toEqual({ state: 'good' });
  expect(partOf(ready, 'flow.shards')).toEqual({ state: 'good' });
  expect(partOf(ready, 'room')).toEqual({ state: 'bad', reason: 'The disk is full.' });
  expect(partOf(ready, 'canary')).toEqual({ state: 'unknown' });
  expect(partOf(null, 'accepting')).toEqual({ state: 'unknown' });
});

test('the worst of several states counts, what is not known only when nothing is', () => {
  expect([worst(['good', 'unknown']), worst(['good', 'warn', 'bad']), worst(['unknown']), worst(['good', 'warn'])]).toEqual(['good', 'bad', 'unknown', 'warn']);
});

test('a backup that is a week old, or was never taken, is worth a word', () => {
  const nowMs = Date.parse('2026-02-01T00:00:00Z');
  expect([backupState(undefined, nowMs), backupState('2026-01-20T00:00:00Z', nowMs), backupState('2026-01-31T00:00:00Z', nowMs)]).toEqual([
    'warn',
    'warn',
    'good',
  ]);
});
