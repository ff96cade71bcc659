// Reading, setting and deleting by path arrays. No recursion: a path may have 10,000 keys. Setting copies the containers
// along the path and nothing else.
import { type Json, isObject, kindOf, put } from './json.ts';
import { toShortText } from './json-text.ts';
import { raise } from './errors.ts';
import type { Run } from './machine.ts';
import { checkArray, copyObject } from './operators.ts';
import { compare, equals } from './order.ts';
import { boundsOf, index, refuseIndex, span } from './access.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';

function checkPath(path: Json): Json[] {
  if (!Array.isArray(path)) return raise('Path must be specified as an array');
  if (path.length > MAX_VALUE_DEPTH) return raise('Path too deep');
  return path;
}

export function getPath(run: Run, root: Json, path: Json): Json {
  const keys = checkPath(path);
  run.spend(keys.length >> 4);
  let at = root;
  for (const key of keys) {
    if (at === null) return null;
    at = index(run, at, key);
  }
  return at;
}

export function setPath(run: Run, root: Json, path: Json, value: Json): Json {
  const keys = checkPath(path);
  run.spend(keys.length >> 4);
  const parents: Json[] = [];
  let at = root;
  for (const key of keys) {
    parents.push(at);
    at = readForUpdate(run, at, key);
  }
  let result = value;
  for (let i = keys.length - 1; i >= 0; i--) result = setKey(run, parents[i] as Json, keys[i] as Json, result);
  return result;
}

function readForUpdate(run: Run, value: Json, key: Json): Json {
  if (typeof value === 'string' && isObject(key)) return raise('Cannot update string slices');
  return index(run, value, key);
}

export function setKey(run: Run, target: Json, key: Json, value: Json): Json {
  if (typeof key === 'string' && (target === null || isObject(target))) {
    const copy = target === null ? {} : copyObject(run, target);
    put(copy, key, value);
    return copy;
  }
  if (typeof key === 'number' && (target === null || Array.isArray(target))) return setItem(run, target ?? [], key, value);
  if (isObject(key) && (target === null || Array.isArray(target))) {
    const { start, end } = boundsOf(key, 'array');
    return setSlice(run, target ?? [], start, end, value);
  }
  if (typeof target === 'string' && isObject(key)) return raise('Cannot update string slices');
  if (Array.isArray(key) && Array.isArray(target)) return raise('Cannot update field at array index of array');
  return refuseIndex(target, key);
}

/** Where an assignment to `.[position]` lands. */
export function arrayPosition(array: readonly Json[], position: number): number {
  if (position !== position) return raise('Cannot set array element at NaN index');
  let at = Math.floor(position);
  if (at < 0) at += array.length;
  if (at < 0) return raise('Out of bounds negative array index');
  return at > 536_870_911 ? raise('Array index too large') : at;
}

function setItem(run: Run, array: readonly Json[], position: number, value: Json): Json {
  const at = arrayPosition(array, position);
  const length = Math.max(array.length, at + 1);
  checkArray(run, length);
  const copy = array.slice();
  while (copy.length < at) copy.push(null);
  copy[at] = value;
  return copy;
}

function setSlice(run: Run, array: readonly Json[], from: Json, to: Json, value: Json): Json {
  const { start, end } = span(array.length, from, to, 'array');
  if (!Array.isArray(value)) return raise('A slice of an array can only be assigned another array');
  checkArray(run, array.length - (end - start) + value.length);
  return array.slice(0, start).concat(value, array.slice(end));
}

/** Deletes several paths at once: later paths first, so that earlier positions stay right. */
export function deletePaths(run: Run, root: Json, paths: Json): Json {
  if (!Array.isArray(paths)) return raise('Paths must be specified as an array');
  for (const path of paths) {
    if (!Array.isArray(path)) return raise(`Path must be specified as array, not ${kindOf(path)}`);
    if (path.length > MAX_VALUE_DEPTH) return raise('Path too deep');
  }
  run.spend(paths.length);
  const sorted = (paths as Json[][]).toSorted((a, b) => compare(run, a, b));
  return sorted.length === 0 ? root : deleteSorted(run, root, sorted);
}

interface Group {
  /** Paths below one container, sorted, all longer than `depth`. */
  readonly paths: readonly Json[][];
  readonly depth: number;
  readonly target: Json;
  readonly parent: Group | null;
  readonly key: Json;
  result: Json;
  gone: Json[];
}

/** Walks containers depth first with a stack of its own; a group finishes after the groups inside it. */
function deleteSorted(run: Run, root: Json, paths: readonly Json[][]): Json {
  if (paths[0]?.length === 0) return null;
  const top: Group = { paths, depth: 0, target: root, parent: null, key: null, result: root, gone: [] };
  const order: Group[] = [top];
  for (let i = 0; i < order.length; i++) split(run, order[i] as Group, order);
  for (let i = order.length - 1; i >= 0; i--) {
    const group = order[i] as Group;
    group.result = deleteKeys(run, group.result, group.gone);
    if (group.parent !== null) group.parent.result = setKey(run, group.parent.result, group.key, group.result);
  }
  return top.result;
}

function split(run: Run, group: Group, order: Group[]): void {
  const { paths, depth } = group;
  for (let i = 0; i < paths.length;) {
    const key = (paths[i] as Json[])[depth] as Json;
    let j = i + 1;
    while (j < paths.length && equals(run, key, (paths[j] as Json[])[depth] as Json)) j++;
    run.spend(1);
    if ((paths[i] as Json[]).length === depth + 1) group.gone.push(key);
    else {
      const target = index(run, group.target, key);
      if (target !== null) {
        order.push({ paths: paths.slice(i, j), depth: depth + 1, target, parent: group, key, result: target, gone: [] });
      }
    }
    i = j;
  }
}

function deleteKeys(run: Run, target: Json, keys: readonly Json[]): Json {
  if (target === null || keys.length === 0) return target;
  if (Array.isArray(target)) return deleteItems(run, target, keys);
  if (!isObject(target)) return raise(`Cannot delete fields from ${kindOf(target)}`);
  const copy = copyObject(run, target);
  for (const key of keys) {
    if (typeof key !== 'string') return raise(`Cannot delete field at ${isObject(key) ? 'object' : kindOf(key)} index of object`);
    delete copy[key];
  }
  return copy;
}

function deleteItems(run: Run, array: readonly Json[], keys: readonly Json[]): Json {
  const gone = new Uint8Array(array.length);
  run.spend(array.length >> 6);
  for (const key of keys) {
    if (typeof key === 'number') {
      const at = Math.floor(key);
      const position = at < 0 ? at + array.length : at;
      if (position >= 0 && position < array.length) gone[position] = 1;
    } else if (isObject(key)) {
      const bounds = boundsOf(key, 'array');
      const { start, end } = span(array.length, bounds.start, bounds.end, 'array');
      run.spend((end - start) >> 6);
      gone.fill(1, start, end);
    } else return raise(`Cannot delete field at ${kindOf(key)} index of array`);
  }
  return array.filter((_, at) => gone[at] === 0);
}

/** For a value that no path leads to. */
export function refuseResult(value: Json): never {
  return raise(`Invalid path expression with result ${toShortText(value)}`);
}
