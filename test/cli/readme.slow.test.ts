// The three commands of the README, as they stand there: start, run the sample, answer the order that waits.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, shell, startServer, type RunningServer, type World } from './harness.ts';

const SAYS_AFTER_MS = 2_000;
let world: World;
let server: RunningServer;

beforeAll(async () => {
  world = openWorld();
  world.environment['PALACE_DATA'] = world.data;
  server = await startServer(world);
}, 90_000);
afterAll(async () => {
  await server.stop();
  world.close();
});

test('the README’s commands work: the run waits for its signal, and the signal lets the order through', async () => {
  const running = shell(world, 'palace run samples/order-intake --wait');
  const id = await waitingRun();
  // Time for `run` to say what it waits for.
  await after(SAYS_AFTER_MS);
  const signal = await shell(world, `palace signal ${id} approve --data '{"orders":["O-040"]}'`);
  expect(signal).toMatchObject({ exit: 0, out: expect.stringContaining(`Signal approve for ${id}`) as string });
  const { exit, out, err } = await running;
  expect({ exit, err: exit === 0 ? '' : err }).toEqual({ exit: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ received: 200, approved: ['O-040'], retriedCalls: 42 });
  expect(err).toContain(`palace signal ${id} approve`);
});

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function waitingRun(): Promise<string> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { out } = await shell(world, 'palace get runs --status waiting --flow samples/order-intake --json');
    const id = /run_[0-9a-hjkmnp-tv-z]{26}/.exec(out)?.[0];
    if (id !== undefined) return id;
    await after(100);
  }
  throw new Error('no run came to wait for its signal');
}
