import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiredRuns, wholeBirths, type Candidate } from './expiry.ts';
import { birthOf, deriveRunId, makeRunId } from './run-id.ts';

const KEEP = { completedMs: 100, failedMs: 1_000 };
const keep = () => KEEP;
const run = (id: string, more: Partial<Candidate> = {}): Candidate => ({ id, status: 'completed', endedMs: 0, hash: 'h', ...more });
const bytes = (n: number): Uint8Array => new Uint8Array(9).fill(n);
const ROOT = makeRunId(1, 5, bytes(1));
const CHILD = deriveRunId(ROOT, '/do/0/a', '');
const GRANDCHILD = deriveRunId(CHILD, '/do/0/a', '');
const BESIDE = makeRunId(1, 5, bytes(2));
const sorted = (runs: readonly Candidate[]): Candidate[] => runs.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe('runs that are over', () => {
  it('are those that ended long enough ago, failed ones later', () => {
    const runs = sorted([run(ROOT), run(BESIDE, { status: 'failed' })]);
    expect([99, 100, 999, 1_000].map((nowMs) => expiredRuns(runs, keep, nowMs).length)).toEqual([0, 1, 1, 2]);
    expect(expiredRuns([run(ROOT, { status: 'cancelled' })], keep, 100)).toEqual([ROOT]);
  });

  it('are never open, however long ago they were born', () => {
    const open: Partial<Candidate>[] = (['pending', 'running', 'waiting', 'paused', 'quarantined'] as const).map((status) => ({ status }));
    for (const one of open) expect(expiredRuns([run(ROOT, one)], keep, 1e15)).toEqual([]);
    const { endedMs: _, ...never } = run(ROOT);
    expect(expiredRuns([never], keep, 1e15)).toEqual([]);
  });

  it('go with their whole chain, children first, and stay with it', () => {
    const chain = sorted([run(ROOT), run(CHILD, { parent: ROOT }), run(GRANDCHILD, { parent: CHILD }), run(BESIDE)]);
    expect(expiredRuns(chain, keep, 100).filter((id) => id !== BESIDE)).toEqual([GRANDCHILD, CHILD, ROOT]);
    for (const held of [ROOT, CHILD, GRANDCHILD]) {
      const open = chain.map((one): Candidate => (one.id === held ? { ...one, status: 'waiting' } : one));
      expect(expiredRuns(open, keep, 1e15)).toEqual([BESIDE]);
      const failed = chain.map((one): Candidate => (one.id === held ? { ...one, status: 'failed' } : one));
      expect(expiredRuns(failed, keep, 999)).toEqual([BESIDE]);
    }
  });

  it('include what a crash in the middle has left of a chain', () => {
    expect(expiredRuns(sorted([run(CHILD, { parent: ROOT }), run(GRANDCHILD, { parent: CHILD })]), keep, 100)).toEqual([GRANDCHILD, CHILD]);
    expect(expiredRuns([run(GRANDCHILD, { parent: CHILD, status: 'running' })], keep, 1e15)).toEqual([]);
  });

  it('are found whole wherever a page of the reading ends', () => {
    const births = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(births, fc.integer({ min: 1, max: 12 }), (sizes, size) => {
        const rows = sorted(sizes.flatMap((many, ms) => Array.from({ length: many }, (_, i) => run(makeRunId(2, ms, bytes(i + 1))))));
        const page = rows.slice(0, size);
        const whole = wholeBirths(page, rows.length > size);
        for (const { id } of whole) expect(rows.filter((one) => birthOf(one.id) === birthOf(id)).every((one) => whole.includes(one))).toBe(true);
        if (rows.length <= size) expect(whole).toEqual(rows);
      }),
    );
  });
});
