import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

interface Served {
  readonly tenant: string;
  readonly nth: number;
  readonly cost: number;
}

const LARGEST = 9;
const cost = fc.integer({ min: 1, max: LARGEST });
const tenant = fc.constantFrom('a', 'b', 'c', 'd');
const push = fc.record({ kind: fc.constant('push' as const), tenant, cost });
const step = fc.oneof(push, fc.record({ kind: fc.constant('shift' as const), times: fc.nat(4) }));
const quantum = fc.integer({ min: 1, max: 12 });

function drained<T>(queue: FairQueue<T>): T[] {
  const all: T[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) all.push(item);
  return all;
}

describe('a fair queue', () => {
  it('R9: serves two tenants that wait from the beginning the same cost, up to a quantum and the largest item', () => {
    fc.assert(
      fc.property(quantum, fc.array(cost, { minLength: 1, maxLength: 80 }), fc.array(cost, { minLength: 1, maxLength: 80 }), fc.nat(3), (q, a, b, others) => {
        const queue = new FairQueue<Served>({ quantum: q });
        const fill = (name: string, costs: readonly number[]) => costs.forEach((c, nth) => queue.push(name, { tenant: name, nth, cost: c }, c));
        fill('a', a);
        for (let n = 0; n < others; n++) fill(`other ${n}`, [3, LARGEST, 1, 1, 1]);
        fill('b', b);
        const served = { a: 0, b: 0 };
        const left = { a: a.length, b: b.length };
        for (let item = queue.shift(); item !== undefined && left.a > 0 && left.b > 0; item = queue.shift()) {
          const name = item.tenant;
          if (name !== 'a' && name !== 'b') continue;
          served[name] += item.cost;
          left[name] -= 1;
          expect(Math.abs(served.a - served.b)).toBeLessThan(q + Math.max(...a, ...b));
        }
      }),
    );
  });

  it('R9: between any two moments in which both waited the difference is below a quantum and twice the largest item, whoever comes and goes', () => {
    fc.assert(
      fc.property(quantum, fc.array(step, { maxLength: 300 }), (q, steps) => {
        const queue = new FairQueue<Served>({ quantum: q });
        const waiting = new Map<string, number>();
        /** Of each pair while both wait: how far the served cost has swung. */
        const swings = new Map<string, { now: number; least: number; most: number }>();
        const pairs = ['a', 'b', 'c', 'd'].flatMap((one, at, all) => all.slice(at + 1).map((other) => ({ name: one + other, one, other })));
        const count = (name: string, by: number) => {
          waiting.set(name, (waiting.get(name) ?? 0) + by);
          for (const { name: pair, one, other } of pairs) if ((waiting.get(one) ?? 0) === 0 || (waiting.get(other) ?? 0) === 0) swings.delete(pair);
        };
        for (const one of steps) {
          if (one.kind === 'push') {
            queue.push(one.tenant, { tenant: one.tenant, nth: 0, cost: one.cost }, one.cost);
            count(one.tenant, 1);
          } else {
            for (let n = 0; n < one.times; n++) {
              const item = queue.shift();
              if (item === undefined) continue;
              for (const pair of pairs.filter((p) => p.one === item.tenant || p.other === item.tenant)) {
                const swing = swings.get(pair.name) ?? { now: 0, least: 0, most: 0 };
                swing.now += pair.one === item.tenant ? item.cost : -item.cost;
                swing.least = Math.min(swing.least, swing.now);
                swing.most = Math.max(swing.most, swing.now);
                swings.set(pair.name, swing);
                if ((waiting.get(pair.one) ?? 0) > 0 && (waiting.get(pair.other) ?? 0) > 0) expect(swing.most - swing.least).toBeLessThan(q + 2 * LARGEST);
              }
              count(item.tenant, -1);
            }
          }
        }
      }),
    );
  });

  it('loses and doubles nothing, and keeps the order within a tenant', () => {
    fc.assert(
      fc.property(quantum, fc.array(step, { maxLength: 200 }), (q, steps) => {
        const queue = new FairQueue<Served>({ quantum: q });
        const pushed = new Map<string, number>();
        const served = new Map<string, number>();
        const take = (item: Served | undefined) => {
          if (item === undefined) return;
          expect(item.nth).toBe(served.get(item.tenant) ?? 0);
          served.set(item.tenant, item.nth + 1);
        };
        for (const one of steps) {
          if (one.kind === 'push') {
            const nth = pushed.get(one.tenant) ?? 0;
            pushed.set(one.tenant, nth + 1);
            expect(queue.push(one.tenant, { tenant: one.tenant, nth, cost: one.cost }, one.cost)).toBe(true);
          } else for (let n = 0; n < one.times; n++) take(queue.shift());
        }
        for (const item of drained(queue)) take(item);
        expect(served).toEqual(pushed);
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('gives one tenant its items like a plain queue', () => {
    const queue = new FairQueue<number>();
    for (let n = 0; n < 100; n++) queue.push('a', n, 1 + (n % 7));
    expect(drained(queue)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('takes no more than its limit, and says so', () => {
    const queue = new FairQueue<string>({ limit: 2 });
    expect([queue.push('a', 'first'), queue.push('b', 'second'), queue.push('c', 'third')]).toEqual([true, true, false]);
    expect(drained(queue)).toEqual(['first', 'second']);
    expect(queue.push('c', 'third')).toBe(true);
  });

  it('R9: an idle tenant saves up no credit', () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 1_000; n++) queue.push('busy', 'busy');
    for (let n = 0; n < 500; n++) queue.shift();
    for (let n = 0; n < 100; n++) queue.push('comes late', 'late');
    const next = Array.from({ length: 100 }, () => queue.shift());
    expect(next.filter((who) => who === 'late').length).toBeLessThanOrEqual(51);
    expect(next.filter((who) => who === 'busy').length).toBeLessThanOrEqual(51);
  });

  it('R9: who comes into a full queue waits for one round, however much the others have waiting', () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 10_000; n++) queue.push(`flood ${n % 3}`, 'flood');
    queue.shift();
    queue.push('small', 'small');
    const before = Array.from({ length: 10 }, () => queue.shift()).indexOf('small');
    expect(before).toBeGreaterThanOrEqual(0);
    expect(before).toBeLessThanOrEqual(4);
  });

  it('holds no memory for tenants that have nothing waiting', () => {
    const queue = new FairQueue<number>();
    for (let n = 0; n < 1_000; n++) queue.push(`tenant ${n}`, n);
    expect(queue.tenants).toBe(1_000);
    drained(queue);
    expect(queue.tenants).toBe(0);
  });

  it('passes over tenants that are not let through; they keep their items, their order, and gather no credit', () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 50; n++) for (const who of ['held', 'free', 'other']) queue.push(who, who);
    const while_ = Array.from({ length: 40 }, () => queue.shift((who) => who !== 'held'));
    expect(while_.filter((who) => who === 'free')).toHaveLength(20);
    expect(queue.shift(() => false)).toBeUndefined();
    const after = Array.from({ length: 30 }, () => queue.shift());
    expect(after.filter((who) => who === 'held').length).toBeLessThanOrEqual(11);
    expect(drained(queue)).toHaveLength(150 - 40 - 30);
  });
});
