// The durable store as one process sees it: the model of the database behind a network that loses requests and answers.
// I1 A lost request changed nothing, a lost answer hides a change; the client cannot tell which it was.
// I2 Replies reach a stopped process when it goes on, and a killed one never.
import type { CommitReply, DurableStore } from '@palace/platform/durable/contract.ts';
import { keyName, type SimulatedDatabase } from './database.ts';
import type { SimulatedProcess, World } from './world.ts';

export class ConnectionLost extends Error {}

/** How bad the network is now; fault.ts changes it. */
export interface Weather {
  loseRequest: number;
  loseReply: number;
  /** Round trips take this much longer now and then. */
  slowMs: number;
}

export interface Connection {
  readonly store: DurableStore;
  read<T>(query: () => T): Promise<T>;
  /** Ends the session that proves life, as its backend's death would. */
  cutSession(): void;
}

export function connect(world: World, database: SimulatedDatabase, process: SimulatedProcess, weather: Weather): Connection {
  const { server, owners } = database;
  let session = -1;

  function networkMs(): number {
    return 0.2 + world.random.next() * 2 + (world.random.chance(0.05) ? world.random.next() * weather.slowMs : 0);
  }

  function call<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const reply = (settle: () => void): void => void world.after(networkMs(), settle, process);
      const lose = (): void => reply(() => reject(new ConnectionLost('the connection was lost')));
      world.after(networkMs(), () => {
        if (!server.up || world.random.chance(weather.loseRequest)) return lose();
        work().then(
          (answer) => (world.random.chance(weather.loseReply) ? lose() : reply(() => resolve(answer))),
          (error: unknown) => reply(() => reject(error as Error)),
        );
      });
    });
  }

  /** Statements that need the session: a new one enlists again first. */
  function overSession<T>(nodeId: string, readsFormat: number, work: () => Promise<T>): Promise<T> {
    return call(() => {
      if (session !== server.incarnation || owners.nodes.get(nodeId)?.alive !== true) owners.enlist({ nodeId, readsFormat });
      session = server.incarnation;
      return work();
    });
  }

  async function commit(writes: Parameters<DurableStore['commit']>[1]): Promise<CommitReply> {
    try {
      return await new Promise<CommitReply>((resolve, reject) => {
        const early = (): void => void world.after(networkMs(), () => resolve({ kind: 'committed' }), process);
        call(() => database.commit(writes, early)).then(resolve, reject);
      });
    } catch (error) {
      return { kind: 'unknown', message: String(error) };
    }
  }

  const read = <T>(query: () => T): Promise<T> => call(() => database.read(query));
  const store: DurableStore = {
    enlist: (node) => overSession(node.nodeId, node.readsFormat, () => Promise.resolve()),
    renew: async (node, fences, leaseMs, engine) => {
      const renewal = await overSession(node.nodeId, node.readsFormat, () => owners.renew(node, fences, leaseMs, engine));
      process.heardMs = world.nowMs;
      if (database.switches.clock === 'database') return renewal;
      return { ...renewal, databaseMs: server.trueMs() + process.wallSkewMs, clock: { ...renewal.clock, offsetMs: 0, settled: true } };
    },
    claim: (node, shards, leaseMs) => overSession(node.nodeId, node.readsFormat, () => owners.claim(node, shards, leaseMs)),
    readHalts: (known) => read(() => owners.haltsSince(known)),
    async halt(wish) {
      const kept = await call(() => owners.halt(wish));
      return (await call(() => owners.certify(wish.scope))) ?? kept;
    },
    liftHalt: (scope) => call(() => owners.liftHalt(scope)),
    release: (node, fences) => overSession(node.nodeId, node.readsFormat, () => owners.release(node, fences)),
    retire: (node) => call(() => owners.retire(node)),
    commit: (_connection, writes) => commit(writes),
    send: (sendings) => call(() => database.send(sendings)),
    proveRoom: () => call(() => Promise.resolve()),
    readPending: (shards) =>
      read(() => ({
        inbox: shards.filter((shard) => database.hasOpenInbox(shard)),
        streams: shards.filter((shard) => database.streams.undecided(shard).length > 0),
        oldestInboxMs: 0,
        oldestStreamMs: 0,
        streamLag: 0,
      })),
    readInbox: (reads) => read(() => reads.map((one) => database.openInbox(one))),
    readStreams: (reads) => read(() => reads.map((one) => database.streams.rows(one))),
    readCursors: (shards) => read(() => database.streams.cursors(new Set(shards))),
    readTimers: (reads) => read(() => reads.flatMap((one) => database.nextTimers(one))),
    readDueTimers: (reads) => read(() => reads.map((one) => database.dueTimersInTurn(one))),
    commandState: (tenant, commandId) =>
      read(() => {
        const row = database.inbox.get(`${tenant}\n${commandId}`);
        return row === undefined ? undefined : { state: row.state };
      }),
    lookUpKey: (tenant, scope, key) => read(() => database.keys.get(keyName(tenant, scope, key))),
    trimStreams: (fences) => read(() => database.streams.trim(new Set(fences.map((fence) => fence.shard)))),
    close: () => Promise.resolve(),
  };
  return {
    store,
    read,
    cutSession: () => {
      const node = owners.nodes.get(process.id);
      if (node !== undefined) node.alive = false;
    },
  };
}
