// What a redirect asks for next (RFC 9110, Fetch): pure.
// I1 Another origin gets only headers that carry no secret: an allow-list, because no list of secret names is complete.
// I2 From https nothing leads to http.
import { EgressFailure } from './port.ts';
import { parseTarget, type Target } from './target.ts';

export interface Hop {
  readonly target: Target;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const CROSS_ORIGIN_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'user-agent',
  'range',
  'if-none-match',
  'if-modified-since',
  'cache-control',
]);
const BODY_HEADERS = /^content-/;

export const isRedirect = (status: number, headers: Readonly<Record<string, string>>): boolean => REDIRECTS.has(status) && headers['location'] !== undefined;

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function refuse(why: string): never {
  throw new EgressFailure('redirect', 'maybe-received', why);
}

/** Throws EgressFailure: `bad-url` for a location that may not be called, `redirect` for one that lowers the protection. */
export function nextHop(hop: Hop, status: number, location: string): Hop {
  const target = parseTarget(location, hop.target.href);
  if (hop.target.secure && !target.secure) refuse(`${hop.target.origin} redirects from https to http.`);
  const toGet = becomesGet(status, hop.method);
  const sameOrigin = target.origin === hop.target.origin;
  const kept = Object.entries(hop.headers).filter(([name]) => (sameOrigin || CROSS_ORIGIN_HEADERS.has(name)) && !(toGet && BODY_HEADERS.test(name)));
  return {
    target,
    method: toGet ? 'GET' : hop.method,
    headers: Object.fromEntries(kept),
    body: toGet ? undefined : hop.body,
  };
}
