// What a database failure means to a caller: gone (try later), unknown (repeat with the same key), short of something or held up by a lock
// (nothing was kept, try later), or the caller's own statement.
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
/** Shut down, crashed, starting, idle in transaction too long, idle session; class 08 is "connection exception". */
const LOST_SQLSTATES = new Set(['57P01', '57P02', '57P03', '57P05', '25P03']);
/** Class 53, "insufficient resources": the server answers, and has kept nothing of the statement. */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  ['53100', 'The disk of the database is full.'],
  ['53200', 'The database is out of memory.'],
  ['53300', 'The database has no free connection.'],
]);
/** The server answers, and has given the statement up: nothing of it is kept. */
const HELD_UP: ReadonlyMap<string, string> = new Map([
  ['55P03', 'Somebody holds a lock on a table of the database.'],
  ['57014', 'The database did not finish in time.'],
]);
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

/** What the database lacks, one sentence; undefined when that is not why it failed. */
export function shortageOf(error: unknown): string | undefined {
  if (error instanceof PalaceError) return error.code === 'unavailable.resources' ? error.detail : undefined;
  const state = sqlState(error);
  return state?.startsWith('53') === true ? (SHORTAGES.get(state) ?? `The database is at a limit of its configuration (${state}).`) : undefined;
}

export function shortageError(reason: string, cause?: unknown): PalaceError {
  return new PalaceError('unavailable.resources', { detail: reason, retryAfterSeconds: 5, cause });
}

/** The row of the error table for a database that is lost or short of something; every other error as it is. */
export function asPalaceError(error: unknown, under: 'way' | 'commit' = 'way'): unknown {
  if (error instanceof PalaceError) return error;
  const shortage = shortageOf(error);
  if (shortage !== undefined) return shortageError(shortage, error);
  const heldUp = HELD_UP.get(sqlState(error) ?? '');
  if (heldUp !== undefined) return new PalaceError('unavailable.database', { detail: heldUp, cause: error, retryAfterSeconds: 5 });
  if (!isConnectionLost(error)) return error;
  return under === 'commit'
    ? new PalaceError('outcome.unknown', { cause: error, retryAfterSeconds: 1 })
    : new PalaceError('unavailable.database', { cause: error, retryAfterSeconds: 1 });
}
