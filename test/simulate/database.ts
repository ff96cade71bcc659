// A model of PostgreSQL as far as the durable component leans on it: statements in phases (arrival, snapshot, lock wait, apply, commit,
// reply) with other statements in between, row locks, a wall clock that can jump, restarts that forget what was not committed.
// I1 What commits is checked in that instant against the truth, whatever the statement itself looked at: one writer per (shard, epoch).
// I2 A statement whose client is gone goes on by itself, as a backend does.
// Called by connection.ts; the SQL it stands for is in platform/durable/sql.
import { SHARD_COUNT, type CommandState, type CommitReply, type EngineSample, type Fence, type InboxRead, type InboxRow, type NodeRow, type Renewal, type TimerRead, type TimerRow, type Write } from '@palace/platform/durable/contract.ts';
import { Locks, LockTimeout, type LockMode } from './locks.ts';
import { BadRow, type ServiceTables } from './service.ts';
import { FencedStreams, SequenceStreams, type StreamTables } from './streams.ts';
import type { Switches } from './switches.ts';
import { WALL_START_MS, type World } from './world.ts';

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

interface InboxEntry extends InboxRow {
  readonly order: number;
  state: CommandState['state'];
}

interface NodeEntry extends NodeRow {
  leaving: boolean;
  seenMs: number;
  highWaterMs: number;
  /** The session lock is held. */
  alive: boolean;
}

/** Thrown into a statement whose server went away. */
export class ServerGone extends Error {}

class Statement {
  readonly incarnation: number;

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }
}

export class SimulatedDatabase {
  readonly world: World;
  readonly streams: StreamTables;
  readonly tables: ServiceTables;
  readonly switches: Switches;
  readonly shards: ShardRow[] = Array.from({ length: SHARD_COUNT }, () => ({ owner: undefined, epoch: 0, leaseUntilMs: 0 }));
  readonly nodes = new Map<string, NodeEntry>();
  readonly inbox = new Map<string, InboxEntry>();
  readonly timers: Map<string, TimerRow>[] = Array.from({ length: SHARD_COUNT }, () => new Map());
  readonly keys = new Map<string, { readonly tenant: string; readonly scope: string; readonly key: string; readonly fingerprint: string; readonly answer: string }>();
  readonly clock: Clock = { offsetMs: 0, version: 0, setAtMs: 0, timeline: '', unsettledMs: undefined, highWaterMs: 0 };
  /** Raised by a restart; statements of an earlier one are gone. */
  incarnation = 0;
  up = true;
  timeline = 1;
  jumpMs = 0;
  /** How slow commits are now. */
  commitMs: readonly [number, number] = [1, 4];
  private locks: Locks;
  private arrivals = 0;

  constructor(world: World, service: string, tables: ServiceTables, switches: Switches) {
    this.world = world;
    this.tables = tables;
    this.switches = switches;
    this.locks = new Locks(world);
    this.streams = switches.streams === 'sequence' ? new SequenceStreams(service) : new FencedStreams(service);
  }

  wallMs(): number {
    return WALL_START_MS + Math.floor(this.world.nowMs) + this.jumpMs;
  }

  /** What engine time would be if no clock had ever jumped. */
  trueMs(): number {
    return WALL_START_MS + Math.floor(this.world.nowMs);
  }

  engineMs(): number {
    return this.wallMs() + this.clock.offsetMs;
  }

  goDown(): void {
    this.up = false;
    this.incarnation++;
    this.locks = new Locks(this.world);
    for (const node of this.nodes.values()) node.alive = false;
  }

  /** Another server serves from here on, with another clock. */
  promote(jumpMs: number): void {
    this.timeline++;
    this.jumpMs += jumpMs;
  }

  /** Runs a statement; a restart in between ends it without a trace. */
  async statement<T>(work: (statement: Statement) => Promise<T>): Promise<T> {
    if (!this.up) throw new ServerGone('the server is down');
    const statement = new Statement(this.incarnation);
    const { locks } = this;
    try {
      this.arrive();
      return await work(statement);
    } finally {
      locks.release(statement);
    }
  }

