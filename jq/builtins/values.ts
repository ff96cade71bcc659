// Builtins about any value: kind, size, conversion, order, containment, paths as arrays.
import { deletePaths, setPath } from '../paths.ts';
import { type Json, codepointLength, isObject, kindOf, own, utf8Length } from '../json.ts';
import { formatter, json, text } from '../format.ts';
import { refuseIterate } from '../access.ts';
import { exceed, raise } from '../errors.ts';
import { fromText } from '../parse-json.ts';
import type { Native } from '../native.ts';
import type { Run } from '../machine.ts';
import { checkArray, describe } from '../operators.ts';
import { compare, equals, sortedKeys, sortedPositions } from '../order.ts';
import { MAX_VALUE_DEPTH } from '../limits.ts';

export function length(value: Json): Json {
  if (typeof value === 'string') return codepointLength(value);
  if (typeof value === 'number') return Math.abs(value);
  if (value === null) return 0;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  return raise(`${describe(value)} has no length`);
}

function keys(run: Run, value: Json, sorted: boolean): Json {
  if (Array.isArray(value)) {
    checkArray(run, value.length);
    return value.map((_, i) => i);
  }
  if (!isObject(value)) return raise(`${describe(value)} has no keys`);
  const names = sorted ? sortedKeys(value) : Object.keys(value);
  run.spend(names.length >> 4);
  return names;
}

function has(value: Json, key: Json): Json {
  if (isObject(value) && typeof key === 'string') return Object.hasOwn(value, key);
  if (Array.isArray(value) && typeof key === 'number') return Math.trunc(key) >= 0 && key < value.length;
  if (value === null) return false;
  return raise(`Cannot check whether ${kindOf(value)} has a ${kindOf(key)} key`);
}

interface Task {
  readonly outer: Json;
  readonly inner: Json;
  readonly depth: number;
}

/** `contains`: strings by substring, arrays when every wanted item is contained in some item, objects field by field. */
export function contains(run: Run, outer: Json, inner: Json, depth = 0): boolean {
  if (depth === 0 && isChain(outer, inner)) return containsChain(run, outer, inner);
  if (depth > MAX_VALUE_DEPTH) return raise('Containment check too deep');
  run.spend(1);
  if (isObject(outer) && isObject(inner)) {
    return Object.keys(inner).every((key) => {
      const ours = own(outer, key);
      return ours !== undefined && within(run, ours, inner[key] as Json, depth);
    });
  }
  if (Array.isArray(outer) && Array.isArray(inner)) {
    return inner.every((wanted) => outer.some((item) => within(run, item, wanted, depth)));
  }
  if (typeof outer === 'string' && typeof inner === 'string') return outer.includes(inner);
  if (kindOf(outer) === kindOf(inner)) return equals(run, outer, inner);
  return raise(`${describe(outer)} and ${describe(inner)} cannot have their containment checked`);
}

function within(run: Run, outer: Json, inner: Json, depth: number): boolean {
  if (kindOf(outer) !== kindOf(inner)) return equals(run, outer, inner);
  run.enter(4);
  const found = contains(run, outer, inner, depth + 1);
  run.depth -= 4;
  return found;
}

/** Arrays of one item inside each other, as deep as they may be, need no search: they are followed in a loop. */
function isChain(outer: Json, inner: Json): boolean {
  return Array.isArray(outer) && Array.isArray(inner) && outer.length === 1 && inner.length === 1;
}

