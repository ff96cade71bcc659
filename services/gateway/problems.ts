// Every failure a client can see leaves through here, as an RFC 9457 problem made from a row of the error table.
// I1 A thrown value without a row reads `internal`: a trace id, never a message, a stack or SQL (S63).
// I2 The answer depends on the code alone, so a foreign and an unknown id read the same, byte for byte but the trace id (S02).
import { asPalaceError } from '@palace/platform/database/failure.ts';
import { ERRORS, PalaceError } from '@palace/platform/errors.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import type { Problem } from './contract.ts';

/** Where in the life of a request it failed: decides what a lost database connection means. */
export type Phase = 'before' | 'reading' | 'changing';

export function toPalaceError(error: unknown, phase: Phase): PalaceError {
  const known = asPalaceError(error, phase === 'changing' ? 'commit' : 'way');
  return known instanceof PalaceError ? known : new PalaceError('internal', { cause: error });
}

export function toProblem(error: PalaceError, traceId: string | undefined, path?: string): Problem {
  const row = ERRORS[error.code];
  const problem: Problem = { type: `/docs#${error.code}`, title: row.title, status: row.status, code: error.code, next: row.next };
  if (error.code !== 'internal' && error.detail !== undefined) problem.detail = error.detail;
  if (error.errors !== undefined && error.errors.length > 0) problem.errors = error.errors.map((place) => ({ ...place }));
  if (path !== undefined) problem.instance = path;
  if (traceId !== undefined) problem.traceId = traceId;
  return problem;
}

/** Headers that go with the status: how to authenticate, when to come back. */
export function problemHeaders(error: PalaceError): string[] {
  const status = ERRORS[error.code].status;
  if (status === 401) return ['www-authenticate', 'Bearer realm="agentspalace"'];
  if (status === 429 || status === 503) return ['retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds ?? 1)))];
  return [];
}

const MAX_PLACES = 50;

/** Schema issues as places of the error table. Unknown keys are named one by one. */
export function invalid(error: z.ZodError, where: 'body' | 'query'): PalaceError {
  const errors: ErrorPlace[] = [];
  for (const issue of error.issues) {
    if (errors.length >= MAX_PLACES) break;
    const at = issue.path.map((part) => String(part));
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_PLACES)) errors.push({ path: pointer(where, [...at, key]), message: 'There is no field by that name.' });
    } else {
      errors.push({ path: pointer(where, at), message: issue.message });
    }
  }
  return new PalaceError('request.invalid', { detail: `The ${where} does not fit.`, errors });
}

function pointer(where: 'body' | 'query', parts: readonly string[]): string {
  if (where === 'query') return `?${parts.join('.')}`.slice(0, 300);
  return parts
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, 300);
}
