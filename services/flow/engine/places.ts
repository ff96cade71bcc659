// The places under a concurrency limit, and the line before them; and those of all limits of a shard.
// I1 A place is bound to a run id; the same run never has two.
// I2 A free place goes to the lowest run id of those in line at that moment. Ids are in the order of the starts, to the millisecond and to what
//    the clocks of the processes differ: an ended run that is to go back to work is older than those that are queued.
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';

/** One in line: a queued run, or an ended run that is to go back to work. */
export interface Waiting {
  readonly tenant: string;
  readonly run: string;
  /** How many may be at work when it begins. */
  readonly limit: number;
  /** The row that asks an ended run to go back. */
  readonly commandId?: string;
  /** It has its place. */
  begin(): void;
}

export class Places {
  private readonly taken = new Set<string>();
  private readonly line: Waiting[] = [];
  /** All that wait in the shard. */
  private readonly waiting: FairShare;

  constructor(waiting: FairShare) {
    this.waiting = waiting;
  }

  get isEmpty(): boolean {
    return this.taken.size + this.line.length === 0;
  }

  has(run: string): boolean {
    return this.taken.has(run);
  }

  /** It has its place, or is queued. */
  knows(run: string): boolean {
    if (this.taken.has(run)) return true;
    // From the end: who asks is new, and would come last.
    const at = this.line.findLastIndex((one) => one.run < run || (one.run === run && one.commandId === undefined));
    return this.line[at]?.run === run;
  }

  get holders(): readonly string[] {
    return [...this.taken];
  }

  take(run: string): void {
    this.taken.add(run);
  }

  /** Most come last. */
  stand(one: Waiting): void {
    const before = this.line.findLastIndex(({ run }) => run <= one.run);
    this.line.splice(before + 1, 0, one);
    this.waiting.take(one.tenant);
  }

  /** The first in line takes its place, when there is one. Two rows may ask for the same run to go back: they need one place. */
  next(): Waiting | undefined {
    const [first] = this.line;
    if (first === undefined || (this.taken.size >= first.limit && !this.taken.has(first.run))) return undefined;
    this.waitsNoMore(0);
    this.taken.add(first.run);
    return first;
  }

  /** The run is neither at work nor queued any more. A row that asks for it stays in line. */
  leave(run: string): void {
    this.taken.delete(run);
    const at = this.line.findIndex((one) => one.run === run && one.commandId === undefined);
    if (at >= 0) this.waitsNoMore(at);
  }

  private waitsNoMore(at: number): void {
    for (const { tenant } of this.line.splice(at, 1)) this.waiting.give(tenant);
  }
}

/** Those of all permits of one shard. */
export class ShardPlaces {
  /** All that wait, by tenant. */
  readonly waiting: FairShare;
  private readonly byKey = new Map<string, Places>();

  constructor(mostWaiting: number) {
    this.waiting = new FairShare(mostWaiting);
  }

  keys(): readonly string[] {
    return [...this.byKey.keys()];
  }

  taken(): { key: string; run: string }[] {
    return [...this.byKey].flatMap(([key, places]) => places.holders.map((run) => ({ key, run })));
  }

  of(key: string): Places {
    let places = this.byKey.get(key);
    if (places === undefined) this.byKey.set(key, (places = new Places(this.waiting)));
    return places;
  }

  has(key: string, run: string): boolean {
    return this.byKey.get(key)?.has(run) === true;
  }

  knows(key: string, run: string): boolean {
    return this.byKey.get(key)?.knows(run) === true;
  }

  forgetEmpty(key: string): void {
    if (this.byKey.get(key)?.isEmpty === true) this.byKey.delete(key);
  }
}