function containsChain(run: Run, outer: Json, inner: Json): boolean {
  let task: Task = { outer, inner, depth: 0 };
  while (isChain(task.outer, task.inner)) {
    if (task.depth > MAX_VALUE_DEPTH) return raise('Containment check too deep');
    run.spend(1);
    task = { outer: (task.outer as Json[])[0] as Json, inner: (task.inner as Json[])[0] as Json, depth: task.depth + 1 };
  }
  if (kindOf(task.outer) !== kindOf(task.inner)) return equals(run, task.outer, task.inner);
  return contains(run, task.outer, task.inner, task.depth + 1);
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function toNumber(value: Json): Json {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return raise(`${describe(value)} cannot be parsed as a number`);
  if (/^[+-]?nan$/i.test(value)) return NaN;
  if (!NUMBER.test(value) || /\s/.test(value)) return raise(`${describe(value)} cannot be parsed as a number`);
  return Number(value);
}

function toBoolean(value: Json): Json {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  return raise(`${describe(value)} cannot be parsed as a boolean`);
}

export function requireArray(value: Json, what: string): Json[] {
  return Array.isArray(value) ? value : raise(`${describe(value)} cannot be ${what}, as it is not an array`);
}

export function sort(run: Run, value: Json): Json {
  const items = requireArray(value, 'sorted');
  return sortedPositions(run, items).map((at) => items[at] as Json);
}

function reverse(run: Run, value: Json): Json {
  if (typeof value === 'string') return Array.from(value).reverse().join('');
  // As in jq: what has no items is an empty list.
  if (!Array.isArray(value)) return length(value) === 0 ? [] : raise(`Cannot reverse ${describe(value)}`);
  checkArray(run, value.length);
  return value.toReversed();
}

function flatten(run: Run, value: Json, depth: Json): Json {
  if (typeof depth !== 'number') return raise(`flatten depth must be a number, not ${kindOf(depth)}`);
  if (depth < 0) return raise('flatten depth must not be negative');
  if (!Array.isArray(value) && !isObject(value)) return refuseIterate(value);
  const flat: Json[] = [];
  const stack: { items: readonly Json[]; next: number }[] = [{ items: Array.isArray(value) ? value : Object.values(value), next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next >= top.items.length) {
      stack.pop();
      continue;
    }
    if ((top.next & 7) === 0) run.spend(1);
    const item = top.items[top.next++] ?? null;
    if (Array.isArray(item) && stack.length <= depth) stack.push({ items: item, next: 0 });
    else if (flat.push(item) > run.limits.arrayLength) exceed(`an array would pass ${run.limits.arrayLength} items`);
  }
  return flat;
}

function bsearch(run: Run, value: Json, wanted: Json): Json {
  if (!Array.isArray(value)) return raise(`${describe(value)} cannot be searched from`);
  let low = 0;
  let high = value.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compare(run, value[middle] as Json, wanted);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1 - low;
}

export const VALUE_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ['type/0', (_run, value) => kindOf(value)],
  ['length/0', (run, value) => (typeof value === 'string' && run.spend(value.length >> 10), length(value))],
  [
    'utf8bytelength/0',
    (run, value) => {
      if (typeof value !== 'string') return raise(`${describe(value)} only strings have UTF-8 byte length`);
      run.spend(value.length >> 10);
      return utf8Length(value);
    },
  ],
  ['not/0', (_run, value) => value === false || value === null],
  ['keys/0', (run, value) => keys(run, value, true)],
  ['keys_unsorted/0', (run, value) => keys(run, value, false)],
  ['has/1', (_run, value, key) => has(value, key as Json)],
  ['contains/1', (run, value, inner) => contains(run, value, inner as Json)],
  ['inside/1', (run, value, outer) => contains(run, outer as Json, value)],
  ['tonumber/0', (_run, value) => toNumber(value)],
  ['toboolean/0', (_run, value) => toBoolean(value)],
  ['tostring/0', (run, value) => text(run, value)],
  ['tojson/0', (run, value) => json(run, value)],
  [
    'fromjson/0',
    (run, value) => {
      if (typeof value !== 'string') return raise(`${describe(value)} cannot be parsed as JSON`);
      run.spend(value.length >> 6);
      return fromText(value);
    },
  ],
  [
    'format/1',
    (run, value, name) => {
      const format = typeof name === 'string' ? formatter(name) : undefined;
      return format === undefined ? raise(`${describe(name as Json)} is not a valid format`) : format(run, value);
    },
  ],
  ['toarray/0', (_run, value) => (Array.isArray(value) ? value : [value])],
  ['sort/0', sort],
  ['reverse/0', reverse],
  ['flatten/0', (run, value) => flatten(run, value, Infinity)],
  ['flatten/1', (run, value, depth) => flatten(run, value, depth as Json)],
  ['bsearch/1', (run, value, wanted) => bsearch(run, value, wanted as Json)],
  ['setpath/2', (run, value, path, next) => setPath(run, value, path as Json, next as Json)],
  ['delpaths/1', (run, value, paths) => deletePaths(run, value, paths as Json)],
  ['have_decnum/0', () => false],
  ['have_literal_numbers/0', () => true],
  ['now/0', (run) => (run.nowMs === undefined ? raise('now is not set for this run') : run.nowMs / 1000)],
]);
