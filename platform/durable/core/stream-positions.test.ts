import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamRow } from '../contract.ts';
import { MAX_AHEAD, StreamPositions } from './stream-positions.ts';

const row = (position: number, tenant = 'a', producerShard = 0): StreamRow => ({
  producer: 'flow',
  producerShard,
  position,
  consumer: 'flow',
  consumerShard: 1,
  tenant,
  kind: 'event',
  body: '',
});

/** As the tables answer. */
function read(rows: readonly StreamRow[], positions: StreamPositions, limit: number, inTurn: boolean, sated: readonly string[]): StreamRow[] {
  const after = (of: StreamRow): number => positions.after().find((at) => at.producerShard === of.producerShard)?.position ?? 0;
  const open = rows.filter((one) => one.position > after(one));
  if (!inTurn) return open.toSorted((x, y) => x.producerShard - y.producerShard || x.position - y.position).slice(0, limit);
  const reached = positions.reached();
  const fresh = open.filter((one) => !sated.includes(one.tenant) && one.position > (reached[one.tenant]?.[one.producerShard] ?? 0));
  return [...Map.groupBy(fresh, (one) => one.tenant).values()].flatMap((own) =>
    own.toSorted((x, y) => x.producerShard - y.producerShard || x.position - y.position).slice(0, limit),
  );
}

const TENANTS = ['a', 'b', 'c'];
const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), tenant: fc.constantFrom(...TENANTS), producer: fc.nat(1), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 12 }), inTurn: fc.boolean(), sated: fc.subarray(TENANTS) }),
);

describe('positions of streams', () => {
  it('hand over every row once, those of a tenant in order, however readings in order and in turn follow each other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const positions = new StreamPositions([]);
        const rows: StreamRow[] = [];
        const handed: StreamRow[] = [];
        const heads = [0, 0];
        const take = (limit: number, inTurn: boolean, sated: readonly string[]): void => {
          for (const one of read(rows, positions, limit, inTurn, sated)) if (positions.take(one, inTurn)) handed.push(one);
        };
        for (const one of steps) {
          if (one.kind === 'read') take(one.limit, one.inTurn, one.sated);
          else for (let n = 0; n < one.count; n++) rows.push(row((heads[one.producer] = (heads[one.producer] as number) + 1), one.tenant, one.producer));
        }
        for (let n = 0; n <= rows.length; n++) take(5, n % 2 === 0, []);
        const nameOf = (one: StreamRow): string => `${one.producerShard}/${one.position}`;
        expect(handed.map(nameOf).toSorted()).toEqual(rows.map(nameOf).toSorted());
        for (const [, own] of Map.groupBy(handed, (one) => `${one.tenant}/${one.producerShard}`)) {
          const order = own.map((one) => one.position);
          expect(order).toEqual(order.toSorted((x, y) => x - y));
        }
        expect(positions.reached()).toEqual({});
      }),
    );
  });

  it('count what was decided before this ownership as handed over', () => {
    const positions = new StreamPositions([{ shard: 1, producer: 'flow', producerShard: 0, position: 2, ahead: [4, 5] }]);
    expect([1, 2, 3, 4, 5, 6].map((position) => positions.take(row(position), false))).toEqual([false, false, true, false, false, true]);
    expect(positions.after()).toEqual([{ producer: 'flow', producerShard: 0, position: 6 }]);
  });

  it('let a gap wait where rows are read in order', () => {
    const positions = new StreamPositions([]);
    expect(positions.take(row(2), false)).toBe(false);
    expect(positions.take(row(1), false)).toBe(true);
    expect(positions.take(row(2), false)).toBe(true);
  });

  it('let a tenant go past others only so far that a cursor can remember it, and further when the others follow', () => {
    const positions = new StreamPositions([]);
    const taken = Array.from({ length: 2 * MAX_AHEAD }, (_, n) => positions.take(row(n + 2, 'b'), true)).filter(Boolean).length;
    expect(taken).toBe(MAX_AHEAD);
    expect(positions.take(row(1, 'a'), true)).toBe(true);
    expect(positions.after()[0]?.position).toBe(MAX_AHEAD + 1);
    expect(positions.take(row(MAX_AHEAD + 2, 'b'), true)).toBe(true);
  });
});
