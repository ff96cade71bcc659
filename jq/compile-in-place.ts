// `reduce` that builds something, without copying it at every step. Where the update is a chain of plain assignments
// (`.[$k] += 1 | .list += [$x]`), appends (`. + [$x]`) and ifs around them, containers made by this very reduce are
// changed instead of copied. Nobody can tell:
//   I1  only containers in `owned` are changed; they were made here and only the state leads to them.
//   I2  what is stored never contains an owned container: values come from expressions that do not read the state, or
//       from scalars. A state that must be read as a whole leaves this path (see `readsState`).
import type { BinaryOperator, Node, NodeOf } from './ast.ts';
import { index } from './access.ts';
import { OPERATIONS } from './compile-operators.ts';
import { isObject, type Json, put, truthy } from './json.ts';
import type { Env, One, Run } from './machine.ts';
import { add, checkArray, copyObject } from './operators.ts';
import type { PartCompiler } from './part-compiler.ts';
import { arrayPosition, deletePaths, getPath, setPath } from './paths.ts';
import type { Scope } from './scope.ts';

type Owned = Set<Json>;
export type InPlace = (env: Env, state: Json, owned: Owned) => Json | undefined;

/** The in-place form of an update, or undefined when it has none. */
export function inPlace(compiler: PartCompiler, node: Node, scope: Scope): InPlace | undefined {
  switch (node.kind) {
    case 'identity':
      return (_env, state) => state;
    case 'pipe': {
      const first = inPlace(compiler, node.left, scope);
      const second = first && inPlace(compiler, node.right, scope);
      if (first === undefined || second === undefined) return undefined;
      return (env, state, owned) => {
        const between = first(env, state, owned);
        return between === undefined ? undefined : second(env, between, owned);
      };
    }
    case 'if':
      return chooseInPlace(compiler, node, scope);
    case 'update':
      return updateInPlace(compiler, node, scope);
    case 'binary': {
      if (node.operator !== '+' || node.left.kind !== 'identity' || readsState(node.right)) return undefined;
      const operand = compiler.code(node.right, scope).one;
      return operand && withOperand(operand, (env, state, value, owned) => append(env.run, state, value, owned));
    }
    default:
      return undefined;
  }
}

function withOperand(operand: One, apply: (env: Env, state: Json, value: Json, owned: Owned) => Json): InPlace {
  return (env, state, owned) => {
    const value = operand(env, state);
    return value === undefined ? undefined : apply(env, state, value, owned);
  };
}

function chooseInPlace(compiler: PartCompiler, node: NodeOf<'if'>, scope: Scope): InPlace | undefined {
  const then = inPlace(compiler, node.then, scope);
  const otherwise = then && inPlace(compiler, node.otherwise ?? { kind: 'identity', at: node.at }, scope);
  if (then === undefined || otherwise === undefined) return undefined;
  const test = compiler.code(node.condition, scope).one;
  return (
    test &&
    ((env, state, owned) => {
      const value = test(env, state);
      return value === undefined ? undefined : (truthy(value) ? then : otherwise)(env, state, owned);
    })
  );
}

function updateInPlace(compiler: PartCompiler, node: NodeOf<'update'>, scope: Scope): InPlace | undefined {
  const path = keysOf(compiler, node.target, scope);
  if (path === undefined) return undefined;
  const one = compiler.code(node.value, scope).one;
  if (one === undefined) return undefined;
  if (node.operator === '|=') return modifyInPlace(path, one);
  if (readsState(node.value)) return undefined;
  const change = changer(node.operator);
  return withOperand(one, (env, state, operand, owned) => {
    const keys = path(env, state);
    if (keys === undefined) return state;
    return write(env.run, state, keys, change(env.run, getPath(env.run, state, keys), operand, owned), owned);
  });
}

type Change = (run: Run, old: Json, operand: Json, owned: Owned) => Json;

function changer(operator: Exclude<NodeOf<'update'>['operator'], '|='>): Change {
  if (operator === '=') return (_run, _old, operand) => operand;
  if (operator === '//=') return (_run, old, operand) => (truthy(old) ? old : operand);
  if (operator === '+=') return append;
  const operation = OPERATIONS[operator.slice(0, -1) as BinaryOperator];
  return (run, old, operand) => operation(run, old, operand);
}

/** `|=` sees the old value: in place only while that is a scalar, which cannot lead to anything owned. */
function modifyInPlace(path: (env: Env, state: Json) => Json[] | undefined, update: One): InPlace {
  return (env, state, owned) => {
    const keys = path(env, state);
    if (keys === undefined) return state;
    const old = getPath(env.run, state, keys);
    const next = update(env, old);
    if (next !== undefined && (typeof old !== 'object' || old === null)) return write(env.run, state, keys, next, owned);
    owned.clear();
    return next === undefined ? deletePaths(env.run, state, [keys]) : setPath(env.run, state, keys, next);
  };
}

