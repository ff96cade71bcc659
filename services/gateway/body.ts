// Reads and parses one JSON body. The whole text is judged before anything is built from it.
// I1 One content type a route, no content encodings (S19).
// I2 Size is bounded by the announced length before reading and by the counted bytes while reading; depth before building (S31).
// I3 Bad UTF-8, NUL, lone surrogates, duplicate keys, `__proto__`, and numbers that a double cannot hold are refused (S19, S26).
//    Two parsers that differ on such input are how checks are walked around; here the one parser refuses it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PalaceError } from '@palace/platform/errors.ts';
import { parseJsonText } from '@palace/platform/json.ts';

export const MAX_DEPTH = 64;
const JSON_TYPE = /^application\/json[\t ]*(?:;[\t ]*charset="?utf-8"?[\t ]*)?$/i;

const ANY_JSON_TYPE = /^application\/(?:[a-z0-9.-]{1,60}\+)?json[\t ]*(?:;[\t ]*charset="?utf-8"?[\t ]*)?$/i;

/** Refuses on the headers alone; answers whether there is a body to read. */
export function checkBodyHeaders(request: IncomingMessage, maxBytes: number): boolean {
  const headers = request.headers;
  const lengthText = headers['content-length'];
  const announced = lengthText === undefined ? undefined : Number(lengthText);
  if (announced === undefined && headers['transfer-encoding'] === undefined) return false;
  if (announced !== undefined && announced > maxBytes) throw tooLarge(maxBytes);
  if (announced === 0) return false;
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new PalaceError('request.media-type', { detail: 'application/json' });
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new PalaceError('request.media-type', { detail: 'application/json without a content encoding' });
  }
  return true;
}

/** For a body that is read as it comes: any kind of JSON, without an encoding. */
export function checkRawHeaders(request: IncomingMessage, maxBytes: number): void {
  const { 'content-length': length, 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!ANY_JSON_TYPE.test(type) || encoding !== 'identity')
    throw new PalaceError('request.media-type', { detail: 'application/json without a content encoding' });
}

export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** The raw bytes, at most `maxBytes`. Sends "100 Continue" to a client that waits for it. */
export function readBytes(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (end: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      end();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes)
        return settle(() => {
          request.pause();
          reject(tooLarge(maxBytes));
        });
      chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    const onGone = (): void => settle(() => reject(new PalaceError('request.timeout', { detail: 'The body did not arrive completely.' })));
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    if (request.headers.expect !== undefined) response.writeContinue();
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function parseJson(bytes: Uint8Array): unknown {
  return parseText(decode(bytes));
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

export function parseText(text: string): unknown {
  const members = countMembers(text);
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (error) {
    throw malformed(`The body is not JSON: ${(error as Error).message.replace(/"[^]*"/, '').slice(0, 120)}`);
  }
  const seen = { members: 0, escapes: text.includes('\\u'), prototypes: text.includes('__proto__') || text.includes('\\u') };
  inspect(value, seen);
  if (seen.members !== members) throw malformed('An object in the body has the same key twice.');
  return value;
}

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * One pass over the text, before anything is built: refuses nesting beyond MAX_DEPTH and counts the members written. The parser keeps
 * the last of two equal keys, so a built value with fewer keys than members had a duplicate: no set of keys per object is needed.
 */
function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (code === 58) {
      members += 1;
    } else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > MAX_DEPTH) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (code === 125 || code === 93) {
      depth -= 1;
    }
  }
  return members;
}

function endOfString(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) at += 1;
  }
  return at;
}

interface Inspection {
  members: number;
  /** The text has \u escapes: the only way in for NUL and lone surrogates once the bytes are valid UTF-8. */
  readonly escapes: boolean;
  readonly prototypes: boolean;
}

function inspect(value: unknown, seen: Inspection): void {
  if (typeof value === 'string') {
    if (seen.escapes) checkText(value);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw malformed('A number in the body is too large.');
  } else if (Array.isArray(value)) {
    for (const item of value) inspect(item, seen);
  } else if (typeof value === 'object' && value !== null) {
    inspectObject(value as Record<string, unknown>, seen);
  }
}

function inspectObject(value: Record<string, unknown>, seen: Inspection): void {
  const keys = Object.keys(value);
  seen.members += keys.length;
  for (const key of keys) {
    if (seen.escapes) checkText(key);
    if (seen.prototypes && key === '__proto__') throw malformed('The key "__proto__" is not accepted.');
    inspect(value[key], seen);
  }
}

/** Text that neither PostgreSQL nor UTF-8 can hold (ENGINE E6). */
export function checkText(text: string): void {
  if (text.includes('\u0000')) throw malformed('The body has a NUL character.');
  if (!text.isWellFormed()) throw malformed('The body has a lone surrogate.');
}

function tooLarge(maxBytes: number): PalaceError {
  return new PalaceError('request.too-large', { detail: `At most ${maxBytes} bytes.` });
}

function malformed(detail: string): PalaceError {
  return new PalaceError('request.malformed', { detail });
}
