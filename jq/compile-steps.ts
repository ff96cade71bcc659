// `.`, `..`, `.key`, `.[expression]`, `.[from:to]`, `.[]`, as values and as paths.
import type { NodeOf } from './ast.ts';
import { index, item, refuseIndex, refuseIterate, slice } from './access.ts';
import { isInherited, isObject, type Json, type JsonObject, own } from './json.ts';
import { toShortText } from './json-text.ts';
import { exceed, Raise, raise } from './errors.ts';
import { Code, type Each, eachCode, type Emit, type Env, extend, NOWHERE, type One, oneCode, Path, type Paths, type Run } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

const IDENTITY = new Code(
  (_env, input) => input,
  (_env, input, emit) => emit(input),
  () => (_env, path, input, emit) => emit(path, input),
);

export function compileIdentity(): Code {
  return IDENTITY;
}

type Step = (run: Run, value: Json, key: Json) => Json | undefined;

/** A step marked with `?`: nothing where it does not fit. */
function excused(step: Step): Step {
  return (run, value, key) => {
    try {
      return step(run, value, key);
    } catch (signal) {
      if (!(signal instanceof Raise)) throw signal;
      run.spend(1);
      return undefined;
    }
  };
}

export function compileIndex(compiler: PartCompiler, node: NodeOf<'index'>, scope: Scope): Code {
  const target = compiler.code(node.target, scope);
  const key = compiler.code(node.key, scope);
  if (typeof key.constant === 'string') return constantField(target, key.constant, node.optional === true);
  const step: Step = node.optional === true ? excused(index) : index;
  const paths = (): Paths => indexPaths(target, key, step);
  const { one: targetOne } = target;
  const { one: keyOne } = key;
  if (targetOne !== undefined && keyOne !== undefined) {
    return oneCode((env, input) => {
      const at = keyOne(env, input);
      if (at === undefined) return undefined;
      const value = targetOne(env, input);
      if (value === undefined) return undefined;
      if (typeof at === 'number' && Array.isArray(value)) return item(value, at);
      return step(env.run, value, at);
    }, paths);
  }
  return eachCode((env, input, emit) => key.each(env, input, (at) => target.each(env, input, (value) => emitFound(step(env.run, value, at), emit))), paths);
}

function emitFound(found: Json | undefined, emit: Emit): boolean {
  return found !== undefined && emit(found);
}

function indexPaths(target: Code, key: Code, step: Step): Paths {
  return (env, path, input, emit) =>
    key.each(env, input, (at) =>
      target.paths(env, path, input, (to, value) => {
        const next = extend(to, at, value);
        const found = step(env.run, value, at);
        return found !== undefined && emit(next, found);
      }),
    );
}

/** Reads one own field; names that plain objects inherit take the careful way. */
function fieldReader(name: string): (value: Json) => Json {
  if (isInherited(name)) {
    return (value) => {
      if (isObject(value)) return own(value, name) ?? null;
      return value === null ? null : refuseIndex(value, name);
    };
  }
  return (value) => {
    if (typeof value === 'object') {
      if (value === null) return null;
      if (!Array.isArray(value)) return value[name] ?? null;
    }
    return refuseIndex(value, name);
  };
}

function constantField(target: Code, name: string, optional: boolean): Code {
  const strict = fieldReader(name);
  const quiet = (value: Json): Json | undefined => (value === null || isObject(value) ? strict(value) : undefined);
  const read: (value: Json) => Json | undefined = optional ? quiet : strict;
  const paths = (): Paths => (env, path, input, emit) =>
    target.paths(env, path, input, (to, value) => {
      const next = extend(to, name, value);
      const found = read(value);
      return found !== undefined && emit(next, found);
    });
  if (target === IDENTITY) return oneCode((_env, input) => read(input), paths);
  const { one } = target;
  if (one === undefined) return eachCode((env, input, emit) => target.each(env, input, (value) => emitFound(read(value), emit)), paths);
  return oneCode((env, input) => {
    const value = one(env, input);
    return value === undefined ? undefined : read(value);
  }, paths);
}

