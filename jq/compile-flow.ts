// `|`, `,`, `if`, `and`, `or`, `//`, `try`, `?`.
import type { NodeOf } from './ast.ts';
import { Raise } from './errors.ts';
import { truthy } from './json.ts';
import { type Code, type Each, eachCode, type Env, oneCode, type Paths } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

export function compilePipe(compiler: PartCompiler, node: NodeOf<'pipe'>, scope: Scope): Code {
  return pipe(compiler.code(node.left, scope), compiler.code(node.right, scope));
}

export function pipe(left: Code, right: Code): Code {
  const paths = (): Paths => (env, path, input, emit) => left.paths(env, path, input, (at, value) => right.paths(env, at, value, emit));
  const first = left.one;
  const second = right.one;
  if (first === undefined) {
    if (second === undefined) return eachCode((env, input, emit) => left.each(env, input, (value) => right.each(env, value, emit)), paths);
    return eachCode(
      (env, input, emit) =>
        left.each(env, input, (value) => {
          const result = second(env, value);
          return result !== undefined && emit(result);
        }),
      paths,
    );
  }
  if (second === undefined) {
    return eachCode((env, input, emit) => {
      const value = first(env, input);
      return value !== undefined && right.each(env, value, emit);
    }, paths);
  }
  return oneCode((env, input) => {
    const value = first(env, input);
    return value === undefined ? undefined : second(env, value);
  }, paths);
}

export function compileComma(compiler: PartCompiler, node: NodeOf<'comma'>, scope: Scope): Code {
  const items = node.items.map((item) => compiler.code(item, scope));
  const each: Each = (env, input, emit) => {
    for (const item of items) {
      env.run.spend(1);
      if (item.each(env, input, emit)) return true;
    }
    return false;
  };
  return eachCode(each, () => (env, path, input, emit) => {
    for (const item of items) {
      env.run.spend(1);
      if (item.paths(env, path, input, emit)) return true;
    }
    return false;
  });
}

export function compileIf(compiler: PartCompiler, node: NodeOf<'if'>, scope: Scope): Code {
  const condition = compiler.code(node.condition, scope);
  const then = compiler.code(node.then, scope);
  const otherwise = compiler.code(node.otherwise ?? { kind: 'identity', at: node.at }, scope);
  return choose(condition, then, otherwise);
}

export function choose(condition: Code, then: Code, otherwise: Code): Code {
  const paths = (): Paths => (env, path, input, emit) => condition.each(env, input, (test) => (truthy(test) ? then : otherwise).paths(env, path, input, emit));
  const test = condition.one;
  if (test === undefined) {
    return eachCode((env, input, emit) => condition.each(env, input, (value) => (truthy(value) ? then : otherwise).each(env, input, emit)), paths);
  }
  const yes = then.one;
  const no = otherwise.one;
  if (yes !== undefined && no !== undefined) {
    return oneCode((env, input) => {
      const value = test(env, input);
      if (value === undefined) return undefined;
      return value !== false && value !== null ? yes(env, input) : no(env, input);
    }, paths);
  }
  return eachCode((env, input, emit) => {
    const value = test(env, input);
    return value !== undefined && (truthy(value) ? then : otherwise).each(env, input, emit);
  }, paths);
}

export function compileLogic(compiler: PartCompiler, node: NodeOf<'logic'>, scope: Scope): Code {
  const left = compiler.code(node.left, scope);
  const right = compiler.code(node.right, scope);
  /** The value of the left side that settles the answer. */
  const settling = node.operator === 'or';
  const a = left.one;
  const b = right.one;
  if (a !== undefined && b !== undefined) {
    return oneCode((env, input) => {
      const first = a(env, input);
      if (first === undefined) return undefined;
      if ((first !== false && first !== null) === settling) return settling;
      const second = b(env, input);
      return second === undefined ? undefined : second !== false && second !== null;
    });
  }
  return eachCode((env, input, emit) =>
    left.each(env, input, (first) => {
      if (truthy(first) === settling) return emit(settling);
      return right.each(env, input, (second) => emit(truthy(second)));
    }),
  );
}

/** `a // b`: the true outputs of `a`, or `b` when there are none. Errors of `a` are errors of the whole, as in jq. */
export function compileAlternative(compiler: PartCompiler, node: NodeOf<'alternative'>, scope: Scope): Code {
  const left = compiler.code(node.left, scope);
  const right = compiler.code(node.right, scope);
  const paths = (): Paths => (env, path, input, emit) => {
    let found = false;
    const stopped = left.paths(env, path, input, (at, value) => {
      if (!truthy(value)) return false;
      found = true;
      return emit(at, value);
    });
    return found ? stopped : right.paths(env, path, input, emit);
  };
  const a = left.one;
  const b = right.one;
  if (a !== undefined && b !== undefined) {
    return oneCode((env, input) => {
      const first = a(env, input);
      return first !== undefined && truthy(first) ? first : b(env, input);
    }, paths);
  }
  return eachCode((env, input, emit) => {
    let found = false;
    const stopped = left.each(env, input, (value) => {
      if (!truthy(value)) return false;
      found = true;
      return emit(value);
    });
    return found ? stopped : right.each(env, input, emit);
  }, paths);
}

/** Passes on every signal but a jq error; for that one, takes back the depth of the calls it left. */
function recover(env: Env, depth: number, signal: unknown): Raise {
  if (!(signal instanceof Raise)) throw signal;
  env.run.depth = depth;
  env.run.spend(1);
  return signal;
}

type Shield = (downstream: () => boolean) => boolean;

/**
 * Runs a generator whose errors matter here, while errors of what happens downstream with its outputs do not: those pass
 * through. `failed` decides what a caught error stands for; without it the generator just ends.
 */
function guarded(env: Env, work: (shield: Shield) => boolean, failed?: (error: Raise) => boolean): boolean {
  const { depth } = env.run;
  let downstream = false;
  const shield: Shield = (next) => {
    downstream = true;
    const stop = next();
    downstream = false;
    return stop;
  };
  let error: Raise;
  try {
    return work(shield);
  } catch (signal) {
    if (downstream) throw signal;
    error = recover(env, depth, signal);
  }
  return failed === undefined ? false : failed(error);
}

export function compileTry(compiler: PartCompiler, node: NodeOf<'try'>, scope: Scope): Code {
  const body = compiler.code(node.body, scope);
  const handler = node.handler === undefined ? undefined : compiler.code(node.handler, scope);
  const paths = (): Paths => (env, path, input, emit) =>
    guarded(
      env,
      (shield) => body.paths(env, path, input, (at, value) => shield(() => emit(at, value))),
      handler && ((error) => handler.paths(env, path, error.value, emit)),
    );
  const { one } = body;
  if (one !== undefined && (handler === undefined || handler.one !== undefined)) {
    const rescue = handler?.one;
    return oneCode((env, input) => {
      const { depth } = env.run;
      let error: Raise;
      try {
        return one(env, input);
      } catch (signal) {
        error = recover(env, depth, signal);
      }
      return rescue?.(env, error.value);
    }, paths);
  }
  return eachCode(
    (env, input, emit) =>
      guarded(env, (shield) => body.each(env, input, (value) => shield(() => emit(value))), handler && ((error) => handler.each(env, error.value, emit))),
    paths,
  );
}
