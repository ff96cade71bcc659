// AgentsFlow in the simulator: its tables, its processes (the real engine), its clients, and what must hold in the end.
import { ENDED } from '@palace/flow/contract.ts';
import type { SimulatedDatabase } from './database.ts';
import { FlowClients } from './flow-clients.ts';
import { FlowInvariants } from './flow-invariants.ts';
import { FlowOutside } from './flow-outside.ts';
import { FlowProcess } from './flow-process.ts';
import { FlowSchedules } from './flow-schedules.ts';
import { FlowTables } from './flow-tables.ts';
import type { Installation, LaunchParts, SimulatedService } from './service.ts';
import type { Switches } from './switches.ts';
import type { World } from './world.ts';

export class FlowSimulation implements SimulatedService<FlowProcess> {
  readonly name = 'flow';
  readonly tables: FlowTables;
  private readonly world: World;
  private readonly outside: FlowOutside;
  private readonly invariants: FlowInvariants;
  private database: SimulatedDatabase | undefined;
  private installation: Installation<FlowProcess> | undefined;
  private clients: FlowClients | undefined;
  private schedules: FlowSchedules | undefined;

  constructor(world: World, switches: Switches) {
    this.world = world;
    this.tables = new FlowTables(world);
    this.outside = new FlowOutside(world, switches);
    this.invariants = new FlowInvariants(world, this.tables, this.outside);
    this.tables.watches.push(this.invariants);
  }

  attach(database: SimulatedDatabase): void {
    this.database = database;
  }

  launch(parts: LaunchParts): FlowProcess {
    return new FlowProcess(parts, this.tables, this.outside, {
      inbox: () => [...this.store().inbox.values()],
      streams: (shard) => this.store().streams.undecided(shard),
    });
  }

  startClients(installation: Installation<FlowProcess>, untilMs: number): void {
    this.installation = installation;
    const { world, tables, outside, invariants } = this;
    this.clients = new FlowClients({ world, tables, outside, invariants, database: () => this.store() }, installation);
    this.clients.run(untilMs);
    this.schedules = new FlowSchedules({ world, tables, database: () => this.store() }, installation);
    this.schedules.run(untilMs);
    world.after(untilMs - world.nowMs, () => (outside.calm = true));
  }

  private store(): SimulatedDatabase {
    if (this.database === undefined) throw new Error('No database is attached');
    return this.database;
  }

  quiet(): string | undefined {
    const working = this.clients?.working ?? 0;
    if (working > 0) return `${working} clients wait for an answer`;
    if (this.schedules?.working === true) return 'the schedules are still published';
    const open = [...this.store().inbox.values()].filter((row) => row.state === 'open');
    if (open.length > 0) return `${open.length} commands are open, first ${open[0]?.kind} ${open[0]?.commandId} for ${open[0]?.key} in shard ${open[0]?.shard}`;
    const run = [...this.tables.runs.values()].find(({ row }) => !ENDED.has(row.status));
    if (run !== undefined) return `${run.row.id} (${run.row.flow}) is ${run.row.status}, its last event is ${run.lastSeq}`;
    const lag = Array.from({ length: 64 }, (_, shard) => shard).find((shard) => this.store().streams.undecided(shard).length > 0);
    if (lag !== undefined) return `shard ${lag} has stream rows that nobody decided`;
    const [timer] = this.tables.timers.keys();
    if (timer !== undefined) return `the timer ${timer.replace('\n', ' ')} is left`;
    const [start] = this.tables.waitingStarts.values();
    if (start !== undefined) return `the start of ${start.run} still waits for room`;
    const unmatched = [...this.tables.events.values()].find((event) => !event.matched);
    if (unmatched !== undefined) return `the event ${unmatched.id} was never matched`;
    for (const { service } of this.installation?.serving() ?? []) {
      const held = service.holds();
      if (held !== undefined) return held;
    }
    return undefined;
  }

  finalCheck(world: World): void {
    this.checkStarts(world);
    this.checkSignals(world);
    this.checkLedger(world);
    for (const name of this.invariants.due)
      if (!this.tables.events.has(name)) world.violate(`the lifecycle event ${name.replaceAll('\n', ' ')} was never published`);
    this.schedules?.check();
    const [subscription] = this.tables.subscriptions.values();
    if (subscription !== undefined) world.violate(`${subscription.run} has ended and is still subscribed to ${subscription.type}`);
  }

  private checkStarts(world: World): void {
    const byToken = new Map<string, number>();
    for (const { row, live } of this.tables.runs.values()) {
      if (row.parent !== undefined || row.forkOf !== undefined) continue;
      const { token } = live.input as { token: string };
      byToken.set(`${token}`, (byToken.get(token) ?? 0) + 1);
    }
    for (const { token, keyed, id } of this.clients?.starts ?? []) {
      const times = byToken.get(token) ?? 0;
      if (keyed ? times !== 1 : times > 1) world.violate(`${times} runs began for ${token}`);
      if (id !== undefined && !this.tables.runs.has(id)) world.violate(`${id} was acknowledged and never began`);
    }
  }

  private checkSignals(world: World): void {
    for (const { row } of this.clients?.commands ?? []) {
      const state = this.store().inbox.get(`${row.tenant}\n${row.commandId}`)?.state;
      if (state === undefined || state === 'open') world.violate(`${row.commandId} ended as ${state ?? 'lost'}`);
      if (row.kind !== 'signal') continue;
      if (state === 'refused') world.violate(`the signal ${row.commandId} was refused: ${row.key} had been acknowledged and nobody knew it`);
      const times = this.invariants.signals.get(row.commandId) ?? 0;
      if (times !== (state === 'done' ? 1 : 0))
        world.violate(`the signal ${row.commandId} for ${row.key} is ${state} and stands ${times} times in the journal`);
    }
  }

  /** The ledger says of each act what the world outside says. */
  private checkLedger(world: World): void {
    for (const { row, effects } of this.tables.runs.values()) {
      for (const { key, state } of effects.values()) {
        const performed = this.outside.performed.has(key);
        if (state === 'confirmed' && !performed) world.violate(`${row.id}: ${key} is confirmed and was never performed`);
        if (state === 'failed' && performed) world.violate(`${row.id}: ${key} is failed and was performed`);
        if (state === 'intent') world.violate(`${row.id} has ended and ${key} is still only intended`);
      }
    }
  }

  figures(): Record<string, number> {
    const runs = [...this.tables.runs.values()];
    const ended = (status: string): number => runs.filter(({ row }) => row.status === status).length;
    return {
      runs: runs.length,
      completed: ended('completed'),
      failed: ended('failed'),
      cancelled: ended('cancelled'),
      ...this.invariants.figures,
      started: this.schedules?.started ?? 0,
      eventsWaited: this.schedules?.waited.events ?? 0,
      timesWaited: this.schedules?.waited.times ?? 0,
      longestLine: this.schedules?.waited.longest ?? 0,
      signals: this.invariants.signals.size,
      events: this.tables.events.size,
      lifecycle: this.invariants.due.size,
      commands: this.clients?.commands.length ?? 0,
    };
  }
}
