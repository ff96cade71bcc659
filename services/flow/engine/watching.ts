// Who wants to hear of a run as it goes on: event streams, waiting starts, tests. In this process only; others look at the journal.
import type { RunStatus } from '../contract.ts';
import type { RunEvent } from '../core/model.ts';
import type { Slot } from './slot.ts';

/** Told after the commit: what watchers, waiters and tests see. */
export interface Committed {
  readonly slot: Slot;
  readonly events: readonly RunEvent[];
  readonly fromSeq: number;
}

export type Watcher = (news: { readonly lastSeq: number; readonly status: RunStatus }) => void;

export interface Watching {
  /** Returns the function that ends the watch. */
  watch(runId: string, watcher: Watcher): () => void;
  tell(committed: Committed): void;
}

export function createWatching(): Watching {
  const watchers = new Map<string, Set<Watcher>>();
  return {
    watch(runId, watcher) {
      let set = watchers.get(runId);
      if (set === undefined) watchers.set(runId, (set = new Set()));
      set.add(watcher);
      return () => {
        set.delete(watcher);
        if (set.size === 0 && watchers.get(runId) === set) watchers.delete(runId);
      };
    },
    tell({ slot }) {
      const set = watchers.get(slot.id);
      if (set !== undefined) for (const watcher of [...set]) watcher({ lastSeq: slot.lastSeq, status: slot.status });
    },
  };
}
