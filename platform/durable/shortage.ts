// What the database is short of (disk, memory, connections): learned from a refusal, watched until it is there again.
// I1 A shortage ends by proof alone, not by the luck of a small commit: who asks for readiness sees it as long as it lasts.
// I2 A proof that fails for another reason than the shortage or a lost database ends it: nothing may stay shut by a fault of the proof.
// Called by node.ts.
import { asPalaceError } from '../database/failure.ts';
import { PalaceError } from '../errors.ts';
import type { Log } from '../telemetry/port.ts';
import type { Scheduler } from './contract.ts';

const LOOK_MS = 1_000;

export interface Shortage {
  /** The database has refused to keep something for want of `reason`. */
  met(reason: string): void;
  /** The reason, while it lasts. */
  present(): string | undefined;
  close(): void;
}

export function createShortage(scheduler: Scheduler, prove: () => Promise<void>, log: Log): Shortage {
  let reason: string | undefined;
  let closed = false;
  let cancel = (): void => undefined;

  function met(lacking: string): void {
    const known = reason !== undefined;
    reason = lacking;
    if (known || closed) return;
    log.error('The database keeps nothing more; new starts are refused until it does', { reason });
    watch();
  }

  function watch(): void {
    cancel = scheduler.after(LOOK_MS, () => void look());
  }

  async function look(): Promise<void> {
    const failure = await prove().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (closed) return;
    if (asPalaceError(failure) instanceof PalaceError) return watch();
    log.warn('The database takes commits again', { reason, ...(failure !== undefined && { error: failure }) });
    reason = undefined;
  }

  return {
    met,
    present: () => reason,
    close() {
      closed = true;
      cancel();
    },
  };
}
