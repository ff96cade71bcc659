// Builtins on strings. Positions and lengths count code points.
import { type Json, codepointLength, isPlane0 } from '../json.ts';
import { index, itemsOf } from '../access.ts';
import { raise } from '../errors.ts';
import { text } from '../format.ts';
import type { Native } from '../native.ts';
import type { Run } from '../machine.ts';
import { checkArray, checkString, describe, splitText } from '../operators.ts';

function affix(run: Run, value: Json, part: Json, name: string): { text: string; part: string } {
  if (typeof value !== 'string' || typeof part !== 'string') return raise(`${name}() requires string inputs`);
  run.spend(value.length >> 10);
  return { text: value, part };
}

function startsWith(run: Run, value: Json, part: Json): boolean {
  const given = affix(run, value, part, 'startswith');
  return given.text.startsWith(given.part);
}

function endsWith(run: Run, value: Json, part: Json): boolean {
  const given = affix(run, value, part, 'endswith');
  return given.text.endsWith(given.part);
}

function trimStart(run: Run, value: Json, part: Json): Json {
  return startsWith(run, value, part) ? (value as string).slice((part as string).length) : value;
}

function trimEnd(run: Run, value: Json, part: Json): Json {
  return endsWith(run, value, part) ? (value as string).slice(0, (value as string).length - (part as string).length) : value;
}

function trimmed(value: Json, trim: (text: string) => string): Json {
  return typeof value === 'string' ? trim(value) : raise('trim input must be a string');
}

const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING = new RegExp(`^${SPACE}+`);

function trimLeft(value: string): string {
  return value.replace(LEADING, '');
}

function trimRight(value: string): string {
  let end = value.length;
  while (end > 0 && LEADING.test(value[end - 1] as string)) end--;
  return value.slice(0, end);
}

const ASCII = /^[\0-\x7f]*$/;

/** Only the letters of ASCII change. */
function changeCase(run: Run, value: Json, letters: RegExp, name: string, change: (text: string) => string): Json {
  if (typeof value !== 'string') return raise(`${name} input must be a string`);
  run.spend(value.length >> 6);
  return ASCII.test(value) ? change(value) : value.replace(letters, change);
}

function explode(run: Run, value: Json): Json {
  if (typeof value !== 'string') return raise('explode input must be a string');
  checkArray(run, value.length);
  run.spend(value.length >> 6);
  return Array.from(value, (char) => char.codePointAt(0) as number);
}

function implode(run: Run, value: Json): Json {
  if (!Array.isArray(value)) return raise('implode input must be an array');
  run.spend(value.length >> 6);
  let result = '';
  for (const point of value) {
    if (typeof point !== 'number' || point !== point) return raise('Unicode codepoint must be numeric');
    result += character(Math.trunc(point));
  }
  return result;
}

function character(point: number): string {
  const valid = point >= 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  return String.fromCodePoint(valid ? point : 0xfffd);
}

/** Positions of `wanted` in a string, overlaps included. */
function indicesOfText(run: Run, value: string, wanted: string): Json {
  if (wanted === '') return null;
  run.spend(value.length >> 8);
  const plain = isPlane0(value);
  const found: Json[] = [];
  let counted = 0;
  let points = 0;
  for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + 1)) {
    run.spend(1);
    points += plain ? at - counted : codepointLength(value.slice(counted, at));
    counted = at;
    found.push(points);
  }
  return found;
}

export function indices(run: Run, value: Json, wanted: Json): Json {
  if (typeof value === 'string' && typeof wanted === 'string') return indicesOfText(run, value, wanted);
  if (Array.isArray(value)) return index(run, value, Array.isArray(wanted) ? wanted : [wanted]);
  return index(run, value, wanted);
}

function edge(run: Run, value: Json, wanted: Json, last: boolean): Json {
  const found = indices(run, value, wanted);
  return Array.isArray(found) ? (found.at(last ? -1 : 0) ?? null) : index(run, found, 0);
}

function join(run: Run, value: Json, separator: Json): Json {
  const parts = itemsOf(value);
  if (parts.length === 0) return '';
  let result = '';
  parts.forEach((part, i) => {
    if (typeof separator !== 'string' && (separator !== null || i > 0)) raise(`${describe(result)} and ${describe(separator)} cannot be added`);
    if (i > 0) result += separator as string;
    if (typeof part === 'object' && part !== null) raise(`${describe(result)} and ${describe(part)} cannot be added`);
    result += part === null ? '' : text(run, part);
    if ((i & 15) === 0) run.spend(1);
    checkString(run, result.length);
  });
  return result;
}

function split(run: Run, value: Json, separator: Json): Json {
  if (typeof value !== 'string' || typeof separator !== 'string') return raise('split input and separator must be strings');
  return splitText(run, value, separator);
}

function ascii(value: Json): Json {
  return typeof value === 'number' ? character(Math.trunc(value)) : raise(`${describe(value)} is not a codepoint`);
}

export const STRING_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ['startswith/1', (run, value, part) => startsWith(run, value, part as Json)],
  ['endswith/1', (run, value, part) => endsWith(run, value, part as Json)],
  ['ltrimstr/1', (run, value, part) => trimStart(run, value, part as Json)],
  ['rtrimstr/1', (run, value, part) => trimEnd(run, value, part as Json)],
  ['trimstr/1', (run, value, part) => trimEnd(run, trimStart(run, value, part as Json), part as Json)],
  ['trim/0', (_run, value) => trimmed(value, (given) => trimRight(trimLeft(given)))],
  ['ltrim/0', (_run, value) => trimmed(value, trimLeft)],
  ['rtrim/0', (_run, value) => trimmed(value, trimRight)],
  ['ascii_downcase/0', (run, value) => changeCase(run, value, /[A-Z]+/g, 'ascii_downcase', (part) => part.toLowerCase())],
  ['ascii_upcase/0', (run, value) => changeCase(run, value, /[a-z]+/g, 'ascii_upcase', (part) => part.toUpperCase())],
  ['explode/0', explode],
  ['implode/0', implode],
  ['ascii/0', (_run, value) => ascii(value)],
  ['indices/1', (run, value, wanted) => indices(run, value, wanted as Json)],
  [
    '_strindices/1',
    (run, value, wanted) => {
      if (typeof wanted !== 'string') return raise(`${describe(wanted as Json)} is not a string`);
      return indices(run, value, wanted);
    },
  ],
  ['index/1', (run, value, wanted) => edge(run, value, wanted as Json, false)],
  ['rindex/1', (run, value, wanted) => edge(run, value, wanted as Json, true)],
  ['join/1', (run, value, separator) => join(run, value, separator as Json)],
  ['split/1', (run, value, separator) => split(run, value, separator as Json)],
]);