export function compileSlice(compiler: PartCompiler, node: NodeOf<'slice'>, scope: Scope): Code {
  const target = compiler.code(node.target, scope);
  const bound = (part: typeof node.from): Code | undefined => (part === undefined ? undefined : compiler.code(part, scope));
  const from = bound(node.from);
  const to = bound(node.to);
  const strict: Step = (run, value, bounds) => slice(run, value, (bounds as JsonObject)['start'] as Json, (bounds as JsonObject)['end'] as Json);
  const step = node.optional === true ? excused(strict) : strict;
  const eachBounds = (env: Env, input: Json, use: (bounds: Json) => boolean): boolean =>
    orNull(from, env, input, (start) => orNull(to, env, input, (end) => use({ start, end })));
  const paths: Paths = (env, path, input, emit) =>
    eachBounds(env, input, (bounds) =>
      target.paths(env, path, input, (at, value) => {
        const next = extend(at, bounds, value);
        const found = step(env.run, value, bounds);
        return found !== undefined && emit(next, found);
      }),
    );
  const { one } = target;
  if (one !== undefined && (from === undefined || from.one !== undefined) && (to === undefined || to.one !== undefined)) {
    return oneCode(
      (env, input) => {
        const start = from === undefined ? null : from.one?.(env, input);
        const end = to === undefined ? null : to.one?.(env, input);
        const value = one(env, input);
        return start === undefined || end === undefined || value === undefined ? undefined : step(env.run, value, { start, end });
      },
      () => paths,
    );
  }
  const each: Each = (env, input, emit) =>
    eachBounds(env, input, (bounds) => target.each(env, input, (value) => emitFound(step(env.run, value, bounds), emit)));
  return eachCode(each, () => paths);
}

function orNull(code: Code | undefined, env: Env, input: Json, use: (value: Json) => boolean): boolean {
  return code === undefined ? use(null) : code.each(env, input, use);
}

export function compileIterate(compiler: PartCompiler, node: NodeOf<'iterate'>, scope: Scope): Code {
  const target = compiler.code(node.target, scope);
  const step: Each = node.optional === true ? (env, value, emit) => iterable(value) && iterate(env, value, emit) : iterate;
  const paths = (): Paths => (env, path, input, emit) =>
    target.paths(env, path, input, (at, value) => (node.optional !== true || iterable(value) || at === NOWHERE) && iteratePaths(env, at, value, emit));
  if (target === IDENTITY) return eachCode(step, paths);
  const { one } = target;
  if (one === undefined) return eachCode((env, input, emit) => target.each(env, input, (value) => step(env, value, emit)), paths);
  return eachCode((env, input, emit) => {
    const value = one(env, input);
    return value !== undefined && step(env, value, emit);
  }, paths);
}

function iterable(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

export const iterate: Each = (env, value, emit) => {
  const { run } = env;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      run.spend(1);
      if (emit(value[i] ?? null)) return true;
    }
    return false;
  }
  if (!isObject(value)) return refuseIterate(value);
  for (const key of Object.keys(value)) {
    run.spend(1);
    if (emit(value[key] ?? null)) return true;
  }
  return false;
};

export const iteratePaths: Paths = (env, path, value, emit) => {
  if (path === NOWHERE) return raise(`Invalid path expression near attempt to iterate through ${toShortText(value)}`);
  const { run } = env;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      run.spend(1);
      if (emit(new Path(path, i), value[i] ?? null)) return true;
    }
    return false;
  }
  if (!isObject(value)) return refuseIterate(value);
  for (const key of Object.keys(value)) {
    run.spend(1);
    if (emit(new Path(path, key), value[key] ?? null)) return true;
  }
  return false;
};

/** `..`: the value and everything inside it, parents first; with a stack of its own, since values may be very deep. */
const recurseEach: Each = (env, input, emit) => {
  const stack: Json[] = [input];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    env.run.spend(1);
    if (emit(value)) return true;
    if (typeof value !== 'object' || value === null) continue;
    const items = Array.isArray(value) ? value : Object.values(value);
    env.run.spend(items.length >> 6);
    for (let i = items.length - 1; i >= 0; i--) stack.push(items[i] ?? null);
  }
  return false;
};

const recursePaths: Paths = (env, path, input, emit) => {
  const stack: { at: Path; value: Json }[] = [{ at: path, value: input }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { at, value } = top;
    env.run.spend(1);
    if (emit(at, value)) return true;
    if (typeof value !== 'object' || value === null) continue;
    const next = Array.isArray(value)
      ? value.map((inner, i) => ({ at: extend(at, i, value), value: inner }))
      : Object.keys(value).map((key) => ({ at: extend(at, key, value), value: value[key] ?? null }));
    env.run.spend(next.length >> 6);
    for (let i = next.length - 1; i >= 0; i--) stack.push(next[i] as { at: Path; value: Json });
  }
  return false;
};

export const RECURSE = eachCode(recurseEach, () => recursePaths);

export function compileRecurse(): Code {
  return RECURSE;
}

/** Collects every output of a part into an array. */
export function collect(code: Code): One {
  return (env, input) => {
    const found: Json[] = [];
    const limit = env.run.limits.arrayLength;
    code.each(env, input, (value) => {
      if (found.push(value) > limit) tooLong(limit);
      return false;
    });
    return found;
  };
}

function tooLong(limit: number): never {
  return exceed(`an array would pass ${limit} items`);
}
