// Starts by events while their flow is held back (core/halts.ts): kept in a table, and sent on when it may start again.
// I1 A start is kept in the commit that decides it, instead of leaving, and leaves in the commit that takes it from the table: none is lost,
//    none leaves twice. Those of one flow leave in the order in which they were decided.
// I2 Who keeps one looks afterwards whether it is still held back: what was lifted in between is not missed.
// I3 What leaves needs room in the line of its limit like any other (waiting-starts.ts).
// Called by correlation.ts and schedules.ts (they keep), engine.ts (after every change, and when a shard has opened).
import { parseJsonText } from '@palace/platform/json.ts';
import type { Fence } from '@palace/platform/durable/contract.ts';
import type { StartBody } from '../engine/arrivals.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { HeldStartRow } from '../store/port.ts';
import type { TriggeredStart } from './starts.ts';
import type { Sorted, WaitingStarts } from './waiting-starts.ts';

const BATCH = 100;
const RETRY_MS = 500;
/** Shards open one after the other: one look for many. */
const SOON_MS = 20;

export interface HeldStarts {
  /** What of these starts leaves with a write, and what is kept in it: held back, or waiting for room. */
  sort(shard: number, starts: readonly TriggeredStart[]): Promise<Sorted & { readonly rows: { readonly held_start?: readonly HeldStartRow[] } }>;
  /** Sends on what is not held back any more. */
  look(): void;
}

export function createHeldStarts(parts: EngineParts, room: Pick<WaitingStarts, 'sort'>): HeldStarts {
  let scheduled = false;
  let looking = false;

  function look(): void {
    if (scheduled) return;
    scheduled = true;
    parts.scheduler.after(SOON_MS, () => {
      scheduled = false;
      void lookNow();
    });
  }

  async function lookNow(): Promise<void> {
    if (looking) return look();
    looking = true;
    try {
      const fences = new Map(
        parts
          .node()
          .owned()
          .map((fence) => [fence.shard, fence]),
      );
      const waiting = fences.size === 0 ? [] : await parts.store.heldFlows([...fences.keys()], BATCH);
      const free = waiting.filter((one) => parts.halts.over(one) === undefined);
      for (const { shard, tenant, flow } of free) {
        const fence = fences.get(shard);
        if (fence !== undefined) await sendOn(parts, room, fence, { tenant, flow });
      }
      if (waiting.length === BATCH && free.length > 0) look();
    } catch (error) {
      parts.log.warn('starts that were held back could not be sent on; trying again', { error });
      parts.scheduler.after(RETRY_MS, look);
    } finally {
      looking = false;
    }
  }

  async function sort(shard: number, starts: readonly TriggeredStart[]): Promise<Awaited<ReturnType<HeldStarts['sort']>>> {
    const free = starts.filter((start) => parts.halts.over(start) === undefined);
    const kept = starts.filter((start) => !free.includes(start)).map((start) => rowOf(shard, start, parts.node().timeMs()));
    const sorted = await room.sort(shard, free);
    function settle(isKept: boolean): void {
      sorted.settle(isKept);
      if (kept.some((row) => parts.halts.over(row) === undefined)) look();
    }
    return { ...sorted, rows: { ...sorted.rows, ...(kept.length > 0 && { held_start: kept }) }, settle };
  }

  return { sort, look };
}

const rowOf = (shard: number, { tenant, flow, shard: toShard, body }: TriggeredStart, atMs: number): HeldStartRow => ({
  shard,
  tenant,
  flow,
  consumer_shard: toShard,
  body: JSON.stringify(body),
  at_ms: atMs,
});

async function sendOn(parts: EngineParts, room: Pick<WaitingStarts, 'sort'>, fence: Fence, of: { tenant: string; flow: string }): Promise<void> {
  const { shard } = fence;
  const { tenant, flow } = of;
  const held = parts.tenure(shard);
  while (held() && parts.halts.over(of) === undefined) {
    const rows = await parts.store.heldStarts(shard, tenant, flow, BATCH);
    if (rows.length === 0 || !held()) return;
    const starts = rows.map(({ consumerShard, body }): TriggeredStart => ({ tenant, flow, shard: consumerShard, body: parseJsonText(body) as StartBody }));
    const sorted = await room.sort(shard, starts);
    if (!held()) return sorted.settle(false);
    const outcome = await parts.node().submit({
      fence,
      key: `held-starts/${tenant}/${flow}`,
      tenant,
      rows: { held_start_gone: rows.map(({ position }) => ({ position })), ...sorted.rows },
      streams: sorted.streams,
    });
    sorted.settle(outcome.kind === 'committed');
    if (outcome.kind !== 'committed') throw new Error(`the write was ${outcome.kind}`);
  }
}
