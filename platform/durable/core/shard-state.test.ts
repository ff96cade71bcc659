import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeld, isServing, nextState, SHARD_EVENTS, SHARD_STATES, type ShardState } from './shard-state.ts';

describe('the life of a shard', () => {
  it('serves only between an opening and what ends it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...SHARD_EVENTS), { maxLength: 40 }), (events) => {
        let state: ShardState = 'absent';
        let opened = false;
        for (const event of events) {
          const next = nextState(state, event);
          if (next === undefined) continue;
          if (event === 'opened') opened = true;
          else if (!isServing(next)) opened = false;
          state = next;
          expect(isServing(state)).toBe(opened);
          if (isServing(state)) expect(isHeld(state)).toBe(true);
        }
      }),
    );
  });

  it('ends at once in every state that holds a fence when the fence is lost', () => {
    for (const state of SHARD_STATES.filter(isHeld)) {
      expect(nextState(state, 'fenced')).toBe('absent');
      expect(nextState(state, 'lease-lost')).toBe('absent');
      expect(nextState(state, 'unknown')).toBe('recovering');
    }
  });

  it('leads back to absent from everywhere, and to open from absent', () => {
    const reachable = (from: ShardState): Set<ShardState> => {
      const seen = new Set<ShardState>([from]);
      for (const state of seen) for (const event of SHARD_EVENTS) seen.add(nextState(state, event) ?? state);
      return seen;
    };
    for (const state of SHARD_STATES) expect(reachable(state)).toContain('absent');
    expect(reachable('absent')).toEqual(new Set(SHARD_STATES));
  });
});