/** The keys of a path like `.a[$k].b` as a function; undefined for any other target. */
function keysOf(compiler: PartCompiler, target: Node, scope: Scope): ((env: Env, state: Json) => Json[] | undefined) | undefined {
  const ones: One[] = [];
  let node = target;
  for (; node.kind === 'index'; node = node.target) {
    const { one } = compiler.code(node.key, scope);
    if (one === undefined) return undefined;
    ones.unshift(one);
  }
  if (node.kind !== 'identity' || ones.length === 0) return undefined;
  return (env, state) => {
    const keys: Json[] = [];
    for (const one of ones) {
      const key = one(env, state);
      if (key === undefined) return undefined;
      keys.push(key);
    }
    return keys;
  };
}

/** Whether the value of an expression could hold a part of its input. Unknown shapes count as yes. */
function readsState(node: Node): boolean {
  switch (node.kind) {
    case 'literal':
    case 'variable':
      return false;
    case 'pipe':
      return readsState(node.left);
    case 'index':
      return readsState(node.target) || readsState(node.key);
    case 'negate':
      return readsState(node.body);
    case 'binary':
    case 'logic':
    case 'alternative':
      return readsState(node.left) || readsState(node.right);
    case 'array':
      return node.body !== undefined && readsState(node.body);
    case 'comma':
      return node.items.some(readsState);
    case 'object':
      return node.entries.some((entry) => readsState(entry.key) || readsState(entry.value));
    case 'string':
      return node.parts.some((part) => typeof part !== 'string' && readsState(part));
    case 'if':
      return readsState(node.condition) || readsState(node.then) || node.otherwise === undefined || readsState(node.otherwise);
    default:
      return true;
  }
}

/** `state + value`, growing an owned array or object where it stands. */
function append(run: Run, state: Json, value: Json, owned: Owned): Json {
  if (Array.isArray(state) && Array.isArray(value)) {
    run.spend(value.length >> 6);
    if (state.length + value.length > run.limits.arrayLength) checkArray(run, state.length + value.length);
    const array = writable(run, state, 0, owned) as Json[];
    for (const item of value) array.push(item);
    return array;
  }
  if (isObject(state) && isObject(value)) {
    const keys = Object.keys(value);
    run.spend(keys.length >> 3);
    const object = writable(run, state, '', owned) as { [key: string]: Json };
    for (const key of keys) put(object, key, value[key] ?? null);
    return object;
  }
  return add(run, state, value);
}

/** The container itself when owned, else a copy that is from now on. `key` says what an absent one must become. */
function writable(run: Run, value: Json, key: string | number, owned: Owned): Json {
  if (owned.has(value)) return value;
  const copy = value === null ? (typeof key === 'string' ? {} : []) : Array.isArray(value) ? value.slice() : copyObject(run, value as { [key: string]: Json });
  if (Array.isArray(copy)) checkArray(run, copy.length);
  owned.add(copy);
  return copy;
}

function fits(value: Json, key: Json): key is string | number {
  if (typeof key === 'string') return value === null || isObject(value);
  return typeof key === 'number' && (value === null || Array.isArray(value));
}

/** Sets the value at `keys`, changing owned containers on the way. Odd keys and values take the copying way. */
function write(run: Run, state: Json, keys: readonly Json[], value: Json, owned: Owned): Json {
  const [first] = keys;
  if (first === undefined || !fits(state, first)) return setPath(run, state, keys as Json[], value);
  const root = writable(run, state, first, owned);
  let at = root;
  for (let i = 0; i + 1 < keys.length; i++) {
    const key = keys[i] as string | number;
    const next = keys[i + 1] as Json;
    const child = index(run, at, key);
    if (!fits(child, next)) {
      place(run, at, key, setPath(run, child, keys.slice(i + 1), value));
      return root;
    }
    const inner = writable(run, child, next, owned);
    if (inner !== child) place(run, at, key, inner);
    at = inner;
  }
  place(run, at, keys[keys.length - 1] as string | number, value);
  return root;
}

function place(run: Run, container: Json, key: string | number, value: Json): void {
  if (typeof key === 'string') return put(container as { [key: string]: Json }, key, value);
  const array = container as Json[];
  const at = arrayPosition(array, key);
  if (at >= run.limits.arrayLength) checkArray(run, at + 1);
  if (at > array.length) run.spend((at - array.length) >> 6);
  while (array.length < at) array.push(null);
  array[at] = value;
}
