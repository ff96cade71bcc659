// What of a log, a setting or a message may leave this machine in a support archive. Logs are other people's text: only what is known to
// be harmless is kept, instead of hiding what is known to be a secret.
// I1 Of our own lines: time, level, ids, kinds of errors, places in the code, and the sentence after masking. No other field.
// I2 Of PostgreSQL's lines: time and the message after masking. Never DETAIL, STATEMENT, HINT, CONTEXT, nor what it quotes.
// I3 Masking hides what has the shape of a secret, whatever looks drawn by chance, and every value that is known to be secret here.
import { redactText } from '@palace/platform/telemetry/redact.ts';

export const HIDDEN = '[hidden]';
const SHORTEST_SECRET = 6;

const KEPT_FIELDS = ['@timestamp', 'log.level', 'service.name', 'trace.id', 'palace.run_id', 'palace.flow', 'palace.flow_version', 'palace.shard'];
const RUN_ID = /^run_[0-9a-hjkmnp-tv-z]{26}$/;
/** Long runs of letters and digits, as keys are; a word has no digits and is shorter. */
const DRAWN = /[A-Za-z0-9+_=-]{12,}/g;
const LONGEST_WORD = 20;
const FRAMES = 15;
const FRAME = /^\s+at .{1,300}:\d+:\d+\)?$/;

/** Hides in any text. `known`: values that are secret on this machine. */
export function hideSecrets(text: string, known: readonly string[]): string {
  let safe = text;
  for (const value of known) if (value.length >= SHORTEST_SECRET) safe = safe.replaceAll(value, HIDDEN);
  return redactText(safe);
}

/** For sentences that may have taken in something of others. */
export function maskSentence(text: string): string {
  return redactText(text.slice(0, 1_000)).replace(DRAWN, (word) => {
    if (RUN_ID.test(word)) return word;
    return /\d/.test(word) || word.length > LONGEST_WORD ? HIDDEN : word;
  });
}

/** One line of our own log; undefined for what is none. */
export function safeLogLine(line: string): string | undefined {
  const read = parsed(line);
  if (read === undefined) return undefined;
  const kept: Record<string, unknown> = {};
  for (const field of KEPT_FIELDS) if (isPlain(read[field])) kept[field] = read[field];
  if (typeof read['message'] === 'string') kept['message'] = maskSentence(read['message']);
  const error = errorOf(read);
  if (error !== undefined) kept['error'] = error;
  return JSON.stringify(kept);
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** An id, a name, a number: nothing that could hold a sentence. */
const isPlain = (value: unknown): boolean => typeof value === 'number' || (typeof value === 'string' && /^[\w.:/+-]{1,100}$/.test(value));

function errorOf(read: Record<string, unknown>): Record<string, unknown> | undefined {
  const { 'error.type': type, 'error.code': code, 'error.stack_trace': stack } = read;
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => FRAME.test(line)) : [];
  if (type === undefined && code === undefined && frames.length === 0) return undefined;
  const place = (frame: string): string => frame.trim().replace(/(?:file:\/\/)?\/\S*\/(?=(?:platform|services|bin|jq|node_modules)\/)/, '');
  return {
    ...(isPlain(type) && { type }),
    ...(isPlain(code) && { code }),
    ...(frames.length > 0 && { at: frames.slice(0, FRAMES).map((frame) => maskFrame(place(frame))) }),
  };
}

/** A frame is a name and a place in the code: letters of any length, and no long digits. */
const maskFrame = (frame: string): string => frame.replace(/[A-Za-z0-9+_=-]{12,}/g, (word) => (/\d/.test(word) ? HIDDEN : word));

const POSTGRES_LINE = /^(\d{4}-\d\d-\d\d [\d:.]{8,15} \w{3,5}) \[(\d{1,9})\].{0,80}? (LOG|WARNING|ERROR|FATAL|PANIC): {1,2}(.*)$/;
const OWN_NAMES = /^(?:palace|palace_api|palace_engine|postgres|flow|gateway|public)$/;

/** One line of PostgreSQL's log; undefined for what it says about data. */
export function safePostgresLine(line: string): string | undefined {
  const found = POSTGRES_LINE.exec(line);
  if (found === null) return undefined;
  const [, at = '', pid = '', severity = '', message = ''] = found;
  if (/^(?:statement|execute|duration|parse|bind|fastpath)\b/.test(message)) return undefined;
  const unquoted = message.replace(/"([^"]*)"|'([^']*)'/g, (whole, double?: string, single?: string) =>
    OWN_NAMES.test(double ?? single ?? '') ? whole : `"${HIDDEN}"`,
  );
  return `${at} [${pid}] ${severity}: ${maskSentence(unquoted)}`;
}
