// What `palace get run` says of a run.
import { describe, expect, it } from 'vitest';
import type { RunDetail } from './api.ts';
import { runText } from './run-report.ts';

const RUN: RunDetail = {
  id: 'run_00000000000000000000000000',
  flow: 'shop/order',
  version: '1.0.0',
  status: 'waiting',
  environment: 'default',
  startedAt: '2026-01-01T00:00:00.000Z',
  waitingFor: [],
  lastSeq: 7,
  history: { firstSeq: 1, lastSeq: 7, segment: 1 },
};

describe('the text about a run', () => {
  it('names each limit that the run is near, with its setting', () => {
    const near = { name: 'fanOut', used: 600, limit: 1_000, unit: 'branches of one fork, items of one map', setting: 'PALACE_FLOW_FAN_OUT' };
    expect(runText({ ...RUN, nearLimits: [near] }, 'palace', '').join('\n')).toMatch(/near.* 600 of 1000 branches of one fork.*\(PALACE_FLOW_FAN_OUT\)/);
    expect(runText(RUN, 'palace', '').join('\n')).not.toContain('near');
  });
});
