// Ownership in the model of the database: nodes, shards, leases, engine time. It stands for platform/durable/sql/ownership.ts.
// I1 A claim is decided by what the row shows under its lock, not by what a snapshot showed.
// Called by database.ts.
import {
  SHARD_COUNT,
  type EngineSample,
  type Fence,
  type Halt,
  type HaltsRead,
  type HaltWish,
  type NodeRow,
  type Renewal,
  type StoredClock,
} from '@palace/platform/durable/contract.ts';
import { LockTimeout } from './locks.ts';
import type { Server, Statement } from './server.ts';
import type { Switches } from './switches.ts';

/** A node's wall clock that differs by more makes a database's clock doubtful when nobody knows the time. */
const STRANGE_MS = 60_000;
/** So long a node without a clock of its own waits for one that has. */
const SETTLE_LEASES = 3;

interface ShardRow {
  owner: string | undefined;
  epoch: number;
  leaseUntilMs: number;
}

interface Clock {
  offsetMs: number;
  version: number;
  setAtMs: number;
  timeline: string;
  unsettledMs: number | undefined;
  highWaterMs: number;
}

interface NodeEntry extends NodeRow {
  leaving: boolean;
  seenMs: number;
  highWaterMs: number;
  /** The session lock is held. */
  alive: boolean;
}

export class Ownership {
  readonly shards: ShardRow[] = Array.from({ length: SHARD_COUNT }, () => ({ owner: undefined, epoch: 0, leaseUntilMs: 0 }));
  readonly nodes = new Map<string, NodeEntry>();
  readonly clock: Clock = { offsetMs: 0, version: 0, setAtMs: 0, timeline: '', unsettledMs: undefined, highWaterMs: 0 };
  readonly halts = new Map<string, Halt>();
  private haltVersion = 0;
  private readonly server: Server;
  private readonly switches: Switches;

  constructor(server: Server, switches: Switches) {
    this.server = server;
    this.switches = switches;
  }

  engineMs(): number {
    return this.server.wallMs() + this.clock.offsetMs;
  }

  row(shard: number): ShardRow {
    return this.shards[shard] as ShardRow;
  }

  everybodyGone(): void {
    for (const node of this.nodes.values()) node.alive = false;
  }

  /** Every statement of a node looks first whether another server serves. */
  statement<T>(work: (statement: Statement) => Promise<T>): Promise<T> {
    return this.server.statement((statement) => {
      this.arrive();
      return work(statement);
    });
  }

  /** E7: after a promotion every epoch rises first. No lock can be held then: every connection was lost. */
  arrive(): void {
    const now = `timeline ${this.server.timeline}`;
    if (this.clock.timeline === now) return;
    for (const shard of this.shards) {
      if (shard.owner === undefined) continue;
      shard.owner = undefined;
      shard.epoch++;
    }
    this.clock.unsettledMs = this.clock.timeline === '' ? undefined : this.server.wallMs();
    this.clock.version++;
    this.clock.timeline = now;
  }

  enlist(node: NodeRow): void {
    const known = this.nodes.get(node.nodeId);
    this.nodes.set(node.nodeId, { ...node, leaving: node.leaving === true, seenMs: this.engineMs(), highWaterMs: known?.highWaterMs ?? 0, alive: true });
  }

  async renew(node: NodeRow, fences: readonly Fence[], leaseMs: number, engine: EngineSample): Promise<Renewal> {
    const renewal = await this.renewFree(node, fences, leaseMs, engine);
    if (renewal.unsure.length === 0) return renewal;
    try {
      return { ...renewal, kept: [...renewal.kept, ...(await this.renewHeld(node, renewal.unsure, leaseMs))], unsure: [] };
    } catch (error) {
      if (error instanceof LockTimeout) return renewal;
      throw error;
    }
  }

