// The classic mistakes that need a server: one `palace up` for all, each transcript must repeat itself.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, replay, startServer, type RunningServer } from './harness.ts';

const GOLDEN = new URL('golden/with-server/', import.meta.url);
/** In this order: the first one publishes what the others run. */
const NAMES = [
  'apply',
  'as-check',
  'shorthand-and-extensions',
  'wrong-key',
  'unknown-flow',
  'input-refused',
  'idempotency-key',
  'failed-run',
  'waiting-run',
  'waiting-event',
  'queued-run',
  'halts',
  'failed-elsewhere',
  'addresses',
  'secrets',
  'sets',
  'environments',
  'people',
  'login',
  'contexts',
  'delete-in-use',
  'second-start',
];
/** A transcript that is given up goes on beside the next one: on a busy machine it gets its time. */
const LIMIT_MS = 240_000;
const world = openWorld();
let server: RunningServer | undefined;

beforeAll(async () => {
  server = await startServer(world);
});
afterAll(async () => {
  expect(await server?.stop()).toBe(0);
  world.close();
});

describe('mistakes that need a server', () => {
  for (const name of NAMES) {
    it(
      `${name.replaceAll('-', ' ')}: says what is wrong and what to do`,
      async () => {
        const path = new URL(`${name}.txt`, GOLDEN);
        await expect(await replay(world, readFileSync(path, 'utf8'))).toMatchFileSnapshot(path.pathname);
      },
      LIMIT_MS,
    );
  }
});
