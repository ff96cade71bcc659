'use client';
// Flows as the console reads and changes them: versions, schedules, what is held back.
import type { flowDetail, flowList, flowSchema, flowVersion, listedFlow, listedFlows, validation } from '@palace/flow/contract.ts';
import type { scheduleList, schedule, webhook, webhookList } from '@palace/flow/trigger-contract.ts';
import type { haltList, haltView } from '@palace/flow/diagnosis-contract.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type FlowVersion = z.infer<typeof flowVersion>;
export type ListedFlow = z.infer<typeof listedFlow>;
export type FlowDetail = z.infer<typeof flowDetail>;
export type FlowSchedule = z.infer<typeof schedule>;
export type FlowWebhook = z.infer<typeof webhook>;
export type Validation = z.infer<typeof validation>;
export type Mistake = Validation['errors'][number];
export type Halt = z.infer<typeof haltView>;

const PAGE = 200;
const LIST_AGAIN_MS = 5_000;
const MOST_PAGES = 25;

export const flowPath = (namespace: string, name: string): string => `/v1/flows/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

export const flowsQuery = infiniteQueryOptions({
  queryKey: ['flows'],
  queryFn: ({ pageParam, signal }) => get<z.infer<typeof listedFlows>>('/v1/flows', { query: { limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
  refetchInterval: LIST_AGAIN_MS,
});

export const flowQuery = (namespace: string, name: string, version?: string) =>
  queryOptions({
    queryKey: ['flow', namespace, name, version ?? 'latest'],
    queryFn: ({ signal }) => get<FlowDetail>(flowPath(namespace, name), { query: { version }, signal }),
    // A version never changes; which one is the latest does.
    staleTime: version === undefined ? 2_000 : Number.POSITIVE_INFINITY,
  });

/** Of a name that somebody writes: null when there is no such flow. Asked of the list, where that is no failure. */
export const newestQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: ['flow', namespace, name, 'newest'],
    queryFn: async ({ signal }): Promise<FlowDetail | null> => {
      for (let cursor: string | undefined, pages = 0; pages < MOST_PAGES; pages++) {
        const page: z.infer<typeof listedFlows> = await get('/v1/flows', { query: { namespace, limit: PAGE, cursor }, signal });
        if (page.items.some((one) => one.name === name)) return get<FlowDetail>(flowPath(namespace, name), { signal });
        cursor = page.next;
        if (cursor === undefined) break;
      }
      return null;
    },
  });

export const versionsQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: ['flow', namespace, name, 'versions'],
    queryFn: async ({ signal }) => (await get<z.infer<typeof flowList>>(`${flowPath(namespace, name)}/versions`, { signal })).items,
  });

/** What may stand where in a flow: the same for as long as the server is. */
export const flowSchemaQuery = queryOptions({
  queryKey: ['flows', 'schema'],
  queryFn: ({ signal }) => get<z.infer<typeof flowSchema>>('/v1/flows/schema', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** All of them: each flow has at most one. */
export const schedulesQuery = queryOptions({
  queryKey: ['schedules', 'all'],
  queryFn: async ({ signal }) => {
    const items: FlowSchedule[] = [];
    for (let cursor: string | undefined, pages = 0; pages < MOST_PAGES; pages++) {
      const page: z.infer<typeof scheduleList> = await get('/v1/schedules', { query: { limit: PAGE, cursor }, signal });
      items.push(...page.items);
      cursor = page.next;
      if (cursor === undefined) break;
    }
    return items;
  },
  refetchInterval: 15_000,
});

export const haltsQuery = queryOptions({
  queryKey: ['halts'],
  queryFn: async ({ signal }) => (await get<z.infer<typeof haltList>>('/v1/halts', { signal })).items,
  refetchInterval: LIST_AGAIN_MS,
});

export const flowWebhooksQuery = (flow: string) =>
  queryOptions({
    queryKey: ['webhooks', 'of', flow],
    queryFn: async ({ signal }) => (await get<z.infer<typeof webhookList>>('/v1/webhooks', { signal })).items.filter((one) => one.flow === flow),
  });

export const validateFlow = (source: string, signal: AbortSignal): Promise<Validation> => ask('POST', '/v1/flows/validate', { body: { source }, signal });
export const publishFlow = (source: string): Promise<FlowVersion> => ask('POST', '/v1/flows', { body: { source } });
export const deleteFlow = (namespace: string, name: string, version?: string): Promise<void> =>
  ask('DELETE', flowPath(namespace, name), { query: { version } });

export const holdFlow = (flow: string): Promise<Halt> => ask('POST', '/v1/halts', { body: { flow } });
export const letFlowGo = (flow: string): Promise<unknown> => ask('POST', '/v1/halts/lift', { body: { flow } });

/** What holds back a flow: the flow itself, or something wider. */
export function haltOf(halts: readonly Halt[] | undefined, flow: string): Halt | undefined {
  const own = halts?.find((halt) => halt.scope === 'flow' && halt.flow === flow);
  return own ?? halts?.find(({ scope }) => scope !== 'flow');
}
