'use client';
// People of the tenant, invitations that wait, and the own sessions.
import type { createdInvitation, InvitationView, invitationList, memberList, MemberView, Role, sessionList } from '@palace/gateway/contract.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';
import type { Person, SignedIn } from './me.ts';

export type { InvitationView, MemberView, Role } from '@palace/gateway/contract.ts';
export type CreatedInvitation = z.infer<typeof createdInvitation>;
export type SessionView = z.infer<typeof sessionList>['items'][number];

const PAGE = 100;

export const peopleQuery = infiniteQueryOptions({
  queryKey: ['people'],
  queryFn: ({ pageParam, signal }) => get<z.infer<typeof memberList>>('/v1/people', { query: { limit: PAGE, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});
export const changeRole = (id: string, role: Role): Promise<MemberView> => ask('PATCH', `/v1/people/${id}`, { body: { role } });
export const removePerson = (id: string): Promise<void> => ask('DELETE', `/v1/people/${id}`);

export const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: async ({ signal }): Promise<InvitationView[]> => (await get<z.infer<typeof invitationList>>('/v1/invitations', { signal })).items,
});
export const invite = (email: string, role: Role): Promise<CreatedInvitation> => ask('POST', '/v1/invitations', { body: { email, role } });
export const removeInvitation = (id: string): Promise<void> => ask('DELETE', `/v1/invitations/${id}`);

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) => (await get<z.infer<typeof sessionList>>('/v1/me/sessions', { signal })).items,
});
export const endSession = (id: string): Promise<void> => ask('DELETE', `/v1/me/sessions/${id}`);
/** Every other session ends; this one goes on. */
export const setOwnName = (name: string): Promise<Person> => ask('PATCH', '/v1/me', { body: { name } });
export const setPassword = (next: string, current?: string): Promise<SignedIn> =>
  ask('PUT', '/v1/me/password', { body: { next, ...(current !== undefined && { current }) } });
