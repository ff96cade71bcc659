// Runs that are ready to decide: the tenants in turn, a bounded number of runs and of milliseconds before the process looks at its
// connections again.
// I1 A run stands here at most once; a run that is added while the turns go on waits for the next tick.
// I2 Who becomes ready waits for no more than one tick and one run of each other tenant (R9).
import { FairQueue } from '@palace/platform/durable/core/fair-queue.ts';
import type { EngineParts } from './parts.ts';
import type { Slot } from './slot.ts';

const LONGEST_TICK_MS = 20;

export interface Turns {
  add(slot: Slot): void;
}

export function createTurns({ scheduler, settings }: Pick<EngineParts, 'scheduler' | 'settings'>, take: (slot: Slot) => void): Turns {
  const waiting = new FairQueue<Slot>();
  const known = new Set<Slot>();
  let scheduled = false;

  function add(slot: Slot): void {
    if (known.has(slot)) return;
    known.add(slot);
    waiting.push(slot.tenant, slot);
    goOn();
  }

  function goOn(): void {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    scheduler.soon(tick);
  }

  function tick(): void {
    const untilMs = scheduler.nowMs() + LONGEST_TICK_MS;
    try {
      for (let left = Math.min(waiting.size, settings.turnsPerTick); left > 0; left--) {
        const slot = waiting.shift() as Slot;
        known.delete(slot);
        take(slot);
        if (scheduler.nowMs() > untilMs) break;
      }
    } finally {
      scheduled = false;
      goOn();
    }
  }

  return { add };
}
