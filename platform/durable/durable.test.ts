// What the durable component keeps on a real PostgreSQL: commits, keys, inbox, streams, timers, engine time, tenants. takeover.slow.test.ts has
// what happens when owners change, stall or die.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lintCatalog } from '../database/catalog-lint.ts';
import type { InboxRow, WriteOutcome } from './contract.ts';
import { entry, openToys, until, type Toy, type ToyInstallation } from './testing.ts';

let toys: ToyInstallation;
let toy: Toy;
let names = 0;
const name = (): string => `k${names++}`;

beforeAll(async () => {
  toys = await openToys();
  toy = await toys.launch('one');
  await toy.node.start();
});
afterAll(() => toys.close());

describe('a commit', () => {
  it('belongs to the node that owns all shards after its start', () => {
    expect(toy.node.owned()).toHaveLength(64);
  });

  it('writes nothing under a stale epoch, and says which shard is stale', async () => {
    const good = entry(toy, 4, name());
    const stale = { ...entry(toy, 5, name()), fence: { shard: 5, epoch: 0 } };
    expect(await toy.store.commit(0, [good, stale])).toEqual({ kind: 'fenced', shards: [5] });
    expect(await toys.rows('select from toy.entry where key = any ($1)', [[good.key, stale.key]])).toEqual([]);
  });

  it('refuses a write of another ownership without asking the database', async () => {
    expect(await toy.node.submit({ ...entry(toy, 5, name()), fence: { shard: 5, epoch: 0 } })).toEqual({ kind: 'fenced' });
  });

  it('refuses a bad row alone and keeps its neighbours', async () => {
    const keys = Array.from({ length: 30 }, name);
    const outcomes = await Promise.all(keys.map((key, index) => toy.node.submit(entry(toy, index % 3, key, { seq: index === 17 ? 'seventeen' : 1 }))));
    expect(outcomes.map((outcome) => outcome.kind).filter((kind) => kind !== 'committed')).toEqual(['bad-row']);
    expect(outcomes[17]).toMatchObject({ kind: 'bad-row', sqlstate: '22P02' });
    const kept = await toys.rows<{ key: string }>('select key from toy.entry where key = any ($1)', [keys]);
    expect(kept).toHaveLength(29);
  });

  it('refuses a row of a tenant that the write does not name', async () => {
    expect(await toy.node.submit(entry(toy, 1, name(), { tenantOfRow: 'other' }))).toMatchObject({ kind: 'bad-row', sqlstate: '42501' });
  });

  it('has one write of a key in flight and throws at a second', async () => {
    const key = name();
    const first = toy.node.submit(entry(toy, 2, key));
    expect(() => toy.node.submit(entry(toy, 2, key, { seq: 2 }))).toThrow(/in flight/);
    expect(await first).toEqual({ kind: 'committed' });
    expect(await toy.node.submit(entry(toy, 2, key, { seq: 2 }))).toEqual({ kind: 'committed' });
  });

  it('reaches the database in the order of submission, shard by shard', async () => {
    const key = name();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        toy.node.submit(
          entry(toy, 9, `${key}.${index}`, {
            streams: [{ consumer: 'nobody', consumerShard: 0, tenant: 'acme', kind: 'n', body: String(index) }],
          }),
        ),
      ),
    );
    const rows = await toys.rows<{ body: string; position: string }>("select body, position from toy.stream where consumer = 'nobody' order by position");
    expect(rows.map((row) => Number(row.body))).toEqual(rows.map((_, index) => index));
    expect(rows.map((row) => Number(row.position))).toEqual(rows.map((_, index) => index + 1));
  });
});

