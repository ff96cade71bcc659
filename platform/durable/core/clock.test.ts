import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredClock } from '../contract.ts';
import { believedTime, engineTime, takeSample, type EngineClock } from './clock.ts';

const START_MS = 1_000_000;

/** A database whose clock can jump, and nodes that ask it; the truth is the simulated time itself. */
class Clocks {
  nowMs = 0;
  jumpMs = 0;
  stored: StoredClock = { offsetMs: 0, timeline: 't', settled: true, version: 0, setAtMs: START_MS };
  readonly nodes: (EngineClock | undefined)[] = [undefined, undefined, undefined];

  trueMs(): number {
    return START_MS + this.nowMs;
  }

  renew(node: number, goMs: number, comeMs: number): void {
    const sentAtMs = this.nowMs;
    const clock = this.nodes[node];
    this.nowMs += goMs;
    const databaseMs = this.trueMs() + this.jumpMs;
    if (clock?.correctionMs !== undefined && clock.version === this.stored.version) {
      const offsetMs = this.stored.offsetMs - clock.correctionMs;
      this.stored = { ...this.stored, offsetMs, version: this.stored.version + 1, setAtMs: believedTime(clock, sentAtMs), settled: true };
    }
    const { stored } = this;
    this.nowMs += comeMs;
    this.nodes[node] = takeSample(clock, { sentAtMs, receivedAtMs: this.nowMs, databaseMs, stored });
  }

  read(node: number): number | undefined {
    const clock = this.nodes[node];
    return clock === undefined ? undefined : engineTime(clock, this.nowMs);
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('renew' as const), node: fc.nat(2), goMs: fc.nat(400), comeMs: fc.nat(400) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.constantFrom(-300_000, -10_000, 10_000, 300_000) }) },
);

describe('engine time', () => {
  it('is never ahead of the truth and never goes back, whatever the database’s clock does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const clocks = new Clocks();
        for (const node of [0, 1, 2]) clocks.renew(node, 1, 1);
        const last = [0, 1, 2].map((node) => clocks.read(node) ?? 0);
        for (const one of steps) {
          if (one.kind === 'renew') clocks.renew(one.node, one.goMs, one.comeMs);
          else if (one.kind === 'wait') clocks.nowMs += one.ms;
          else clocks.jumpMs += one.ms;
          for (const node of [0, 1, 2]) {
            const now = clocks.read(node) ?? 0;
            expect(now).toBeLessThanOrEqual(clocks.trueMs());
            expect(now).toBeGreaterThanOrEqual(last[node] ?? 0);
            last[node] = now;
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('comes to rest within a few renewals of a jump, near the truth, on every node', () => {
    for (const jumpMs of [-300_000, 300_000]) {
      const clocks = new Clocks();
      for (const node of [0, 1, 2]) clocks.renew(node, 3, 3);
      clocks.jumpMs = jumpMs;
      for (let round = 0; round < 4; round++) for (const node of [0, 1, 2]) clocks.renew(node, 3, 3);
      for (const node of [0, 1, 2]) {
        expect(clocks.nodes[node]?.correctionMs).toBeUndefined();
        expect(clocks.trueMs() - (clocks.read(node) ?? 0)).toBeLessThan(60);
      }
      expect(clocks.stored.version).toBe(1);
    }
  });

  it('takes the difference off exactly once, however long the request was on its way', () => {
    const clocks = new Clocks();
    clocks.renew(0, 1, 1);
    clocks.jumpMs = 300_000;
    clocks.renew(0, 1, 1);
    clocks.renew(0, 8_000, 1);
    expect(Math.abs(clocks.stored.offsetMs + 300_000)).toBeLessThan(10);
  });

  it('follows others when it missed what they decided against its own time (I3)', () => {
    const clocks = new Clocks();
    clocks.renew(0, 1, 1);
    clocks.nowMs += 1_000;
    // Everybody who knew was away; the database was believed from then on.
    clocks.jumpMs = 300_000;
    clocks.stored = { ...clocks.stored, version: 1, setAtMs: clocks.trueMs() + 300_000 };
    clocks.renew(0, 1, 1);
    expect(clocks.nodes[0]?.correctionMs).toBeUndefined();
    expect(clocks.read(0)).toBeGreaterThan(clocks.trueMs() + 299_000);
  });

  it('goes on from what the maker of a missed change believed when the clock jumped again since', () => {
    const clocks = new Clocks();
    clocks.renew(0, 1, 1);
    clocks.nowMs += 1_000;
    const believedMs = clocks.trueMs() - 20_000;
    clocks.stored = { ...clocks.stored, version: 1, setAtMs: believedMs, offsetMs: -20_000 };
    clocks.jumpMs = 300_000;
    clocks.renew(0, 1, 1);
    expect(clocks.nodes[0]?.correctionMs).toBeGreaterThan(299_000);
    for (let round = 0; round < 3; round++) clocks.renew(0, 1, 1);
    expect(clocks.nodes[0]?.correctionMs).toBeUndefined();
    expect(Math.abs(clocks.jumpMs + clocks.stored.offsetMs + 20_000)).toBeLessThan(2_000);
  });

  it('takes no time from a clock in doubt when it knows none (I4)', () => {
    const clocks = new Clocks();
    clocks.stored = { ...clocks.stored, settled: false };
    clocks.renew(0, 1, 1);
    expect(clocks.nodes[0]).toBeUndefined();
  });

  it('answers a clock in doubt that it agrees with: nothing to take off', () => {
    const clocks = new Clocks();
    clocks.renew(0, 1, 1);
    clocks.stored = { ...clocks.stored, settled: false, version: 1 };
    clocks.renew(0, 1, 1);
    expect(clocks.nodes[0]?.correctionMs).toBe(0);
    clocks.renew(0, 1, 1);
    expect(clocks.stored).toMatchObject({ settled: true, version: 2, offsetMs: 0 });
  });
});
