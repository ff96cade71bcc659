// What the host of a virtual machine takes from it: time in which a processor had work and was not run, as Linux counts it (`steal` in
// /proc/stat). What was slow then tells of the host and not of us: latencies are judged by the moments in which it left the machine alone.
// I1 Nothing is left out where nothing was taken, and where Linux does not count. I2 What is left out is chosen by when its time had come
//    and never by how long it took. I3 How much is left out is told, and too little to judge by is no pass.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const SLOT_MS = 500;
/** Of all processors together. A quiet host takes less than one hundredth. */
const TRACE = 0.02;
/** What waited while the processors were away is worked off after it, and what came shortly before it waited. */
const MARGIN_MS = 500;
/** How /proc/stat counts. */
const TICK_MS = 10;

export interface Timed {
  /** Monotonic: when its time had come. */
  readonly dueMs: number;
  readonly tookMs: number;
}

interface Slot {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stolenMs: number;
}

export class Host {
  private readonly slots: Slot[] = [];
  private readonly processors: number;

  constructor(processors = availableParallelism()) {
    this.processors = processors;
  }

  add(slot: Slot): void {
    this.slots.push(slot);
  }

  undisturbed<T extends Timed>(all: readonly T[]): T[] {
    const disturbances = this.slots.filter(({ fromMs, toMs, stolenMs }) => stolenMs > TRACE * this.processors * (toMs - fromMs));
    return all.filter(({ dueMs }) => !disturbances.some(({ fromMs, toMs }) => dueMs > fromMs - MARGIN_MS && dueMs < toMs + MARGIN_MS));
  }

  /** Of the time of all processors so far. */
  takenPercent(): number {
    const sum = (of: (slot: Slot) => number): number => this.slots.reduce((total, slot) => total + of(slot), 0);
    const share = sum(({ stolenMs }) => stolenMs) / Math.max(1, this.processors * sum(({ fromMs, toMs }) => toMs - fromMs));
    return Math.round(share * 1_000) / 10;
  }
}

export function watchHost(): { readonly host: Host; stop(): void } {
  const host = new Host();
  let [fromMs, before] = [performance.now(), stolenMs()];
  const look = (): void => {
    const [toMs, now] = [performance.now(), stolenMs()];
    host.add({ fromMs, toMs, stolenMs: now - before });
    [fromMs, before] = [toMs, now];
  };
  const timer = setInterval(look, SLOT_MS);
  return {
    host,
    stop() {
      clearInterval(timer);
      look();
    },
  };
}

/** Since the machine began, of all processors; 0 where Linux does not tell. */
function stolenMs(): number {
  try {
    return stealOf(readFileSync('/proc/stat', 'utf8')) * TICK_MS;
  } catch {
    return 0;
  }
}

/** The eighth figure of the line of all processors, in ticks; proc_stat(5). */
export function stealOf(stat: string): number {
  return Number(/^cpu +(?:\d+ +){7}(\d+)/u.exec(stat)?.[1] ?? 0);
}
