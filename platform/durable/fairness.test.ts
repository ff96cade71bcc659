// R9 in the durable component, on a real PostgreSQL: what one tenant has waiting in a shard keeps no other tenant's row from being handed
// over. Counted in rows handed over before it, not in time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InboxRow, Write } from './contract.ts';
import { MAX_AHEAD } from './core/stream-positions.ts';
import { entry, openToys, until, type Toy, type ToyInstallation } from './testing.ts';

const FLOOD = 3_000;
/** What a host takes at once: the flood never fits. */
const IN_HAND = 150;

let toys: ToyInstallation;
let toy: Toy;
let names = 0;
const name = (): string => `f${names++}`;

beforeAll(async () => {
  toys = await openToys();
  toy = await toys.launch('one', { maxBatchWrites: 500 });
  await toy.node.start();
});
afterAll(() => toys.close());

const command = (shard: number, tenant: string): InboxRow => ({ shard, tenant, key: `${tenant} run`, commandId: name(), kind: 'signal', body: '{}' });

/** Runs with the host taking nothing until `rows` are in the tables, then decides what it is given, in the order in which it is given. */
async function flooded(host: Toy['host'], rows: () => Promise<unknown>): Promise<void> {
  host.hunger = 0;
  await rows();
  host.hunger = IN_HAND;
}

describe('an inbox', () => {
  it('R9: hands one command of a tenant over at once, however many of another came before it', async () => {
    const shard = 3;
    const from = toy.host.commands.length;
    await flooded(toy.host, async () => {
      for (let n = 0; n < FLOOD; n += 500) await toy.node.send(Array.from({ length: 500 }, () => command(shard, 'flood')));
      await toy.node.send([command(shard, 'small')]);
    });
    await toy.node.send([command(shard, 'flood')]);
    await until('the small tenant is heard', () => toy.host.commands.slice(from).some((row) => row.tenant === 'small'));
    // A reading that began before the row was there may come first.
    expect(toy.host.commands.slice(from).findIndex((row) => row.tenant === 'small')).toBeLessThan(2 * IN_HAND);
  });

  it('R9: passes over a tenant that has its share in hand, and comes back to it', async () => {
    const shard = 5;
    const from = toy.host.commands.length;
    const heard = (tenant: string): InboxRow[] => toy.host.commands.slice(from).filter((row) => row.shard === shard && row.tenant === tenant);
    await flooded(toy.host, async () => {
      await toy.node.send([...Array.from({ length: 10 }, () => command(shard, 'flood')), command(shard, 'small')]);
    });
    toy.host.sated = ['flood'];
    await toy.node.send([command(shard, 'flood')]);
    await until('the small tenant is heard', () => heard('small').length === 1);
    expect(heard('flood')).toEqual([]);
    toy.host.sated = [];
    const decided = heard('small').map(({ commandId }) => ({ commandId, outcome: 'done' as const }));
    await toy.node.submit(entry(toy, shard, name(), { tenant: 'small', tenantOfRow: 'small', consumes: decided }));
    await until('the others are heard', () => heard('flood').length === 11);
  });

  it('hands every command over once, those of a tenant in order, whatever is decided meanwhile', async () => {
    const shard = 7;
    const from = toy.host.commands.length;
    const tenants = ['a', 'b', 'c', 'd'];
    const sent = Array.from({ length: 900 }, (_, n) => command(shard, tenants[Math.min(3, n % 17)] as string));
    const mine = (): InboxRow[] => toy.host.commands.slice(from).filter((row) => row.shard === shard);
    const decided = new Set<string>();
    toy.host.hunger = 40;
    for (let n = 0; n < sent.length; n += 100) {
      await toy.node.send(sent.slice(n, n + 100));
      await decideAll(mine(), decided);
    }
    await until('all are handed over and decided', async () => {
      await decideAll(mine(), decided);
      return decided.size === sent.length;
    });
    expect(new Set(mine().map((row) => row.commandId)).size).toBe(mine().length);
    for (const tenant of tenants) {
      const ids = (rows: readonly InboxRow[]): string[] => rows.filter((row) => row.tenant === tenant).map((row) => row.commandId);
      expect(ids(mine())).toEqual(ids(sent));
    }
  });

  it('with more tenants than a reading serves reaches them all', async () => {
    const shard = 9;
    const from = toy.host.commands.length;
    await flooded(toy.host, () => toy.node.send(Array.from({ length: 450 }, (_, n) => command(shard, `tenant ${n % 225}`))));
    toy.host.hunger = 30;
    const decided = new Set<string>();
    const mine = (): InboxRow[] => toy.host.commands.slice(from).filter((row) => row.shard === shard);
    await toy.node.send([command(shard, 'tenant 0')]);
    await until('all are heard', async () => {
      await decideAll(mine(), decided);
      return decided.size === 451;
    });
    const firstOfEach = new Set(
      mine()
        .slice(0, 300)
        .map((row) => row.tenant),
    );
    expect(firstOfEach.size).toBe(225);
  });

  async function decideAll(rows: readonly InboxRow[], decided: Set<string>): Promise<void> {
    const open = rows.filter((row) => !decided.has(row.commandId));
    for (const { commandId } of open) decided.add(commandId);
    const writes = open.map(({ shard, tenant, commandId }) =>
      entry(toy, shard, name(), { tenant, tenantOfRow: tenant, consumes: [{ commandId, outcome: 'done' }] }),
    );
    await Promise.all(writes.map((write) => toy.node.submit(write)));
  }
});

