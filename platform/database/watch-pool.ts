// What a pool learns from the connections that come back: whether somebody holds a lock that many wait for, and whether it stands still.
// I1 A pool that is full and moves is never stuck: a crowd waits for its turn.
// I2 Where a lock is known nobody waits for a connection behind those who wait for it, and who meets it gives up soon: whoever needs
//    other tables finds connections free. Some always go on trying, and find its end.
// Called by pg.ts.
import type { Pool, PoolClient } from 'pg';

/** All connections have been in use for so long, and none came back: those who wait already are enough. */
const STILL_MS = 2_000;
/** A refusal to wait at all comes sooner. */
const WAITED_MS = 400;
/** So many within KNOWN_MS: one or two may have met somebody's moment. */
const IN_VAIN = 3;
/** A little longer than the longest wait for a lock. */
const KNOWN_MS = 3_500;
const LOCK_NOT_AVAILABLE = '55P03';

const REASON = 'All connections to the database wait for its answers; a table may be locked.';

/** What the declared type of a client leaves out. */
interface WithConnection {
  readonly connection: { on(event: 'errorMessage', listener: (error: { readonly code?: string }) => void): void };
}

export interface PoolWatch {
  /** Why nobody should wait for a connection, in one sentence; undefined while its turn will come. */
  stuck(): string | undefined;
  /** Many have waited in vain for a lock just now. */
  lockIsKnown(): boolean;
}

/** `max`: connections of the pool. */
export function watchPool(pool: Pool, max: number): PoolWatch {
  const takenMs = new WeakMap<PoolClient, number>();
  const inVain = new WeakSet<PoolClient>();
  /** When the last of them came back. */
  let inVainMs: readonly number[] = [];
  let stillSinceMs: number | undefined;
  const isFull = (): boolean => pool.totalCount >= max && pool.idleCount === 0;
  pool.on('connect', (client) => {
    (client as unknown as WithConnection).connection.on('errorMessage', ({ code }) => {
      if (code === LOCK_NOT_AVAILABLE && performance.now() - (takenMs.get(client) ?? 0) > WAITED_MS) inVain.add(client);
    });
  });
  pool.on('acquire', (client) => {
    takenMs.set(client, performance.now());
    if (isFull()) stillSinceMs ??= performance.now();
  });
  pool.on('release', (_error, client) => {
    const nowMs = performance.now();
    const wasInVain = inVain.delete(client);
    if (wasInVain) inVainMs = [...inVainMs.slice(1 - IN_VAIN), nowMs];
    if (pool.waitingCount === 0) stillSinceMs = undefined;
    else if (!wasInVain) stillSinceMs = nowMs;
  });
  pool.on('remove', () => (stillSinceMs = undefined));
  const lockIsKnown = (): boolean => inVainMs.length === IN_VAIN && performance.now() - (inVainMs[0] ?? 0) < KNOWN_MS;
  const isStill = (): boolean => pool.waitingCount > 0 && stillSinceMs !== undefined && performance.now() - stillSinceMs > STILL_MS;
  return { stuck: () => (isFull() && (lockIsKnown() || isStill()) ? REASON : undefined), lockIsKnown };
}
