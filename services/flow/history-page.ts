// One event of a run's history as clients see it: the pointer of its step beside the event's own data, secrets masked. Who acted (`by`)
// stays readable: the id of a key is no secret, and a history that does not tell who acted is none.
// I1 A pc is read with the program of the event's own segment: a run may have gone on with another version since.
import { redact } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import type { historyEvent } from './contract.ts';
import type { Linked } from './core/link.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';
import type { HistoryItem } from './store/read.ts';

type Page = z.input<typeof historyEvent>;

/** Makes pages of the events after `after`, given in order. */
export async function historyReader(parts: FlowParts, tenant: string, row: RunRow, after: number): Promise<(item: HistoryItem) => Promise<Page>> {
  const begins = after + 1;
  let hash = begins >= row.segmentSeq ? row.hash : ((await parts.reads.hashAt(tenant, row.id, begins)) ?? row.hash);
  let linked = await parts.programs.readable(tenant, hash);
  return async (item) => {
    if (item.event.type === 'segment.opened' && item.event.hash !== hash) {
      hash = item.event.hash;
      linked = await parts.programs.readable(tenant, hash);
    }
    return historyPage(item, linked);
  };
}

function historyPage({ seq, atMs, event }: HistoryItem, linked: Linked | undefined): Page {
  const at = new Date(atMs).toISOString();
  if (event.type === 'segment.opened') {
    // The state that it carries has been told event by event already.
    const { type, segment, hash } = event;
    return { seq, at, type, data: { segment, hash, ...(linked !== undefined && { version: linked.program.version }), atMs: event.atMs } };
  }
  const { type, ...data } = event;
  const step = 'pc' in event ? linked?.program.steps[event.pc]?.pointer : undefined;
  const safe = redact(data) as Record<string, unknown>;
  return { seq, at, type, ...(step !== undefined && { step }), data: 'by' in event && event.by !== undefined ? { ...safe, by: event.by } : safe };
}