describe('streams', () => {
  const append = (tenant: string, consumerShard: number, body: string): Pick<Write, 'streams'> => ({
    streams: [{ consumer: 'toy', consumerShard, tenant, kind: 'fair', body }],
  });
  const delivered = (shard: number): typeof toy.host.delivered => toy.host.delivered.filter((row) => row.consumerShard === shard && row.kind === 'fair');
  const decide = async (shard: number, decided: Set<string>): Promise<void> => {
    const open = delivered(shard).filter((row) => !decided.has(`${row.producerShard}/${row.position}`));
    for (const row of open) decided.add(`${row.producerShard}/${row.position}`);
    const outcomes = await Promise.all(
      open.map(({ tenant, producer, producerShard, position }) =>
        toy.node.submit(entry(toy, shard, name(), { tenant, tenantOfRow: tenant, cursors: [{ producer, producerShard, position }] })),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind !== 'committed')).toEqual([]);
  };

  it('R9: deliver one row of a tenant at once, however many of another stand before it in the same stream; all once, in order', async () => {
    const shard = 11;
    await flooded(toy.host, async () => {
      for (let n = 0; n < FLOOD; n += 500) {
        const writes = Array.from({ length: 500 }, (_, i) =>
          entry(toy, 12 + (i % 2), name(), { tenant: 'flood', tenantOfRow: 'flood', ...append('flood', shard, String(n + i)) }),
        );
        await Promise.all(writes.map((write) => toy.node.submit(write)));
      }
      for (let n = 0; n < 3; n++)
        await toy.node.submit(entry(toy, 12, name(), { tenant: 'small', tenantOfRow: 'small', ...append('small', shard, String(n)) }));
    });
    const decided = new Set<string>();
    await toy.node.submit(entry(toy, 13, name(), { tenant: 'flood', tenantOfRow: 'flood', ...append('flood', shard, 'last') }));
    await until(
      'all are delivered and decided',
      async () => {
        await decide(shard, decided);
        return decided.size === FLOOD + 4;
      },
      20_000,
    );
    const rows = delivered(shard);
    // A reading in its order of at most 200 rows shows that the shard is behind; then the tenants take turns.
    expect(rows.findIndex((row) => row.tenant === 'small')).toBeLessThan(200 + IN_HAND);
    expect(new Set(rows.map((row) => `${row.producerShard}/${row.position}`)).size).toBe(rows.length);
    expect(rows.filter((row) => row.tenant === 'small').map((row) => row.body)).toEqual(['0', '1', '2']);
    for (const producer of [12, 13]) {
      const positions = rows.filter((row) => row.tenant === 'flood' && row.producerShard === producer).map((row) => row.position);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }
    const cursors = await toys.rows<{ ahead: string[] }>('select ahead from toy.cursor where consumer_shard = $1', [shard]);
    expect(cursors.map((cursor) => cursor.ahead)).toEqual([[], []]);
  });
});

