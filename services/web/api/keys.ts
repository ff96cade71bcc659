'use client';
// API keys as the console reads and changes them.
import type { ApiKey, createdKey, createKey, keyList } from '@palace/gateway/contract.ts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';

export type { ApiKey, Role } from '@palace/gateway/contract.ts';
export type CreatedKey = z.infer<typeof createdKey>;

const PAGE = 100;

export const keysQuery = infiniteQueryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ pageParam, signal }) => get<z.infer<typeof keyList>>('/v1/api-keys', { query: { limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});

export const createApiKey = (body: z.input<typeof createKey>): Promise<CreatedKey> => ask('POST', '/v1/api-keys', { body });
export const renameApiKey = (id: string, name: string): Promise<ApiKey> => ask('PUT', `/v1/api-keys/${id}`, { body: { name } });
export const revokeApiKey = (id: string): Promise<void> => ask('DELETE', `/v1/api-keys/${id}`);