describe('a key', () => {
  const claim = (key: string, answer: string, fingerprint = 'f'): { claims: { scope: string; key: string; fingerprint: string; answer: string }[] } => ({
    claims: [{ scope: 'start', key, fingerprint, answer: JSON.stringify(answer) }],
  });

  it('is taken once; the repeat gets the first answer and writes nothing', async () => {
    const key = name();
    expect(await toy.node.submit(entry(toy, 1, `${key}a`, claim(key, 'first')))).toEqual({ kind: 'committed' });
    expect(await toy.node.submit(entry(toy, 2, `${key}b`, claim(key, 'second', 'other')))).toEqual({ kind: 'key-taken', fingerprint: 'f', answer: '"first"' });
    expect(await toys.rows('select from toy.entry where key = $1', [`${key}b`])).toEqual([]);
    expect(await toy.node.lookUpKey('acme', 'start', key)).toEqual({ fingerprint: 'f', answer: '"first"' });
    expect(await toy.node.lookUpKey('another', 'start', key)).toBeUndefined();
  });

  it('has one winner among many at once', async () => {
    const key = name();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => toy.node.submit(entry(toy, index, `${key}.${index}`, claim(key, String(index))))),
    );
    const winners = outcomes.flatMap((outcome, index) => (outcome.kind === 'committed' ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.kind !== 'committed') expect(outcome).toEqual({ kind: 'key-taken', fingerprint: 'f', answer: JSON.stringify(String(winners[0])) });
  });

  it('held by an open transaction delays its own write and not the batch', async () => {
    const key = name();
    const holder = await toys.db.database.owner.connect();
    await holder.query('begin');
    await holder.query("insert into toy.dedupe values ('acme', 'start', $1, 'held', '0', 0)", [key]);
    const startedMs = performance.now();
    const contended = toy.node.submit(entry(toy, 10, `${key}a`, claim(key, 'mine')));
    const neighbour = await toy.node.submit(entry(toy, 12, `${key}b`));
    expect(neighbour).toEqual({ kind: 'committed' });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await holder.query('commit');
    holder.release();
    expect(await contended).toEqual({ kind: 'key-taken', fingerprint: 'held', answer: '0' });
  });
});

describe('the inbox', () => {
  const command = (shard: number, more: Partial<InboxRow> = {}): InboxRow => ({
    shard,
    tenant: 'acme',
    key: 'run',
    commandId: name(),
    kind: 'signal',
    body: '{}',
    ...more,
  });

  it('hands a command over once, drops its repeat, and tells what became of it', async () => {
    const row = command(20);
    await Promise.all([toy.node.send([row]), toy.node.send([row, command(21)])]);
    await until('the command is handed over', () => toy.host.commands.some((one) => one.commandId === row.commandId));
    expect(await toy.node.commandState('acme', row.commandId)).toEqual({ state: 'open' });
    await toy.node.submit(entry(toy, 20, name(), { consumes: [{ commandId: row.commandId, outcome: 'unused', detail: 'the run had ended' }] }));
    expect(await toy.node.commandState('acme', row.commandId)).toEqual({ state: 'unused', detail: 'the run had ended' });
    const again = entry(toy, 20, name(), { consumes: [{ commandId: row.commandId, outcome: 'done' }] });
    expect(await toy.node.submit(again)).toMatchObject({ kind: 'bad-row', sqlstate: 'PA004' });
    await toy.node.send([row]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(toy.host.commands.filter((one) => one.commandId === row.commandId)).toHaveLength(1);
    expect(await toy.node.commandState('other', row.commandId)).toBeUndefined();
  });

  it('keeps the order of arrival and never more than the host wants', async () => {
    const rows = Array.from({ length: 30 }, () => command(22, { key: name() }));
    const taken = (): string[] => toy.host.commands.filter((one) => one.shard === 22).map((one) => one.commandId);
    toy.host.hunger = 7;
    await toy.node.send(rows);
    await until('the first part is handed over', () => taken().length >= 7);
    toy.host.hunger = 0;
    const handed = taken();
    expect(handed).toEqual(rows.slice(0, handed.length).map((row) => row.commandId));
    toy.host.hunger = 100;
    await toy.node.submit(entry(toy, 22, name(), { consumes: handed.map((commandId) => ({ commandId, outcome: 'done' as const })) }));
    await until('the rest is handed over', () => taken().length === 30);
    expect(taken()).toEqual(rows.map((row) => row.commandId));
  });
});

describe('streams', () => {
  it('carry rows across shards in order, each decided once', async () => {
    const sum = name();
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          toy.node.submit(
            entry(toy, index, `${sum}.${turn}.${index}`, {
              streams: [{ consumer: 'toy', consumerShard: 40, tenant: 'acme', kind: sum, body: String(turn) }],
            }),
          ),
        ),
      );
    }
    const mine = (): typeof toy.host.delivered => toy.host.delivered.filter((row) => row.kind === sum);
    await until('all rows are delivered', () => mine().length === 40);
    for (let shard = 0; shard < 8; shard++)
      expect(
        mine()
          .filter((row) => row.producerShard === shard)
          .map((row) => row.body),
      ).toEqual(['0', '1', '2', '3', '4']);
    const decide = (row: { producer: string; producerShard: number; position: number }): Promise<WriteOutcome> =>
      toy.node.submit(entry(toy, 40, name(), { cursors: [{ producer: row.producer, producerShard: row.producerShard, position: row.position }] }));
    // Out of order on purpose: one slow row holds nobody back.
    for (const row of mine().toReversed()) expect(await decide(row)).toEqual({ kind: 'committed' });
    expect(await decide(mine()[3] as (typeof toy.host.delivered)[number])).toMatchObject({ kind: 'bad-row', sqlstate: 'PA004' });
    const cursors = await toys.rows<{ position: string; ahead: string[] }>(
      'select position, ahead from toy.cursor where consumer_shard = 40 and producer_shard < 8',
    );
    expect(cursors).toEqual(Array.from({ length: 8 }, () => ({ position: '5', ahead: [] })));
    expect(await toy.store.trimStreams(toy.node.owned())).toBeGreaterThanOrEqual(40);
  });

  it('leave no gap where a write was refused', async () => {
    const append = [{ consumer: 'gapless', consumerShard: 1, tenant: 'acme', kind: 'n', body: '1' }];
    const outcomes = await Promise.all([1, 'x', 1].map((seq) => toy.node.submit(entry(toy, 30, name(), { seq, streams: append }))));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['committed', 'bad-row', 'committed']);
    expect(await toys.rows("select position::int from toy.stream where consumer = 'gapless' order by 1")).toEqual([{ position: 1 }, { position: 2 }]);
  });
});

