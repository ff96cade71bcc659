'use client';
// Definitions as the console reads them.
import type { flowVersion } from '@palace/flow/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { get } from './client.ts';

export type FlowVersion = z.infer<typeof flowVersion>;

/** `flow` is NAMESPACE/NAME; the newest version first. */
export const flowVersionsQuery = (flow: string) =>
  queryOptions({
    queryKey: ['flow', flow, 'versions'],
    queryFn: async ({ signal }) => (await get<{ items: FlowVersion[] }>(`/v1/flows/${flow}/versions`, { signal })).items,
  });
