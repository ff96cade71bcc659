// What one decision leaves in the ledger of effects.
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../core/model.ts';
import { addEvents, newDraft } from './rows.ts';

const OF = { id: 'run_1', shard: 1, tenant: 'acme', position: () => '/do/0/pay#' };
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
  addEvents(draft, OF, events, 1, 5);
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
