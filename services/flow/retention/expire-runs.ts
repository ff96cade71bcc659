// Removes the runs of owned shards that are over: a walk over the ids, oldest first, page by page, round after round.
// I1 What goes is read and judged first (core/expiry.ts) and judged again by the statement that removes it, under the fence of its shard.
// I2 A run that something asks for at this moment is left for the next round: whoever reads it finds it whole or not at all.
// I3 The pace is bounded: so many runs a second, no more than half of the time, and nothing while commits wait.
// Called by retention.ts, one walk at a time.
import type { Database } from '@palace/platform/database/port.ts';
import { isConnectionLost, sqlState } from '@palace/platform/database/failure.ts';
import type { DurableNode, Fence, Scheduler } from '@palace/platform/durable/contract.ts';
import type { RunStatus } from '../contract.ts';
import { expiredRuns, wholeBirths, type Candidate, type KeepTimes } from '../core/expiry.ts';
import { birthOf, runsFrom } from '../core/run-id.ts';
import type { Engine } from '../engine/engine.ts';

const PAGE = 2_000;
/** A birth may be a run with all its children. */
const LARGEST_PAGE = 1_024_000;
const AT_ONCE = 500;
/** Writes that wait: the runs of now go first. */
const BUSY_BACKLOG = 200;
const BUSY_PAUSE_MS = 100;
/** How long a statement whose answer was lost may still be under way. */
const UNKNOWN_MS = 30_000;

export interface ExpiryParts {
  readonly database: Database;
  readonly node: Pick<DurableNode, 'fence' | 'owned' | 'backlog'>;
  readonly engine: Pick<Engine, 'setAside'>;
  readonly scheduler: Scheduler;
  readonly keep: KeepTimes;
  readonly runsPerSecond: number;
  /** True once the process stops. */
  readonly stopped: () => boolean;
}

interface Row extends Candidate {
  readonly shard: number;
}

/** One round over everything that may be due at `nowMs`. Returns how many runs went. */
export async function expireRuns(parts: ExpiryParts, nowMs: number): Promise<number> {
  const { database, node, keep, scheduler } = parts;
  const shortest = await shortestKept(database, keep);
  const end = runsFrom(nowMs - shortest);
  let gone = 0;
  let size = PAGE;
  for (let after = ''; !parts.stopped();) {
    const shards = node.owned().map(({ shard }) => shard);
    if (shards.length === 0) return gone;
    const beganMs = scheduler.nowMs();
    const rows = await readPage(database, shards, after, end, size);
    await rest(parts, 0, scheduler.nowMs() - beganMs);
    const whole = wholeBirths(rows, rows.length === size);
    const last = whole.at(-1);
    if (last === undefined && rows.length > 0 && size < LARGEST_PAGE) size *= 2;
    else if (last === undefined) return gone;
    else {
      gone += await removeFrom(parts, whole, nowMs);
      if (rows.length < size) return gone;
      after = `${birthOf(last.id)}~`;
      size = PAGE;
    }
  }
  return gone;
}

/** Closed segments of runs that go on: one after the other, as many as are over. Returns how many went. */
export async function expireSegments({ database, node, keep, scheduler, stopped }: ExpiryParts, nowMs: number): Promise<number> {
  const least = await shortestKept(database, keep);
  for (let gone = 0; ; gone++) {
    const held = node.owned();
    if (held.length === 0 || stopped()) return gone;
    const beganMs = scheduler.nowMs();
    const { rows } = await database.engine.query<{ gone: number }>('select flow.expire_segment($1, $2, $3, $4, $5) as gone', [
      ...columns(held),
      nowMs,
      keep.completedMs,
      least,
    ]);
    if (rows[0]?.gone !== 1) return gone;
    await new Promise<void>((resolve) => scheduler.after(scheduler.nowMs() - beganMs, resolve));
  }
}

/** In the order in which locks are taken everywhere. */
function columns(fences: readonly Fence[]): [number[], number[]] {
  const sorted = fences.toSorted((a, b) => a.shard - b.shard);
  return [sorted.map(({ shard }) => shard), sorted.map(({ epoch }) => epoch)];
}

