// Where a page of a list ended: opaque to clients; what was not made here is refused.
import { PalaceError } from '@palace/platform/errors.ts';

export function readCursor<T extends readonly unknown[]>(cursor: string | undefined, kinds: readonly string[]): T | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(parts) && parts.length === kinds.length && kinds.every((kind, i) => typeof parts[i] === kind)) return parts as unknown as T;
  } catch {
    // falls through to the one refusal
  }
  throw new PalaceError('request.invalid', { errors: [{ path: 'cursor', message: 'Use the "next" of the page before, unchanged.' }] });
}

export const makeCursor = (...parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
