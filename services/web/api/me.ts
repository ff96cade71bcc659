'use client';
// Who is signed in: the caller as the gateway knows it, and what they may do. The console only hides what the server would refuse.
import type { me, Permission, Role } from '@palace/gateway/contract.ts';
import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { ask, get } from './client.ts';
import { ME } from '../addresses/first-reads.ts';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly hasPassword: boolean;
}
export interface Session {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}
export type Me = z.infer<typeof me> & { readonly person?: Person; readonly session?: Session };
export interface SignedIn {
  readonly person: Person;
  readonly tenant: string;
  readonly role: Role;
}
export interface InvitationLook {
  readonly email: string;
  readonly role: Role;
  readonly tenant: string;
  readonly invitedBy: string;
}

const AGAIN_MS = 60_000;

export const meQuery = { queryKey: ['me'], queryFn: ({ signal }: { signal: AbortSignal }) => get<Me>(ME, { signal }), staleTime: AGAIN_MS } as const;
export const useMe = () => useQuery(meQuery);

/** False until it is known. */
export function useMay(permission: Permission): boolean {
  return useMe().data?.permissions.includes(permission) ?? false;
}

export const signInByLink = (token: string): Promise<SignedIn> => ask('POST', '/v1/sign-in/link', { body: { token } });
export const signInByPassword = (email: string, password: string): Promise<SignedIn> => ask('POST', '/v1/sign-in/password', { body: { email, password } });
export const signOut = (): Promise<void> => ask('POST', '/v1/sign-out');
export const signOutEverywhere = (): Promise<void> => ask('POST', '/v1/sign-out-everywhere');
export const lookAtInvitation = (token: string, signal: AbortSignal): Promise<InvitationLook> =>
  ask('POST', '/v1/invitations/look', { body: { token }, signal });
export const acceptInvitation = (body: { token: string; name: string; password: string }): Promise<SignedIn> => ask('POST', '/v1/invitations/accept', { body });
