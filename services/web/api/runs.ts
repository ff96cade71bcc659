'use client';
// Runs as the console reads them.
import type { listRuns, RunStatus, runDetail, runList, runsSummary, runSummary } from '@palace/flow/contract.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';
import { newestRunsAddress, runAddress, RUNS_SUMMARY } from '../addresses/first-reads.ts';

export type { RunStatus } from '@palace/flow/contract.ts';
export type RunSummary = z.infer<typeof runSummary>;
/** Of a list: with what it waits for, as far as lists tell. */
export type ListedRun = z.infer<typeof runList>['items'][number];
export type RunDetail = z.infer<typeof runDetail>;
export type RunsSummary = z.infer<typeof runsSummary>;
export type RunFilter = Omit<z.input<typeof listRuns>, 'limit' | 'cursor'>;

/** Lists are looked at again while they are seen. */
export const LIST_AGAIN_MS = 3_000;
const PAGE = 100;

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', filter],
    queryFn: ({ pageParam, signal }) => get<z.infer<typeof runList>>('/v1/runs', { query: { ...filter, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });

export const newestRunsQuery = (limit: number, filter: RunFilter = {}) =>
  queryOptions({
    queryKey: ['runs', 'newest', limit, filter],
    queryFn: async ({ signal }) => (await get<z.infer<typeof runList>>(newestRunsAddress(limit, filter), { signal })).items,
    refetchInterval: LIST_AGAIN_MS,
  });

const SUMMARY_AGAIN_MS = 5_000;
export const runsSummaryQuery = queryOptions({
  queryKey: ['runs', 'summary'],
  queryFn: ({ signal }) => get<RunsSummary>(RUNS_SUMMARY, { signal }),
  refetchInterval: SUMMARY_AGAIN_MS,
});

/** Single runs, as they stand; one that is gone is left out. */
export const runsByIdQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ['runs', 'by-id', ids],
    queryFn: async ({ signal }) => {
      const found = await Promise.all(ids.map((id) => get<z.infer<typeof runList>>('/v1/runs', { query: { id, limit: 1 }, signal })));
      return found.flatMap(({ items }) => items);
    },
    refetchInterval: LIST_AGAIN_MS,
  });

export const runQuery = (id: string) => queryOptions({ queryKey: ['run', id], queryFn: ({ signal }) => get<RunDetail>(runAddress(id), { signal }) });

export interface StartRun {
  readonly flow: string;
  readonly input?: unknown;
  readonly environment?: string;
}
/** The key makes a start that is sent twice one run. */
export const startRun = (body: StartRun, key: string): Promise<{ id: string }> => ask('POST', '/v1/runs', { body, idempotencyKey: key });

/** Of how many runs nothing more comes. */
export const hasEnded = (status: RunStatus): boolean => status === 'completed' || status === 'failed' || status === 'cancelled';
