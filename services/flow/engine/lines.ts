// How many runs wait for a place in a shard, or are on their way there, by tenant: looked up in the tables, and good for a moment.
// I1 What this process sends there meanwhile counts at once: a flood through one door is bounded too.
// I2 What has left and has not arrived counts, in stream and inbox: an owner that is slow, or not there, lengthens no line.
// Called by admission.ts for shards of other processes, at the door of webhooks, and before times and events start runs.
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { EngineParts } from './parts.ts';

const GOOD_FOR_MS = 1_000;

export type Lines = EngineParts['lines'];

type Needs = Pick<EngineParts, 'store' | 'scheduler'> & { readonly settings: Pick<EngineParts['settings'], 'maxQueuedRuns'> };

export function createLines({ store, scheduler, settings: { maxQueuedRuns } }: Needs): Lines {
  const lines = new Map<number, { readonly untilMs: number; readonly line: Promise<FairShare> }>();

  async function look(shard: number): Promise<FairShare> {
    const line = new FairShare(maxQueuedRuns);
    for (const { tenant, count } of await store.waiting(shard, 2 * maxQueuedRuns)) for (let n = 0; n < count; n++) line.take(tenant);
    return line;
  }

  return (shard) => {
    const known = lines.get(shard);
    if (known !== undefined && known.untilMs > scheduler.nowMs()) return known.line;
    const line = look(shard);
    line.catch(() => lines.delete(shard));
    lines.set(shard, { untilMs: scheduler.nowMs() + GOOD_FOR_MS, line });
    return line;
  };
}
