// The history of a run: pages of its events without their large values, the stream of what comes, and one event whole.
import type { history, historyEvent } from '@palace/flow/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { get } from './client.ts';

export type RunEvent = z.infer<typeof historyEvent>;

/** Longer values are asked for when somebody looks at them. */
const SHORT_BYTES = 600;
export const PAGE_EVENTS = 1_000;

const pathOf = (id: string): string => `/v1/runs/${id}/events`;

/** The outline of the events after `after`. */
export async function outlinePage(id: string, after: number, signal: AbortSignal): Promise<readonly RunEvent[]> {
  return (await get<z.infer<typeof history>>(pathOf(id), { query: { after, limit: PAGE_EVENTS, maxValueBytes: SHORT_BYTES }, signal })).items;
}

/** Where the same is told as it comes; it goes on behind Last-Event-ID. */
export const outlineStream = (id: string): string => `${pathOf(id)}?maxValueBytes=${SHORT_BYTES}`;

/** One event with all that it holds. It never changes. */
export const wholeEventQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: ['run-event', id, seq],
    queryFn: async ({ signal }) => (await get<z.infer<typeof history>>(pathOf(id), { query: { after: seq - 1, limit: 1 }, signal })).items[0] ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
