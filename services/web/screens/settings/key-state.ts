// How an API key stands. Pure.
import type { ApiKey } from '@palace/gateway/contract.ts';

export type KeyState = 'live' | 'expiring' | 'expired' | 'revoked';
const SOON_MS = 7 * 86_400_000;

export function keyState({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, nowMs: number): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt === undefined) return 'live';
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return 'expired';
  return leftMs < SOON_MS ? 'expiring' : 'live';
}

export const LIFETIMES_DAYS = [7, 30, 90, 365] as const;
/** A choice of the form: days, or for ever. */
export type Lifetime = `${(typeof LIFETIMES_DAYS)[number]}` | 'never';
export const expiryOf = (lifetime: Lifetime, nowMs: number): string | undefined =>
  lifetime === 'never' ? undefined : new Date(nowMs + Number(lifetime) * 86_400_000).toISOString();
