// The identity that the gateway hands to a service process: one header, signed for one request at one time.
// I1 The signature covers method, URL, tenant, caller, permissions, client address and time; the service believes nothing else (S41).
// I2 It holds for 30 s around the service's own clock. The gateway signs in the service's time, which it learns from the service's
//    answers, so that clocks that disagree change nothing (R13).
// I3 What the release before cannot read is not signed: it refuses the whole header, and processes of both run side by side. A person goes
//    as a service whose id says it, and permissions that only the gateway asks for stay here.
// I4 The header of an outside client never passes: the gateway forwards a list of headers that this one is not on (S05).
import { createHmac } from 'node:crypto';
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { PERMISSIONS, ROLES } from './contract.ts';
import type { Permission, Principal } from './contract.ts';
import { equalsInConstantTime } from './credentials.ts';

export const IDENTITY_HEADER = 'palace-identity';
/** The service's clock in ms, on each of its answers. */
export const TIME_HEADER = 'palace-time';
const WINDOW_MS = 30_000;
const MIN_KEY_LENGTH = 32;
const PERSON = 'person/';
const OF_THE_GATEWAY: ReadonlySet<Permission> = new Set<Permission>(['people.read', 'people.write']);

export interface Signed {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly url: string;
}

export interface InternalIdentity {
  readonly principal: Principal;
  readonly address: string;
}

const payloadSchema = z.strictObject({
  tenant: z.string().min(1).max(63),
  id: z.string().min(1).max(200),
  kind: z.enum(['api-key', 'service', 'person']),
  role: z.enum(ROLES),
  /** One of a newer gateway that is not known here opens nothing here. */
  permissions: z.array(z.string().max(100)).max(500),
  address: z.string().max(100),
  timeMs: z.number().int(),
});

export function checkInternalKey(key: string | undefined): string {
  if (key !== undefined && key.length >= MIN_KEY_LENGTH) return key;
  throw new PalaceError('boot.config', { detail: `The internal key must have at least ${MIN_KEY_LENGTH} characters.` });
}

export function signIdentity(key: string, request: Signed, { principal, address }: InternalIdentity, timeMs: number): string {
  const { tenant, id, role } = principal;
  const kind = principal.kind === 'person' ? 'service' : principal.kind;
  const permissions = [...principal.permissions].filter((permission) => !OF_THE_GATEWAY.has(permission));
  const payload = Buffer.from(JSON.stringify({ tenant, id, kind, role, permissions, address, timeMs })).toString('base64url');
  return `v1.${payload}.${signature(key, request, payload).toString('base64url')}`;
}

/** The identity, if the gateway signed it for this very request just now; otherwise `auth.missing` or `auth.invalid`. */
export function verifyInternal(key: string, request: Signed, header: string | string[] | undefined, nowMs: number): InternalIdentity {
  if (header === undefined) throw new PalaceError('auth.missing');
  const parts = typeof header === 'string' ? header.split('.', 4) : [];
  const [version, payload = '', mac = ''] = parts;
  const valid = equalsInConstantTime(Buffer.from(mac, 'base64url'), signature(key, request, payload));
  if (parts.length !== 3 || version !== 'v1' || !valid) throw new PalaceError('auth.invalid');
  const parsed = payloadSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!parsed.success || Math.abs(nowMs - parsed.data.timeMs) > WINDOW_MS) throw new PalaceError('auth.invalid');
  const { tenant, id, role, permissions, address } = parsed.data;
  const kind = id.startsWith(PERSON) ? 'person' : parsed.data.kind;
  return { principal: { kind, id, tenant, role, permissions: new Set(permissions.filter(isKnown)) }, address };
}

const isKnown = (permission: string): permission is Permission => (PERMISSIONS as readonly string[]).includes(permission);

function signature(key: string, { method, url }: Signed, payload: string): Buffer {
  return createHmac('sha256', key).update(`v1\n${method}\n${url}\n${payload}`).digest();
}
