import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runId } from '../contract.ts';
import { birthOf, bornMs, deriveRunId, makeRunId, runIdShard, runsFrom } from './run-id.ts';

const shard = fc.integer({ min: 0, max: 63 });
const entropy = fc.uint8Array({ minLength: 9, maxLength: 32 });
const timeMs = fc.integer({ min: 0, max: 2 ** 49 });

describe('run ids', () => {
  it('carry their shard and fit the contract', () => {
    fc.assert(
      fc.property(shard, timeMs, entropy, (s, t, e) => {
        const id = makeRunId(s, t, e);
        expect(runId.parse(id)).toBe(id);
        expect(runIdShard(id)).toBe(s);
      }),
    );
  });

  it('use all 70 bits of chance, so that one changed bit changes the id', () => {
    const base = new Uint8Array(9);
    for (let bit = 0; bit < 70; bit++) {
      const changed = new Uint8Array(9);
      changed[bit >> 3] = 0x80 >> (bit & 7);
      expect(makeRunId(1, 1, changed), `bit ${bit}`).not.toBe(makeRunId(1, 1, base));
    }
  });

  it('sort by time, whatever their shards, so that a range of ids is a period', () => {
    fc.assert(
      fc.property(shard, shard, timeMs, entropy, entropy, (s, other, t, a, b) => {
        const [before, after] = [makeRunId(s, t, a), makeRunId(other, t + 1, b)];
        expect(before < runsFrom(t + 1) && runsFrom(t + 1) < after && runsFrom(t) < before).toBe(true);
        expect([bornMs(before), bornMs(runsFrom(t))]).toEqual([t, t]);
      }),
    );
  });

  it('of children stay in the shard, are the same for the same position and differ for another', () => {
    fc.assert(
      fc.property(shard, timeMs, entropy, (s, t, e) => {
        const parent = makeRunId(s, t, e);
        const child = deriveRunId(parent, '/do/0/a', '.1');
        expect(runId.parse(child)).toBe(child);
        expect(runIdShard(child)).toBe(s);
        expect([birthOf(child), bornMs(child)]).toEqual([birthOf(parent), t]);
        expect(deriveRunId(parent, '/do/0/a', '.1')).toBe(child);
        expect(
          new Set([child, parent, deriveRunId(parent, '/do/0/a', '.2'), deriveRunId(parent, '/do/1/a', '.1'), deriveRunId(child, '/do/0/a', '.1')]).size,
        ).toBe(5);
      }),
    );
  });

  it('refuse text that is no id', () => {
    for (const bad of ['', 'run_', 'run_0000000000zz00000000000000', 'run_0100000000000000000000000u', 'RUN_00000000000000000000000000'])
      expect(() => runIdShard(bad)).toThrow(RangeError);
    expect(() => makeRunId(64, 0, new Uint8Array(9))).toThrow(RangeError);
    expect(() => makeRunId(0, 0, new Uint8Array(8))).toThrow(RangeError);
  });
});
