// A cluster whose processes change their release one after the other: two gateways, two flow processes, one PostgreSQL.
// The client has one address, as behind a load balancer: a gateway is taken out before it is replaced.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDoor, type Door, type Told } from '../chaos/door.ts';
import { prepare } from '../chaos/flows.ts';
import { freePort, openFolder, run, startPostgres, type Program } from '../chaos/processes.ts';
import { openSink, type Sink } from '../chaos/sink.ts';

/** bin/palace.ts of a release. */
export type Entry = string;

export interface RollingCluster {
  readonly door: Door;
  readonly sink: Sink;
  /** Where `palace upgrade` and `palace doctor` find the database. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: string;
  readonly flows: number;
  /** Stops the flow process of that place and starts it in another release. */
  replaceFlow(place: number, entry: Entry): Promise<void>;
  /** The client is led to the other gateway, then each is replaced. */
  replaceGateways(entry: Entry): Promise<void>;
  close(): Promise<void>;
}

const FLOWS = 2;
const GATEWAYS = 2;
/** Requests under way at a gateway that was taken out have ended by then. */
const LEAVE_MS = 1_500;

export async function openRollingCluster(entry: Entry, told: Told): Promise<RollingCluster> {
  const folder = openFolder();
  const sink = await openSink();
  const postgres = await startPostgres(join(folder.dir, 'database'));
  const ports = await Promise.all(Array.from({ length: FLOWS + GATEWAYS }, freePort));
  const environment = { PALACE_DATABASE_URL: postgres.server.url, PALACE_BUS_URL: 'postgres:', PALACE_DATA: join(folder.dir, 'shared') };
  const credentials = join(folder.dir, 'credentials.json');
  const flowUrls = ports.slice(0, FLOWS).flatMap((port) => ['--flow-url', `http://127.0.0.1:${port}`]);
  const start = (place: number, release: Entry): Promise<Program> => {
    const listen = ['--listen', `127.0.0.1:${ports[place]}`];
    const words = place < FLOWS ? ['start', 'flow', ...listen] : ['start', 'gateway', ...listen, ...flowUrls, '--credentials', credentials];
    return run(words, folder, { ...environment, PALACE_NODE_NAME: place < FLOWS ? `flow-${place}` : `gateway-${place - FLOWS}` }, release);
  };
  // Both flow processes at once: they meet over an empty database.
  const programs: Program[] = await Promise.all(Array.from({ length: FLOWS }, (_, place) => start(place, entry)));
  for (let place = FLOWS; place < FLOWS + GATEWAYS; place++) programs.push(await start(place, entry));
  let facing = FLOWS;
  const { apiKey } = JSON.parse(readFileSync(credentials, 'utf8')) as { apiKey: string };
  const door = openDoor(() => ({ url: `http://127.0.0.1:${ports[facing]}`, apiKey }), { told });
  await prepare(door, sink);
  const replace = async (place: number, release: Entry): Promise<void> => {
    await programs[place]?.stop();
    programs[place] = await start(place, release);
  };
  return {
    door,
    sink,
    environment,
    log: folder.log,
    flows: FLOWS,
    replaceFlow: replace,
    async replaceGateways(release) {
      for (let place = FLOWS; place < FLOWS + GATEWAYS; place++) {
        facing = place === FLOWS ? FLOWS + 1 : FLOWS;
        await sleep(LEAVE_MS);
        await replace(place, release);
      }
    },
    async close() {
      door.close();
      await Promise.all(programs.slice(FLOWS).map((gateway) => gateway.stop()));
      await Promise.all(programs.slice(0, FLOWS).map((flow) => flow.stop()));
      await postgres.server.stop();
      await sink.close();
      folder.remove();
    },
  };
}
