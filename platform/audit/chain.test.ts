// The chain alone: what fits, and what is found when it does not.
import { describe, expect, test } from 'vitest';
import { bodyOf, ChainWalk, GENESIS, hashOf, isStartGenuine, sealOf, startSealOf, type ChainRow } from './chain.ts';

const KEY = 'an audit key of tests, not a real one';
const from = { firstSeq: 1, beforeHash: GENESIS };

function chain(count: number, key = KEY): ChainRow[] {
  const rows: ChainRow[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const atMs = 1_800_000_000_000 + seq;
    const body = bodyOf(seq, atMs, { actor: { kind: 'api-key', id: 'k1', role: 'owner' }, action: 'secret.set', target: `/v1/secrets/s${seq}` });
    const hash = hashOf(rows.at(-1)?.hash ?? GENESIS, 'a', body);
    rows.push({ seq, atMs, actor: 'k1', action: 'secret.set', body, hash, seal: sealOf(key, hash) });
  }
  return rows;
}

/** The number of the first entry that does not fit, and why. */
function broken(rows: readonly ChainRow[], tenant = 'a', key: string | undefined = KEY): [number, string] | undefined {
  const walk = new ChainWalk(tenant, from, key);
  for (const row of rows) {
    const what = walk.take(row);
    if (what !== undefined) return [walk.next, what];
  }
  return undefined;
}

const changed = (at: number, change: (row: ChainRow) => Partial<ChainRow>): ChainRow[] =>
  chain(5).map((row) => (row.seq === at ? { ...row, ...change(row) } : row));

describe('a chain of entries', () => {
  test('fits as it was written, with and without the key', () => {
    expect(broken(chain(5))).toBeUndefined();
    expect(broken(chain(5), 'a', '')).toEqual([1, 'Its seal was not made by this installation.']);
    const walk = new ChainWalk('a', from);
    expect(chain(5).map((row) => walk.take(row))).toEqual(Array.from({ length: 5 }));
  });

  test.each<[string, ChainRow[], number, RegExp]>([
    ['text was changed', changed(3, ({ body }) => ({ body: body.replace('s3', 's4') })), 3, /not what was written/],
    ['actor’s column was changed', changed(3, () => ({ actor: 'k2' })), 3, /columns say something else/],
    ['action’s column was changed', changed(2, () => ({ action: 'secret.remove' })), 2, /columns say something else/],
    ['time’s column was changed', changed(4, ({ atMs }) => ({ atMs: atMs + 1 })), 4, /columns say something else/],
    ['seal was exchanged', changed(3, () => ({ seal: chain(4)[3]!.seal })), 3, /seal/],
    ['seal was cut', changed(3, ({ seal }) => ({ seal: seal.subarray(1) })), 3, /seal/],
    ['hash was exchanged', changed(3, () => ({ hash: chain(4)[3]!.hash })), 3, /not what was written/],
    ['neighbour was removed', chain(5).filter(({ seq }) => seq !== 3), 3, /3 is missing: 4 follows/],
    ['first one was removed', chain(5).slice(1), 1, /1 is missing/],
  ])('tells at which entry it is wrong when its %s', (_what, rows, seq, says) => {
    expect(broken(rows)).toEqual([seq, expect.stringMatching(says)]);
  });

  test('that somebody wrote anew from one entry on, without the key, has wrong seals', () => {
    expect(broken(chain(5, 'guessed'))).toEqual([1, 'Its seal was not made by this installation.']);
  });

  test('of another tenant does not fit', () => {
    expect(broken(chain(2), 'b')?.[0]).toBe(1);
  });

  test('begins where its seal says, for its tenant alone', () => {
    const start = { firstSeq: 7, beforeHash: chain(1)[0]!.hash };
    const seal = startSealOf(KEY, 'a', start);
    expect(isStartGenuine(KEY, 'a', { ...start, seal })).toBe(true);
    for (const [tenant, wrong] of [
      ['b', start],
      ['a', { ...start, firstSeq: 8 }],
      ['a', { ...start, beforeHash: GENESIS }],
    ] as const)
      expect(isStartGenuine(KEY, tenant, { ...wrong, seal })).toBe(false);
  });
});
