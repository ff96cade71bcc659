// Installations under test: `palace up` over its own PostgreSQL, or gateway and flow processes over one that the harness runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDoor, type Door } from './door.ts';
import { prepare } from './flows.ts';
import { freePort, openFolder, run, startPostgres, type Folder, type PostgresServer, type Program } from './processes.ts';
import { openProxy, type Proxy } from './proxy.ts';
import { openSink, type Sink } from './sink.ts';

interface Ground {
  readonly folder: Folder;
  readonly door: Door;
  readonly sink: Sink;
  close(): Promise<void>;
}

/** One process, as on a laptop. */
export interface OneProcess extends Ground {
  /** Where it listens, and the key of its first tenant. */
  readonly credentials: () => { readonly url: string; readonly apiKey: string };
  process(): Program;
  /** After a kill. */
  restart(): Promise<void>;
  /** The server process as the data folder has it now. */
  postgresPid(): number;
}

export async function openOneProcess(environment: Readonly<Record<string, string>> = {}): Promise<OneProcess> {
  const folder = openFolder();
  const sink = await openSink();
  const port = await freePort();
  const data = join(folder.dir, 'data');
  const start = (): Promise<Program> => run(['up', '--data', data, '--port', String(port), '--no-samples', '--no-console'], folder, environment);
  let program = await start();
  const where = () => credentials(join(data, 'credentials.json'));
  const door = openDoor(where);
  await prepare(door, sink);
  return {
    folder,
    door,
    sink,
    credentials: where,
    process: () => program,
    async restart() {
      program = await start();
    },
    postgresPid: () => Number(readFileSync(join(data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]),
    async close() {
      door.close();
      await program.stop();
      await sink.close();
      folder.remove();
    },
  };
}

/** A small cluster: a gateway, flow processes, one PostgreSQL. The first flow process reaches it through a proxy. */
export interface Cluster extends Ground {
  readonly postgres: PostgresServer;
  readonly proxy: Proxy;
  flows(): readonly Program[];
  /** Starts the flow process of that place again. */
  restart(place: number): Promise<void>;
}

export async function openCluster(size: number): Promise<Cluster> {
  const folder = openFolder();
  const sink = await openSink();
  const postgres = await startPostgres(join(folder.dir, 'database'));
  const proxy = await openProxy(postgres.socketPath);
  const ports = await Promise.all(Array.from({ length: size }, freePort));
  const environment = (place: number): Record<string, string> => ({
    PALACE_DATABASE_URL: place === 0 ? postgres.urlAt(proxy.port) : postgres.server.url,
    PALACE_BUS_URL: 'postgres:',
    PALACE_DATA: join(folder.dir, 'shared'),
    PALACE_NODE_NAME: `flow-${place}`,
  });
  const startFlow = (place: number): Promise<Program> => run(['start', 'flow', '--listen', `127.0.0.1:${ports[place]}`], folder, environment(place));
  const flows: Program[] = [];
  for (let place = 0; place < size; place++) flows.push(await startFlow(place));
  const file = join(folder.dir, 'credentials.json');
  const urls = ports.flatMap((port) => ['--flow-url', `http://127.0.0.1:${port}`]);
  const gateway = await run(['start', 'gateway', '--listen', `127.0.0.1:${await freePort()}`, ...urls, '--credentials', file], folder, {
    ...environment(size),
    PALACE_NODE_NAME: 'gateway',
  });
  const door = openDoor(() => credentials(file));
  await prepare(door, sink);
  return {
    folder,
    door,
    sink,
    postgres,
    proxy,
    flows: () => flows,
    async restart(place) {
      flows[place] = await startFlow(place);
    },
    async close() {
      door.close();
      await gateway.stop();
      await Promise.all(flows.map((flow) => flow.stop()));
      await proxy.close();
      await postgres.server.stop();
      await sink.close();
      folder.remove();
    },
  };
}

function credentials(file: string): { url: string; apiKey: string } {
  return JSON.parse(readFileSync(file, 'utf8')) as { url: string; apiKey: string };
}
