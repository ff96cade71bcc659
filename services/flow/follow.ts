// Following a run: its events as they come, for streams. The owner's process is told after each commit; any other looks again.
// I1 Events come in order without gap, by seq, wherever the client resumes (R4). I2 A follower costs a run nothing but a callback.
import type { SseEvent } from '@palace/gateway/contract.ts';
import { ENDED } from './contract.ts';
import { historyReader } from './history-page.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';
import { hear, LOOK_MS } from './wait.ts';

const PAGE = 500;

export interface FollowWish {
  /** The seq of the last event that the client has. */
  readonly after: number;
  /** As `historyReader` has it. */
  readonly maxValueBytes?: number | undefined;
}

export async function* follow(parts: FlowParts, tenant: string, row: RunRow, wish: FollowWish, signal: AbortSignal): AsyncIterable<SseEvent> {
  const pageOf = await historyReader(parts, tenant, row, wish);
  let seen = wish.after;
  while (!signal.aborted) {
    const heard = hear(parts, row.id, LOOK_MS, signal);
    const now = (await parts.reads.run(tenant, row.id)) ?? (await parts.reads.kept(tenant, row.id));
    const ended = ENDED.has(now?.status ?? 'cancelled');
    const items = await parts.reads.history(tenant, row.id, seen, PAGE);
    for (const item of items) {
      seen = item.seq;
      yield { id: String(item.seq), event: item.event.type, data: await pageOf(item) };
    }
    if (items.length === PAGE) continue;
    if (ended) return;
    await heard;
  }
}
