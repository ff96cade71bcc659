// Arithmetic on values. Bulk results are charged, so that work and fuel stay in proportion: copying 256 array slots, 1,024
// characters or 8 fields of a small object is one unit; each field of a large object is one, since those copy slowly.
import { type Json, type JsonObject, isObject, kindOf, own, put } from './json.ts';
import { toShortText } from './json-text.ts';
import { exceed, raise } from './errors.ts';
import type { Run } from './machine.ts';
import { equals } from './order.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';

export type Operation = (run: Run, left: Json, right: Json) => Json;

export function describe(value: Json): string {
  return `${kindOf(value)} (${toShortText(value)})`;
}

function refuse(left: Json, right: Json, word: string): never {
  return raise(`${describe(left)} and ${describe(right)} cannot be ${word}`);
}

export function checkArray(run: Run, length: number): void {
  if (length > run.limits.arrayLength) exceed(`an array would pass ${run.limits.arrayLength} items`);
  run.spend(length >> 8);
}

export function checkString(run: Run, length: number): void {
  if (length > run.limits.stringLength) exceed(`a string would pass ${run.limits.stringLength} characters`);
  run.spend(length >> 10);
}

/** A shallow copy of an object, charged by its size. */
export function copyObject(run: Run, object: JsonObject): JsonObject {
  const copy = { ...object };
  spendFields(run, copy);
  return copy;
}

function spendFields(run: Run, object: JsonObject): void {
  const fields = Object.keys(object).length;
  run.spend(fields < 32 ? fields >> 3 : fields);
}

export function add(run: Run, left: Json, right: Json): Json {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === 'string' && typeof right === 'string') {
    checkString(run, left.length + right.length);
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    checkArray(run, left.length + right.length);
    return left.concat(right);
  }
  if (isObject(left) && isObject(right)) {
    const sum = { ...left, ...right };
    spendFields(run, sum);
    return sum;
  }
  return refuse(left, right, 'added');
}

export function subtract(run: Run, left: Json, right: Json): Json {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (!Array.isArray(left) || !Array.isArray(right)) return refuse(left, right, 'subtracted');
  run.spend((left.length * right.length) >> 6);
  return left.filter((item) => !right.some((gone) => equals(run, item, gone)));
}

export function multiply(run: Run, left: Json, right: Json): Json {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  if (typeof left === 'string' && typeof right === 'number') return repeatString(run, left, right);
  if (typeof left === 'number' && typeof right === 'string') return repeatString(run, right, left);
  if (isObject(left) && isObject(right)) return mergeDeep(run, left, right);
  return refuse(left, right, 'multiplied');
}

function repeatString(run: Run, text: string, times: number): Json {
  if (!(times >= 0)) return null;
  const count = Math.floor(times);
  if (text.length === 0 || count === 0) return '';
  if (text.length * count >= 2 ** 31 - 1) return raise('Repeat string result too long');
  checkString(run, text.length * count);
  return text.repeat(count);
}

/** Recursive merge with a stack of its own: the right side wins except where both sides hold objects. */
function mergeDeep(run: Run, left: JsonObject, right: JsonObject): Json {
  const result = copyObject(run, left);
  const stack: { into: JsonObject; from: JsonObject; depth: number }[] = [{ into: result, from: right, depth: 1 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.depth > MAX_VALUE_DEPTH) return raise('Object merge too deep');
    run.spend(1);
    for (const key of Object.keys(top.from)) {
      const theirs = own(top.from, key) ?? null;
      const ours = own(top.into, key);
      if (isObject(ours) && isObject(theirs)) {
        const copy = copyObject(run, ours);
        put(top.into, key, copy);
        stack.push({ into: copy, from: theirs, depth: top.depth + 1 });
      } else put(top.into, key, theirs);
    }
  }
  return result;
}

export function divide(run: Run, left: Json, right: Json): Json {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right === 0) return refuse(left, right, 'divided because the divisor is zero');
    return left / right;
  }
  if (typeof left === 'string' && typeof right === 'string') return splitText(run, left, right);
  return refuse(left, right, 'divided');
}

export function splitText(run: Run, text: string, separator: string): Json[] {
  run.spend(text.length >> 6);
  if (text.length === 0) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  checkArray(run, parts.length);
  return parts;
}

export function modulo(_run: Run, left: Json, right: Json): Json {
  if (typeof left !== 'number' || typeof right !== 'number') return refuse(left, right, 'divided');
  if (left !== left || right !== right) return NaN;
  const divisor = Math.trunc(right);
  if (divisor === 0) return refuse(left, right, 'divided (remainder) because the divisor is zero');
  const exact = Math.abs(left) <= Number.MAX_SAFE_INTEGER && Math.abs(right) <= Number.MAX_SAFE_INTEGER;
  const rest = exact ? Math.trunc(left) % divisor : Number(toInt64(left) % toInt64(right));
  return rest === 0 ? 0 : rest;
}

const INT64_MAX = 2n ** 63n - 1n;

/** Truncation to a 64-bit integer, saturated. */
function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return INT64_MAX;
  return value <= -(2 ** 63) ? -INT64_MAX - 1n : BigInt(Math.trunc(value));
}

export function negate(value: Json): Json {
  if (typeof value !== 'number') return raise(`${describe(value)} cannot be negated`);
  return -value;
}
