// A small service that leans on everything the durable component promises: accounts that pay each other over streams, reminders by timers,
// orders started under a key whose effects reach an outside world with and without keys.
// I1 An account or order has one write in flight; what comes meanwhile waits in its queue, in order.
// I2 A charge carries a stable key and may be repeated; a shipment is performed only after its intent is committed, and never again.
import type { Appetite, DurableHost, DurableNode, Fence, InboxRow, StreamRow, TimerRow, Write, WriteOutcome } from '@palace/platform/durable/contract.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { JournalRow, LedgerTables } from './ledger-tables.ts';
import type { Outside } from './outside.ts';
import type { LaunchedService, LaunchParts } from './service.ts';

const APPETITE = 12;
const EARLY_TOLERANCE_MS = 1;

type Change = Pick<Write, 'timersSet' | 'timersClear' | 'consumes' | 'streams' | 'cursors' | 'claims'> & { readonly row?: Omit<JournalRow, 'key' | 'seq'> };

interface Entity {
  readonly key: string;
  seq: number;
  last: JournalRow['kind'] | undefined;
  readonly jobs: (() => Promise<void>)[];
  working: boolean;
}

interface ShardMemory {
  readonly fence: Fence;
  readonly entities: Map<string, Entity>;
  /** Jobs under way, by tenant. */
  readonly held: FairShare;
  draining: boolean;
  drained: (() => void)[];
}

/** Orders and most accounts are of one tenant; the others are of another that must get its turn. */
export function tenantOf(key: string): string {
  return /^account \d+\.2$/.test(key) ? 'beta' : 'acme';
}

export interface StartAnswer {
  readonly kind: 'started' | 'again' | 'retry' | /** The key stands for another request. */ 'taken';
  readonly order?: string;
}

export class Ledger implements LaunchedService {
  readonly host: DurableHost;
  private readonly parts: LaunchParts;
  private readonly tables: LedgerTables;
  private readonly outside: Outside;
  private readonly shards = new Map<number, ShardMemory>();
  private orders = 0;

  constructor(parts: LaunchParts, tables: LedgerTables, outside: Outside) {
    this.parts = parts;
    this.tables = tables;
    this.outside = outside;
    this.host = {
      open: (fence) => this.open(fence),
      close: (shard) => void this.shards.delete(shard),
      drain: (shard, deadlineMs) => this.drain(shard, deadlineMs),
      inbox: (shard, rows) => rows.forEach((row) => this.command(shard, row)),
      deliver: (shard, rows) => rows.forEach((row) => this.delivered(shard, row)),
      fire: (shard, timers) => timers.forEach((timer) => this.fired(shard, timer)),
      appetite: (shard) => this.appetite(shard),
    };
  }

  private get node(): DurableNode {
    return this.parts.node();
  }

  private async open(fence: Fence): Promise<void> {
    const journals = await this.parts.read(() => this.tables.load(fence.shard));
    const memory: ShardMemory = { fence, entities: new Map(), held: new FairShare(APPETITE), draining: false, drained: [] };
    for (const [key, rows] of journals) memory.entities.set(key, { key, seq: rows.length, last: rows.at(-1)?.kind, jobs: [], working: false });
    this.shards.set(fence.shard, memory);
    this.parts.world.after(0, () => this.resume(memory), this.parts.process);
  }

  /** Orders that were under way when their owner went. */
  private resume(memory: ShardMemory): void {
    if (this.shards.get(memory.fence.shard) !== memory) return;
    for (const entity of memory.entities.values()) {
      if (entity.key.startsWith('order')) this.enqueue(memory, entity.key, () => this.advance(memory, entity, true));
    }
  }

  private appetite(shard: number): Appetite {
    const memory = this.shards.get(shard);
    return memory === undefined || memory.draining ? { rows: 0, sated: [] } : { rows: memory.held.room, sated: memory.held.sated() };
  }

