// Places for processes: a bounded number at once, a bounded number that wait, the tenants in turn.
// I1 One tenant alone may take all `running` places and no more; for who comes next there is always one (FairShare).
// I2 Who waits leaves when the deadline comes or nobody wants the act any more, and takes no place then.
import { FairQueue } from '@palace/platform/durable/core/fair-queue.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';

export interface PlaceRequest {
  readonly tenant: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** `full`: too many of this tenant wait. `late`: no place came free in time, or nobody waits for it any more. */
export type Place = { readonly leave: () => void } | 'full' | 'late';

export interface Places {
  enter(request: PlaceRequest): Promise<Place>;
}

interface Waiter {
  readonly tenant: string;
  /** Undefined: gone already. */
  settle: ((place: Place) => void) | undefined;
}

export function createPlaces({ running, waiting }: { readonly running: number; readonly waiting: number }): Places {
  const taken = new FairShare(running);
  const lines = new FairShare(waiting);
  const queue = new FairQueue<Waiter>();
  const admits = (tenant: string): boolean => taken.admits(tenant);

  function pump(): void {
    for (let next = queue.shift(admits); next !== undefined; next = queue.shift(admits)) {
      lines.give(next.tenant);
      if (next.settle === undefined) continue;
      taken.take(next.tenant);
      settle(next, { leave: once(next.tenant) });
    }
  }

  function once(tenant: string): () => void {
    let held = true;
    return () => {
      if (held) taken.give(tenant);
      held = false;
      pump();
    };
  }

  return {
    async enter({ tenant, deadlineMs, signal }) {
      if (signal.aborted) return 'late';
      if (!lines.admits(tenant)) return 'full';
      const { promise, resolve } = Promise.withResolvers<Place>();
      const waiter: Waiter = { tenant, settle: resolve };
      const giveUp = (): void => settle(waiter, 'late');
      const timer = setTimeout(giveUp, deadlineMs);
      signal.addEventListener('abort', giveUp);
      lines.take(tenant);
      queue.push(tenant, waiter);
      pump();
      const place = await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      return place;
    },
  };
}

/** Once: who has left takes no place, who has a place is not late. */
function settle(waiter: Waiter, place: Place): void {
  const tell = waiter.settle;
  waiter.settle = undefined;
  tell?.(place);
}
