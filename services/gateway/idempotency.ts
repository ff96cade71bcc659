// The Idempotency-Key of a request and what it stands for. The gateway reads and computes; the service keeps both in the
// transaction of its effect, so that a key is never remembered without the effect or the effect without the key.
// I1 The fingerprint covers method, URL and the body's meaning: the same values in another key order are the same request. What only
//    says how to answer (`wait`) is left out: whoever asks again may be ready to wait longer.
import { hash } from 'node:crypto';
import { PalaceError } from '@palace/platform/errors.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** `answerFields` of the body say how to answer, not what to do. */
export function idempotencyOf(
  header: string | string[] | undefined,
  { method = '', url = '' }: Asked,
  body: unknown,
  answerFields: readonly string[] = [],
): Idempotency | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new PalaceError('request.invalid', { detail: 'An Idempotency-Key has 1 to 200 visible ASCII characters and is sent once.' });
  }
  return { key: header, fingerprint: hash('sha256', `${method}\n${url}\n${canonical(without(body, answerFields))}`, 'hex') };
}

function without(body: unknown, fields: readonly string[]): unknown {
  if (fields.length === 0 || typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !fields.includes(name)));
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
