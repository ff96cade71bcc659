// Virtual time and simulated processes. One event runs at a time; between two events every promise that can go on has gone on.
// I1 The same seed gives the same order of events: nothing here asks the real clock or the real chance.
// I2 A killed process runs nothing any more; a stopped one (SIGSTOP) runs what was due in the meantime when it continues.
// Called by every part of the simulator.
import type { Scheduler } from '@palace/platform/durable/contract.ts';
import { createRandom, type Random } from './random.ts';

/** What the clocks of the simulated world show when it begins. */
export const WALL_START_MS = 1_790_000_000_000;

export class Violation extends Error {
  override readonly name = 'Violation';
}

interface Event {
  atMs: number;
  order: number;
  readonly process: SimulatedProcess | undefined;
  run: (() => void) | undefined;
}

export class SimulatedProcess {
  readonly id: string;
  alive = true;
  stopped = false;
  /** How far this machine's wall clock is off. Nothing correct reads it. */
  wallSkewMs: number;
  /** When the database last answered a renewal. */
  heardMs = -Infinity;
  /** What was due while it was stopped. */
  readonly deferred: Event[] = [];
  private readonly world: World;
  readonly scheduler: Scheduler;

  constructor(world: World, id: string, wallSkewMs: number) {
    this.world = world;
    this.id = id;
    this.wallSkewMs = wallSkewMs;
    this.scheduler = {
      nowMs: () => world.nowMs,
      after: (delayMs, task) => world.after(delayMs, task, this),
      soon: (task) => void world.after(0, task, this),
      wallMs: () => WALL_START_MS + Math.floor(world.nowMs) + this.wallSkewMs,
    };
  }

  kill(): void {
    this.alive = false;
    this.deferred.length = 0;
  }

  stop(): void {
    this.stopped = true;
  }

  resume(): void {
    this.stopped = false;
    for (const event of this.deferred.splice(0)) this.world.again(event);
  }
}

export class World {
  readonly seed: number;
  readonly random: Random;
  nowMs = 0;
  violation: Violation | undefined;
  readonly trace: string[] = [];
  private readonly heap: Event[] = [];
  private orders = 0;
  events = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = createRandom(seed);
  }

  after(delayMs: number, run: () => void, process?: SimulatedProcess): () => void {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.orders++, process, run };
    push(this.heap, event);
    return () => (event.run = undefined);
  }

  sleep(delayMs: number, process?: SimulatedProcess): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve, process));
  }

  /** Runs until `untilMs`, until `done` says so, or until something is violated. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    while (this.violation === undefined && !done()) {
      const event = this.heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, Math.min(untilMs, event?.atMs ?? untilMs));
        return;
      }
      pop(this.heap);
      if (event.run === undefined) continue;
      this.nowMs = event.atMs;
      if (this.dispatch(event)) await drainMicrotasks();
    }
  }

  private dispatch(event: Event): boolean {
    const { process, run } = event;
    if (run === undefined || process?.alive === false) return false;
    if (process?.stopped === true) {
      process.deferred.push(event);
      return false;
    }
    this.events++;
    run();
    return true;
  }

  /** Puts back an event that waited for its process; it can still be cancelled. */
  again(event: Event): void {
    event.atMs = this.nowMs;
    event.order = this.orders++;
    push(this.heap, event);
  }

  note(text: string): void {
    this.trace.push(`${this.nowMs.toFixed(0).padStart(7)} ${text}`);
    if (this.trace.length > 4_000) this.trace.splice(0, 1_000);
  }

  violate(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violation ??= new Violation(text);
  }
}

function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(event, heap[parent] as Event)) break;
    heap[at] = heap[parent] as Event;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
    if (!before(heap[child] as Event, last)) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  heap[at] = last;
}