  private async phase(statement: Statement, fromMs: number, toMs: number): Promise<void> {
    await this.world.sleep(fromMs + this.world.random.next() * (toMs - fromMs));
    if (statement.incarnation !== this.incarnation) throw new ServerGone('the server restarted');
  }

  private async lock(statement: Statement, shards: readonly number[], mode: LockMode, timeoutMs: number): Promise<void> {
    for (const shard of shards.toSorted((a, b) => a - b)) {
      await this.locks.take(statement, `shard ${shard}`, mode, timeoutMs);
      if (statement.incarnation !== this.incarnation) throw new ServerGone('the server restarted');
    }
  }

  /** E7: after a promotion every epoch rises first. No lock can be held then: every connection was lost. */
  private arrive(): void {
    const now = `timeline ${this.timeline}`;
    if (this.clock.timeline === now) return;
    for (const shard of this.shards) {
      if (shard.owner === undefined) continue;
      shard.owner = undefined;
      shard.epoch++;
    }
    this.clock.unsettledMs = this.clock.timeline === '' ? undefined : this.wallMs();
    this.clock.version++;
    this.clock.timeline = now;
  }

  enlist(node: NodeRow): void {
    const known = this.nodes.get(node.nodeId);
    this.nodes.set(node.nodeId, { ...node, leaving: node.leaving === true, seenMs: this.engineMs(), highWaterMs: known?.highWaterMs ?? 0, alive: true });
  }

  renew(node: NodeRow, fences: readonly Fence[], leaseMs: number, engine: EngineSample): Promise<Renewal> {
    return this.statement(async (statement) => {
      const settled = await this.settleClock(statement, node.nodeId, engine, leaseMs);
      const clock = { ...settled };
      await this.lock(statement, fences.map((fence) => fence.shard), 'exclusive', 2_000);
      await this.phase(statement, 0, 2);
      const nowMs = this.wallMs() + clock.offsetMs;
      const kept = fences.filter((fence) => this.shards[fence.shard]?.owner === node.nodeId && this.shards[fence.shard]?.epoch === fence.epoch);
      const databaseMs = this.wallMs();
      await this.phase(statement, ...this.commitMs);
      if (settled !== this.clock) Object.assign(this.clock, settled);
      for (const fence of kept) this.row(fence.shard).leaseUntilMs = nowMs + leaseMs;
      const own = this.nodes.get(node.nodeId);
      if (own !== undefined) Object.assign(own, { seenMs: nowMs, leaving: node.leaving === true, highWaterMs: Math.max(own.highWaterMs, engine.timeMs ?? 0) });
      const sent = new Set(fences.map((fence) => fence.shard));
      const living = [...this.nodes.values()].filter((other) => other.alive);
      return {
        kept, databaseMs, haltVersion: 0, minReader: 0,
        orphans: this.shards.flatMap((shard, id) => (this.isFree(shard, node.nodeId, nowMs) && !(shard.owner === node.nodeId && sent.has(id)) ? [id] : [])),
        nodes: living.filter((other) => !other.leaving && (other.nodeId === node.nodeId || other.seenMs > nowMs - leaseMs)).map(({ nodeId, readsFormat }) => ({ nodeId, readsFormat })),
        clock: { offsetMs: clock.offsetMs, timeline: clock.timeline, settled: clock.unsettledMs === undefined, version: clock.version, setAtMs: clock.setAtMs },
      };
    });
  }

