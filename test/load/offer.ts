// Offers starts to a server from this process: at their own rate, by the clock (open loop), or each as soon as the one before was answered
// (closed loop), which shows what the server can do.
// I1 A latency counts from the moment at which the clock said "now", not from when a connection was free: a slow server is not spared.
// I2 Every arrival is counted once: sent, or never sent because no connection came free in time.
// Called by load-process.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf, Wire } from './wire.ts';

export interface Plan {
  readonly port: number;
  /** The request before and after its Idempotency-Key. */
  readonly request: readonly [string, string];
  /** Of this process; keys are never used twice. */
  readonly keyPrefix: string;
  readonly connections: number;
  readonly seconds: number;
  /** A second; undefined: closed loop. */
  readonly rate: number | undefined;
}

export interface Tally {
  offered: number;
  sent: number;
  /** No connection was free within PATIENCE_MS. */
  neverSent: number;
  /** 201 or 200. */
  accepted: number;
  refused: number;
  refusedWithoutRetryAfter: number;
  /** Any other status, by number. */
  other: Record<string, number>;
  /** The connection ended under the request. */
  cut: number;
  unanswered: number;
  /** Connections that never opened. */
  unopened: number;
  acceptedMs: number[];
  refusedMs: number[];
  /** How late requests were sent: the client's own part and that of waiting for a connection. */
  lateMs: number[];
  /** Acknowledged runs with the number of their key. */
  runs: [id: string, n: number][];
}

/** An arrival that no connection took within this is given up. */
const PATIENCE_MS = 1_000;
const LAST_ANSWERS_MS = 5_000;
const OPENING_MS = 10_000;
/** More at once overflow the queue of a server that accepts them between other work, and their first requests wait for retransmissions. */
const OPENED_A_TICK = 20;
const TICK_MS = 1;

export const newTally = (): Tally => ({
  offered: 0,
  sent: 0,
  neverSent: 0,
  accepted: 0,
  refused: 0,
  refusedWithoutRetryAfter: 0,
  other: {},
  cut: 0,
  unanswered: 0,
  unopened: 0,
  acceptedMs: [],
  refusedMs: [],
  lateMs: [],
  runs: [],
});

/** `opened` is called when all connections are open and the first request is due. */
export async function offer(plan: Plan, opened: () => void = () => undefined): Promise<Tally> {
  const offering = new Offering(plan);
  try {
    await offering.open();
    opened();
    await offering.run();
    return offering.tally;
  } finally {
    offering.close();
  }
}

interface Sent {
  readonly n: number;
  readonly dueMs: number;
}

class Offering {
  readonly tally = newTally();
  private readonly plan: Plan;
  private readonly wires = new Set<Wire>();
  /** Taken in turn, so that none is idle for so long that the server gives it up. */
  private readonly idle: Wire[] = [];
  private readonly underWay = new Map<Wire, Sent>();
  /** Arrivals without a connection, oldest first: their moments. */
  private waiting: number[] = [];
  private opening = 0;
  private ending = false;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  async open(): Promise<void> {
    const { connections } = this.plan;
    for (const lastMs = performance.now() + OPENING_MS; this.wires.size < connections || this.opening > 0;) {
      if (performance.now() > lastMs) throw new Error(`${this.wires.size - this.opening} of ${connections} connections opened`);
      this.openMore();
      await sleep(2);
    }
  }

  async run(): Promise<void> {
    const { seconds, rate } = this.plan;
    const beginMs = performance.now();
    const endMs = beginMs + seconds * 1_000;
    for (let nowMs = beginMs; nowMs < endMs; nowMs = performance.now()) {
      if (rate === undefined) while (this.idle.length > 0) this.arrive(nowMs);
      else while (this.tally.offered < ((nowMs - beginMs) / 1_000) * rate) this.arrive(beginMs + (this.tally.offered * 1_000) / rate);
      this.giveUp(nowMs - PATIENCE_MS);
      this.openMore();
      await sleep(TICK_MS);
    }
    this.ending = true;
    this.giveUp(Number.POSITIVE_INFINITY);
    for (const lastMs = performance.now() + LAST_ANSWERS_MS; this.underWay.size > 0 && performance.now() < lastMs;) await sleep(10);
    this.tally.unanswered = this.underWay.size;
  }

  private arrive(dueMs: number): void {
    this.tally.offered += 1;
    const wire = this.idle.shift();
    if (wire === undefined) this.waiting.push(dueMs);
    else this.send(wire, dueMs);
  }

  private send(wire: Wire, dueMs: number): void {
    const n = this.tally.sent++;
    this.underWay.set(wire, { n, dueMs });
    this.tally.lateMs.push(performance.now() - dueMs);
    const [before, after] = this.plan.request;
    wire.send(`${before}${this.plan.keyPrefix}${n}${after}`);
  }

  private giveUp(beforeMs: number): void {
    const kept = this.waiting.findIndex((dueMs) => dueMs >= beforeMs);
    const gone = this.waiting.splice(0, kept < 0 ? this.waiting.length : kept);
    this.tally.neverSent += gone.length;
  }

  private openMore(): void {
    for (let i = 0; i < OPENED_A_TICK && this.wires.size < this.plan.connections; i++) {
      this.opening += 1;
      this.wires.add(
        new Wire(this.plan.port, {
          opened: (wire) => {
            this.opening -= 1;
            this.free(wire);
          },
          answered: (wire, text) => {
            this.count(wire, text);
            if (wire.isUsable) this.free(wire);
          },
          closed: (wire, underWay, neverOpened) => this.closed(wire, underWay, neverOpened),
        }),
      );
    }
  }

  private free(wire: Wire): void {
    const dueMs = this.waiting.shift();
    if (dueMs !== undefined) this.send(wire, dueMs);
    else if (this.plan.rate === undefined && !this.ending) {
      this.tally.offered += 1;
      this.send(wire, performance.now());
    } else this.idle.push(wire);
  }

  private closed(wire: Wire, underWay: boolean, neverOpened: boolean): void {
    this.wires.delete(wire);
    this.underWay.delete(wire);
    const at = this.idle.indexOf(wire);
    if (at >= 0) this.idle.splice(at, 1);
    if (neverOpened) {
      this.opening -= 1;
      this.tally.unopened += 1;
    } else if (underWay) this.tally.cut += 1;
  }

  private count(wire: Wire, text: string): void {
    const { tally } = this;
    const { n, dueMs } = this.underWay.get(wire) as Sent;
    this.underWay.delete(wire);
    const tookMs = performance.now() - dueMs;
    const status = statusOf(text);
    if (status === 201 || status === 200) {
      tally.accepted += 1;
      tally.acceptedMs.push(tookMs);
      const at = text.indexOf('/v1/runs/') + 9;
      tally.runs.push([text.slice(at, at + 30), n]);
    } else if (status === 429 || status === 503) {
      tally.refused += 1;
      tally.refusedMs.push(tookMs);
      if (!text.includes('etry-')) tally.refusedWithoutRetryAfter += 1;
    } else tally.other[status] = (tally.other[status] ?? 0) + 1;
  }

  close(): void {
    this.ending = true;
    for (const wire of this.wires) wire.close();
  }
}
