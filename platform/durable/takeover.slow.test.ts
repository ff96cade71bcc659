// What the durable component keeps when owners change: sharing, hand-over, death, stalls, lost answers, a database that goes away.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fence, StreamRow } from './contract.ts';
import { preferredNode } from './core/ownership.ts';
import { entry, openToys, TOY_SETTINGS, until, type Toy, type ToyInstallation } from './testing.ts';

const ALL = 64;
let toys: ToyInstallation;

beforeEach(async () => {
  toys = await openToys();
});
afterEach(() => toys.close());

async function started(nodeId: string, leaseMs = TOY_SETTINGS.leaseMs): Promise<Toy> {
  const toy = await toys.launch(nodeId, { leaseMs });
  await toy.node.start();
  return toy;
}

const ownedBy = (toy: Toy): number[] => toy.node.owned().map((fence) => fence.shard);
const elapsedSince = (startMs: number): number => performance.now() - startMs;

async function sharing(leaseMs?: number): Promise<readonly [Toy, Toy]> {
  const one = await started('one', leaseMs);
  const two = await started('two', leaseMs);
  await until('both own what the hash gives them', () => [one, two].every((toy) => String(ownedBy(toy)) === String(hashedTo(toy.node.nodeId))));
  return [one, two];
}

function hashedTo(nodeId: string): number[] {
  return Array.from({ length: ALL }, (_, shard) => shard).filter((shard) => preferredNode(shard, ['one', 'two']) === nodeId);
}

describe('two nodes on one database', () => {
  it('share the shards by rendezvous hashing, with nothing lost on the way', async () => {
    const [one, two] = await sharing();
    expect(ownedBy(one).length).toBeGreaterThan(20);
    expect(one.host.closed.every(({ reason }) => reason === 'released')).toBe(true);
    const before = [one.host.opened.length, two.host.opened.length];
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([one.host.opened.length, two.host.opened.length]).toEqual(before);
  });

  it('never own one shard at the same epoch', async () => {
    const [one, two] = await sharing();
    await one.node.stop();
    await until('the other owns all', () => ownedBy(two).length === ALL);
    const epochs = [...one.host.opened, ...two.host.opened].map((fence: Fence) => `${fence.shard}/${fence.epoch}`);
    expect(new Set(epochs).size).toBe(epochs.length);
  });

  it('deliver every stream row exactly once while one of them dies', async () => {
    const [one, two] = await sharing();
    const decided: string[] = [];
    const consume =
      (toy: Toy) =>
      (rows: readonly StreamRow[]): void => {
        for (const row of rows)
          void toy.node
            .submit(
              entry(toy, row.consumerShard, `in ${row.body}`, {
                cursors: [{ producer: row.producer, producerShard: row.producerShard, position: row.position }],
              }),
            )
            .then((outcome) => outcome.kind === 'committed' && decided.push(row.body));
      };
    for (const toy of [one, two]) toy.host.onDeliver = consume(toy);
    const produced: string[] = [];
    for (let round = 0; round < 20; round++) {
      if (round === 10) await one.kill();
      await Promise.all(
        ownedBy(two)
          .slice(0, 10)
          .map(async (shard) => {
            const body = `${round}.${shard}`;
            const outcome = await two.node.submit(
              entry(two, shard, `out ${body}`, { streams: [{ consumer: 'toy', consumerShard: (shard * 7 + round) % ALL, tenant: 'acme', kind: 'n', body }] }),
            );
            if (outcome.kind === 'committed') produced.push(body);
          }),
      );
    }
    await until('all are decided', async () => (await toys.rows("select from toy.entry where key like 'in %'")).length === produced.length);
    expect(produced).toHaveLength(200);
    expect(new Set(decided).size).toBe(decided.length);
  });
});

