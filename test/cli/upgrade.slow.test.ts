// palace upgrade at a server of one's own: what it shows, what stands in the way of its end, and what the doctor says of both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { openWorld, shell, startServer } from './harness.ts';

const world = openWorld();
let data: string;
let database: pg.Client;

beforeAll(async () => {
  const { exit, err } = await shell(world, `palace upgrade --data ${world.data}`);
  expect([exit, err]).toEqual([2, expect.stringContaining('There is no database to ask')]);
  await startServer(world);
  data = `--data ${world.data}`;
  const password = readFileSync(join(world.data, 'postgres.password'), 'utf8').trim();
  database = new pg.Client(`postgres://palace:${password}@localhost/palace?host=${encodeURIComponent(join(world.data, 'postgres'))}`);
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await shell(world, `palace down --now --data ${world.data}`);
  world.close();
});

const doctor = async (): Promise<{ state: string; says: string } | undefined> => {
  const { out } = await shell(world, `palace doctor --json ${data}`);
  return (JSON.parse(out) as { checks: { check: string; state: string; says: string }[] }).checks.find(({ check }) => check === 'upgrade');
};

describe('palace upgrade', () => {
  it('says that nothing is under way, also when it is finished again', async () => {
    expect(await shell(world, `palace upgrade ${data}`)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^This is \d.*\n(.*\n)*No upgrade is under way\.\n$/),
    });
    const finished = await shell(world, `palace upgrade finish --json ${data}`);
    expect(JSON.parse(finished.out)).toMatchObject({ finished: true, minReader: 1, missingIndexes: [], nodes: [{ older: false }] });
    expect(await doctor()).toMatchObject({ state: 'good' });
  });

  it('is not finished while a living process is of an older release: it is named, and the doctor sees it', async () => {
    const { rows } = await database.query<{ id: string; release: string }>('select id, release from flow.node');
    await database.query('update flow.node set release = null');
    const refused = await shell(world, `palace upgrade finish ${data}`);
    expect(refused).toMatchObject({ exit: 1, err: expect.stringContaining(`${rows[0]?.id} runs a release before 0.2.0`) });
    expect((await shell(world, `palace upgrade ${data}`)).out).toMatch(/older\s[^]*each process can go back/);
    expect(await doctor()).toMatchObject({ state: 'idle', says: expect.stringContaining('under way') });
    await database.query('update flow.node set release = $1', [rows[0]?.release]);
  });

  it('says which release is needed when the database is ahead of this one', async () => {
    await database.query('update flow.halt set min_reader = 99');
    expect(await shell(world, `palace upgrade finish ${data}`)).toMatchObject({ exit: 1, err: expect.stringContaining('The database is ahead') });
    expect(await doctor()).toMatchObject({ state: 'wrong' });
  });
});
