// What a database failure means to a caller: gone (try later), unknown (repeat with the same key), or the caller's own statement.
// Called by pg.ts; services that use a pool directly pass their errors through `asPalaceError`.
import { PalaceError } from '../errors.ts';

const LOST_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
]);
/** Shut down, crashed, starting, too many connections, idle in transaction too long, idle session; class 08 is "connection exception". */
const LOST_SQLSTATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03']);
const LOST_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined;
}

/** True when the connection or the server went away, so nothing is known about a statement that was under way. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (LOST_SYSTEM_CODES.has(code) || LOST_SQLSTATES.has(code) || /^08...$/.test(code))) return true;
  // Several addresses of one name that all refuse.
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  return LOST_MESSAGES.test(error.message);
}

/** The row of the error table for a lost database; every other error as it is. */
export function asPalaceError(error: unknown, under: 'way' | 'commit' = 'way'): unknown {
  if (error instanceof PalaceError || !isConnectionLost(error)) return error;
  return under === 'commit'
    ? new PalaceError('outcome.unknown', { cause: error, retryAfterSeconds: 1 })
    : new PalaceError('unavailable.database', { cause: error, retryAfterSeconds: 1 });
}
