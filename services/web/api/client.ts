// The one way of the console to the server: the public API on the same origin. The session is a cookie that no script can read.
// I1 A failure is always an ApiProblem. I2 A change is sent once: only reading is repeated (queries.tsx). I3 An abort is no failure.
import type { Problem } from '@palace/gateway/contract.ts';
import { addressOf, type Query } from '../addresses/address-of.ts';
import { ApiProblem } from './problem.ts';

export interface Ask {
  readonly query?: Query;
  /** Any JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Of a start: the same key again is the same run. */
  readonly idempotencyKey?: string;
}

/** The answer's JSON; undefined of one without a body. The caller names the contract's type. */
export async function ask<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Ask = {}): Promise<T> {
  const answer = await send(method, path, options);
  if (!answer.ok) throw await problemOf(answer);
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiProblem('strange', answer.status);
  }
}

export const get = <T>(path: string, options?: Ask): Promise<T> => ask<T>('GET', path, options);

/** Server-sent events; the caller reads the body. */
export async function openStream(path: string, lastEventId: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const answer = await send('GET', path, { signal }, { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) });
  if (!answer.ok) throw await problemOf(answer);
  if (answer.body === null || !(answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) throw new ApiProblem('strange', answer.status);
  return answer.body;
}

async function send(method: string, path: string, { query, body, signal, idempotencyKey }: Ask, headers: Record<string, string> = {}): Promise<Response> {
  try {
    return await fetch(addressOf(path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiProblem('unreachable', 0);
  }
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  const found: unknown = await answer.json().catch(() => undefined);
  if (!isProblem(found)) return new ApiProblem('strange', answer.status, undefined, retryAfterMs);
  return new ApiProblem('answered', answer.status, found, retryAfterMs);
}

const isProblem = (found: unknown): found is Problem =>
  typeof found === 'object' && found !== null && 'code' in found && typeof found.code === 'string' && 'title' in found;

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
