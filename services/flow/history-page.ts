// One event of a run's history as clients see it: the pointer of its step beside the event's own data.
import type { z } from 'zod';
import type { historyEvent } from './contract.ts';
import type { Linked } from './core/link.ts';
import type { HistoryItem } from './store/read.ts';

export function historyPage({ seq, atMs, event }: HistoryItem, linked: Linked | undefined): z.input<typeof historyEvent> {
  const { type, ...data } = event;
  const step = 'pc' in event ? linked?.program.steps[event.pc]?.pointer : undefined;
  return { seq, at: new Date(atMs).toISOString(), type, ...(step !== undefined && { step }), data };
}