describe('a takeover', () => {
  it('is at once when the owner shuts down', async () => {
    const [one, two] = await sharing(30_000);
    const startMs = performance.now();
    await one.node.stop();
    await until('the other owns all', () => ownedBy(two).length === ALL);
    expect(elapsedSince(startMs)).toBeLessThan(5_000);
  });

  it('does not wait for the lease when the owner is dead', async () => {
    const one = await started('one', 30_000);
    expect(ownedBy(one)).toHaveLength(ALL);
    await one.kill();
    const startMs = performance.now();
    const two = await started('two', 30_000);
    expect(ownedBy(two)).toHaveLength(ALL);
    expect(elapsedSince(startMs)).toBeLessThan(5_000);
    expect(two.host.opened.every((fence) => fence.epoch === 2)).toBe(true);
  });

  it('follows the end of the session that proves life, and the former owner writes nothing more', async () => {
    const [one, two] = await sharing();
    const stale = entry(one, ownedBy(one)[0] ?? 0, 'stale');
    one.scheduler.freeze();
    await toys.rows(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'palace:toy:control' and query like '%renew%' and pid <> pg_backend_pid() and query_start < clock_timestamp() - interval '0.4 s'",
    );
    await until('only the sleeper lost its session', async () => {
      await toys.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'palace:toy:control' and query_start < clock_timestamp() - interval '0.4 s'",
      );
      return ownedBy(two).length === ALL;
    });
    expect(await one.store.commit(0, [stale])).toEqual({ kind: 'fenced', shards: [stale.fence.shard] });
    one.scheduler.thaw();
    await until('it has noticed', () => one.host.closed.some(({ shard }) => shard === stale.fence.shard));
  });

  it('waits for the lease of an owner that is stopped but alive; what it does when it goes on is fenced', async () => {
    const [one, two] = await sharing();
    const shard = ownedBy(one)[0] ?? 0;
    const write = entry(one, shard, 'late');
    one.scheduler.freeze();
    const startMs = performance.now();
    await until('the other owns all', () => ownedBy(two).length === ALL);
    expect(elapsedSince(startMs)).toBeGreaterThan(1_000);
    expect(elapsedSince(startMs)).toBeLessThan(6_000);
    expect(one.node.fence(shard)).toBeUndefined();
    expect(await one.node.submit(write)).toEqual({ kind: 'fenced' });
    one.scheduler.thaw();
    await until('it has forgotten its shards', () => one.host.closed.some((closed) => closed.shard === shard && closed.reason !== 'released'));
    expect(await toys.rows("select from toy.entry where key = 'late'")).toEqual([]);
  });

  it('ends a session that sits idle in a transaction with the shard’s lock', async () => {
    const one = await started('one');
    const stalled = await toys.db.database.dedicated('engine');
    stalled.on('error', () => undefined);
    await stalled.query("set application_name = 'palace:toy:commit'; set idle_in_transaction_session_timeout = 0");
    await stalled.query('begin');
    await stalled.query('select from toy.shard where id = 3 for share');
    await one.kill();
    const two = await toys.launch('two');
    const startMs = performance.now();
    await two.node.start();
    await until('the shard is owned', () => ownedBy(two).length === ALL);
    expect(elapsedSince(startMs)).toBeLessThan(6_000);
  });

  it('that fails to open gives the shard back and tries again', async () => {
    const one = await toys.launch('one');
    let failures = 0;
    one.host.onOpen = (fence) => (fence.shard === 7 && failures++ < 2 ? Promise.reject(new Error('not readable')) : Promise.resolve());
    await one.node.start();
    expect(ownedBy(one)).toHaveLength(ALL - 1);
    await until('it is open', () => ownedBy(one).length === ALL);
    expect(one.host.opened.find((fence) => fence.shard === 7)?.epoch).toBe(3);
  });
});

