import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOwnership, preferredNode, type OwnershipInput } from './ownership.ts';

const SHARDS = Array.from({ length: 64 }, (_, shard) => shard);
const nodeIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 8 });

function input(more: Partial<OwnershipInput>): OwnershipInput {
  return {
    me: { nodeId: 'a', readsFormat: 1 },
    nodes: [
      { nodeId: 'a', readsFormat: 1 },
      { nodeId: 'b', readsFormat: 1 },
    ],
    minReader: 0,
    nowMs: 10_000,
    orphans: [],
    owned: [],
    avoid: new Set(),
    graceMs: 6_000,
    handOverLimit: 16,
    ...more,
  };
}

const orphansSince = (sinceMs: number): { shard: number; sinceMs: number }[] => SHARDS.map((shard) => ({ shard, sinceMs }));
const hashedTo = (nodeId: string): number[] => SHARDS.filter((shard) => preferredNode(shard, ['a', 'b']) === nodeId);

describe('rendezvous hashing', () => {
  it('gives the same owner whatever the order of the nodes (I1)', () => {
    fc.assert(
      fc.property(nodeIds, fc.nat(63), (ids, shard) => {
        expect(preferredNode(shard, ids.toReversed())).toBe(preferredNode(shard, ids));
      }),
    );
  });

  it('moves only the shards of the node that goes', () => {
    fc.assert(
      fc.property(nodeIds, (ids) => {
        const rest = ids.slice(1);
        for (const shard of SHARDS) {
          const before = preferredNode(shard, ids);
          if (before !== ids[0]) expect(preferredNode(shard, rest)).toBe(before);
        }
      }),
    );
  });

  it('shares among similar names', () => {
    for (const count of [2, 3, 4]) {
      const ids = Array.from({ length: count }, (_, index) => `flow-${index}`);
      const shares = ids.map((id) => SHARDS.filter((shard) => preferredNode(shard, ids) === id).length);
      expect(Math.min(...shares)).toBeGreaterThan(64 / count / 2);
    }
  });
});

describe('what a node does about it', () => {
  it('claims the orphans that the hash gives to it, and no other', () => {
    expect(planOwnership(input({ orphans: orphansSince(9_000) })).claim).toEqual(hashedTo('a'));
  });

  it('adopts what nobody has wanted for the grace time', () => {
    const plan = planOwnership(input({ orphans: orphansSince(1_000) }));
    expect(plan.claim).toEqual(SHARDS);
    expect([...plan.adopted]).toEqual(hashedTo('b'));
  });

  it('hands over what another living node should have, a bounded number at once, and nothing it holds on to (I2)', () => {
    const owned = SHARDS.map((shard) => ({ shard, holdUntilMs: 0 }));
    expect(planOwnership(input({ owned, handOverLimit: 5 })).handOver).toEqual(hashedTo('b').slice(0, 5));
    expect(planOwnership(input({ owned: owned.map((one) => ({ ...one, holdUntilMs: 10_001 })) })).handOver).toEqual([]);
    expect(planOwnership(input({ owned, nodes: [{ nodeId: 'a', readsFormat: 1 }] })).handOver).toEqual([]);
  });

  it('counts on no node that leaves or reads too old a format', () => {
    const b = { nodeId: 'b', readsFormat: 1 };
    for (const nodes of [[{ ...b, leaving: true }], [{ ...b, readsFormat: 0 }]]) {
      expect(planOwnership(input({ minReader: 1, nodes, orphans: orphansSince(9_000) })).claim).toEqual(SHARDS);
    }
  });

  it('claims nothing when it may not (I3), and hands all over when others can take it', () => {
    const owned = SHARDS.map((shard) => ({ shard, holdUntilMs: 0 }));
    for (const me of [
      { nodeId: 'a', readsFormat: 0 },
      { nodeId: 'a', readsFormat: 1, leaving: true },
    ]) {
      const nodes = [me, { nodeId: 'b', readsFormat: 1 }];
      const plan = planOwnership(input({ me, nodes, minReader: 1, orphans: orphansSince(0), owned, handOverLimit: 64 }));
      expect(plan.claim).toEqual([]);
      expect(plan.handOver).toEqual(SHARDS);
    }
  });

  it('leaves alone for a while what it could not open', () => {
    const [first, ...rest] = hashedTo('a');
    expect(planOwnership(input({ orphans: orphansSince(9_000), avoid: new Set([first ?? 0]) })).claim).toEqual(rest);
  });
});
