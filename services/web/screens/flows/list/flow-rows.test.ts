import { expect, test } from 'vitest';
import type { ListedFlow } from '../../../api/flows.ts';
import { fittingRows, flowRows } from './flow-rows.ts';

const flow = (name: string, more: Partial<ListedFlow> = {}): ListedFlow => ({
  namespace: 'shop',
  name,
  version: '1.0.0',
  hash: 'h',
  publishedAt: '2026-01-01T00:00:00Z',
  latest: true,
  ...more,
});
const ended = { id: 'run_1', startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:00:01Z' };
const ROWS = flowRows(
  [
    flow('a', { title: 'Great orders', lastRun: { ...ended, status: 'failed' } }),
    flow('b', { lastRun: { id: 'run_2', startedAt: ended.startedAt, status: 'waiting' } }),
    flow('c'),
  ],
  [{ flow: 'shop/c', version: '1.0.0', kind: 'cron', schedule: 'cron', paused: true, missed: 0, waiting: 0 }],
  [{ scope: 'flow', flow: 'shop/b', level: 'effects', by: 'x', since: '2026-01-01T00:00:00Z' }],
);
const names = (filter: Parameters<typeof fittingRows>[1]) => fittingRows(ROWS, filter).map(({ found }) => found.name);

test.each([
  [{}, ['a', 'b', 'c']],
  [{ q: 'ORDERS shop' }, ['a']],
  [{ state: 'failed' }, ['a']],
  [{ state: 'running' }, ['b']],
  [{ state: 'held' }, ['b', 'c']],
  [{ state: 'scheduled' }, ['c']],
  [{ state: 'never' }, ['c']],
  [{ state: 'of another release' }, ['a', 'b', 'c']],
])('%j finds %j', (filter, found) => {
  expect(names(filter)).toEqual(found);
});

test('what holds back everything holds back each flow, unless it is held back by itself', () => {
  const rows = flowRows(
    [flow('a'), flow('b')],
    [],
    [
      { scope: 'all', level: 'effects', by: 'x', since: 's' },
      { scope: 'flow', flow: 'shop/b', level: 'effects', by: 'x', since: 's' },
    ],
  );
  expect(rows.map(({ halt }) => halt?.scope)).toEqual(['all', 'flow']);
});
