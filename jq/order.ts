// The total order of values: null < false < true < numbers < strings < arrays < objects. Strings by code point, arrays
// item by item, objects first by their sorted keys, then value by value. NaN is below every number, itself included, so
// it equals nothing. Values nested deeper than 10,000 levels raise "Comparison too deep", as in jq. Containers take fuel:
// values may share parts, so a small value can take very long to walk.
import { type Json, type JsonObject, isPlane0 } from './json.ts';
import { raise } from './errors.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';
import type { Run } from './machine.ts';

function rank(value: Json): number {
  switch (typeof value) {
    case 'boolean':
      return value ? 2 : 1;
    case 'number':
      return 3;
    case 'string':
      return 4;
    default:
      return value === null || value === undefined ? 0 : Array.isArray(value) ? 5 : 6;
  }
}

export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (isPlane0(a) || isPlane0(b)) {
    if (isPlane0(a) && isPlane0(b)) return a < b ? -1 : 1;
  }
  return compareByCodepoint(a, b);
}

function compareByCodepoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return fix(x) - fix(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of plane 0, which makes UTF-16 units compare like code points. */
function fix(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a === b) return 0;
  if (a > b) return 1;
  return a !== a ? -1 : 1;
}

/** Order of two values of which at most one is a container; undefined when both are containers of one kind. */
function compareFlat(a: Json, b: Json): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const ranks = rank(a) - rank(b);
  if (ranks !== 0) return ranks;
  return rank(a) >= 5 ? undefined : 0;
}

export function compare(run: Run, a: Json, b: Json): number {
  return compareFlat(a, b) ?? compareDeep(run, a, b);
}

interface Pair {
  readonly left: readonly Json[];
  readonly right: readonly Json[];
  next: number;
}

/** Compares containers with a stack of its own; each pair is two lists compared item by item, then by length. */
function compareDeep(run: Run, a: Json, b: Json): number {
  const stack: Pair[] = [];
  let found = enter(stack, a, b);
  for (let steps = 1; found === 0 && stack.length > 0; steps++) {
    if ((steps & 15) === 0) run.spend(1);
    const top = stack[stack.length - 1] as Pair;
    const i = top.next++;
    if (i >= top.left.length || i >= top.right.length) {
      found = top.left.length - top.right.length;
      stack.pop();
      continue;
    }
    const x = top.left[i] as Json;
    const y = top.right[i] as Json;
    const flat = compareFlat(x, y);
    found = flat ?? enter(stack, x, y);
  }
  return found;
}

function enter(stack: Pair[], a: Json, b: Json): number {
  if (stack.length >= MAX_VALUE_DEPTH) return raise('Comparison too deep');
  if (Array.isArray(a)) {
    stack.push({ left: a, right: b as Json[], next: 0 });
    return 0;
  }
  const left = sortedKeys(a as JsonObject);
  const right = sortedKeys(b as JsonObject);
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) {
    const order = compareStrings(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  if (left.length !== right.length) return left.length - right.length;
  stack.push({ left: left.map((key) => (a as JsonObject)[key] as Json), right: right.map((key) => (b as JsonObject)[key] as Json), next: 0 });
  return 0;
}

export function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  return keys.length < 2 ? keys : keys.sort(compareStrings);
}

export function equals(run: Run, a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return Array.isArray(a) === Array.isArray(b) && compareDeep(run, a, b) === 0;
}

/** The positions of `keys` in sorted order; equal keys keep their order. */
export function sortedPositions(run: Run, keys: readonly Json[]): number[] {
  run.spend(Math.ceil((keys.length * Math.log2(keys.length + 1)) / 8));
  const order = keys.map((_, index) => index);
  return order.sort((i, j) => compare(run, keys[i] as Json, keys[j] as Json) || i - j);
}
