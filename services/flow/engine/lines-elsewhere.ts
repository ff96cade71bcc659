// How many runs wait for a place in shards that other processes own, by tenant: looked up, and good for a moment.
// I1 What this process sends there meanwhile counts at once: a flood through one door is bounded too.
// Called by admission.ts, and at the door of webhooks.
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { EngineParts } from './parts.ts';

const GOOD_FOR_MS = 1_000;

export type LinesElsewhere = (shard: number) => Promise<FairShare>;

type Needs = Pick<EngineParts, 'store' | 'scheduler'> & { readonly settings: Pick<EngineParts['settings'], 'maxActiveRuns'> };

export function createLinesElsewhere({ store, scheduler, settings: { maxActiveRuns } }: Needs): LinesElsewhere {
  const lines = new Map<number, { readonly untilMs: number; readonly line: Promise<FairShare> }>();

  async function look(shard: number): Promise<FairShare> {
    const line = new FairShare(maxActiveRuns);
    for (const { tenant, count } of await store.waiting(shard, 2 * maxActiveRuns)) for (let n = 0; n < count; n++) line.take(tenant);
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
