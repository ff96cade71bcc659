// Which runs are over: those that ended long enough ago, chain by chain. Pure.
// I1 A run that has not ended never expires; nor does anything of its chain (its parents, its children, theirs).
// I2 A chain goes when each of its runs is due, children before parents: what is left after a crash in the middle is whole.
// I3 A run of another's chain is found beside it: they share time and shard (run-id.ts I3).
import { ENDED, type RunStatus } from '../contract.ts';
import { birthOf } from './run-id.ts';

export interface Candidate {
  readonly id: string;
  readonly parent?: string;
  readonly status: RunStatus;
  readonly endedMs?: number;
  readonly hash: string;
}

export interface KeepTimes {
  readonly completedMs: number;
  readonly failedMs: number;
}

/** When the run is due; never while it is open. */
export function dueMs({ status, endedMs }: Candidate, { completedMs, failedMs }: KeepTimes): number {
  if (endedMs === undefined || !ENDED.has(status)) return Infinity;
  return endedMs + (status === 'failed' ? failedMs : completedMs);
}

/** Ids of the runs to remove, chain by chain, children first. `candidates`: in order of their ids, all that share a birth. */
export function expiredRuns(candidates: readonly Candidate[], keep: (hash: string) => KeepTimes, nowMs: number): string[] {
  const gone: string[] = [];
  for (const born of Map.groupBy(candidates, ({ id }) => birthOf(id)).values()) {
    const byId = new Map(born.map((one) => [one.id, one]));
    for (const chain of Map.groupBy(born, (one) => rootOf(one, byId)).values()) {
      if (!chain.every((one) => dueMs(one, keep(one.hash)) <= nowMs)) continue;
      const depth = (one: Candidate): number => (one.parent === undefined || !byId.has(one.parent) ? 0 : 1 + depth(byId.get(one.parent) as Candidate));
      gone.push(...chain.toSorted((a, b) => depth(b) - depth(a)).map(({ id }) => id));
    }
  }
  return gone;
}

/** The highest run of the chain that is still there. */
function rootOf(one: Candidate, byId: ReadonlyMap<string, Candidate>): string {
  let at = one;
  for (let next = parentOf(at, byId); next !== undefined; next = parentOf(at, byId)) at = next;
  return at.id;
}

const parentOf = ({ parent }: Candidate, byId: ReadonlyMap<string, Candidate>): Candidate | undefined => (parent === undefined ? undefined : byId.get(parent));

/** A page of a reading by id without the last birth, which may go on; whole when nothing follows. `more`: the page was full. */
export function wholeBirths<Row extends { readonly id: string }>(rows: readonly Row[], more: boolean): readonly Row[] {
  const last = rows.at(-1);
  if (!more || last === undefined) return rows;
  const whole = rows.findIndex(({ id }) => birthOf(id) === birthOf(last.id));
  return rows.slice(0, whole);
}
