// What the gauges of the durable component say about work that nobody does: that its age grows, and that it is zero afterwards.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entry, openToys, until, type Toy, type ToyInstallation } from './testing.ts';

let toys: ToyInstallation;
let toy: Toy;

beforeAll(async () => {
  toys = await openToys();
  toy = await toys.launch('one', { pollMs: 100 });
  await toy.node.start();
});
afterAll(() => toys.close());

const figure = (name: string): number => toy.figures.get(name) ?? Number.NaN;
const grows = (name: string): Promise<void> => until(`${name} has grown`, () => figure(name) > 0.3);
const isGone = (name: string): Promise<void> => until(`${name} is zero again`, () => figure(name) === 0);

it('the age of a command that nobody consumes grows until it is decided', async () => {
  await toy.node.send([{ shard: 3, tenant: 'acme', key: 'k', commandId: 'late', kind: 'n', body: '{}' }]);
  await grows('palace_inbox_age_seconds');
  await toy.node.submit(entry(toy, 3, 'decides', { consumes: [{ commandId: 'late', outcome: 'done' }] }));
  await isGone('palace_inbox_age_seconds');
});

it('the age of a stream row that nobody takes grows until the cursor has passed it, and is that of the oldest', async () => {
  const append = { consumer: 'toy', consumerShard: 9, tenant: 'acme', kind: 'n', body: '{}' };
  await toy.node.submit(entry(toy, 4, 'first', { streams: [append] }));
  await grows('palace_stream_age_seconds');
  const before = figure('palace_stream_age_seconds');
  await toy.node.submit(entry(toy, 4, 'second', { streams: [append] }));
  const seen: number[] = [];
  await until('it is looked at a few times', () => seen.push(figure('palace_stream_age_seconds')) > 50);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(before);
  for (const position of [1, 2]) {
    await toy.node.submit(entry(toy, 9, `takes ${position}`, { cursors: [{ producer: 'toy', producerShard: 4, position }] }));
  }
  await isGone('palace_stream_age_seconds');
  expect(figure('palace_stream_lag')).toBe(0);
});

it('a timer that is due and does not fire is overdue until it is cleared; one of tomorrow is not', async () => {
  const dueMs = toy.node.timeMs();
  await toy.node.submit(
    entry(toy, 5, 'sets', {
      timersSet: [
        { key: 'sets', id: 'now', tenant: 'acme', dueMs },
        { key: 'sets', id: 'tomorrow', tenant: 'acme', dueMs: dueMs + 86_400_000 },
      ],
    }),
  );
  await grows('palace_timer_overdue_seconds');
  await toy.node.submit(entry(toy, 5, 'clears', { timersClear: [{ key: 'sets', id: 'now' }] }));
  await isGone('palace_timer_overdue_seconds');
});

it('a shard that nobody can open is without an owner until somebody can', async () => {
  await isGone('palace_shards_ownerless');
  const failing = await toys.launch('two', { pollMs: 100 });
  toy.host.onOpen = failing.host.onOpen = ({ shard }) => (shard === 7 ? Promise.reject(new Error('not this one')) : Promise.resolve());
  await failing.node.start();
  await toys.rows('update toy.shard set owner = null, epoch = epoch + 1 where id = 7');
  await until('one is without an owner', () => figure('palace_shards_ownerless') === 1);
  toy.host.onOpen = failing.host.onOpen = () => Promise.resolve();
  await isGone('palace_shards_ownerless');
});

it('a clock of the database that has jumped is in doubt, by how far, until the offset is corrected', async () => {
  await isGone('palace_clock_jump_seconds');
  await toys.rows(`create function toy.keep() returns trigger language plpgsql as $$ begin return null; end $$`);
  await toys.rows('update toy.clock set offset_ms = offset_ms + 300000');
  await toys.rows('create trigger keep before update on toy.clock for each row execute function toy.keep()');
  await until('it is in doubt', () => Math.abs(Math.abs(figure('palace_clock_jump_seconds')) - 300) < 2);
  await toys.rows('drop trigger keep on toy.clock');
  await isGone('palace_clock_jump_seconds');
});
