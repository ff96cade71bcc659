// The faults, each on a house of its own that lives through all rounds: load, the fault in the middle of it, quiet, the checks.
import { setTimeout as sleep } from 'node:timers/promises';
import { verify, type Verdict } from './checks.ts';
import type { Door } from './door.ts';
import { openCluster, openOneProcess, type Cluster, type OneProcess } from './houses.ts';
import { startLoad } from './ledger.ts';
import { tail, type Folder } from './processes.ts';
import type { Sink } from './sink.ts';

/** Between 0 and 1, repeatable by the seed. */
export type Chance = () => number;

export interface Fault {
  readonly name: string;
  /** One house for all rounds; gives one verdict a round. */
  rounds(count: number, chance: Chance, told: (round: number, verdict: Verdict) => void): Promise<void>;
}

const CLIENTS = 10;
const PAUSE_MS = 40;
const LOAD_MS = 1_500;
const LEASE_MS = 3_000;

interface House {
  readonly door: Door;
  readonly sink: Sink;
  readonly folder: Folder;
  close(): Promise<void>;
}

function fault<H extends House>(name: string, open: () => Promise<H>, strike: (house: H, chance: Chance, round: number) => Promise<void>): Fault {
  return {
    name,
    async rounds(count, chance, told) {
      const house = await open();
      try {
        for (let round = 1; round <= count; round++) {
          const load = startLoad(house.door, `${name}-${round}`, CLIENTS, PAUSE_MS);
          await sleep(LOAD_MS * (0.3 + 0.7 * chance()));
          await strike(house, chance, round);
          await sleep(LOAD_MS / 2);
          told(round, await verify(house.door, house.sink, await load.finish()));
        }
      } catch (error) {
        throw new Error(`${name}: ${String(error)}\n${tail(house.folder.log)}`, { cause: error });
      } finally {
        await house.close();
      }
    },
  };
}

export const FAULTS: readonly Fault[] = [
  fault<OneProcess>('kill-process', openOneProcess, async (house, chance) => {
    await house.process().kill();
    await sleep(300 * chance());
    await house.restart();
  }),
  fault<OneProcess>('kill-postgres', openOneProcess, async (house) => {
    process.kill(house.postgresPid(), 'SIGKILL');
    await sleep(3_000);
  }),
  fault<Cluster>(
    'kill-one-of-two',
    () => openCluster(2),
    async (house, _chance, round) => {
      const place = round % 2;
      await house.flows()[place]?.kill();
      // The other one takes over before this one comes back.
      await sleep(LEASE_MS / 2);
      await house.restart(place);
    },
  ),
  fault<Cluster>(
    'stop-owner',
    () => openCluster(2),
    async (house, chance, round) => {
      const flow = house.flows()[round % 2];
      flow?.signal('SIGSTOP');
      await sleep(LEASE_MS + 500 + 2_500 * chance());
      flow?.signal('SIGCONT');
    },
  ),
  fault<Cluster>(
    'stop-in-commit',
    () => openCluster(2),
    async (house, chance) => {
      const flow = house.flows()[0];
      await house.proxy.atNextCommit(2_000, () => flow?.signal('SIGSTOP'));
      await sleep(LEASE_MS + 500 + 2_500 * chance());
      flow?.signal('SIGCONT');
    },
  ),
  fault<Cluster>(
    'cut-commit',
    () => openCluster(1),
    async (house, chance) => {
      for (let cut = 0; cut < 5; cut++) {
        await house.proxy.cutNextCommit(2_000);
        await sleep(400 * chance());
      }
    },
  ),
];
