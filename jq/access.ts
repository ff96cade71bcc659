// Reading one level of a value: `.key`, `.[index]`, `.[from:to]`, `.[array]`, `.[]`.
import { type Json, type JsonObject, codepointLength, isObject, kindOf, own, sliceCodepoints } from './json.ts';
import { toShortText } from './json-text.ts';
import { raise } from './errors.ts';
import type { Run } from './machine.ts';
import { checkArray } from './operators.ts';
import { equals } from './order.ts';

export function refuseIndex(value: Json, key: Json): never {
  return raise(`Cannot index ${kindOf(value)} with ${kindOf(key)} (${toShortText(key)})`);
}

export function index(run: Run, value: Json, key: Json): Json {
  if (typeof key === 'string') {
    if (isObject(value)) return own(value, key) ?? null;
    return value === null ? null : refuseIndex(value, key);
  }
  if (typeof key === 'number') {
    if (Array.isArray(value)) return item(value, key);
    return value === null ? null : refuseIndex(value, key);
  }
  if (isObject(key)) return sliceByObject(run, value, key);
  if (Array.isArray(key) && Array.isArray(value)) return indicesOfArray(run, value, key);
  return refuseIndex(value, key);
}

export function item(array: readonly Json[], position: number): Json {
  const at = Math.floor(position);
  return array[at < 0 ? at + array.length : at] ?? null;
}

function sliceByObject(run: Run, value: Json, key: JsonObject): Json {
  if (value === null) return null;
  if (!Array.isArray(value) && typeof value !== 'string') return refuseIndex(value, key);
  const { start, end } = boundsOf(key, Array.isArray(value) ? 'array' : 'string');
  return slice(run, value, start, end);
}

/** The bounds in a slice's key, an object `{start, end}`; either may be null but not absent. */
export function boundsOf(key: JsonObject, noun: string): { start: Json; end: Json } {
  const start = own(key, 'start');
  const end = own(key, 'end');
  if (start === undefined || end === undefined) return raise(`Start and end indices of an ${noun} slice must be numbers`);
  return { start, end };
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Resolves the bounds of a slice against a length: negative counts from the end, fractions widen, ends are clamped. */
export function span(length: number, from: Json, to: Json, noun: string): Span {
  const low = from ?? 0;
  const high = to ?? length;
  if (typeof low !== 'number' || typeof high !== 'number') return raise(`Start and end indices of an ${noun} slice must be numbers`);
  const start = clamp(Math.floor(fromEnd(low, length)), length);
  const end = clamp(Math.ceil(high !== high ? length : fromEnd(high, length)), length);
  return { start, end: Math.max(start, end) };
}

function fromEnd(position: number, length: number): number {
  return position < 0 ? position + length : position;
}

function clamp(position: number, length: number): number {
  if (!(position > 0)) return 0;
  return Math.min(position, length);
}

export function slice(run: Run, value: Json, from: Json, to: Json): Json {
  if (value === null) return null;
  if (typeof value === 'string') {
    run.spend(value.length >> 10);
    const { start, end } = span(codepointLength(value), from, to, 'string');
    return sliceCodepoints(value, start, end);
  }
  if (!Array.isArray(value)) return refuseIndex(value, { start: from, end: to });
  const { start, end } = span(value.length, from, to, 'array');
  checkArray(run, end - start);
  return value.slice(start, end);
}

/** Positions at which `wanted` occurs as a run of items; none for an empty `wanted`. */
function indicesOfArray(run: Run, value: readonly Json[], wanted: readonly Json[]): Json {
  if (wanted.length === 0) return null;
  const found: Json[] = [];
  for (let at = 0; at + wanted.length <= value.length; at++) {
    if ((at & 3) === 0) run.spend(1);
    if (wanted.every((part, offset) => equals(run, part, value[at + offset] as Json))) found.push(at);
  }
  return found;
}

export function refuseIterate(value: Json): never {
  return raise(`Cannot iterate over ${kindOf(value)} (${toShortText(value)})`);
}

/** The items of an array or the values of an object. */
export function itemsOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : refuseIterate(value);
}
