// `@json`, `@text`, `@csv`, `@tsv`, `@html`, `@uri`, `@urid`, `@sh`, `@base64`, `@base64d`, `@base32`, `@base32d`.
import { raise } from './errors.ts';
import { type Json, kindOf } from './json.ts';
import { numberToText, toShortText, toText } from './json-text.ts';
import type { Run } from './machine.ts';
import { checkString, describe } from './operators.ts';
import { base32, base32Decode, base64, base64Decode, utf8Decode } from './base-encodings.ts';

export type Format = (run: Run, value: Json) => string;

export function text(run: Run, value: Json): string {
  return typeof value === 'string' ? value : json(run, value);
}

export function json(run: Run, value: Json): string {
  const result = toText(value, run.limits.stringLength, (units) => run.spend(units));
  checkString(run, result.length);
  run.spend(result.length >> 8);
  return result;
}

function row(value: Json, name: string, quote: (text: string) => string, separator: string): string {
  if (!Array.isArray(value)) return raise(`${describe(value)} cannot be ${name}-formatted, only an array can be`);
  return value
    .map((item) => {
      if (typeof item === 'string') return quote(item);
      if (typeof item === 'number') return item !== item ? '' : numberToText(item);
      if (item === null) return '';
      if (typeof item === 'boolean') return String(item);
      return raise(`${describe(item)} is not valid in a ${name} row`);
    })
    .join(separator);
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\', '\0': '\\0' };
const HTML_ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' };

function shell(value: Json): string {
  const items = Array.isArray(value) ? value : [value];
  return items
    .map((item) => {
      if (typeof item === 'string') return `'${item.replaceAll("'", "'\\''")}'`;
      if (typeof item === 'object' && item !== null) return raise(`${describe(item)} can not be escaped for shell`);
      return toText(item);
    })
    .join(' ');
}

function uriEncode(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function uriDecode(value: string): string {
  const bad = (): never => raise(`${kindOf(value)} (${toShortText(value)}) is not a valid uri encoding`);
  if (/%(?![0-9a-fA-F]{2})/.test(value)) return bad();
  try {
    return decodeURIComponent(value);
  } catch {
    return bad();
  }
}

function fromBase(value: string, name: string, decode: (text: string) => Uint8Array | undefined): string {
  const bytes = decode(value);
  if (bytes === undefined) return raise(`${describe(value)} is not valid ${name} data`);
  return utf8Decode(bytes);
}

function base64Text(value: string): string {
  const digits = value.replace(/=+$/, '');
  if (digits.length % 4 === 1 && /^[A-Za-z0-9+/]*$/.test(digits)) return raise(`${describe(value)} trailing base64 byte found`);
  return fromBase(value, 'base64', base64Decode);
}

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['text', text],
  ['json', json],
  ['csv', (_run, value) => row(value, 'csv', (item) => `"${item.replaceAll('"', '""')}"`, ',')],
  ['tsv', (_run, value) => row(value, 'tsv', (item) => item.replace(/[\t\n\r\\\0]/g, (char) => TSV_ESCAPES[char] ?? char), '\t')],
  ['html', (run, value) => text(run, value).replace(/[<>&'"]/g, (char) => HTML_ESCAPES[char] ?? char)],
  ['uri', (run, value) => uriEncode(text(run, value))],
  ['urid', (run, value) => uriDecode(text(run, value))],
  ['sh', (_run, value) => shell(value)],
  ['base64', (run, value) => base64(text(run, value))],
  ['base64d', (run, value) => base64Text(text(run, value))],
  ['base32', (run, value) => base32(text(run, value))],
  ['base32d', (run, value) => fromBase(text(run, value), 'base32', base32Decode)],
]);

/** The format of a name, with its size checked and charged; undefined for an unknown name. */
export function formatter(name: string): Format | undefined {
  const format = FORMATS.get(name);
  if (format === undefined) return undefined;
  return (run, value) => {
    if (typeof value === 'string' && name !== 'text') run.spend(value.length >> 5);
    const result = format(run, value);
    checkString(run, result.length);
    return result;
  };
}