  private renewFree(node: NodeRow, fences: readonly Fence[], leaseMs: number, engine: EngineSample): Promise<Renewal> {
    return this.statement(async (statement) => {
      const settled = await this.settleClock(statement, node.nodeId, engine, leaseMs);
      const clock = { ...settled };
      const free = new Set(fences.filter((fence) => this.server.tryLock(statement, `shard ${fence.shard}`)));
      await this.server.phase(statement, 0, 2);
      const nowMs = this.server.wallMs() + clock.offsetMs;
      const ours = fences.filter((fence) => this.isOurs(node, fence));
      const databaseMs = this.server.wallMs();
      await this.server.commitPhase(statement);
      if (settled !== this.clock) Object.assign(this.clock, settled);
      const kept = ours.filter((fence) => free.has(fence));
      for (const fence of kept) this.row(fence.shard).leaseUntilMs = nowMs + leaseMs;
      const own = this.nodes.get(node.nodeId);
      if (own !== undefined) Object.assign(own, { seenMs: nowMs, leaving: node.leaving === true, highWaterMs: Math.max(own.highWaterMs, engine.timeMs ?? 0) });
      const unsure = ours.filter((fence) => !free.has(fence));
      return {
        kept,
        unsure,
        databaseMs,
        halts: this.haltsSince(engine.haltVersion),
        minReader: 0,
        ...this.look(node, fences, nowMs, leaseMs),
        clock: stored(clock),
      };
    });
  }

  haltsSince(known: number | undefined): HaltsRead {
    return known === this.haltVersion ? { version: known } : { version: this.haltVersion, all: [...this.halts.values()] };
  }

  halt(wish: HaltWish): Promise<Halt> {
    return this.statement(async (statement) => {
      const known = this.halts.get(wish.scope);
      await this.server.commitPhase(statement);
      const halt = known ?? { ...wish, sinceMs: this.engineMs() };
      this.halts.set(wish.scope, halt);
      this.haltVersion += 1;
      return halt;
    });
  }

  /** A statement of its own, after the commit of the halt. */
  certify(scope: string): Promise<Halt | undefined> {
    return this.statement(async (statement) => {
      const certainMs = this.engineMs();
      await this.server.commitPhase(statement);
      const known = this.halts.get(scope);
      if (known === undefined) return undefined;
      const halt = { certainMs, ...known };
      this.halts.set(scope, halt);
      this.haltVersion += 1;
      return halt;
    });
  }

  liftHalt(scope: string): Promise<Halt | undefined> {
    return this.statement(async (statement) => {
      await this.server.commitPhase(statement);
      const halt = this.halts.get(scope);
      this.halts.delete(scope);
      this.haltVersion += 1;
      return halt;
    });
  }

  private renewHeld(node: NodeRow, fences: readonly Fence[], leaseMs: number): Promise<readonly Fence[]> {
    return this.statement(async (statement) => {
      await this.server.lockShards(statement, shardsOf(fences), 'exclusive', 1_000);
      const kept = fences.filter((fence) => this.isOurs(node, fence));
      const leaseUntilMs = this.engineMs() + leaseMs;
      await this.server.commitPhase(statement);
      for (const fence of kept) this.row(fence.shard).leaseUntilMs = leaseUntilMs;
      return kept;
    });
  }

  private isOurs(node: NodeRow, fence: Fence): boolean {
    const row = this.row(fence.shard);
    return row.owner === node.nodeId && row.epoch === fence.epoch;
  }

  private look(node: NodeRow, fences: readonly Fence[], nowMs: number, leaseMs: number): Pick<Renewal, 'orphans' | 'nodes'> {
    const sent = new Set(shardsOf(fences));
    const living = [...this.nodes.values()].filter((other) => other.alive);
    return {
      orphans: this.shards.flatMap((shard, id) => (this.isFree(shard, node.nodeId, nowMs) && !(shard.owner === node.nodeId && sent.has(id)) ? [id] : [])),
      nodes: living
        .filter((other) => !other.leaving && (other.nodeId === node.nodeId || other.seenMs > nowMs - leaseMs))
        .map(({ nodeId, readsFormat }) => ({ nodeId, readsFormat })),
    };
  }

