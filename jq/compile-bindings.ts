// `as`, `reduce`, `foreach`, `label` and `break`.
import type { NodeOf } from './ast.ts';
import { inPlace } from './compile-in-place.ts';
import { type Binding, compilePatterns, eachMatch, type Matcher } from './compile-patterns.ts';
import { Break, Raise } from './errors.ts';
import type { Json } from './json.ts';
import { bind, type Code, eachCode, type Env, NOWHERE, oneCode, outer, type Path, type Paths } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

/** Runs `go` for each way the patterns match; errors of what `emit` does downstream never lead to another alternative. */
function matches(binding: Binding, env: Env, value: Json, input: Json, go: (env: Env, shield: Shield) => boolean): boolean {
  if (binding.matchers.length === 1) return (binding.matchers[0] as Matcher)(env, value, input, (next) => go(next, PASS));
  let downstream = false;
  const shield: Shield = (next) => {
    downstream = true;
    const stop = next();
    downstream = false;
    return stop;
  };
  const recover = (at: Env, work: () => boolean): boolean | undefined => {
    const { depth } = at.run;
    try {
      return work();
    } catch (signal) {
      if (downstream || !(signal instanceof Raise)) throw signal;
      at.run.depth = depth;
      at.run.spend(1);
      return undefined;
    }
  };
  return eachMatch(binding, env, value, input, recover, (next) => go(next, shield));
}

type Shield = (downstream: () => boolean) => boolean;
const PASS: Shield = (next) => next();

export function compileBind(compiler: PartCompiler, node: NodeOf<'bind'>, scope: Scope): Code {
  const source = compiler.code(node.source, scope);
  const binding = compilePatterns(compiler, node.patterns, scope);
  const body = compiler.code(node.body, binding.scope);
  const paths = (): Paths => (env, path, input, emit) =>
    source.each(env, input, (value) =>
      matches(binding, env, value, input, (inner, shield) => body.paths(inner, path, input, (at, found) => shield(() => emit(at, found)))),
    );
  if (binding.plain) {
    const from = source.one;
    const to = body.one;
    if (from !== undefined && to !== undefined) {
      return oneCode((env, input) => {
        const value = from(env, input);
        return value === undefined ? undefined : to(bind(env, value), input);
      }, paths);
    }
    return eachCode((env, input, emit) => source.each(env, input, (value) => body.each(bind(env, value), input, emit)), paths);
  }
  return eachCode(
    (env, input, emit) =>
      source.each(env, input, (value) => matches(binding, env, value, input, (inner, shield) => body.each(inner, input, (found) => shield(() => emit(found))))),
    paths,
  );
}

/** `reduce`: the last output of the update becomes the state; no output makes it null. */
export function compileReduce(compiler: PartCompiler, node: NodeOf<'reduce'>, scope: Scope): Code {
  const source = compiler.code(node.source, scope);
  const binding = compilePatterns(compiler, node.patterns, scope);
  const init = compiler.code(node.init, scope);
  const update = compiler.code(node.update, binding.scope);
  const build = binding.plain ? inPlace(compiler, node.update, binding.scope) : undefined;
  const step = update.one;
  const fold = (env: Env, input: Json, start: Json): Json => {
    let state = start;
    const owned = new Set<Json>();
    source.each(env, input, (value) => {
      env.run.spend(1);
      if (build !== undefined) {
        state = build(bind(env, value), state, owned) ?? null;
        return false;
      }
      if (binding.plain && step !== undefined) {
        state = step(bind(env, value), state) ?? null;
        return false;
      }
      return matches(binding, env, value, input, (inner) => {
        const before = state;
        state = null;
        return update.each(inner, before, (next) => {
          state = next;
          return false;
        });
      });
    });
    return state;
  };
  const paths = (): Paths => reducePaths(source, binding, init, update);
  const start = init.one;
  if (start === undefined) return eachCode((env, input, emit) => init.each(env, input, (value) => emit(fold(env, input, value))), paths);
  return oneCode((env, input) => {
    const value = start(env, input);
    return value === undefined ? undefined : fold(env, input, value);
  }, paths);
}

