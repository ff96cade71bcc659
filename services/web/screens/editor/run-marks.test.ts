import { expect, test } from 'vitest';
import { marksAfter, NO_MARKS, type MarkedEvent } from './run-marks.ts';

const took = (ms: number): string => `${ms} ms`;
const entered = (act: number, step: string, atMs: number): MarkedEvent => ({ type: 'step.entered', step, data: { act, atMs } });
const of = (type: string, act: number, atMs?: number): MarkedEvent => ({ type, data: { act, ...(atMs !== undefined && { atMs }) } });
const shown = (events: readonly MarkedEvent[]) => {
  const { marks, ended } = marksAfter(NO_MARKS, events, took);
  return { ended, ...Object.fromEntries([...marks].map(([step, { status, note }]) => [step, note === undefined ? status : `${status} ${note}`])) };
};

test('steps run, wait, end and fail, with how long they took', () => {
  expect(
    shown([
      entered(1, '/do/0/a', 100),
      of('step.completed', 1, 140),
      entered(2, '/do/1/b', 140),
      of('listen.opened', 2, 140),
      entered(3, '/do/2/c', 150),
      of('effect.requested', 3),
      of('step.faulted', 3, 250),
      { type: 'step.skipped', step: '/do/3/d', data: {} },
    ]),
  ).toEqual({ ended: false, '/do/0/a': 'completed 40 ms', '/do/1/b': 'waiting', '/do/2/c': 'failed 100 ms', '/do/3/d': 'skipped' });
});

test('a step of a loop shows its newest round, and the end of the run is told', () => {
  const first = marksAfter(NO_MARKS, [entered(1, '/do/0/a', 0), of('step.completed', 1, 5), entered(2, '/do/0/a', 10)], took);
  expect(first.marks.get('/do/0/a')).toMatchObject({ status: 'running' });
  expect(marksAfter(first, [of('run.failed', 2, 30)], took)).toMatchObject({ ended: true });
  expect(marksAfter(first, [of('run.failed', 2, 30)], took).marks.get('/do/0/a')).toMatchObject({ status: 'failed', note: '20 ms' });
});

test('what is not understood changes nothing', () => {
  expect(shown([{ type: 'step.completed', data: null }, { type: 'news', data: { act: 'x' } }, of('step.completed', 9, 1)])).toEqual({ ended: false });
});