  /** The clock as this statement will leave it; it is changed under its row lock and published with the statement. */
  private async settleClock(statement: Statement, nodeId: string, engine: EngineSample, leaseMs: number): Promise<Clock> {
    if (engine.timeMs !== undefined && engine.correctionMs === undefined) return this.clock;
    await this.server.lock(statement, 'clock', 'exclusive', 2_000);
    const { clock } = this;
    const wall = this.server.wallMs();
    const high = Math.max(clock.highWaterMs, ...[...this.nodes.values()].map((node) => node.highWaterMs));
    let { offsetMs } = clock;
    if (engine.timeMs !== undefined) {
      if (engine.version !== clock.version) return clock;
      offsetMs -= engine.correctionMs ?? 0;
      for (const shard of this.shards) shard.leaseUntilMs = Math.min(shard.leaseUntilMs, wall + offsetMs + leaseMs);
    } else {
      if (clock.unsettledMs !== undefined && wall >= clock.unsettledMs && wall <= clock.unsettledMs + SETTLE_LEASES * leaseMs) return clock;
      const others = [...this.nodes.values()].some((node) => node.alive && node.nodeId !== nodeId && node.highWaterMs > 0);
      const strange = Math.abs((engine.wallMs ?? wall + offsetMs) - wall - offsetMs) > STRANGE_MS;
      if (clock.unsettledMs === undefined && high < wall + offsetMs - 2 * leaseMs && (others || strange))
        return { ...clock, version: clock.version + 1, unsettledMs: wall };
      if (!others) offsetMs = Math.max(offsetMs, high - wall);
      if (offsetMs === clock.offsetMs && clock.unsettledMs === undefined) return clock;
    }
    this.server.world.note(
      `engine time is set to ${wall + offsetMs - this.server.trueMs()} ms from the truth, ${engine.timeMs === undefined ? 'by the database' : `by ${nodeId}`}`,
    );
    return { ...clock, offsetMs, version: clock.version + 1, setAtMs: engine.timeMs ?? wall + offsetMs, unsettledMs: undefined, highWaterMs: high };
  }

  private isFree(shard: ShardRow, nodeId: string, nowMs: number): boolean {
    return shard.owner === undefined || shard.owner === nodeId || shard.leaseUntilMs < nowMs || this.nodes.get(shard.owner)?.alive !== true;
  }

  claim(node: NodeRow, wanted: readonly number[], leaseMs: number): Promise<readonly Fence[]> {
    return this.statement(async (statement) => {
      const snapshot = new Map(wanted.map((shard) => [shard, { ...this.row(shard) }]));
      await this.server.phase(statement, 0, 3);
      const blind = this.switches.claim === 'blind';
      if (blind) await this.server.lockShards(statement, wanted, 'exclusive', 5_000);
      const locked = blind ? wanted : wanted.filter((shard) => this.server.tryLock(statement, `shard ${shard}`));
      await this.server.phase(statement, 0, 2);
      const looked = (shard: number): ShardRow => (blind ? (snapshot.get(shard) as ShardRow) : this.row(shard));
      const nowMs = this.engineMs();
      const won = this.clock.unsettledMs === undefined ? locked.filter((shard) => this.isFree(looked(shard), node.nodeId, nowMs)) : [];
      const fences = won.map((shard) => ({ shard, epoch: looked(shard).epoch + 1 }));
      await this.server.commitPhase(statement);
      for (const fence of fences) Object.assign(this.row(fence.shard), { owner: node.nodeId, epoch: fence.epoch, leaseUntilMs: nowMs + leaseMs });
      return fences;
    });
  }

  release(node: NodeRow, fences: readonly Fence[]): Promise<void> {
    return this.statement(async (statement) => {
      await this.server.lockShards(statement, shardsOf(fences), 'exclusive', 2_000);
      await this.server.commitPhase(statement);
      for (const fence of fences) {
        const row = this.row(fence.shard);
        if (row.owner === node.nodeId && row.epoch === fence.epoch) row.owner = undefined;
      }
    });
  }

  retire(node: NodeRow): Promise<void> {
    return this.statement(async (statement) => {
      await this.server.commitPhase(statement);
      for (const shard of this.shards) if (shard.owner === node.nodeId) shard.owner = undefined;
      this.clock.highWaterMs = Math.max(this.clock.highWaterMs, this.nodes.get(node.nodeId)?.highWaterMs ?? 0);
      this.nodes.delete(node.nodeId);
    });
  }
}

export function shardsOf(fences: readonly Fence[]): number[] {
  return fences.map((fence) => fence.shard);
}

function stored(clock: Clock): StoredClock {
  return { offsetMs: clock.offsetMs, timeline: clock.timeline, settled: clock.unsettledMs === undefined, version: clock.version, setAtMs: clock.setAtMs };
}
