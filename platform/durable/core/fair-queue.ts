// A bounded queue that is fair to tenants: order within a tenant, deficit round robin between them (fair-turns.ts).
// I1 Nothing is lost or doubled; the items of a tenant leave in the order in which they came.
// I2 What does not fit is not taken, and `push` says so.
// Called by the engines of services.
import { FairTurns } from './fair-turns.ts';
import { Fifo } from './fifo.ts';

interface Item<T> {
  readonly value: T;
  readonly cost: number;
}

interface Line<T> {
  readonly tenant: string;
  readonly items: Fifo<Item<T>>;
}

export interface FairQueueOptions {
  /** Credit of a tenant for each round, in the unit of the costs. */
  readonly quantum?: number;
  /** Items of all tenants together. */
  readonly limit?: number;
}

export class FairQueue<T> {
  private readonly turns: FairTurns<Line<T>>;
  private readonly limit: number;
  private count = 0;

  constructor({ quantum = 1, limit = Infinity }: FairQueueOptions = {}) {
    this.turns = new FairTurns(quantum);
    this.limit = limit;
  }

  get size(): number {
    return this.count;
  }

  get tenants(): number {
    return this.turns.tenants;
  }

  /** False: the queue is full and the item was not taken. */
  push(tenant: string, value: T, cost = 1): boolean {
    if (this.count >= this.limit) return false;
    this.count += 1;
    let line = this.turns.waitingOf(tenant);
    if (line === undefined) this.turns.join(tenant, (line = { tenant, items: new Fifo() }));
    line.items.push({ value, cost });
    return true;
  }

  /** The next item, of the tenants that `admits` lets through; undefined when there is none. */
  shift(admits?: (tenant: string) => boolean): T | undefined {
    const line = this.turns.next(admits === undefined ? costOf : (waiting, tenant) => (admits(tenant) ? costOf(waiting) : undefined));
    const item = line?.items.shift();
    if (line === undefined || item === undefined) return undefined;
    this.count -= 1;
    if (line.items.first === undefined) this.turns.leave(line.tenant);
    return item.value;
  }
}

function costOf({ items }: Line<unknown>): number | undefined {
  return items.first?.cost;
}
