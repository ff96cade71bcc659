// What the list shows of what was read: pages, and the newest runs that are looked at again and again. Pure.
import type { ListedRun } from '../../api/runs.ts';

export interface Merged {
  readonly rows: readonly ListedRun[];
  /** Newer than what is shown: told, not pushed in. */
  readonly hidden: number;
  /** So many started that the newest do not reach back to what was read: the pages are to be read anew. */
  readonly gap: boolean;
}

/** `topId`: the first one that the reader has in sight; undefined at the top, where new ones come in place. */
export function mergeRuns(paged: readonly ListedRun[], newest: readonly ListedRun[], topId: string | undefined): Merged {
  const latest = new Map(newest.map((run) => [run.id, run]));
  const known = new Set(paged.map(({ id }) => id));
  const fresh = newest.filter(({ id }) => !known.has(id) && isNewer(id, newest, paged));
  const gap = paged.length > 0 && fresh.length > 0 && fresh.length === newest.length;
  const all = [...(gap ? [] : fresh), ...paged.map((run) => latest.get(run.id) ?? run)];
  const from =
    topId === undefined
      ? 0
      : Math.max(
          0,
          all.findIndex(({ id }) => id === topId),
        );
  return { rows: all.slice(from), hidden: from + (gap ? fresh.length : 0), gap };
}

/** One that a filter by state lets in later has started long ago; it comes with its page. */
function isNewer(id: string, newest: readonly ListedRun[], paged: readonly ListedRun[]): boolean {
  const [first] = paged;
  const run = newest.find((one) => one.id === id);
  return first === undefined || run === undefined || run.startedAt >= first.startedAt;
}
