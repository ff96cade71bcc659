// Knows what is held back (ENGINE E19): from each renewal, and by a cheap question of its own in between.
// I1 `askedMs` is the moment before the question was sent: what the answer tells was so after it. Who acts only on what is young enough
//    acts on nothing that was held back longer ago than that.
// I2 Answers may overtake one another: one to an earlier question than the last that counted changes nothing. The version may go back, when
//    another database serves.
// I3 A question that fails is asked again; what is known merely grows old.
// Called by membership.ts (renewals), node.ts.
import type { DurableStore, Halt, Halts, HaltsRead, HaltWish, Scheduler } from './contract.ts';

export interface HaltWatchPorts {
  readonly store: Pick<DurableStore, 'readHalts' | 'halt' | 'liftHalt'>;
  readonly scheduler: Scheduler;
  readonly pollMs: number;
  changed(): void;
}

export interface HaltWatch {
  known(): Halts;
  /** An answer to a question that was sent at `askedMs`. */
  learn(read: HaltsRead, askedMs: number): void;
  /** From now on nobody asks less often than every `pollMs`. */
  start(): void;
  stop(): void;
  /** Asks now: somebody said that there is news. */
  look(): void;
  halt(wish: HaltWish): Promise<Halt>;
  liftHalt(scope: string): Promise<Halt | undefined>;
}

export function createHaltWatch({ store, scheduler, pollMs, changed }: HaltWatchPorts): HaltWatch {
  let known: Halts = { version: -1, all: [], livedOnMs: 0, askedMs: -Infinity };
  let asking: Promise<void> | undefined;
  let again = false;
  let ended = false;
  let cancel = (): void => undefined;

  function learn({ version, all, livedOnMs = 0 }: HaltsRead, askedMs: number): void {
    if (askedMs < known.askedMs) return;
    // It was asked before another version was learned, and does not tell what belongs to this one.
    if (all === undefined && version !== known.version) return look();
    const isNews = version !== known.version;
    known = { version, all: all ?? known.all, livedOnMs: all === undefined ? known.livedOnMs : livedOnMs, askedMs };
    if (isNews) changed();
  }

  async function ask(): Promise<void> {
    const askedMs = scheduler.nowMs();
    learn(await store.readHalts(known.version), askedMs);
  }

  function look(): void {
    if (asking !== undefined) {
      again = true;
      return;
    }
    asking = ask()
      .catch(() => undefined)
      .finally(() => {
        asking = undefined;
        if (!again || ended) return;
        again = false;
        look();
      });
  }

  function tick(): void {
    if (ended) return;
    if (scheduler.nowMs() - known.askedMs >= pollMs) look();
    cancel = scheduler.after(Math.max(1, Math.min(pollMs, known.askedMs + pollMs - scheduler.nowMs())), tick);
  }

  return {
    known: () => known,
    learn,
    look,
    start: () => {
      cancel();
      tick();
    },
    stop() {
      ended = true;
      cancel();
    },
    async halt(wish) {
      const halt = await store.halt(wish);
      await ask();
      return halt;
    },
    async liftHalt(scope) {
      const halt = await store.liftHalt(scope);
      await ask();
      return halt;
    },
  };
}
