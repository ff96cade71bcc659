import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairShare } from './fair-share.ts';

const fill = (share: FairShare, tenant: string, most = Infinity): number => {
  let taken = 0;
  for (; taken < most && share.admits(tenant); taken++) share.take(tenant);
  return taken;
};

describe('a share of a common bound', () => {
  it('is the whole bound for a tenant that is alone, and not one more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), (bound) => {
        expect(fill(new FairShare(bound), 'alone')).toBe(bound);
      }),
    );
  });

  it('R9: leaves room at once for who comes when one tenant has taken everything', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), (bound) => {
        const share = new FairShare(bound);
        fill(share, 'greedy');
        expect(fill(share, 'comes late')).toBeGreaterThanOrEqual(bound / 5);
      }),
    );
  });

  it('R9: is nearly the same for all that want everything, with at most a quarter of slack', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.infiniteStream(fc.nat()), (tenants, chance) => {
        const bound = 1_000;
        const share = new FairShare(bound);
        const names = Array.from({ length: tenants }, (_, n) => `t${n}`);
        fill(share, 't0');
        // Everything is given back in some order, and whoever may takes it at once.
        for (let n = 0; n < 12_000; n++) {
          const who = names[(chance.next().value as number) % tenants] as string;
          if (share.of(who) > 0) share.give(who);
          for (const name of names) if (share.admits(name)) share.take(name);
        }
        for (const name of names) {
          expect(share.of(name)).toBeGreaterThan((0.8 * bound) / tenants);
          expect(share.of(name)).toBeLessThan((1.25 * bound) / tenants + 5);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('R9: of a tenant with much to do is not made smaller by a thousand that have nothing or next to nothing', () => {
    const share = new FairShare(20_000);
    for (let n = 0; n < 1_000; n++) fill(share, `idle ${n}`, 1);
    expect(fill(share, 'busy')).toBeGreaterThan(19_000);
    for (let n = 0; n < 1_000; n++) share.give(`idle ${n}`);
    expect(fill(share, 'busy')).toBeGreaterThan(0);
    expect(share.of('busy')).toBe(20_000);
  });

  it('admits no more than the bound and a quarter together, whatever is taken and given', () => {
    const step = fc.record({ tenant: fc.nat(30), takes: fc.boolean(), times: fc.nat(40) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(step, { maxLength: 200 }), (bound, steps) => {
        const share = new FairShare(bound);
        const held = new Map<string, number>();
        for (const { tenant, takes, times } of steps) {
          const name = `t${tenant}`;
          for (let n = 0; n < times; n++) {
            const has = held.get(name) ?? 0;
            if (takes ? !share.admits(name) : has === 0) continue;
            if (takes) share.take(name);
            else share.give(name);
            held.set(name, takes ? has + 1 : has - 1);
          }
          expect([...held.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(Math.ceil(1.25 * bound));
        }
        for (const [name, n] of held) for (let i = 0; i < n; i++) share.give(name);
        expect(share.isEmpty).toBe(true);
      }),
    );
  });

  it('R9: counts what one tenant brought beyond the bound, by a shard taken over, against that tenant alone', () => {
    const share = new FairShare(100);
    for (let n = 0; n < 5_000; n++) share.take('brought');
    expect(share.admits('brought')).toBe(false);
    expect(share.sated()).toEqual(['brought']);
    expect(share.room).toBe(25);
    expect(fill(share, 'other')).toBe(20);
  });
});