/** No run is due before it. */
async function shortestKept(database: Database, { completedMs, failedMs }: KeepTimes): Promise<number> {
  const { rows } = await database.engine.query<{ least: string | null }>('select min(least(completed_ms, failed_ms)) as least from flow.retention');
  return Math.min(completedMs, failedMs, Number(rows[0]?.least ?? Infinity));
}

interface Found {
  readonly id: string;
  readonly shard: number;
  readonly parent: string | null;
  readonly status: RunStatus;
  readonly ended_ms: string | null;
  readonly hash: string;
}

async function readPage(database: Database, shards: readonly number[], after: string, end: string, limit: number): Promise<Row[]> {
  const { rows } = await database.asEngine({ shards }, (sql) =>
    sql.query<Found>('select id, shard, parent, status, ended_ms, hash from flow.run where id > $1 and id < $2 order by id limit $3', [after, end, limit]),
  );
  return rows.map((r) => ({
    id: r.id,
    shard: r.shard,
    status: r.status,
    hash: r.hash,
    ...(r.parent !== null && { parent: r.parent }),
    ...(r.ended_ms !== null && { endedMs: Number(r.ended_ms) }),
  }));
}

async function removeFrom(parts: ExpiryParts, rows: readonly Row[], nowMs: number): Promise<number> {
  const keep = await keepTimes(parts, rows);
  const shardOf = new Map(rows.map(({ id, shard }) => [id, shard]));
  const due = expiredRuns(rows, keep, nowMs);
  let gone = 0;
  for (let at = 0; at < due.length && !parts.stopped(); at += AT_ONCE) {
    const beganMs = parts.scheduler.nowMs();
    gone += await remove(parts, due.slice(at, at + AT_ONCE), shardOf);
    await rest(parts, Math.min(AT_ONCE, due.length - at), parts.scheduler.nowMs() - beganMs);
  }
  return gone;
}

/** What flows say for themselves goes before the settings. */
async function keepTimes({ database, keep }: ExpiryParts, rows: readonly Row[]): Promise<(hash: string) => KeepTimes> {
  const { rows: own } = await database.engine.query<{ hash: string; completed_ms: string | null; failed_ms: string | null }>(
    'select hash, completed_ms, failed_ms from flow.retention where hash = any($1)',
    [[...new Set(rows.map(({ hash }) => hash))]],
  );
  const byHash = new Map(
    own.map((r): [string, KeepTimes] => [r.hash, { completedMs: Number(r.completed_ms ?? keep.completedMs), failedMs: Number(r.failed_ms ?? keep.failedMs) }]),
  );
  return (hash) => byHash.get(hash) ?? keep;
}

/** I1, I2. Of shards that were lost meanwhile nothing goes. */
async function remove({ database, node, engine, scheduler }: ExpiryParts, due: readonly string[], shardOf: ReadonlyMap<string, number>): Promise<number> {
  const fences = new Map<number, Fence>();
  const mine = due.filter((id) => {
    const fence = node.fence(shardOf.get(id) ?? -1);
    if (fence !== undefined) fences.set(fence.shard, fence);
    return fence !== undefined;
  });
  const aside = engine.setAside(mine);
  if (aside.ids.length === 0) return 0;
  let settled = false;
  try {
    const values = [...columns([...fences.values()]), aside.ids];
    const { rows } = await database.engine.query<{ gone: number }>('select flow.expire_runs($1, $2, $3) as gone', values);
    settled = true;
    return rows[0]?.gone ?? 0;
  } catch (error) {
    settled = error instanceof Error && sqlState(error) !== undefined && !isConnectionLost(error);
    throw error;
  } finally {
    // The server may still be at it after the connection was lost; a new owner of the shard waits for it by the fence.
    if (settled) aside.free();
    else scheduler.after(UNKNOWN_MS, aside.free);
  }
}

/** I3 */
async function rest({ node, scheduler, runsPerSecond, stopped }: ExpiryParts, runs: number, tookMs: number): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => scheduler.after(ms, resolve));
  await pause(Math.max(tookMs, (runs / runsPerSecond) * 1_000 - tookMs));
  while (node.backlog() > BUSY_BACKLOG && !stopped()) await pause(BUSY_PAUSE_MS);
}
