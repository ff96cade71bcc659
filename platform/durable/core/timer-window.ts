// The next timers of one shard: a heap by due time over a map by id, bounded. Pure data, no time of its own.
// I1 The window holds every timer due up to `completeMs` that was not handed over; beyond that the table knows more.
// I2 A timer handed over stays out until it is cleared or set again.
//    A setting that was submitted before the hand-over and is acknowledged after it is the one that was handed over.
// I3 Changes that commit while a reading is under way win over what was read.
// I4 When more is due than the window holds, or due timers were left because their tenant has its share in hand, it is `behind`: it then
//    holds what was read tenant by tenant (R9), and the table alone knows what else is due.
// Called by timers.ts.
import type { TimerRow } from '../contract.ts';

const WINDOW_TIMERS = 256;
const WINDOW_MAX_TIMERS = 1_024;
const REFILL_BELOW = 64;

interface Handed {
  readonly tenant: string;
  readonly dueMs: number;
  /** Settings submitted so far when it was handed over. */
  readonly stamp: number;
}

interface Change {
  readonly id: string;
  /** Undefined: cleared. */
  readonly timer: TimerRow | undefined;
}

export class TimerWindow {
  private readonly known = new Map<string, TimerRow>();
  private heap: TimerRow[] = [];
  private readonly handed = new Map<string, Handed>();
  private completeMs = -1;
  private changes: Change[] | undefined;
  private isBehind = false;

  /** How many rows to read so that at least a window of new ones is among them. */
  beginReading(): number {
    this.changes = [];
    return WINDOW_TIMERS + this.handed.size;
  }

  endReading(rows: readonly TimerRow[], limit: number, nowMs: number): void {
    const isFull = rows.length >= limit;
    const lastMs = rows.at(-1)?.dueMs ?? 0;
    this.isBehind = false;
    this.keep(rows, isFull ? lastMs - 1 : Infinity);
    if (isFull && lastMs <= nowMs) this.fallBehind();
  }

  /** For a reading of what is due, tenant by tenant: how many each has in hand, which the table still shows. */
  beginReadingInTurn(): Record<string, number> {
    this.changes = [];
    const inHand: Record<string, number> = {};
    for (const { tenant } of this.handed.values()) inHand[tenant] = (inHand[tenant] ?? 0) + 1;
    return inHand;
  }

  /** `more`: more is due, or was passed over. */
  endReadingInTurn(rows: readonly TimerRow[], more: boolean): void {
    this.isBehind = more;
    this.keep(rows, -1);
  }

  abandonReading(): void {
    this.changes = undefined;
  }

  /** `stamp`: when it was submitted, counted as in `takeDue`. */
  set(timer: TimerRow, stamp: number): void {
    const id = timerName(timer);
    const handed = this.handed.get(id);
    if (handed !== undefined && handed.dueMs === timer.dueMs && stamp <= handed.stamp) return;
    this.change({ id, timer });
  }

  clear(timer: { readonly key: string; readonly id: string }): void {
    this.change({ id: timerName(timer), timer: undefined });
  }

  /** Removes up to `limit` timers that are due and marks them handed over; those that may not be are left to the table. */
  takeDue(nowMs: number, limit: number, stamp: number, admits: (timer: TimerRow) => boolean = () => true): TimerRow[] {
    const due: TimerRow[] = [];
    if (this.completeMs >= 0 && this.completeMs < nowMs) this.fallBehind();
    for (let next = this.first(); next !== undefined && next.dueMs <= nowMs && due.length < limit; next = this.first()) {
      const { tenant, dueMs } = next;
      popHeap(this.heap);
      this.known.delete(timerName(next));
      if (!admits(next)) {
        this.isBehind = true;
        this.completeMs = Math.min(this.completeMs, dueMs - 1);
      } else {
        this.handed.set(timerName(next), { tenant, dueMs, stamp });
        due.push(next);
      }
    }
    return due;
  }

  first(): TimerRow | undefined {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (this.known.get(timerName(top)) === top) return top;
      popHeap(this.heap);
    }
    return undefined;
  }

  get reading(): boolean {
    return this.changes !== undefined;
  }

  /** Few left in memory while the table has more. */
  get runsOut(): boolean {
    return this.completeMs !== Infinity && this.known.size < REFILL_BELOW;
  }

  get behind(): boolean {
    return this.isBehind;
  }

  /** What is known is only the oldest of what is due, whoever's it is. */
  private fallBehind(): void {
    this.isBehind = true;
    this.completeMs = -1;
    this.known.clear();
    this.heap = [];
  }

  private keep(rows: readonly TimerRow[], completeMs: number): void {
    const changes = this.changes ?? [];
    this.changes = undefined;
    this.completeMs = completeMs;
    this.known.clear();
    for (const row of rows) this.known.set(timerName(row), row);
    for (const change of changes) this.apply(change);
    for (const id of this.handed.keys()) this.known.delete(id);
    this.rebuild();
  }

  private change(change: Change): void {
    this.changes?.push(change);
    this.handed.delete(change.id);
    this.apply(change);
    if (this.known.size > WINDOW_MAX_TIMERS) this.shrink();
    else if (this.heap.length > 2 * WINDOW_MAX_TIMERS) this.rebuild();
  }

  private apply({ id, timer }: Change): void {
    this.known.delete(id);
    if (timer === undefined || timer.dueMs > this.completeMs) return;
    this.known.set(id, timer);
    pushHeap(this.heap, timer);
  }

  /** Keeps the nearest; the table has the rest. */
  private shrink(): void {
    const nearest = [...this.known.values()].sort((a, b) => a.dueMs - b.dueMs).slice(0, WINDOW_TIMERS);
    this.completeMs = Math.min(this.completeMs, (nearest.at(-1)?.dueMs ?? 0) - 1);
    this.known.clear();
    for (const timer of nearest) this.known.set(timerName(timer), timer);
    this.rebuild();
  }

  private rebuild(): void {
    this.heap = [...this.known.values()].sort((a, b) => a.dueMs - b.dueMs);
  }
}

function timerName(timer: { readonly key: string; readonly id: string }): string {
  return `${timer.key}\n${timer.id}`;
}

function pushHeap(heap: TimerRow[], timer: TimerRow): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as TimerRow).dueMs <= timer.dueMs) break;
    heap[at] = heap[parent] as TimerRow;
    at = parent;
  }
  heap[at] = timer;
}

function popHeap(heap: TimerRow[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as TimerRow).dueMs < (heap[child] as TimerRow).dueMs) child++;
    if ((heap[child] as TimerRow).dueMs >= last.dueMs) break;
    heap[at] = heap[child] as TimerRow;
    at = child;
  }
  heap[at] = last;
}
