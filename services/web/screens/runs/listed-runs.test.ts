import { describe, expect, test } from 'vitest';
import type { ListedRun } from '../../api/runs.ts';
import { mergeRuns } from './listed-runs.ts';
import { bulkFilterOf, filterOf } from './run-filters.ts';

const run = (n: number, status: ListedRun['status'] = 'running'): ListedRun => ({
  id: `run_${n}`,
  flow: 'a/b',
  version: '1.0.0',
  status,
  startedAt: new Date(n * 1_000).toISOString(),
  environment: 'default',
});
const ids = (rows: readonly ListedRun[]): string[] => rows.map(({ id }) => id);

describe('the list', () => {
  test('takes new runs in at the top, and the newest state of those that it has', () => {
    const { rows, hidden } = mergeRuns([run(2), run(1)], [run(3), run(2, 'completed')], undefined);
    expect(ids(rows)).toEqual(['run_3', 'run_2', 'run_1']);
    expect(rows[1]?.status).toBe('completed');
    expect(hidden).toBe(0);
  });

  test('tells of new runs, and moves nothing, while the reader is further down', () => {
    const { rows, hidden } = mergeRuns([run(2), run(1)], [run(4), run(3), run(2)], 'run_2');
    expect(ids(rows)).toEqual(['run_2', 'run_1']);
    expect(hidden).toBe(2);
  });

  test('says when the newest do not reach back to it', () => {
    expect(mergeRuns([run(2), run(1)], [run(9), run(8)], undefined)).toMatchObject({ gap: true, hidden: 2 });
    expect(mergeRuns([], [run(9)], undefined)).toMatchObject({ gap: false, rows: [run(9)] });
  });

  test('does not take an old run for a new one', () => {
    expect(ids(mergeRuns([run(5), run(4)], [run(5), run(4), run(1)], undefined).rows)).toEqual(['run_5', 'run_4']);
  });
});

describe('the filters', () => {
  test('are those of the address that are right', () => {
    expect(filterOf({ status: 'failed', flow: 'a/b', since: '1h', environment: 'staging', origin: 'fork', id: ' RUN_01' }, 3_600_000)).toEqual({
      status: 'failed',
      flow: 'a/b',
      startedAfter: '1970-01-01T00:00:00.000Z',
      environment: 'staging',
      origin: 'fork',
      id: 'run_01',
    });
    expect(filterOf({ status: 'moon', flow: 'no slash', since: '2y', environment: 'A B', origin: 'x', id: "'; drop" }, 0)).toEqual({});
  });

  test('serve a verb in bulk only when it can be given all of them', () => {
    expect(bulkFilterOf({ status: 'failed', flow: 'a/b' })).toEqual({ status: 'failed', flow: 'a/b' });
    expect(bulkFilterOf({})).toEqual({});
    expect(bulkFilterOf({ status: 'failed', origin: 'fork' })).toBeUndefined();
  });
});
