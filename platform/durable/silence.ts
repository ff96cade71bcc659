// That the database keeps nothing although it was asked to: a lock on a table, or a server that is not there.
// Called by node.ts.

/** A commit that takes longer says that something is wrong. */
const SILENT_MS = 3_000;

/** `sinceMs`: since when no lane has had an answer. */
export function silenceOf(sinceMs: number | undefined, nowMs: number): string | undefined {
  if (sinceMs === undefined || nowMs - sinceMs < SILENT_MS) return undefined;
  return `The database has kept nothing for ${Math.round((nowMs - sinceMs) / 1_000)} s; it may be locked.`;
}
