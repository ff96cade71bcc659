'use client';
// Rules for outgoing connections.
import type { egressRuleList, EgressRuleView } from '@palace/gateway/contract.ts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type { EgressRuleView } from '@palace/gateway/contract.ts';

const PAGE = 200;

export const egressQuery = infiniteQueryOptions({
  queryKey: ['egress'],
  queryFn: ({ pageParam, signal }) => get<z.infer<typeof egressRuleList>>('/v1/egress', { query: { limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});

const pathOf = (address: string): string => `/v1/egress/${encodeURIComponent(address)}`;
export const putEgressRule = (address: string, body: { action: 'allow' | 'deny'; reason: string }): Promise<EgressRuleView> =>
  ask('PUT', pathOf(address), { body });
export const removeEgressRule = (address: string): Promise<void> => ask('DELETE', pathOf(address));
