// The version of a flow that a run lives on; it never changes.
import type { flowDetail } from '@palace/flow/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { get } from './client.ts';

export const flowOfRunQuery = (flow: string, version: string) =>
  queryOptions({
    queryKey: ['flow-version', flow, version],
    queryFn: ({ signal }) => get<z.infer<typeof flowDetail>>(`/v1/flows/${flow}`, { query: { version }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