describe('timers', () => {
  it('fire at their time, never before, and once', async () => {
    const key = name();
    const now = toy.node.timeMs();
    const due = [250, 40, 120, 40, -5_000].map((delay, index) => ({ key, id: `t${index}`, tenant: 'acme', dueMs: now + delay }));
    await toy.node.submit(entry(toy, 50, key, { timersSet: due }));
    const fired = (): typeof toy.host.fired => toy.host.fired.filter((timer) => timer.key === key);
    await until('all have fired', () => fired().length === 5);
    for (const timer of fired()) expect(timer.atMs).toBeGreaterThanOrEqual(timer.dueMs);
    expect(
      Math.max(
        ...fired()
          .slice(1)
          .map((timer) => timer.atMs - timer.dueMs),
      ),
    ).toBeLessThan(1_000);
    expect(fired().map((timer) => timer.dueMs)).toEqual(due.map((timer) => timer.dueMs).toSorted((a, b) => a - b));
  });

  it('can be moved and cleared before they fire', async () => {
    const key = name();
    const timer = (id: string, delayMs: number): { key: string; id: string; tenant: string; dueMs: number } => ({
      key,
      id,
      tenant: 'acme',
      dueMs: toy.node.timeMs() + delayMs,
    });
    await toy.node.submit(entry(toy, 51, key, { timersSet: [timer('moved', 150), timer('cleared', 150), timer('kept', 400)] }));
    await toy.node.submit(entry(toy, 51, key, { seq: 2, timersSet: [timer('moved', 300)], timersClear: [{ key, id: 'cleared' }] }));
    await until('the last has fired', () => toy.host.fired.some((one) => one.key === key && one.id === 'kept'));
    expect(toy.host.fired.filter((one) => one.key === key).map((one) => one.id)).toEqual(['moved', 'kept']);
  });

  it('fire by the thousand in a bounded window, all of them', async () => {
    const key = name();
    const now = toy.node.timeMs();
    toy.host.onFire = (timers) => {
      const mine = timers.filter((timer) => timer.key.startsWith(key));
      if (mine.length > 0) void toy.node.submit(entry(toy, 52, `${mine[0]?.key}.${mine[0]?.id}`, { timersClear: mine, seq: names++ }));
    };
    const many = Array.from({ length: 2_000 }, (_, index) => ({ key, id: String(index), tenant: 'acme', dueMs: now + 400 + Math.floor(index / 2) }));
    await toy.node.submit(entry(toy, 52, key, { timersSet: many }));
    const fired = (): typeof toy.host.fired => toy.host.fired.filter((timer) => timer.key === key);
    await until('all have fired', () => fired().length >= 2_000);
    const late = fired()
      .map((timer) => timer.atMs - timer.dueMs)
      .sort((a, b) => a - b);
    expect(late[0]).toBeGreaterThanOrEqual(0);
    expect(late[Math.floor(late.length * 0.99)]).toBeLessThan(1_000);
    expect(new Set(fired().map((timer) => timer.id)).size).toBe(2_000);
    await until('the table is empty', async () => (await toys.rows('select from toy.timer where key = $1', [key])).length === 0);
    toy.host.onFire = () => undefined;
  });
});

