// The Idempotency-Key of a request and what it stands for. The gateway reads and computes; the service keeps both in the
// transaction of its effect, so that a key is never remembered without the effect or the effect without the key.
// I1 The fingerprint covers method, URL and the body's meaning: the same values in another key order are the same request.
import { hash } from 'node:crypto';
import { PalaceError } from '@palace/platform/errors.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

export function idempotencyOf(header: string | string[] | undefined, method: string, url: string, body: unknown): Idempotency | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new PalaceError('request.invalid', { detail: 'An Idempotency-Key has 1 to 200 visible ASCII characters and is sent once.' });
  }
  return { key: header, fingerprint: hash('sha256', `${method}\n${url}\n${canonical(body)}`, 'hex') };
}

/** JSON with sorted keys. Depth is bounded by the body parser. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? '';
}
