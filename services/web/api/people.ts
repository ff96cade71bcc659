'use client';
// People of the tenant.
import type { Role } from '@palace/gateway/contract.ts';
import { queryOptions } from '@tanstack/react-query';
import { get } from './client.ts';
import type { Person } from './me.ts';

export type Member = Person & { readonly role: Role; readonly createdAt: string; readonly lastSeenAt?: string };

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: async ({ signal }) => (await get<{ items: Member[] }>('/v1/people', { signal })).items,
});
