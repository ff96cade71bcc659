// `palace up` as a person starts it, with the samples: the first start in an empty folder, starts after it, memory at rest.
// The first start creates the database; the installation of the packages is done already.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { family, memoryMb, now, round, sleep, spread } from './engine/gauge.ts';
import { inFolder } from './engine/ground.ts';
import { line } from './engine/line.ts';

const PALACE = fileURLToPath(new URL('../../palace', import.meta.url));
const WARM_STARTS = 3;
const REST_MS = 5_000;

await inFolder(async (dir) => {
  const first = await start(dir);
  const firstStop = await first.stop();
  line('boot', { way: 'first start', readyMs: round(first.readyMs, 0), stopMs: round(firstStop, 0) });
  const readyMs: number[] = [];
  const stopMs: number[] = [];
  const restMb: number[] = [];
  for (let n = 0; n < WARM_STARTS; n++) {
    const warm = await start(dir);
    readyMs.push(warm.readyMs);
    await sleep(REST_MS);
    restMb.push(memoryMb(warm.palace()) ?? 0);
    stopMs.push(await warm.stop());
  }
  line('boot', {
    way: 'warm start',
    starts: WARM_STARTS,
    readyMs: spread(readyMs),
    restMb: spread(restMb),
    restAfterMs: REST_MS,
    without: 'PostgreSQL',
    stopMs: spread(stopMs),
  });
});

interface Started {
  readonly readyMs: number;
  /** Its processes without PostgreSQL's. */
  palace(): number[];
  /** Resolves with how long it took. */
  stop(): Promise<number>;
}

async function start(dir: string): Promise<Started> {
  const began = now();
  const child = spawn(PALACE, ['up', '--json', '--data', dir, '--port', String(await freePort()), '--no-console'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => undefined)]);
  if (said === undefined) throw new Error('palace up ended before it was ready');
  const readyMs = now() - began;
  const { pids } = JSON.parse(String(said[0])) as { pids: { palace: number; postgres: number } };
  return {
    readyMs,
    palace: () => {
      const database = new Set(family(pids.postgres));
      return family(pids.palace).filter((pid) => !database.has(pid));
    },
    async stop() {
      const from = now();
      process.kill(pids.palace, 'SIGTERM');
      await ended;
      return now() - from;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
