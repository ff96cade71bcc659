'use client';
// Secrets of an environment: their names and ages. A value goes in and never comes out.
import type { rotatedSecrets, secretList, SecretView } from '@palace/gateway/contract.ts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type { SecretView } from '@palace/gateway/contract.ts';

const PAGE = 200;

export const secretsQuery = (environment: string) =>
  infiniteQueryOptions({
    queryKey: ['secrets', environment],
    queryFn: ({ pageParam, signal }) => get<z.infer<typeof secretList>>('/v1/secrets', { query: { environment, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });

const pathOf = (name: string): string => `/v1/secrets/${encodeURIComponent(name)}`;

/** Text, or any JSON but null. */
export const putSecret = (environment: string, name: string, value: unknown): Promise<SecretView> =>
  ask('PUT', pathOf(name), { query: { environment }, body: { value } });
export const removeSecret = (environment: string, name: string): Promise<void> => ask('DELETE', pathOf(name), { query: { environment } });
/** A new data key; every value of the tenant is sealed with it. */
export const rotateSecrets = (): Promise<z.infer<typeof rotatedSecrets>> => ask('POST', '/v1/secrets/rotate');
