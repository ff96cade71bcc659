// Several simulated processes over one database and one bus, running the real durable node unchanged.
// I1 No two processes ever open the same (shard, epoch), and no process opens it twice.
import type { DurableHost, DurableNode, DurableSettings } from '@palace/platform/durable/contract.ts';
import { createDurableNode } from '@palace/platform/durable/node.ts';
import type { Log, Telemetry } from '@palace/platform/telemetry/port.ts';
import { SimulatedBus } from './bus.ts';
import { connect, type Connection, type Weather } from './connection.ts';
import type { SimulatedDatabase } from './database.ts';
import type { Installation, LaunchedService, SimulatedService } from './service.ts';
import { SimulatedProcess, type World } from './world.ts';

export const SETTINGS: DurableSettings = {
  leaseMs: 3_000,
  renewMs: 500,
  lanes: 2,
  overlap: 2,
  maxBatchWrites: 100,
  maxBatchBytes: 100_000,
  pollMs: 5_000,
  haltPollMs: 250,
  overduePerSecond: 10_000,
  drainMs: 2_000,
};
const FIVE_MINUTES_MS = 300_000;

export interface Member<Launched extends LaunchedService> {
  readonly process: SimulatedProcess;
  readonly node: DurableNode;
  readonly service: Launched;
  readonly connection: Connection;
  started: boolean;
  leaving: boolean;
}

export class SimulatedInstallation<Launched extends LaunchedService> implements Installation<Launched> {
  readonly world: World;
  readonly database: SimulatedDatabase;
  readonly bus: SimulatedBus;
  readonly weather: Weather = { loseRequest: 0, loseReply: 0, slowMs: 20 };
  members: Member<Launched>[] = [];
  private readonly service: SimulatedService<Launched>;
  private readonly opened = new Map<string, string>();
  private launched = 0;

  constructor(world: World, database: SimulatedDatabase, service: SimulatedService<Launched>) {
    this.world = world;
    this.database = database;
    this.service = service;
    this.bus = new SimulatedBus(world);
  }

  launch(): Member<Launched> {
    const { world, database } = this;
    const skewMs = world.random.between(-FIVE_MINUTES_MS, FIVE_MINUTES_MS);
    const process = new SimulatedProcess(world, `n${++this.launched}`, skewMs);
    const connection = connect(world, database, process, this.weather);
    const service = this.service.launch({
      world,
      process,
      switches: database.switches,
      node: () => node,
      trueMs: () => database.server.trueMs(),
      read: (query) => connection.read(query),
    });
    const node: DurableNode = createDurableNode({
      service: this.service.name,
      nodeId: process.id,
      host: this.watched(process, service.host),
      store: connection.store,
      scheduler: process.scheduler,
      settings: SETTINGS,
      bus: this.bus.connect(process),
      telemetry: silentTelemetry(),
    });
    const member = { process, node, service, connection, started: false, leaving: false };
    this.members.push(member);
    world.note(`${process.id} starts`);
    void node.start().then(() => (member.started = true));
    return member;
  }

  private watched(process: SimulatedProcess, host: DurableHost): DurableHost {
    const { world, opened } = this;
    return {
      ...host,
      open: async (fence) => {
        const name = `shard ${fence.shard}, epoch ${fence.epoch}`;
        const other = opened.get(name);
        if (other !== undefined) world.violate(`${name}: opened by ${process.id} after ${other}`);
        opened.set(name, process.id);
        if (world.random.chance(0.01)) throw new Error('the shard did not open');
        await host.open(fence);
      },
      close: (shard, reason) => {
        if (shard < 8) world.note(`${process.id} closes ${shard}: ${reason}`);
        host.close(shard, reason);
      },
    };
  }

  kill(member: Member<Launched>): void {
    this.world.note(`${member.process.id} is killed`);
    member.process.kill();
    member.connection.cutSession();
    this.members = this.members.filter((one) => one !== member);
  }

  async leave(member: Member<Launched>): Promise<void> {
    this.world.note(`${member.process.id} leaves`);
    member.leaving = true;
    await member.node.stop();
    this.world.note(`${member.process.id} left`);
    this.kill(member);
  }

  running(): Member<Launched>[] {
    return this.members.filter((member) => member.process.alive && !member.process.stopped && member.started && !member.leaving);
  }

  serving(): readonly Member<Launched>[] {
    return this.members.filter((member) => member.process.alive && member.started);
  }

  request<T>(process: SimulatedProcess, timeoutMs: number, call: () => Promise<T>): Promise<T | undefined> {
    const { world } = this;
    return new Promise((resolve) => {
      const cancel = world.after(timeoutMs, () => resolve(undefined));
      const answer = (value: T | undefined): void =>
        void world.after(0.2 + world.random.next(), () => {
          cancel();
          resolve(value);
        });
      world.after(0.2 + world.random.next(), () => void call().then(answer, () => answer(undefined)), process);
    });
  }
}

function silentTelemetry(): Telemetry {
  const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };
  return {
    log,
    counter: () => ({ add: () => undefined }),
    gauge: () => ({ set: () => undefined }),
    histogram: () => ({ observe: () => undefined }),
    span: () => ({ traceId: '', traceparent: '', set: () => undefined, end: () => undefined }),
    metrics: () => Promise.resolve(''),
    close: () => Promise.resolve(),
  };
}