describe('streams of which one tenant takes nothing', () => {
  it('let another go past it as far as a cursor remembers; then everything comes, once and in order', async () => {
    const shard = 15;
    const rows = (): typeof toy.host.delivered => toy.host.delivered.filter((row) => row.consumerShard === shard);
    const append = async (tenant: string, count: number): Promise<void> => {
      const streams = Array.from({ length: count }, (_, n) => ({ consumer: 'toy', consumerShard: shard, tenant, kind: 'past', body: String(n) }));
      await toy.node.submit(entry(toy, 16, name(), { tenant, tenantOfRow: tenant, streams }));
    };
    const decided = new Set<number>();
    const decide = async (): Promise<void> => {
      const open = rows().filter((row) => !decided.has(row.position));
      for (const { position } of open) decided.add(position);
      for (const [tenant, own] of Map.groupBy(open, (row) => row.tenant)) {
        const cursors = own.map(({ producer, producerShard, position }) => ({ producer, producerShard, position }));
        expect(await toy.node.submit(entry(toy, shard, name(), { tenant, tenantOfRow: tenant, cursors }))).toEqual({ kind: 'committed' });
      }
    };
    toy.host.sated = ['flood'];
    await append('flood', 300);
    await append('small', 700);
    await until('as many went past as may', async () => (await decide(), decided.size === MAX_AHEAD));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(rows().map((row) => row.tenant)).toEqual(Array.from({ length: MAX_AHEAD }, () => 'small'));
    toy.host.sated = [];
    await append('small', 1);
    await toy.node.submit(entry(toy, shard, name()));
    await until('everything has come', async () => (await decide(), decided.size === 1_001));
    expect(new Set(rows().map((row) => row.position)).size).toBe(rows().length);
    const [cursor] = await toys.rows<{ position: string; ahead: string[] }>('select position, ahead from toy.cursor where consumer_shard = $1', [shard]);
    expect(cursor).toEqual({ position: '1001', ahead: [] });
  });
});

describe('timers', () => {
  it('R9: fire for a tenant in time, however many of another are overdue and were due before', async () => {
    const shard = 20;
    const now = toy.node.timeMs();
    const from = toy.host.fired.length;
    const fired = (): typeof toy.host.fired => toy.host.fired.slice(from);
    await flooded(toy.host, async () => {
      const timer = (tenant: string, id: string, dueMs: number) => ({ key: `${tenant} run`, id, tenant, dueMs });
      const many = Array.from({ length: FLOOD }, (_, n) => timer('flood', String(n), now - 10_000 + n));
      await toy.node.submit(entry(toy, shard, name(), { tenant: 'flood', tenantOfRow: 'flood', timersSet: many }));
      const one = timer('small', 'one', now - 10);
      await toy.node.submit(entry(toy, shard, name(), { tenant: 'small', tenantOfRow: 'small', timersSet: [one] }));
    });
    const cleared = new Set<string>();
    await until(
      'all have fired',
      async () => {
        const open = fired().filter((timer) => !cleared.has(`${timer.tenant}/${timer.id}`));
        for (const timer of open) cleared.add(`${timer.tenant}/${timer.id}`);
        const flood = open.filter((timer) => timer.tenant === 'flood');
        const clears = [flood, open.filter((timer) => timer.tenant === 'small')].filter((timers) => timers.length > 0);
        await Promise.all(
          clears.map((timers) => {
            const tenant = timers[0]?.tenant ?? '';
            return toy.node.submit(entry(toy, shard, name(), { tenant, tenantOfRow: tenant, timersClear: timers }));
          }),
        );
        return cleared.size === FLOOD + 1;
      },
      20_000,
    );
    expect(fired()).toHaveLength(FLOOD + 1);
    expect(fired().findIndex((timer) => timer.tenant === 'small')).toBeLessThan(2 * IN_HAND);
    await until('the table is empty', async () => (await toys.rows('select from toy.timer where shard = $1', [shard])).length === 0);
  });

  it('R9: of a tenant that has its share in hand wait in the table, and come as soon as it has room', async () => {
    const shard = 21;
    const from = toy.host.fired.length;
    const fired = (tenant: string): number => toy.host.fired.slice(from).filter((timer) => timer.tenant === tenant).length;
    const set = (tenant: string, count: number, inMs: number) => {
      const timersSet = Array.from({ length: count }, (_, n) => ({ key: `${tenant} run`, id: `${inMs}.${n}`, tenant, dueMs: toy.node.timeMs() + inMs }));
      return toy.node.submit(entry(toy, shard, name(), { tenant, tenantOfRow: tenant, timersSet }));
    };
    toy.host.sated = ['flood'];
    await set('small', 200, 3_600_000);
    await set('flood', 20, 30);
    await set('small', 1, 60);
    await until('the small tenant’s timer has fired', () => fired('small') === 1);
    expect(fired('flood')).toBe(0);
    toy.host.sated = [];
    await set('small', 1, 3_600_000);
    await until('the others have fired', () => fired('flood') === 20);
    await set('small', 1, 50);
    await until('the window is whole again', () => fired('small') === 2);
  });
});
