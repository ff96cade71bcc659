import { describe, expect, it } from 'vitest';
import type { EngineParts } from './parts.ts';
import { createTurns, type Turns } from './ready.ts';
import type { Slot } from './slot.ts';

interface Bench {
  readonly turns: Turns;
  readonly taken: string[];
  nowMs: number;
  /** Runs the next tick; false when none is scheduled. */
  tick(): boolean;
  whenTaken: (id: string) => void;
}

function bench(turnsPerTick: number): Bench {
  const ticks: (() => void)[] = [];
  const one: Bench = {
    turns: createTurns(
      {
        scheduler: { nowMs: () => one.nowMs, soon: (task) => void ticks.push(task), after: () => () => undefined },
        settings: { turnsPerTick } as EngineParts['settings'],
      },
      ({ id }) => {
        one.taken.push(id);
        one.whenTaken(id);
      },
    ),
    taken: [],
    nowMs: 0,
    tick: () => {
      const task = ticks.shift();
      task?.();
      return task !== undefined;
    },
    whenTaken: () => undefined,
  };
  return one;
}

const slot = (tenant: string, n: number): Slot => ({ id: `${tenant} ${n}`, tenant }) as Slot;

describe('runs that are ready', () => {
  it('R9: a run of another tenant decides first thing in the next tick, however many are ready', () => {
    const { turns, taken, tick } = bench(50);
    for (let n = 0; n < 5_000; n++) turns.add(slot('flood', n));
    tick();
    expect(taken).toHaveLength(50);
    turns.add(slot('small', 0));
    tick();
    expect(taken.indexOf('small 0')).toBeLessThan(52);
  });

  it('all decide, each once, those of a tenant in order; each tick ends so that connections are looked at', () => {
    const { turns, taken, tick } = bench(50);
    const slots = Array.from({ length: 500 }, (_, n) => slot(n % 3 === 0 ? 'a' : 'b', n));
    for (const one of slots) turns.add(one);
    for (const one of slots) turns.add(one);
    let ticks = 0;
    while (tick()) ticks += 1;
    expect(ticks).toBe(10);
    expect(taken.toSorted()).toEqual(slots.map(({ id }) => id).toSorted());
    for (const tenant of ['a', 'b']) {
      const mine = taken.filter((id) => id.startsWith(tenant)).map((id) => Number(id.slice(2)));
      expect(mine).toEqual(mine.toSorted((x, y) => x - y));
    }
  });

  it('whose decisions are slow end a tick by its time', () => {
    const one = bench(1_000);
    one.whenTaken = () => (one.nowMs += 8);
    for (let n = 0; n < 10; n++) one.turns.add(slot('a', n));
    one.tick();
    expect(one.taken).toHaveLength(3);
  });

  it('that are ready again while they decide come in the next tick; a decision that throws stops nobody else', () => {
    const one = bench(50);
    const [again, other] = [slot('a', 1), slot('a', 2)];
    one.turns.add(again);
    one.turns.add(other);
    one.whenTaken = (id) => {
      if (one.taken.length > 1) return;
      one.turns.add(again);
      throw new Error(`a bug in ${id}`);
    };
    expect(() => one.tick()).toThrow('a bug in a 1');
    while (one.tick());
    expect(one.taken).toEqual(['a 1', 'a 2', 'a 1']);
  });
});