  private drain(shard: number, deadlineMs: number): Promise<void> {
    const memory = this.shards.get(shard);
    if (memory === undefined) return Promise.resolve();
    memory.draining = true;
    if (memory.held.isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      memory.drained.push(resolve);
      this.parts.process.scheduler.after(deadlineMs - this.parts.process.scheduler.nowMs(), resolve);
    });
  }

  private entity(memory: ShardMemory, key: string): Entity {
    const entity = memory.entities.get(key) ?? { key, seq: 0, last: undefined, jobs: [], working: false };
    memory.entities.set(key, entity);
    return entity;
  }

  private enqueue(memory: ShardMemory, key: string, job: () => Promise<void>): void {
    const entity = this.entity(memory, key);
    entity.jobs.push(job);
    memory.held.take(tenantOf(key));
    if (!entity.working) void this.work(memory, entity);
  }

  private async work(memory: ShardMemory, entity: Entity): Promise<void> {
    entity.working = true;
    for (let job = entity.jobs.shift(); job !== undefined && this.current(memory); job = entity.jobs.shift()) {
      await job();
      this.finish(memory, entity.key);
    }
    entity.working = false;
  }

  private finish(memory: ShardMemory, key: string): void {
    memory.held.give(tenantOf(key));
    if (memory.held.isEmpty) for (const wake of memory.drained.splice(0)) wake();
  }

  private current(memory: ShardMemory): boolean {
    return this.shards.get(memory.fence.shard) === memory;
  }

  private async commit(memory: ShardMemory, entity: Entity, change: Change): Promise<WriteOutcome> {
    const { row, ...durable } = change;
    const journal = row === undefined ? [] : [{ ...row, key: entity.key, seq: entity.seq + 1 }];
    const outcome = await this.node.submit({
      fence: memory.fence,
      key: entity.key,
      tenant: tenantOf(entity.key),
      rows: journal.length > 0 ? { journal } : {},
      ...durable,
    });
    if (outcome.kind === 'committed' && row !== undefined) {
      entity.seq++;
      entity.last = row.kind;
      if (!this.tables.has(row.kind, row.ref)) this.parts.world.violate(`${entity.key}: ${row.kind} ${row.ref} was acknowledged and is not in the database`);
    }
    if (outcome.kind === 'bad-row' && row?.poison !== true) this.parts.world.violate(`${entity.key}: refused ${outcome.sqlstate} ${outcome.message}`);
    return outcome;
  }

  private command(shard: number, row: InboxRow): void {
    const memory = this.shards.get(shard);
    if (memory === undefined) return this.parts.world.violate(`inbox for the closed shard ${shard}`);
    const body = JSON.parse(row.body) as { to?: string; toShard?: number; amount?: number; delayMs?: number; poison?: boolean };
    const { commandId } = row;
    this.enqueue(memory, row.key, async () => {
      const entity = this.entity(memory, row.key);
      const consumes = [{ commandId, outcome: 'done' as const }];
      if (row.kind === 'remind') {
        const timer = { key: row.key, id: commandId, tenant: row.tenant, dueMs: this.node.timeMs() + (body.delayMs ?? 0) };
        await this.commit(memory, entity, { consumes, timersSet: [timer], row: { kind: 'reminded', ref: commandId, amount: 0 } });
        return;
      }
      const credit = {
        consumer: 'ledger',
        consumerShard: body.toShard ?? 0,
        tenant: tenantOf(body.to ?? ''),
        kind: 'credit',
        body: JSON.stringify({ to: body.to, amount: body.amount, ref: commandId }),
      };
      const debit = { kind: 'debit', ref: commandId, amount: -(body.amount ?? 0), ...(body.poison === true ? { poison: true } : {}) } as const;
      const outcome = await this.commit(memory, entity, { consumes, streams: [credit], row: debit });
      if (outcome.kind === 'bad-row') await this.commit(memory, entity, { consumes: [{ commandId, outcome: 'refused' }] });
    });
  }

  private delivered(shard: number, row: StreamRow): void {
    const memory = this.shards.get(shard);
    if (memory === undefined) return this.parts.world.violate(`stream row for the closed shard ${shard}`);
    const { to, amount, ref } = JSON.parse(row.body) as { to: string; amount: number; ref: string };
    const cursors = [{ producer: row.producer, producerShard: row.producerShard, position: row.position }];
    this.enqueue(memory, to, async () => {
      await this.commit(memory, this.entity(memory, to), { cursors, row: { kind: 'credit', ref, amount } });
    });
  }

  private fired(shard: number, timer: TimerRow): void {
    const memory = this.shards.get(shard);
    if (memory === undefined) return this.parts.world.violate(`timer for the closed shard ${shard}`);
    const early = timer.dueMs - this.parts.trueMs();
    if (early > EARLY_TOLERANCE_MS) this.parts.world.violate(`timer ${timer.id} fired ${early} ms early`);
    this.enqueue(memory, timer.key, async () => {
      const entity = this.entity(memory, timer.key);
      const kind = timer.key.startsWith('order') ? 'done' : 'fired';
      await this.commit(memory, entity, { timersClear: [timer], row: { kind, ref: timer.id, amount: 0 } });
    });
  }

  /** A client starts an order under a key. */
  async start(idempotencyKey: string, shards: readonly number[]): Promise<StartAnswer> {
    const shard = shards.find((candidate) => this.node.fence(candidate) !== undefined && this.shards.get(candidate)?.draining === false);
    const memory = shard === undefined ? undefined : this.shards.get(shard);
    if (memory === undefined) return { kind: 'retry' };
    const order = `order ${this.parts.process.id}.${this.orders++}`;
    const claims = [{ scope: 'start', key: idempotencyKey, fingerprint: 'order', answer: JSON.stringify({ order }) }];
    const entity = this.entity(memory, order);
    entity.working = true;
    memory.held.take(tenantOf(order));
    const outcome = await this.commit(memory, entity, { claims, row: { kind: 'started', ref: order, amount: 0 } });
    this.finish(memory, order);
    entity.working = false;
    if (outcome.kind === 'key-taken') {
      memory.entities.delete(order);
      if (outcome.fingerprint !== 'order') return { kind: 'taken' };
      return { kind: 'again', order: (JSON.parse(outcome.answer) as { order: string }).order };
    }
    if (outcome.kind !== 'committed') return { kind: 'retry' };
    this.enqueue(memory, order, () => this.advance(memory, entity, false));
    return { kind: 'started', order };
  }

  /** started -> charged -> intent -> shipped (or in doubt) -> done, by a timer. */
  private async advance(memory: ShardMemory, entity: Entity, recovered: boolean): Promise<void> {
    let resumed = recovered;
    while (this.current(memory) && !memory.draining) {
      const last = entity.last;
      if (last === 'started') {
        if (!(await this.charge(memory, entity))) return;
      } else if (last === 'charged') {
        if ((await this.step(memory, entity, 'intent')) !== 'committed') return;
        resumed = false;
      } else if (last === 'intent') {
        if (!(await this.ship(memory, entity, resumed))) return;
      } else return;
    }
  }

  private async step(memory: ShardMemory, entity: Entity, kind: JournalRow['kind'], more: Change = {}): Promise<WriteOutcome['kind']> {
    return (await this.commit(memory, entity, { ...more, row: { kind, ref: entity.key, amount: 0 } })).kind;
  }

  private async charge(memory: ShardMemory, entity: Entity): Promise<boolean> {
    for (let attempt = 0; attempt < 50 && this.current(memory) && this.node.fence(memory.fence.shard) !== undefined; attempt++) {
      try {
        await this.outside.charge(this.parts.process, entity.key, `${entity.key} charge`);
        return this.current(memory) && (await this.step(memory, entity, 'charged')) === 'committed';
      } catch {
        await this.parts.world.sleep(20, this.parts.process);
      }
    }
    return false;
  }

  /** An intent found at recovery may have been performed: it is in doubt, never performed again. */
  private async ship(memory: ShardMemory, entity: Entity, found: boolean): Promise<boolean> {
    const timer = { key: entity.key, id: entity.key, tenant: tenantOf(entity.key), dueMs: this.node.timeMs() + this.parts.world.random.between(0, 3_000) };
    const kind = found ? 'in-doubt' : await this.performShipment(memory, entity);
    return this.current(memory) && (await this.step(memory, entity, kind, { timersSet: [timer] })) === 'committed';
  }

  private async performShipment(memory: ShardMemory, entity: Entity): Promise<'shipped' | 'in-doubt'> {
    if (this.node.fence(memory.fence.shard)?.epoch !== memory.fence.epoch) return 'in-doubt';
    try {
      await this.outside.ship(this.parts.process, entity.key);
      return 'shipped';
    } catch {
      return 'in-doubt';
    }
  }
}
