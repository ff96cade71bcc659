import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimerRow } from '../contract.ts';
import { TimerWindow } from './timer-window.ts';

const timer = (id: string, dueMs: number, tenant = 'acme'): TimerRow => ({ key: 'run', id, tenant, dueMs });
const PART = 40;

/** The table behind the window: what was committed, by id. */
class Table {
  readonly rows = new Map<string, TimerRow>();

  read(limit: number): TimerRow[] {
    return [...this.rows.values()].toSorted((a, b) => a.dueMs - b.dueMs).slice(0, limit);
  }

  readInTurn(nowMs: number, inHand: Readonly<Record<string, number>>, sated: readonly string[]): { rows: TimerRow[]; more: boolean } {
    const due = this.read(Infinity).filter((row) => row.dueMs <= nowMs && !sated.includes(row.tenant));
    const parts = [...Map.groupBy(due, (row) => row.tenant)].map(([tenant, rows]) => ({ rows, part: PART + (inHand[tenant] ?? 0) }));
    return { rows: parts.flatMap(({ rows, part }) => rows.slice(0, part)), more: sated.length > 0 || parts.some(({ rows, part }) => rows.length >= part) };
  }
}

const TENANTS = ['acme', 'beta', 'gamma'];

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), id: fc.nat(700), inMs: fc.nat(2_000) }),
  fc.record({ kind: fc.constant('clear' as const), id: fc.nat(700) }),
  fc.record({ kind: fc.constant('burst' as const), count: fc.nat(600), inMs: fc.nat(3_000) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(900), appetite: fc.nat(200), sated: fc.subarray(TENANTS) }),
  fc.constant({ kind: 'begin' as const }),
  fc.constant({ kind: 'end' as const }),
);

describe('the window of timers', () => {
  it('hands every due timer over exactly once, none early, whatever is read, set and cleared meanwhile', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new Table();
        const window = new TimerWindow();
        const fired = new Map<string, number>();
        let now = 0;
        let bursts = 0;
        let sated: readonly string[] = [];
        let reading: (() => void) | undefined;
        const begin = (): void => {
          if (window.behind) {
            const { rows, more } = table.readInTurn(now, window.beginReadingInTurn(), sated);
            reading = () => window.endReadingInTurn(rows, more);
          } else {
            const limit = window.beginReading();
            const rows = table.read(limit);
            reading = () => window.endReading(rows, limit, now);
          }
        };
        const end = (): void => {
          reading?.();
          reading = undefined;
        };
        const set = (row: TimerRow): void => {
          table.rows.set(row.id, row);
          window.set(row, 1);
          fired.delete(row.id);
        };
        const take = (appetite: number): number => {
          const due = window.takeDue(now, appetite, 0, ({ tenant }) => !sated.includes(tenant));
          for (const row of due) {
            expect(sated).not.toContain(row.tenant);
            expect(row.dueMs).toBeLessThanOrEqual(now);
            expect(fired.has(row.id)).toBe(false);
            expect(table.rows.get(row.id)).toEqual(row);
            fired.set(row.id, row.dueMs);
          }
          return due.length;
        };
        begin();
        end();
        for (const one of steps) {
          if (one.kind === 'set') set(timer(`t${one.id}`, now + one.inMs, TENANTS[one.id % 3]));
          else if (one.kind === 'burst') for (let index = 0; index < one.count; index++) set(timer(`b${bursts++}`, now + one.inMs));
          else if (one.kind === 'clear') {
            table.rows.delete(`t${one.id}`);
            window.clear({ key: 'run', id: `t${one.id}` });
          } else if (one.kind === 'wait') {
            now += one.ms;
            sated = one.sated;
            take(one.appetite);
          } else if (one.kind === 'begin' && reading === undefined) begin();
          else if (one.kind === 'end') end();
        }
        now += 10_000;
        sated = [];
        end();
        for (let round = 0; round < 2_000; round++) {
          if (take(1_000) > 0) continue;
          if (!window.runsOut) break;
          begin();
          end();
        }
        for (const row of table.rows.values()) expect(fired.get(row.id)).toBe(row.dueMs);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps out what was handed over until it is cleared or set again', () => {
    const window = new TimerWindow();
    window.endReading([timer('a', 5)], window.beginReading(), 0);
    expect(window.takeDue(10, 9, 1)).toHaveLength(1);
    window.endReading([timer('a', 5)], window.beginReading(), 0);
    expect(window.takeDue(10, 9, 1)).toHaveLength(0);
    // This setting was submitted before the hand-over: it is the one that was handed over.
    window.set(timer('a', 5), 1);
    expect(window.takeDue(10, 9, 1)).toHaveLength(0);
    window.set(timer('a', 5), 2);
    expect(window.takeDue(10, 9, 2)).toHaveLength(1);
  });

  it('is bounded however many are set', () => {
    const window = new TimerWindow();
    window.endReading([], window.beginReading(), 0);
    for (let index = 0; index < 20_000; index++) window.set(timer(`t${index}`, 1_000_000 - index), 1);
    expect(window.takeDue(2_000_000, 100_000, 1).length).toBeLessThanOrEqual(1_024);
    expect(window.runsOut).toBe(true);
  });
});
