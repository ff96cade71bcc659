// The real product for one file of walks: `palace up` in a process of its own and a folder of its own, its console ready, and the API under
// its first key to bring about what a walk looks at.
// I1 The address stays the same over a restart: pages that are open come back to it.
// Called by stage.ts, screenshots.ts and test/bench/console.ts.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDoor, type Door } from '../chaos/door.ts';
import { openWorld, shell, startProcess, type RunningServer, type World } from '../cli/harness.ts';

/** A first build of the console on a machine that does other things too. */
const CONSOLE_LIMIT_MS = 300_000;
const RUN_LIMIT_MS = 60_000;
const LOOK_AGAIN_MS = 100;

export interface House {
  /** The origin. */
  readonly url: string;
  readonly world: World;
  readonly door: Door;
  pids(): RunningServer['pids'];
  /** A way in that works once. */
  signInUrl(): Promise<string>;
  /** Any path of the API; the answer must be 2xx. Gives its body. */
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  publish(source: string): Promise<void>;
  /** Gives the id. */
  start(flow: string, input?: unknown): Promise<string>;
  /** Until the run has one of these states; gives the run. */
  waitFor(run: string, ...states: readonly string[]): Promise<Run>;
  stop(): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export interface Run {
  readonly id: string;
  readonly status: string;
  readonly flow: string;
}

export interface HouseOptions {
  /** Without the sample flows: an empty installation. */
  readonly empty?: boolean;
  /** More of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function openHouse({ empty = false, environment = {} }: HouseOptions = {}): Promise<House> {
  const world = openWorld();
  const words = ['up', '--json', '--no-open', '--data', world.data, ...(empty ? ['--no-samples'] : [])];
  let server = await startProcess(world, [...words, '--port', '0'], environment);
  const { url } = server;
  const key = (): string => (JSON.parse(readFileSync(join(world.data, 'credentials.json'), 'utf8')) as { apiKey: string }).apiKey;
  const door = openDoor(() => ({ url, apiKey: key() }));
  await consoleIsReady(url);
  const house: House = {
    url,
    world,
    door,
    pids: () => server.pids,
    signInUrl: async () => (await house.ask<{ url: string }>('POST', '/v1/sign-in-links', {})).url,
    ask: async <T>(method: string, path: string, body?: unknown) =>
      (await door.must(method, path, body, method === 'POST' ? randomUUID() : undefined)).body as T,
    publish: async (source) => void (await house.ask('POST', '/v1/flows', { source })),
    start: async (flow, input = {}) => (await house.ask<{ id: string }>('POST', '/v1/runs', { flow, input })).id,
    waitFor: (run, ...states) => waitForRun(house, run, states),
    stop: async () => void (await server.stop()),
    startAgain: async () => {
      server = await startProcess(world, [...words, '--port', new URL(url).port], environment);
      await consoleIsReady(url);
    },
    close: async () => {
      door.close();
      await server.stop().catch(() => undefined);
      await shell(world, `palace down --now --data ${world.data}`);
      world.close();
    },
  };
  return house;
}

/** Until a page is answered and not the one that tells how far the build is. */
async function consoleIsReady(url: string): Promise<void> {
  const end = Date.now() + CONSOLE_LIMIT_MS;
  for (;;) {
    const answer = await fetch(new URL('/sign-in', url)).catch(() => undefined);
    const page = (await answer?.text()) ?? '';
    if (answer?.status === 200) return;
    if (page.includes('<pre')) throw new Error(`the console could not be built: ${page.slice(page.indexOf('<pre'), page.indexOf('</pre>'))}`);
    if (Date.now() > end) throw new Error(`the console was not ready within ${CONSOLE_LIMIT_MS} ms`);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function waitForRun(house: House, id: string, states: readonly string[]): Promise<Run> {
  const end = Date.now() + RUN_LIMIT_MS;
  for (;;) {
    const run = await house.ask<Run & Record<string, unknown>>('GET', `/v1/runs/${id}`);
    if (states.includes(run.status)) return run;
    if (Date.now() > end) throw new Error(`run ${id} is ${run.status}, wanted is ${states.join(' or ')}`);
    await sleep(LOOK_AGAIN_MS);
  }
}
