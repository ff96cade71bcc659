// The end of an upgrade: who stands in its way, what it changes for whom, and what two of its moments do when they meet.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type pg from 'pg';
import { openToys, until, type Toy, type ToyInstallation } from './testing.ts';
import { finishUpgrade, olderNodes, readUpgrade, type Finish, type UpgradeTarget } from './upgrade.ts';

const ALL = 64;
const TARGET: UpgradeTarget = { release: '0.3.0', readsFormat: 2 };
let toys: ToyInstallation;

beforeEach(async () => void (toys = await openToys()));
afterEach(() => toys.close());

async function started(nodeId: string, version: string, readsFormat: number): Promise<Toy> {
  const toy = await toys.launch(nodeId, {}, { version, readsFormat });
  await toy.node.start();
  return toy;
}

async function withClient<R>(work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  const client = await toys.db.database.owner.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const finish = (): Promise<Finish> => withClient((client) => finishUpgrade(client, 'toy', TARGET));
const minReader = async (): Promise<unknown> => (await toys.rows<{ min_reader: number }>('select min_reader from toy.halt'))[0]?.min_reader;
const owned = (toy: Toy): number => toy.node.owned().length;

describe('an upgrade', () => {
  it('is refused while an older node is alive, names it, and changes nothing', async () => {
    const old = await started('old', '0.2.0', 1);
    await started('new', '0.3.0', 2);
    expect(await finish()).toEqual({ kind: 'older-nodes', nodes: [{ id: 'old', release: '0.2.0', readsFormat: 1 }] });
    expect(await minReader()).toBe(0);
    await old.kill();
    await until('it is not seen any more', async () => (await withClient((client) => readUpgrade(client, 'toy'))).nodes.length === 1);
    expect(await finish()).toEqual({ kind: 'finished', minReader: 2 });
    expect(await finish()).toEqual({ kind: 'finished', minReader: 2 });
  });

  it('when it is finished is known to every node within a renewal, and an older one that comes later gets no shard', async () => {
    const node = await started('new', '0.3.0', 2);
    expect(node.node.minReader()).toBe(0);
    await finish();
    await until('it is known', () => node.node.minReader() === 2);
    const late = await started('late', '0.2.0', 1);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect([owned(node), owned(late)]).toEqual([ALL, 0]);
    await node.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(owned(late)).toBe(0);
  });

  it('cannot be finished past a claim that is under way, and a claim waits for it: whoever is second sees the first', async () => {
    const old = await toys.launch('old', {}, { version: '0.2.0', readsFormat: 1 });
    const raising = await toys.db.database.owner.connect();
    await raising.query('begin; update toy.halt set min_reader = 2');
    await old.store.enlist({ nodeId: 'old', readsFormat: 1 });
    let isClaimed = false;
    const claiming = old.store.claim({ nodeId: 'old', readsFormat: 1 }, [1, 2], 1_500).then((fences) => {
      isClaimed = true;
      return fences;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isClaimed).toBe(false);
    await raising.query('commit');
    raising.release();
    expect(await claiming).toEqual([]);
    expect(await toys.rows('select id from toy.shard where owner is not null')).toEqual([]);
  });

  it('is none for a database that is ahead, and a lock that is held for long is an error to try again', async () => {
    await toys.rows('update toy.halt set min_reader = 3');
    expect(await finish()).toEqual({ kind: 'newer', minReader: 3 });
    const holder = await toys.db.database.owner.connect();
    await holder.query('begin; select from toy.halt for share');
    await expect(finish()).rejects.toMatchObject({ code: 'unavailable.database' });
    await holder.query('rollback');
    holder.release();
    expect(await minReader()).toBe(3);
  });

  it('counts nodes of releases that do not say what they are as older', () => {
    const nodes = [
      { id: 'a', readsFormat: 2 },
      { id: 'b', release: '0.2.9', readsFormat: 2 },
      { id: 'c', release: '0.3.0', readsFormat: 2 },
      { id: 'd', release: '0.4.0', readsFormat: 3 },
      { id: 'e', release: '0.3.0', readsFormat: 1 },
    ];
    expect(olderNodes(nodes, TARGET).map(({ id }) => id)).toEqual(['a', 'b', 'e']);
  });
});
