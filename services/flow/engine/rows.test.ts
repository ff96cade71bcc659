// What one decision leaves in the tables: in the journal, among the segments, in the ledger of effects.
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../core/model.ts';
import { addEvents, newDraft } from './rows.ts';

const OF = { id: 'run_1', shard: 1, tenant: 'acme', version: '1.1.0', position: () => '/do/0/pay#' };
const requested = (attempt: number): RunEvent => ({
  type: 'effect.requested',
  act: 2,
  attempt,
  key: 'k',
  position: '/do/0/pay#',
  class: 'unique',
  function: 'http',
  args: {},
  argsHash: 'h',
  deadlineMs: 1000,
  atMs: 5,
});
const absent: RunEvent = { type: 'effect.absent', act: 2, attempt: 1, key: 'k', atMs: 5 };

/** As write_rows does it: intents first, then settlements. */
function stateAfter(events: readonly RunEvent[]): string | undefined {
  const draft = newDraft();
  addEvents(draft, OF, events, { fromSeq: 1, atMs: 5, format: 1 });
  const settled = (draft.rows['effect_settled'] ?? []) as { state: string }[];
  return settled.at(-1)?.state ?? (draft.rows['effect'] === undefined ? undefined : 'intent');
}

describe('the ledger after a decision', () => {
  it('has an act that was absent and is asked for again in one commit as intended, not as failed', () => {
    expect(stateAfter([absent, requested(2)])).toBe('intent');
  });

  it('has what was settled after it was asked for', () => {
    expect(stateAfter([requested(1), { type: 'effect.completed', act: 2, attempt: 1, key: 'k', result: 1, how: 'performed', atMs: 6 }])).toBe('confirmed');
    expect(stateAfter([absent])).toBe('failed');
  });

  it('knows of an act that only another run may have done', () => {
    const intent = { key: 'k', class: 'unique', function: 'http', args: {}, argsHash: 'h', deadlineMs: 1000 } as const;
    expect(stateAfter([{ type: 'effect.doubted', act: 2, attempt: 1, key: 'k', verifying: false, why: 'perhaps', intent, atMs: 5 }])).toBe('in-doubt');
  });
});

describe('the journal after a decision', () => {
  const opened = (segment: number): RunEvent => ({ type: 'segment.opened', segment, state: {}, hash: `h${segment}`, atMs: 7 });

  it('has one row, and no segment, as long as none opens', () => {
    const draft = newDraft();
    addEvents(draft, OF, [absent, requested(2)], { fromSeq: 9, atMs: 5, format: 1 });
    expect(draft.rows['journal']).toMatchObject([{ r: 'run_1', s: 9, n: 2 }]);
    expect(draft.rows).not.toHaveProperty('segment');
  });

  it('has a row that begins with each segment, in order and without a gap', () => {
    const draft = newDraft();
    addEvents(draft, OF, [absent, requested(2), opened(2), absent, opened(3)], { fromSeq: 9, atMs: 5, format: 1 });
    expect(
      (draft.rows['journal'] ?? []).map((row) => (({ s, n, b }) => [s, n, (JSON.parse(b) as RunEvent[])[0]?.type])(row as { s: number; n: number; b: string })),
    ).toEqual([
      [9, 2, 'effect.absent'],
      [11, 2, 'segment.opened'],
      [13, 1, 'segment.opened'],
    ]);
    expect(draft.rows['segment']).toEqual([
      { run: 'run_1', number: 2, first_seq: 11, hash: 'h2', version: '1.1.0', at_ms: 7 },
      { run: 'run_1', number: 3, first_seq: 13, hash: 'h3', version: '1.1.0', at_ms: 7 },
    ]);
  });
});
