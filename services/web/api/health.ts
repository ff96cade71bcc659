'use client';
// How the installation does: what serves, its figures, what is held back, what was found broken, what it holds.
import type { storage } from '@palace/flow/contract.ts';
import type { breachList, health } from '@palace/flow/diagnosis-contract.ts';
import type { readiness } from '@palace/gateway/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Halt } from './flows.ts';
import { ask, get } from './client.ts';

export type Health = z.infer<typeof health>;
export type Ready = z.infer<typeof readiness>;
export type Storage = z.infer<typeof storage>;
export type Breach = z.infer<typeof breachList>['items'][number];

const LIVE_AGAIN_MS = 3_000;
const SLOW_AGAIN_MS = 30_000;

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => get<Health>('/v1/health', { signal }),
  refetchInterval: LIVE_AGAIN_MS,
});

/** Not ready is an answer, not a failure. Undefined where the way to it is not passed on. */
export const readyQuery = queryOptions({
  queryKey: ['ready'],
  async queryFn({ signal }): Promise<Ready | null> {
    const answer = await fetch('/readyz', { signal, cache: 'no-store', redirect: 'error' });
    const found: unknown = await answer.json().catch(() => null);
    return typeof found === 'object' && found !== null && 'parts' in found ? (found as Ready) : null;
  },
  retry: false,
  refetchInterval: LIVE_AGAIN_MS,
});

export const storageQuery = queryOptions({
  queryKey: ['storage'],
  queryFn: ({ signal }) => get<Storage>('/v1/storage', { signal }),
  refetchInterval: SLOW_AGAIN_MS,
});

export const breachesQuery = queryOptions({
  queryKey: ['breaches'],
  queryFn: async ({ signal }) => (await get<z.infer<typeof breachList>>('/v1/breaches', { query: { limit: 50 }, signal })).items,
  refetchInterval: SLOW_AGAIN_MS,
});

export type HaltScope = { readonly all: true } | { readonly tenant: string } | { readonly flow: string };
export const hold = (scope: HaltScope, reason: string | undefined): Promise<Halt> =>
  ask('POST', '/v1/halts', { body: { ...scope, ...(reason !== undefined && { reason }) } });
export const letGo = (scope: HaltScope): Promise<unknown> => ask('POST', '/v1/halts/lift', { body: scope });
