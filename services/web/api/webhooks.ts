'use client';
// Webhooks: addresses that others deliver to, and what came.
import type { createdWebhook, createWebhook, deliveryList, rotatedWebhook, webhook, webhookList } from '@palace/flow/contract.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type Webhook = z.infer<typeof webhook>;
export type NewWebhook = z.input<typeof createWebhook>;
export type CreatedWebhook = z.infer<typeof createdWebhook>;
export type RotatedWebhook = z.infer<typeof rotatedWebhook>;
export type Delivery = z.infer<typeof deliveryList>['items'][number];
export type WebhookScheme = Webhook['scheme'];

const PAGE = 100;
const AGAIN_MS = 5_000;
const pathOf = (name: string): string => `/v1/webhooks/${encodeURIComponent(name)}`;

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks', 'all'],
  queryFn: async ({ signal }) => (await get<z.infer<typeof webhookList>>('/v1/webhooks', { signal })).items,
});

export const deliveriesQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', name],
    queryFn: ({ pageParam, signal }) => get<z.infer<typeof deliveryList>>(`${pathOf(name)}/deliveries`, { query: { limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    // Once somebody reads further back the list stands still: each look would read all of it again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : AGAIN_MS),
  });

export const addWebhook = (body: NewWebhook): Promise<CreatedWebhook> => ask('POST', '/v1/webhooks', { body });
export const removeWebhook = (name: string): Promise<void> => ask('DELETE', pathOf(name));
/** The secret before counts for so many seconds more. */
export const rotateWebhook = (name: string, overlapSeconds: number): Promise<RotatedWebhook> =>
  ask('POST', `${pathOf(name)}/rotate`, { body: { overlapSeconds } });
