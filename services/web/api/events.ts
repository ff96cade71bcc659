'use client';
// Events that are kept: what came from outside and what runs said.
import type { eventDetail, eventList, eventSummary } from '@palace/flow/event-contract.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type EventSummary = z.infer<typeof eventSummary>;
export type EventDetail = z.infer<typeof eventDetail>;
export interface EventFilter {
  readonly type?: string;
  readonly source?: string;
}

const PAGE = 100;
const AGAIN_MS = 3_000;
/** Whom an event reached may show a little later. */
const DETAIL_AGAIN_MS = 5_000;

export const eventsQuery = (filter: EventFilter) =>
  infiniteQueryOptions({
    queryKey: ['events', filter],
    queryFn: ({ pageParam, signal }) => get<z.infer<typeof eventList>>('/v1/events', { query: { ...filter, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    // Once somebody reads further back the list stands still: each look would read all of it again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : AGAIN_MS),
  });

export const eventQuery = (position: string) =>
  queryOptions({
    queryKey: ['event', position],
    queryFn: ({ signal }) => get<EventDetail>(`/v1/events/${position}`, { signal }),
    refetchInterval: DETAIL_AGAIN_MS,
  });

/** The one that a source calls so; undefined when it is not kept (any more). */
export const eventOfSourceQuery = (source: string, id: string) =>
  queryOptions({
    queryKey: ['event', source, id],
    async queryFn({ signal }): Promise<EventDetail | null> {
      const { items } = await get<z.infer<typeof eventList>>('/v1/events', { query: { source, id, limit: 1 }, signal });
      return items[0] === undefined ? null : get<EventDetail>(`/v1/events/${items[0].position}`, { signal });
    },
  });

export interface NewEvent {
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly subject?: string;
  readonly data?: unknown;
}
/** The same source and id again is the same event. */
export const emitEvent = (event: NewEvent): Promise<{ id: string }> => ask('POST', '/v1/events', { body: { specversion: '1.0', ...event } });
