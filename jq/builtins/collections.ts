// Builtins that take arrays or objects apart or build them: entries, sums, grouping by computed keys.
import { type Json, type JsonObject, isObject, kindOf, own, put } from '../json.ts';
import { index, itemsOf } from '../access.ts';
import { raise } from '../errors.ts';
import { toText } from '../json-text.ts';
import type { Native } from '../native.ts';
import type { Run } from '../machine.ts';
import { add, checkArray, checkString, describe } from '../operators.ts';
import { compare, equals, sortedPositions } from '../order.ts';
import { length, requireArray, sort } from './values.ts';

/** Of an array the indices are the keys, as in jq. */
function toEntries(run: Run, value: Json): Json {
  if (Array.isArray(value)) {
    run.spend(value.length >> 3);
    return value.map((item, key) => ({ key, value: item }));
  }
  if (!isObject(value)) return raise(`${describe(value)} has no keys`);
  const names = Object.keys(value);
  run.spend(names.length >> 3);
  return names.map((key) => ({ key, value: value[key] ?? null }));
}

/** The first of several names an entry may use for its key or its value. */
function pick(entry: Json, names: readonly string[]): Json {
  for (const name of names) {
    const found = index(FREE, entry, name);
    if (found !== null && found !== false) return found;
  }
  return index(FREE, entry, names[0] as string) === false ? false : null;
}

/** Indexing by a string takes no fuel, so it needs no run. */
const FREE = undefined as unknown as Run;

function fromEntries(run: Run, value: Json): Json {
  const object: JsonObject = {};
  for (const entry of itemsOf(value)) {
    run.spend(1);
    put(object, keyOf(entry), valueOf(entry));
  }
  return object;
}

function keyOf(entry: Json): string {
  const key = pick(entry, ['key', 'k', 'name', 'Name', 'K', 'Key']);
  return typeof key === 'string' ? key : toText(key);
}

function valueOf(entry: Json): Json {
  if (!isObject(entry)) return raise(`Cannot check whether ${kindOf(entry)} has a string key`);
  for (const name of ['value', 'v', 'Value', 'V']) {
    const found = own(entry, name);
    if (found !== undefined) return found;
  }
  return null;
}

/** A sum whose pieces are gathered first where that is cheaper than adding one by one. */
export function sum(run: Run, items: readonly Json[]): Json {
  const [first] = items;
  if (typeof first === 'string' && items.every((item) => typeof item === 'string')) {
    run.spend(items.length >> 3);
    checkString(
      run,
      (items as string[]).reduce((total, item) => total + item.length, 0),
    );
    return items.join('');
  }
  if (Array.isArray(first) && items.every((item) => Array.isArray(item))) {
    checkArray(
      run,
      (items as Json[][]).reduce((total, item) => total + item.length, 0),
    );
    run.spend(items.length >> 3);
    return (items as Json[][]).flat(1);
  }
  run.spend(items.length >> 3);
  return items.reduce((total, item) => add(run, total, item), null);
}

export interface Keyed {
  readonly items: readonly Json[];
  readonly keys: readonly Json[];
}

export function sortByKeys(run: Run, { items, keys }: Keyed): Json {
  return sortedPositions(run, keys).map((at) => items[at] as Json);
}

export function groupByKeys(run: Run, { items, keys }: Keyed): Json[][] {
  const groups: Json[][] = [];
  let last: Json | undefined;
  for (const at of sortedPositions(run, keys)) {
    const key = keys[at] as Json;
    if (last !== undefined && equals(run, last, key)) groups.at(-1)?.push(items[at] as Json);
    else groups.push([items[at] as Json]);
    last = key;
  }
  return groups;
}

export function uniqueByKeys(run: Run, keyed: Keyed): Json {
  return groupByKeys(run, keyed).map((group) => group[0] as Json);
}

/** The first smallest (`sign` 1) or the last greatest (`sign` -1) item. */
export function extreme(run: Run, { items, keys }: Keyed, sign: 1 | -1): Json {
  let best = -1;
  keys.forEach((key, at) => {
    if ((at & 7) === 0) run.spend(1);
    if (best < 0) best = at;
    else {
      const order = compare(run, key, keys[best] as Json) * sign;
      if (order < 0 || (order === 0 && sign < 0)) best = at;
    }
  });
  return best < 0 ? null : (items[best] as Json);
}

/** Rows are whatever has a length; one without columns is never looked into. */
function transpose(run: Run, value: Json): Json {
  const rows = itemsOf(value);
  const width = Math.ceil(rows.reduce((most: number, line) => Math.max(most, length(line) as number), 0));
  checkArray(run, width * Math.max(1, rows.length));
  run.spend((width * rows.length) >> 4);
  return Array.from({ length: width }, (_, column) => rows.map((line) => index(run, line, column)));
}

const plain = (value: Json, what: string): Keyed => {
  const items = requireArray(value, what);
  return { items, keys: items };
};

export const COLLECTION_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ['to_entries/0', toEntries],
  ['from_entries/0', fromEntries],
  ['add/0', (run, value) => sum(run, itemsOf(value))],
  ['unique/0', (run, value) => uniqueByKeys(run, plain(value, 'sorted'))],
  ['min/0', (run, value) => extreme(run, plain(value, 'iterated over'), 1)],
  ['max/0', (run, value) => extreme(run, plain(value, 'iterated over'), -1)],
  ['transpose/0', transpose],
  ['sort/0', sort],
]);