describe('a drain', () => {
  it('lets what is under way commit before it lets go', async () => {
    const one = await started('one');
    const two = await started('two');
    await until('both have shards', () => ownedBy(one).length + ownedBy(two).length === ALL && ownedBy(two).length > 0);
    const shard = ownedBy(one)[0] ?? 0;
    const slow = one.node.submit(entry(one, shard, 'slow', { slow: 0.4 }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await one.node.stop();
    expect(await slow).toEqual({ kind: 'committed' });
    expect(ownedBy(one)).toEqual([]);
    expect(await toys.rows("select from toy.node where id = 'one'")).toEqual([]);
    await until('the other owns all', () => ownedBy(two).length === ALL);
  });
});

describe('a lost answer', () => {
  /** Ends the backend that is in the middle of a slow commit. */
  async function cutSlowCommit(): Promise<void> {
    const cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    await until('the commit is under way', async () => (await toys.rows(cut)).length > 0);
  }

  it('is unknown: the shard is dropped, its epoch rises, it is opened again', async () => {
    const one = await started('one');
    const before = one.node.fence(11);
    const outcome = one.node.submit(entry(one, 11, 'cut', { slow: 4 }));
    const neighbour = one.node.fence(12);
    await cutSlowCommit();
    expect(await outcome).toEqual({ kind: 'unknown' });
    expect(one.host.closed).toContainEqual({ shard: 11, reason: 'unknown-outcome' });
    await until('it is open again', () => one.node.fence(11) !== undefined);
    expect(one.node.fence(11)?.epoch).toBe((before?.epoch ?? 0) + 1);
    expect(one.node.fence(12)).toEqual(neighbour);
    expect(await one.node.submit(entry(one, 11, 'cut'))).toEqual({ kind: 'committed' });
  });

  it('of a commit that goes on in its backend cannot overtake the new epoch', async () => {
    const one = await started('one');
    const stale = entry(one, 13, 'overtaken');
    await one.store.release({ nodeId: 'one', readsFormat: 1 }, [stale.fence]);
    await until('it was claimed anew', () => (one.node.fence(13)?.epoch ?? 0) > stale.fence.epoch);
    expect(await one.store.commit(3, [stale])).toEqual({ kind: 'fenced', shards: [13] });
    expect(await toys.rows("select from toy.entry where key = 'overtaken'")).toEqual([]);
  });

  it('of a commit that goes on in its backend keeps its shard until it is over, and only then is read what it wrote', async () => {
    const one = await started('one');
    const before = one.node.fence(13);
    const under = one.store.commit(3, [entry(one, 13, 'goes-on', { slow: 2 })]);
    await until(
      'it is under way',
      async () => (await toys.rows("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")).length > 0,
    );
    expect(await toys.rows('select id from toy.shard where id in (12, 13) for update skip locked')).toEqual([{ id: 12 }]);
    await one.kill();
    const two = await toys.launch('two');
    const keptAtOpen = new Map<number, number>();
    two.host.onOpen = async ({ shard }) => {
      keptAtOpen.set(shard, (await toys.rows('select from toy.entry where shard = $1', [shard])).length);
    };
    await two.node.start();
    await until('the shard is taken over', () => two.node.fence(13) !== undefined);
    expect(two.node.fence(13)?.epoch).toBe((before?.epoch ?? 0) + 1);
    expect(keptAtOpen.get(13)).toBe(1);
    expect((await under).kind).toBe('unknown');
  });
});

describe('a database that loses every connection', () => {
  it('is served again by itself within five seconds', async () => {
    const one = await started('one');
    await toys.rows('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');
    const startMs = performance.now();
    await until('a commit goes through', async () => {
      if (one.node.fence(1) === undefined) return false;
      return (await one.node.submit(entry(one, 1, `again ${performance.now()}`))).kind === 'committed';
    });
    expect(elapsedSince(startMs)).toBeLessThan(5_000);
    await until('all shards are owned', () => ownedBy(one).length === ALL);
  });
});

describe('a promotion', () => {
  it('raises every epoch before anything is served', async () => {
    const one = await started('one');
    const before = one.node.owned();
    await toys.rows("update toy.clock set timeline = 'the server before'");
    const stale = before.map((fence) => ({ ...entry(one, fence.shard, `old ${fence.shard}`), fence }))[0];
    await until(
      'all epochs rose',
      () => one.node.owned().length === ALL && one.node.owned().every((fence, shard) => fence.epoch > (before[shard]?.epoch ?? 0)),
    );
    if (stale !== undefined) expect((await one.store.commit(0, [stale])).kind).toBe('fenced');
    const [clock] = await toys.rows<{ settled: boolean }>('select unsettled_ms is null as settled from toy.clock');
    expect(clock?.settled).toBe(true);
  });
});

describe('a node below the database’s format', () => {
  it('claims nothing', async () => {
    await toys.rows('update toy.halt set min_reader = 2');
    const one = await toys.launch('one');
    await one.node.start();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(ownedBy(one)).toEqual([]);
    await toys.rows('update toy.halt set min_reader = 1, version = 9');
    await until('it owns all', () => ownedBy(one).length === ALL);
    expect(one.node.halts().version).toBe(9);
  });
});
