// What is different between two documents, field by field, for people. Pure.
// I1 Bounded: at most MOST_CHANGES are listed, the others counted; a long value is cut.
// I2 Lists of named things (`do` is one: each item is an object of one key) are compared by name, so that a step that was put in between is
//    one change and not the change of every step behind it.
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json } from '@palace/jq/json.ts';

export interface FieldChange {
  /** JSON pointer; an item of a list of named things stands there by its name. */
  readonly path: string;
  /** As JSON, cut. Absent: it was not there. */
  readonly before?: string;
  /** Absent: it is not there any more. */
  readonly after?: string;
}

export interface DocumentDiff {
  readonly changes: readonly FieldChange[];
  /** Beside those that are listed. */
  readonly more: number;
}

const MOST_CHANGES = 50;
const MOST_LETTERS = 200;
const DEEPEST = 60;

export function documentDiff(before: Json, after: Json): DocumentDiff {
  const found: FieldChange[] = [];
  let more = 0;
  const add = (path: string, was: Json | undefined, is: Json | undefined): void => {
    if (found.length >= MOST_CHANGES) more += 1;
    else found.push({ path, ...(was !== undefined && { before: shown(was) }), ...(is !== undefined && { after: shown(is) }) });
  };
  compare('', before, after, 0, add);
  return { changes: found, more };
}

type Add = (path: string, before: Json | undefined, after: Json | undefined) => void;

function compare(path: string, before: Json, after: Json, depth: number, add: Add): void {
  if (depth < DEEPEST && isObject(before) && isObject(after)) return compareKeys(path, entriesOf(before), entriesOf(after), depth, add);
  if (depth < DEEPEST && Array.isArray(before) && Array.isArray(after)) return compareLists(path, before, after, depth, add);
  if (!isDeepStrictEqual(before, after)) add(path, before, after);
}

type Entries = ReadonlyMap<string, Json>;

const entriesOf = (value: { readonly [key: string]: Json }): Entries => new Map(Object.keys(value).map((key) => [key, value[key] as Json]));

function compareKeys(path: string, before: Entries, after: Entries, depth: number, add: Add): void {
  // In the order in which the new one is written.
  for (const key of new Set([...after.keys(), ...before.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (was === undefined || is === undefined) add(at, was, is);
    else compare(at, was, is, depth + 1, add);
  }
}

function compareLists(path: string, before: readonly Json[], after: readonly Json[], depth: number, add: Add): void {
  const [was, is] = [namedItems(before), namedItems(after)];
  if (was === undefined || is === undefined) {
    const numbered = (list: readonly Json[]): Entries => new Map(list.map((item, i) => [String(i), item]));
    return compareKeys(path, numbered(before), numbered(after), depth, add);
  }
  compareKeys(path, was, is, depth, add);
  const stayed = (names: Entries, others: Entries): string[] => [...names.keys()].filter((name) => others.has(name));
  const [order, now] = [stayed(was, is), stayed(is, was)];
  if (!isDeepStrictEqual(order, now)) add(path, order, now);
}

/** Undefined when it is a list of something else, or a name comes twice. */
function namedItems(list: readonly Json[]): Entries | undefined {
  const items = new Map<string, Json>();
  for (const item of list) {
    const [name, ...others] = isObject(item) ? Object.keys(item) : [];
    if (name === undefined || others.length > 0 || items.has(name)) return undefined;
    items.set(name, (item as { [key: string]: Json })[name] as Json);
  }
  return items;
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}
