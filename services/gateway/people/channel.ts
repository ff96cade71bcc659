// How a browser is signed in: which address people use, which cookie it gets, and from where it may change things (S13).
// I1 Over https the cookie is `__Host-`: Secure, of this host alone. On loopback http it has no Secure, and other names are refused; its
//    name has the port, because browsers give cookies of one host to all its ports: two installations there keep to themselves.
// I2 Over http that others can read nobody signs in; the refusal says what to do.
// I3 A change that comes with a cookie comes from our own pages and brings JSON: a form of another site can do neither.
// I4 Links are made of the address that the server was given, never of a Host header (S17).
import type { IncomingMessage } from 'node:http';
import { PalaceError } from '@palace/platform/errors.ts';
import { hasBody } from '../body.ts';

const SECURE_COOKIE = '__Host-palace-session';
const LOOPBACK_COOKIE = 'palace-session';
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const JSON_TYPE = /^application\/json[\t ]*(?:;|$)/i;

export interface Channel {
  /** `https://palace.example`, without a slash at the end. */
  readonly base: string;
  readonly kind: 'secure' | 'loopback' | 'readable';
}

export function channelOf(address: string): Channel {
  const { protocol, host, origin } = new URL(address);
  if (protocol === 'https:') return { base: origin, kind: 'secure' };
  return { base: origin, kind: LOOPBACK_HOST.test(host) ? 'loopback' : 'readable' };
}

/** Throws unless somebody may sign in at the address that the client uses; by default the one that links are made of. */
export function checkChannel({ base, kind }: Channel, host = new URL(base).host): void {
  if (kind === 'secure' || (kind === 'loopback' && LOOPBACK_HOST.test(host))) return;
  const own = kind === 'loopback' ? ` On the machine itself open ${base}.` : '';
  throw new PalaceError('sign-in.insecure', {
    detail: `This server is reached by http and not on its own machine. Put a proxy with TLS in front and set PALACE_PUBLIC_URL to its https address.${own}`,
  });
}

const cookieName = ({ base, kind }: Channel): string => (kind === 'secure' ? SECURE_COOKIE : `${LOOPBACK_COOKIE}-${new URL(base).port || 80}`);

/** What the cookie of ours holds; undefined when there is none, or more than one. */
export function cookieValue(channel: Channel, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const start = `${cookieName(channel)}=`;
  const found = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start));
  return found.length === 1 ? found[0]!.slice(start.length) : undefined;
}

/** The Set-Cookie header. An empty value takes the cookie away. */
export function cookieText(channel: Channel, value: string, maxAgeMs: number): string {
  const age = value === '' ? 0 : Math.floor(maxAgeMs / 1_000);
  return `${cookieName(channel)}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${channel.kind === 'secure' ? '; Secure' : ''}`;
}

/** Of a request that is believed for its cookie: throws unless it reads, or was sent by one of our own pages. */
export function checkSource(channel: Channel, request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, 'sec-fetch-site': site, 'content-type': type = '' } = request.headers;
  const isOwn = origin === undefined ? site === 'same-origin' : isOwnOrigin(channel, request, origin) && (site === undefined || site === 'same-origin');
  if (!isOwn || (hasBody(request) && !JSON_TYPE.test(type))) throw new PalaceError('auth.cross-site', { detail: channel.base });
}

/** Of a request that would sign somebody in: a page of another site must not choose as whom. Programs say nothing of where they are. */
export function checkSignInSource(channel: Channel, { origin, site, host }: { origin: string | undefined; site: string | undefined; host: string }): void {
  const isForeign = (origin !== undefined && origin !== ownOrigin(channel, host)) || (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign) throw new PalaceError('auth.cross-site', { detail: channel.base });
}

const isOwnOrigin = (channel: Channel, { headers }: IncomingMessage, origin: string): boolean => origin === ownOrigin(channel, headers.host ?? '');

const ownOrigin = ({ base, kind }: Channel, host: string): string => (kind === 'secure' ? base : `http://${host.toLowerCase()}`);
