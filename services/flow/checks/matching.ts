// When a value is what was expected: equal, or a part of it. And where it is not, line by line.
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@palace/jq/jq.ts';
import { isObject } from '@palace/jq/json.ts';

export const isSame = (expected: Json, found: Json): boolean => isDeepStrictEqual(plain(expected), plain(found));

/** Without prototypes: what came as a value of the engine and what was read from a file compare as JSON. */
const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

/** Each key of `part` stands in `whole` with a value that includes the key's; lists have the same length. */
export function isPart(part: Json, whole: Json): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.length === whole.length && part.every((one, i) => isPart(one, whole[i] as Json));
  if (isObject(part)) return isObject(whole) && Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && isPart(value, whole[key] as Json));
  return part === whole;
}

export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

const MAX_LINES = 60;
/** Lines around a difference. */
const AROUND = 2;

/** `-` what was expected, `+` what was found; equal lines far from any difference are left out. `part`: keys that were not expected do not count. */
export function diffLines(expected: Json, found: Json, part = false): DiffLine[] {
  const lines: DiffLine[] = [];
  compare(expected, found, '', '', part, lines);
  return shortened(lines);
}

function compare(expected: Json | undefined, found: Json | undefined, indent: string, label: string, part: boolean, into: DiffLine[]): void {
  const both = expected !== undefined && found !== undefined;
  if (both && Array.isArray(expected) && Array.isArray(found)) {
    into.push({ sign: ' ', text: `${indent}${label}[` });
    for (let i = 0; i < Math.max(expected.length, found.length); i++) compare(expected[i], found[i], `${indent}  `, '', part, into);
    into.push({ sign: ' ', text: `${indent}]` });
  } else if (both && isObject(expected) && isObject(found)) {
    into.push({ sign: ' ', text: `${indent}${label}{` });
    const keys = new Set([...Object.keys(expected), ...(part ? [] : Object.keys(found))]);
    for (const key of keys) compare(own(expected, key), own(found, key), `${indent}  `, `${JSON.stringify(key)}: `, part, into);
    into.push({ sign: ' ', text: `${indent}}` });
  } else if (both && expected === found) into.push({ sign: ' ', text: `${indent}${label}${JSON.stringify(expected)}` });
  else {
    if (expected !== undefined) into.push(...whole('-', expected, indent, label));
    if (found !== undefined) into.push(...whole('+', found, indent, label));
  }
}

const own = (value: { readonly [key: string]: Json }, key: string): Json | undefined => (Object.hasOwn(value, key) ? value[key] : undefined);

function whole(sign: '-' | '+', value: Json, indent: string, label: string): DiffLine[] {
  const short = JSON.stringify(value);
  const texts = short.length <= 100 ? [short] : JSON.stringify(value, null, 2).split('\n');
  return texts.map((text, i) => ({ sign, text: `${indent}${i === 0 ? label : ''}${text}` }));
}

function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  for (const [at, line] of lines.entries()) if (line.sign !== ' ') for (let i = at - AROUND; i <= at + AROUND; i++) near.add(i);
  const kept: DiffLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (near.has(at)) kept.push(line);
    else if (kept.at(-1)?.text !== '…') kept.push({ sign: ' ', text: '…' });
  }
  return kept.length <= MAX_LINES ? kept : [...kept.slice(0, MAX_LINES), { sign: ' ', text: `… (${kept.length - MAX_LINES} more lines)` }];
}