  /** The clock as this statement will leave it; it is changed under its row lock and published with the statement. */
  private async settleClock(statement: Statement, nodeId: string, engine: EngineSample, leaseMs: number): Promise<Clock> {
    if (engine.timeMs !== undefined && engine.correctionMs === undefined) return this.clock;
    await this.locks.take(statement, 'clock', 'exclusive', 2_000);
    if (statement.incarnation !== this.incarnation) throw new ServerGone('the server restarted');
    const { clock } = this;
    const wall = this.wallMs();
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
      if (clock.unsettledMs === undefined && high < wall + offsetMs - 2 * leaseMs && (others || strange)) return { ...clock, version: clock.version + 1, unsettledMs: wall };
      if (!others) offsetMs = Math.max(offsetMs, high - wall);
      if (offsetMs === clock.offsetMs && clock.unsettledMs === undefined) return clock;
    }
    this.world.note(`engine time is set to ${wall + offsetMs - this.trueMs()} ms from the truth, ${engine.timeMs === undefined ? 'by the database' : `by ${nodeId}`}`);
    return { ...clock, offsetMs, version: clock.version + 1, setAtMs: engine.timeMs ?? wall + offsetMs, unsettledMs: undefined, highWaterMs: high };
  }

  private row(shard: number): ShardRow {
    return this.shards[shard] as ShardRow;
  }

  private isFree(shard: ShardRow, nodeId: string, nowMs: number): boolean {
    return shard.owner === undefined || shard.owner === nodeId || shard.leaseUntilMs < nowMs || this.nodes.get(shard.owner)?.alive !== true;
  }

  claim(node: NodeRow, wanted: readonly number[], leaseMs: number): Promise<readonly Fence[]> {
    return this.statement(async (statement) => {
      const snapshot = new Map(wanted.map((shard) => [shard, { ...this.row(shard) }]));
      await this.phase(statement, 0, 3);
      const blind = this.switches.claim === 'blind';
      if (blind) await this.lock(statement, wanted, 'exclusive', 5_000);
      const locked = blind ? wanted : wanted.filter((shard) => this.locks.tryTake(statement, `shard ${shard}`, 'exclusive'));
      await this.phase(statement, 0, 2);
      const looked = (shard: number): ShardRow => (blind ? (snapshot.get(shard) as ShardRow) : this.row(shard));
      const nowMs = this.engineMs();
      const won = this.clock.unsettledMs === undefined ? locked.filter((shard) => this.isFree(looked(shard), node.nodeId, nowMs)) : [];
      const fences = won.map((shard) => ({ shard, epoch: looked(shard).epoch + 1 }));
      await this.phase(statement, ...this.commitMs);
      for (const fence of fences) Object.assign(this.row(fence.shard), { owner: node.nodeId, epoch: fence.epoch, leaseUntilMs: nowMs + leaseMs });
      return fences;
    });
  }

  release(node: NodeRow, fences: readonly Fence[]): Promise<void> {
    return this.statement(async (statement) => {
      await this.lock(statement, fences.map((fence) => fence.shard), 'exclusive', 2_000);
      await this.phase(statement, ...this.commitMs);
      for (const fence of fences) {
        const row = this.row(fence.shard);
        if (row.owner === node.nodeId && row.epoch === fence.epoch) row.owner = undefined;
      }
    });
  }

  retire(node: NodeRow): Promise<void> {
    return this.statement(async (statement) => {
      await this.phase(statement, ...this.commitMs);
      for (const shard of this.shards) if (shard.owner === node.nodeId) shard.owner = undefined;
      this.clock.highWaterMs = Math.max(this.clock.highWaterMs, this.nodes.get(node.nodeId)?.highWaterMs ?? 0);
      this.nodes.delete(node.nodeId);
    });
  }

  /** `answered` is called where a wrong database would answer: before the commit. */
  commit(writes: readonly Write[], answered: () => void): Promise<CommitReply> {
    return this.statement(async (statement) => {
      const drawn = this.streams.begin(writes);
      const fences = [...new Map(writes.map((write) => [write.fence.shard, write.fence])).values()];
      const stale = await this.takeFences(statement, fences);
      if (stale.length > 0) return { kind: 'fenced', shards: stale };
      const refusal = await this.claimKeys(statement, writes);
      if (refusal !== undefined) return refusal;
      await this.phase(statement, 0, 3);
      if (this.switches.acknowledge === 'early') answered();
      await this.phase(statement, ...this.commitMs);
      return this.publish(writes, drawn);
    });
  }

  private async takeFences(statement: Statement, fences: readonly Fence[]): Promise<number[]> {
    const stale = (): number[] => fences.filter((fence) => this.row(fence.shard).epoch !== fence.epoch).map((fence) => fence.shard);
    if (this.switches.fence === 'none') return [];
    if (this.switches.fence === 'unlocked') return stale();
    await this.lock(statement, fences.map((fence) => fence.shard), 'share', 60_000);
    return stale();
  }

  private async claimKeys(statement: Statement, writes: readonly Write[]): Promise<CommitReply | undefined> {
    const claims = writes.flatMap((write) => (write.claims ?? []).map((claim) => ({ ...claim, tenant: write.tenant })));
    const names = claims.map((claim) => `key ${claim.tenant}\n${claim.scope}\n${claim.key}`).toSorted();
    try {
      for (const name of names) await this.locks.take(statement, name, 'exclusive', 50);
    } catch (error) {
      if (error instanceof LockTimeout) return { kind: 'contended' };
      throw error;
    }
    if (statement.incarnation !== this.incarnation) throw new ServerGone('the server restarted');
    const taken = claims.flatMap((claim) => this.keys.get(keyName(claim.tenant, claim.scope, claim.key)) ?? []);
    return taken.length > 0 ? { kind: 'key-taken', taken } : undefined;
  }

  /** The instant of the commit: all of it or nothing. */
  private publish(writes: readonly Write[], drawn: readonly number[]): CommitReply {
    try {
      this.streams.checkCursors(writes);
      this.tables.check(writes);
    } catch (error) {
      if (error instanceof BadRow) return { kind: 'bad-row', sqlstate: error.sqlstate, message: error.message };
      throw error;
    }
    let next = 0;
    for (const write of writes) {
      const now = this.row(write.fence.shard).epoch;
      if (now !== write.fence.epoch) this.world.violate(`shard ${write.fence.shard}: epoch ${write.fence.epoch} wrote ${write.key} under epoch ${now}`);
      const count = write.streams?.length ?? 0;
      this.streams.apply(write, drawn.slice(next, next + count));
      next += count;
      this.applyDurable(write);
      this.tables.apply(write);
    }
    return { kind: 'committed' };
  }

  private applyDurable(write: Write): void {
    for (const claim of write.claims ?? []) this.keys.set(keyName(write.tenant, claim.scope, claim.key), { ...claim, tenant: write.tenant });
    for (const consumed of write.consumes ?? []) {
      const entry = this.inbox.get(`${write.tenant}\n${consumed.commandId}`);
      if (entry === undefined) continue;
      if (entry.state !== 'open') this.world.violate(`command ${consumed.commandId} was decided twice`);
      entry.state = consumed.outcome;
    }
    const timers = this.timers[write.fence.shard] as Map<string, TimerRow>;
    for (const timer of write.timersClear ?? []) timers.delete(`${timer.key}\n${timer.id}`);
    for (const timer of write.timersSet ?? []) timers.set(`${timer.key}\n${timer.id}`, timer);
  }

  send(rows: readonly InboxRow[]): Promise<void> {
    return this.statement(async (statement) => {
      await this.phase(statement, ...this.commitMs);
      for (const row of rows) {
        const name = `${row.tenant}\n${row.commandId}`;
        if (!this.inbox.has(name)) this.inbox.set(name, { ...row, order: this.arrivals++, state: 'open', sentMs: this.wallMs() });
      }
    });
  }

  openInbox({ shard, limit, except }: InboxRead): InboxRow[] {
    const without = new Set(except);
    return [...this.inbox.values()].filter((row) => row.shard === shard && row.state === 'open' && !without.has(row.commandId))
      .sort((a, b) => a.order - b.order).slice(0, limit);
  }

  dueTimers({ shard, limit }: TimerRead): (TimerRow & { shard: number })[] {
    return [...(this.timers[shard] as Map<string, TimerRow>).values()].sort((a, b) => a.dueMs - b.dueMs).slice(0, limit).map((timer) => ({ ...timer, shard }));
  }

  /** A read: everything from one instant. */
  read<T>(query: () => T): Promise<T> {
    return this.statement(async (statement) => {
      await this.phase(statement, 0, 2);
      const answer = query();
      await this.phase(statement, 0, 1);
      return answer;
    });
  }
}

export function keyName(tenant: string, scope: string, key: string): string {
  return `${tenant}\n${scope}\n${key}`;
}