function reducePaths(source: Code, binding: Binding, init: Code, update: Code): Paths {
  return (env, path, input, emit) =>
    init.paths(env, path, input, (startPath, start) => {
      let at: Path = startPath;
      let state: Json = start;
      source.each(env, input, (value) => {
        env.run.spend(1);
        return matches(binding, env, value, input, (inner) => {
          const beforePath = at;
          const before = state;
          at = NOWHERE;
          state = null;
          return update.paths(inner, beforePath, before, (nextPath, next) => {
            at = nextPath;
            state = next;
            return false;
          });
        });
      });
      return emit(at, state);
    });
}

export function compileForeach(compiler: PartCompiler, node: NodeOf<'foreach'>, scope: Scope): Code {
  const source = compiler.code(node.source, scope);
  const binding = compilePatterns(compiler, node.patterns, scope);
  const init = compiler.code(node.init, scope);
  const update = compiler.code(node.update, binding.scope);
  const extract = node.extract === undefined ? undefined : compiler.code(node.extract, binding.scope);
  const paths: Paths = (env, path, input, emit) =>
    init.paths(env, path, input, (startPath, start) => {
      let at: Path = startPath;
      let state: Json = start;
      return source.each(env, input, (value) =>
        matches(binding, env, value, input, (inner, shield) => {
          env.run.spend(1);
          const [beforePath, before] = [at, state];
          [at, state] = [NOWHERE, null];
          return update.paths(inner, beforePath, before, (nextPath, next) => {
            [at, state] = [nextPath, next];
            if (extract === undefined) return shield(() => emit(nextPath, next));
            return extract.paths(inner, nextPath, next, (foundPath, found) => shield(() => emit(foundPath, found)));
          });
        }),
      );
    });
  return eachCode(
    (env, input, emit) =>
      init.each(env, input, (start) => {
        let state: Json = start;
        return source.each(env, input, (value) =>
          matches(binding, env, value, input, (inner, shield) => {
            env.run.spend(1);
            const before = state;
            state = null;
            return update.each(inner, before, (next) => {
              state = next;
              if (extract === undefined) return shield(() => emit(next));
              return extract.each(inner, next, (found) => shield(() => emit(found)));
            });
          }),
        );
      }),
    () => paths,
  );
}

/** Runs `work` under a fresh label; `break` to that label ends it quietly. */
function labelled<T>(env: Env, quiet: T, work: (inner: Env) => T): T {
  const label = ++env.run.labels;
  const { depth } = env.run;
  try {
    return work(bind(env, label));
  } catch (signal) {
    if (!(signal instanceof Break) || signal.label !== label) throw signal;
    env.run.depth = depth;
    env.run.spend(1);
    return quiet;
  }
}

export function compileLabel(compiler: PartCompiler, node: NodeOf<'label'>, scope: Scope): Code {
  const body = compiler.code(node.body, scope.label(node.name));
  const paths = (): Paths => (env, path, input, emit) => labelled(env, false, (inner) => body.paths(inner, path, input, emit));
  const { one } = body;
  if (one !== undefined) return oneCode((env, input) => labelled(env, undefined, (inner) => one(inner, input)), paths);
  return eachCode((env, input, emit) => labelled(env, false, (inner) => body.each(inner, input, emit)), paths);
}

export function compileBreak(compiler: PartCompiler, node: NodeOf<'break'>, scope: Scope): Code {
  const place = scope.findLabel(node.name);
  if (place === undefined) return compiler.fail(`$*label-${node.name} is not defined: break needs a label around it`, node.at);
  const hops = scope.level - place.level;
  return oneCode((env) => {
    throw new Break(outer(env, hops).value);
  });
}
