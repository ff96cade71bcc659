// Commands sent under a key, on a real PostgreSQL: key and rows are one commit, whoever sends, in whatever company.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InboxRow, SentClaim } from './contract.ts';
import { openToys, type Toy, type ToyInstallation } from './testing.ts';

let toys: ToyInstallation;
let toy: Toy;
let other: Toy;
let names = 0;
const name = (): string => `n${names++}`;

beforeAll(async () => {
  toys = await openToys();
  [toy, other] = await Promise.all([toys.launch('one'), toys.launch('two')]);
  await Promise.all([toy.node.start(), other.node.start()]);
});
afterAll(() => toys.close());

const command = (more: Partial<InboxRow> = {}): InboxRow => ({ shard: 3, tenant: 'acme', key: 'run', commandId: name(), kind: 'signal', body: '{}', ...more });
const claim = (key: string, more: Partial<SentClaim> = {}): SentClaim => ({
  tenant: 'acme',
  scope: 'request',
  key,
  fingerprint: 'f',
  answer: '"first"',
  ...more,
});
const isKept = async ({ tenant, commandId }: InboxRow): Promise<boolean> => (await toy.node.commandState(tenant, commandId)) !== undefined;

describe('a command under a key', () => {
  it('is kept once; the repeat keeps nothing and hears what the key stands for, in another process too', async () => {
    const [key, first, second] = [name(), command(), command()];
    expect(await toy.node.send([first], claim(key))).toEqual({ kind: 'kept' });
    expect(await other.node.send([second], claim(key, { fingerprint: 'g', answer: '"second"' }))).toEqual({
      kind: 'key-taken',
      fingerprint: 'f',
      answer: '"first"',
    });
    expect([await isKept(first), await isKept(second)]).toEqual([true, false]);
    expect(await other.node.lookUpKey('acme', 'request', key)).toEqual({ fingerprint: 'f', answer: '"first"' });
  });

  it('has one winner among many at once in two processes, and the neighbours without a key are all kept', async () => {
    const key = name();
    const rivals = Array.from({ length: 40 }, () => command());
    const neighbours = Array.from({ length: 20 }, () => command());
    const nodes = [toy.node, other.node];
    const [outcomes] = await Promise.all([
      Promise.all(rivals.map((row, n) => nodes[n % 2]!.send([row], claim(key, { fingerprint: row.commandId, answer: JSON.stringify(row.commandId) })))),
      Promise.all(neighbours.map((row, n) => nodes[n % 2]!.send([row]))),
    ]);
    const winner = rivals.find((_, n) => outcomes[n]!.kind === 'kept')!;
    const others = outcomes.filter((outcome) => outcome.kind !== 'kept');
    expect(others).toHaveLength(39);
    for (const outcome of others) expect(outcome).toEqual({ kind: 'key-taken', fingerprint: winner.commandId, answer: JSON.stringify(winner.commandId) });
    const kept = await Promise.all(rivals.map(isKept));
    expect(kept.filter(Boolean)).toHaveLength(1);
    expect(await Promise.all(neighbours.map(isKept))).not.toContain(false);
  });

  it('goes with all of its rows or with none, and may have none', async () => {
    const [key, rows] = [name(), Array.from({ length: 2_000 }, (_, n) => command({ shard: n % 64 }))];
    await toy.node.send([], claim(key));
    expect(await toy.node.send(rows, claim(key))).toMatchObject({ kind: 'key-taken', answer: '"first"' });
    const found = await toys.rows('select from toy.inbox where command_id = any ($1)', [rows.map((row) => row.commandId)]);
    expect(found).toHaveLength(0);
    expect(await toy.node.send(rows, claim(name()))).toEqual({ kind: 'kept' });
    expect(await toys.rows('select from toy.inbox where command_id = any ($1)', [rows.map((row) => row.commandId)])).toHaveLength(2_000);
  });

  it('leaves the key free when the database refuses its rows', async () => {
    const key = name();
    const bad = command({ body: '\u0000' });
    await expect(toy.node.send([bad], claim(key))).rejects.toThrow();
    expect(await toy.node.send([command()], claim(key))).toEqual({ kind: 'kept' });
  });

  it('shares its key with the writes of owners', async () => {
    const key = name();
    await toy.node.send([command()], claim(key));
    const owner = [toy, other].find((one) => one.node.fence(5) !== undefined)!;
    const write = { fence: owner.node.fence(5)!, key: name(), tenant: 'acme', rows: {}, claims: [claim(key, { fingerprint: 'start' })] };
    expect(await owner.node.submit(write)).toEqual({ kind: 'key-taken', fingerprint: 'f', answer: '"first"' });
  });

  it('belongs to its tenant', async () => {
    const key = name();
    await toy.node.send([command()], claim(key));
    const foreign = command({ tenant: 'other' });
    expect(await toy.node.send([foreign], claim(key, { tenant: 'other' }))).toEqual({ kind: 'kept' });
    expect(await isKept(foreign)).toBe(true);
  });

  it('that an open transaction holds is contended in the end, and delays nobody meanwhile', async () => {
    const [key, held] = [name(), command()];
    const holder = await toys.db.database.owner.connect();
    await holder.query('begin');
    await holder.query("insert into toy.dedupe values ('acme', 'request', $1, 'held', '0', 0)", [key]);
    const waiting = toy.node.send([held], claim(key));
    const startedMs = performance.now();
    for (let n = 0; n < 5; n++) expect(await toy.node.send([command()], claim(name()))).toEqual({ kind: 'kept' });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(await waiting).toEqual({ kind: 'contended' });
    await holder.query('commit');
    holder.release();
    expect(await isKept(held)).toBe(false);
    expect(await toy.node.send([held], claim(key))).toMatchObject({ kind: 'key-taken', fingerprint: 'held' });
  });
});