describe('engine time', () => {
  it('follows the database and is not ahead of it', async () => {
    const before = toy.node.timeMs();
    const [row] = await toys.rows<{ now: string }>('select toy.wall_ms() + offset_ms as now from toy.clock');
    expect(before).toBeLessThanOrEqual(Number(row?.now));
    expect(Number(row?.now) - before).toBeLessThan(2_000);
  });

  it('goes on evenly when the database’s clock jumps, and the offset is corrected', async () => {
    const trueOffset = toy.node.timeMs() - performance.now();
    await toys.rows('update toy.clock set offset_ms = offset_ms + 300000');
    await until('the offset is corrected', async () => {
      const drift = toy.node.timeMs() - performance.now() - trueOffset;
      expect(Math.abs(drift)).toBeLessThan(400);
      const [row] = await toys.rows<{ now: string }>('select toy.wall_ms() + offset_ms as now from toy.clock');
      return Math.abs(Number(row?.now) - toy.node.timeMs()) < 1_000;
    });
    expect(toy.node.owned()).toHaveLength(64);
  });
});

describe('a database without room', () => {
  const full = (table: string): Promise<unknown> =>
    toys.rows(`create trigger full_disk before insert on toy.${table} for each statement execute function toy.full_disk()`);
  const roomy = (table: string): Promise<unknown> => toys.rows(`drop trigger full_disk on toy.${table}`);

  it('keeps nothing, says what it is short of until that is there again, and then goes on', async () => {
    await toys.rows(`create function toy.full_disk() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
    for (const table of ['entry', 'room']) await full(table);
    const shortage = 'The disk of the database is full.';
    const key = name();
    expect(await toy.node.submit(entry(toy, 3, key))).toEqual({ kind: 'unknown', shortage });
    expect(await toys.rows('select from toy.entry where key = $1', [key])).toEqual([]);
    expect(toy.node.shortage()).toBe(shortage);
    await roomy('entry');
    await until('the shard is read again', () => toy.node.fence(3) !== undefined);
    expect(await toy.node.submit(entry(toy, 3, key))).toEqual({ kind: 'committed' });
    // One commit that had room proves nothing: others may need more.
    expect(toy.node.shortage()).toBe(shortage);
    await roomy('room');
    await until('the shortage is over', () => toy.node.shortage() === undefined);
    expect(toy.node.owned()).toHaveLength(64);
  });

  it('sits out a moment: the write is kept and nobody hears of it', async () => {
    await full('entry');
    const key = name();
    const outcome = toy.node.submit(entry(toy, 3, key));
    await until('it was refused once', () => toy.node.shortage() !== undefined);
    await roomy('entry');
    expect(await outcome).toEqual({ kind: 'committed' });
    await until('the shortage is over', () => toy.node.shortage() === undefined);
  });

  it('refuses what is sent, with the reason', async () => {
    for (const table of ['inbox', 'room']) await full(table);
    const row: InboxRow = { shard: 3, tenant: 'acme', key: name(), commandId: name(), kind: 'k', body: '{}' };
    await expect(toy.node.send([row])).rejects.toMatchObject({ code: 'unavailable.resources', detail: 'The disk of the database is full.' });
    expect(toy.node.shortage()).toBeDefined();
    for (const table of ['inbox', 'room']) await roomy(table);
    await toy.node.send([row]);
    await until('the shortage is over', () => toy.node.shortage() === undefined);
  });
});

describe('the schema', () => {
  it('gives nobody more than the catalog rules allow', async () => {
    expect(await lintCatalog(toys.db.database.owner)).toEqual([]);
  });

  it('answers no query that names no tenant or shard', async () => {
    await expect(toys.db.database.engine.query('select * from toy.inbox')).rejects.toThrow(/no shards are set/);
    await expect(toys.db.database.api.query('select * from toy.inbox')).rejects.toThrow(/no tenant is set/);
  });
});
