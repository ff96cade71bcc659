// The history of a run: pages of its events without their large values, the stream of what comes, and one event whole.
import type { history, historyEvent } from '@palace/flow/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { get } from './client.ts';
import { eventsAddress, outlineAddress } from '../addresses/first-reads.ts';

export type RunEvent = z.infer<typeof historyEvent>;

/** The outline of the events after `after`. */
export async function outlinePage(id: string, after: number, signal: AbortSignal): Promise<readonly RunEvent[]> {
  return (await get<z.infer<typeof history>>(outlineAddress(id, after), { signal })).items;
}

/** One event with all that it holds. It never changes. */
export const wholeEventQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: ['run-event', id, seq],
    queryFn: async ({ signal }) => (await get<z.infer<typeof history>>(eventsAddress(id), { query: { after: seq - 1, limit: 1 }, signal })).items[0] ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
