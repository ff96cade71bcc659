// The small cluster: two flow processes over one PostgreSQL, a gateway in front, the bus over the database.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '@palace/platform/database/testing.ts';
import { openWorld, shell, startProcess, type RunningServer } from './harness.ts';

const world = openWorld();
const folder = join(world.folder, 'client');
const environment = { PALACE_BUS_URL: 'postgres:', PALACE_DATA: join(world.folder, 'cluster'), PALACE_DATABASE_URL: '' };
let database: TestDatabase;
let gateway: RunningServer;
const flows: RunningServer[] = [];

beforeAll(async () => {
  database = await testDatabase();
  environment.PALACE_DATABASE_URL = database.url;
  for (let count = 0; count < 2; count += 1) flows.push(await startProcess(world, ['start', 'flow', '--json', '--listen', ':0'], environment));
  mkdirSync(folder);
  const urls = flows.flatMap((flow) => ['--flow-url', flow.url]);
  gateway = await startProcess(world, ['start', 'gateway', '--json', '--listen', ':0', '--credentials', join(folder, 'key.json'), ...urls], environment);
  renameSync(join(folder, 'key.json'), join(folder, 'credentials.json'));
});
afterAll(async () => {
  for (const one of [gateway, ...flows]) await one.stop();
  await database.close();
  world.close();
});

describe('two flow processes behind a gateway', () => {
  it('run flows that were published through either', async () => {
    expect((await shell(world, `palace apply flows/greet.yaml flows/approve.yaml --data ${folder}`)).exit).toBe(0);
    for (let count = 0; count < 4; count += 1) {
      const { exit, out, err } = await shell(world, `palace run test/greet --input '{"name":"Ada"}' --wait --data ${folder}`);
      expect([exit, out], err).toEqual([0, '{"text":"Hello, Ada!"}\n']);
    }
  });
  it('take signals for runs that the other one owns', async () => {
    for (let count = 0; count < 4; count += 1) {
      const started = await shell(world, `palace run test/approve --data ${folder}`);
      const id = started.out.trim();
      expect((await shell(world, `palace signal ${id} approve --data '{"approved":true}' --data ${folder}`)).exit).toBe(0);
      expect(await shell(world, `palace watch ${id} --timeout 20s --data ${folder} > /dev/null`)).toMatchObject({ exit: 0 });
    }
  }, 90_000);
  it('go on when one of them stops', async () => {
    const gone = flows.shift();
    expect(await gone?.stop()).toBe(0);
    const { exit, err } = await shell(world, `palace run test/greet --input '{"name":"Ada"}' --timeout 20s --data ${folder}`);
    expect(exit, err).toBe(0);
  });
  it('make no second owner’s key for who asks later', async () => {
    const keys = await shell(world, `palace key list --json --data ${folder}`);
    expect((JSON.parse(keys.out) as { items: unknown[] }).items).toHaveLength(1);
  });
});
