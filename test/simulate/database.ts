// The tables of the durable component in the model of PostgreSQL: commits, inbox, timers, keys; streams are in streams.ts, owners in
// ownership.ts. It stands for platform/durable/sql.
// I1 What commits is checked in that instant against the truth, whatever the statement itself looked at: one writer per (shard, epoch).
// Called by connection.ts.
import {
  SHARD_COUNT,
  type CommandState,
  type CommitReply,
  type DueRead,
  type Fence,
  type InboxRead,
  type InboxRow,
  type Page,
  type SendOutcome,
  type Sending,
  type SentClaim,
  type TakenKey,
  type TimerRead,
  type TimerRow,
  type Write,
} from '@palace/platform/durable/contract.ts';
import { inTurn } from './in-turn.ts';
import { LockTimeout } from './locks.ts';
import { Ownership, shardsOf } from './ownership.ts';
import { Server, type Statement } from './server.ts';
import { BadRow, type ServiceTables } from './service-tables.ts';
import { FencedStreams, SequenceStreams, type StreamTables } from './streams.ts';
import type { Switches } from './switches.ts';
import type { World } from './world.ts';

interface InboxEntry extends InboxRow {
  readonly order: number;
  state: CommandState['state'];
}

export class SimulatedDatabase {
  readonly server: Server;
  readonly owners: Ownership;
  readonly streams: StreamTables;
  readonly switches: Switches;
  readonly inbox = new Map<string, InboxEntry>();
  readonly keys = new Map<string, TakenKey>();
  private readonly world: World;
  private readonly tables: ServiceTables;
  private readonly timers: Map<string, TimerRow>[] = Array.from({ length: SHARD_COUNT }, () => new Map());
  private arrivals = 0;

  constructor(world: World, service: string, tables: ServiceTables, switches: Switches) {
    this.world = world;
    this.tables = tables;
    this.switches = switches;
    this.server = new Server(world);
    this.owners = new Ownership(this.server, switches);
    this.streams = switches.streams === 'sequence' ? new SequenceStreams(service) : new FencedStreams(service);
  }

  goDown(): void {
    this.server.goDown();
    this.owners.everybodyGone();
  }

  /** `answered` is called where a wrong database would answer: before the commit. */
  commit(writes: readonly Write[], answered: () => void): Promise<CommitReply> {
    return this.owners.statement(async (statement) => {
      const drawn = this.streams.begin(writes);
      const fences = [...new Map(writes.map((write) => [write.fence.shard, write.fence])).values()];
      const stale = await this.takeFences(statement, fences);
      if (stale.length > 0) return { kind: 'fenced', shards: stale };
      const refusal = await this.claimKeys(statement, writes);
      if (refusal !== undefined) return refusal;
      await this.server.phase(statement, 0, 3);
      if (this.switches.acknowledge === 'early') answered();
      await this.server.commitPhase(statement);
      return this.publish(writes, drawn);
    });
  }

  private async takeFences(statement: Statement, fences: readonly Fence[]): Promise<number[]> {
    const stale = (): number[] => fences.filter((fence) => this.owners.row(fence.shard).epoch !== fence.epoch).map((fence) => fence.shard);
    if (this.switches.fence === 'none') return [];
    if (this.switches.fence === 'unlocked') return stale();
    await this.server.lockShards(statement, shardsOf(fences), 'share', 60_000);
    return stale();
  }

  private async claimKeys(statement: Statement, writes: readonly Write[]): Promise<CommitReply | undefined> {
    const claims = writes.flatMap((write) => (write.claims ?? []).map((claim) => ({ ...claim, tenant: write.tenant })));
    if (!(await this.lockKeys(statement, claims))) return { kind: 'contended' };
    const taken = claims.flatMap((claim) => this.keys.get(keyName(claim.tenant, claim.scope, claim.key)) ?? []);
    return taken.length > 0 ? { kind: 'key-taken', taken } : undefined;
  }

  /** False when somebody else's open statement holds one for too long. */
  private async lockKeys(statement: Statement, claims: readonly SentClaim[]): Promise<boolean> {
    const names = new Set(claims.map((claim) => `key ${keyName(claim.tenant, claim.scope, claim.key)}`));
    try {
      for (const name of [...names].toSorted()) await this.server.lock(statement, name, 'exclusive', 50);
      return true;
    } catch (error) {
      if (error instanceof LockTimeout) return false;
      throw error;
    }
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
      const now = this.owners.row(write.fence.shard).epoch;
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

  send(sendings: readonly Sending[]): Promise<readonly SendOutcome[]> {
    return this.owners.statement(async (statement) => {
      const claims = sendings.flatMap(({ claim }) => claim ?? []);
      const known = (claim: SentClaim): TakenKey | undefined => this.keys.get(keyName(claim.tenant, claim.scope, claim.key));
      const looked = new Map(claims.map((claim) => [claim, known(claim)]));
      if (this.switches.keys === 'claimed' && !(await this.lockKeys(statement, claims))) return sendings.map(() => ({ kind: 'contended' }));
      await this.server.commitPhase(statement);
      return sendings.map(({ rows, claim }): SendOutcome => {
        const taken = claim === undefined ? undefined : this.switches.keys === 'claimed' ? known(claim) : looked.get(claim);
        if (taken !== undefined) return { kind: 'key-taken', fingerprint: taken.fingerprint, answer: taken.answer };
        if (claim !== undefined) this.keys.set(keyName(claim.tenant, claim.scope, claim.key), claim);
        for (const row of rows) this.keep(row);
        return { kind: 'kept' };
      });
    });
  }

  private keep(row: InboxRow): void {
    const name = `${row.tenant}\n${row.commandId}`;
    if (!this.inbox.has(name)) this.inbox.set(name, { ...row, order: this.arrivals++, state: 'open', sentMs: this.server.wallMs() });
  }

  openInbox(read: InboxRead): Page<InboxRow> {
    const without = new Set(read.except);
    const open = [...this.inbox.values()]
      .filter((row) => row.shard === read.shard && row.state === 'open' && !without.has(row.commandId))
      .sort((a, b) => a.order - b.order);
    return inTurn(read.shard, open, read.limit, read);
  }

  hasOpenInbox(shard: number): boolean {
    return [...this.inbox.values()].some((row) => row.shard === shard && row.state === 'open');
  }

  nextTimers({ shard, limit }: TimerRead): (TimerRow & { shard: number })[] {
    return [...(this.timers[shard] as Map<string, TimerRow>).values()]
      .sort((a, b) => a.dueMs - b.dueMs)
      .slice(0, limit)
      .map((timer) => ({ ...timer, shard }));
  }

  dueTimersInTurn(read: DueRead): Page<TimerRow> {
    const due = [...(this.timers[read.shard] as Map<string, TimerRow>).values()].filter(({ dueMs }) => dueMs <= read.dueMs).sort((a, b) => a.dueMs - b.dueMs);
    return inTurn(read.shard, due, read.limit, read, (tenant, part) => part + (read.inHand[tenant] ?? 0));
  }

  /** A read: everything from one instant. */
  read<T>(query: () => T): Promise<T> {
    return this.owners.statement(async (statement) => {
      await this.server.phase(statement, 0, 2);
      const answer = query();
      await this.server.phase(statement, 0, 1);
      return answer;
    });
  }
}

export function keyName(tenant: string, scope: string, key: string): string {
  return `${tenant}\n${scope}\n${key}`;
}
