// Destructuring at run time: a matcher binds the variables of a pattern one after another and goes on with the new Env.
// Keys of a pattern may be expressions with several outputs, so a matcher may go on several times.
import { type Pattern, patternVariables } from './ast.ts';
import { index } from './access.ts';
import { raise } from './errors.ts';
import { type Json, kindOf } from './json.ts';
import { toShortText } from './json-text.ts';
import { bind, type Env, outer } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

export type Matcher = (env: Env, value: Json, input: Json, go: (env: Env) => boolean) => boolean;

export interface Binding {
  readonly matchers: readonly Matcher[];
  /** The scope of the body, the same whichever alternative matched. */
  readonly scope: Scope;
  /** True for one plain `$name`: the body's Env is just one hop longer. */
  readonly plain: boolean;
}

export function compilePatterns(compiler: PartCompiler, patterns: readonly Pattern[], scope: Scope): Binding {
  const [only] = patterns;
  if (patterns.length === 1 && only !== undefined) {
    const { matcher, scope: inner } = compilePattern(compiler, only, scope);
    return { matchers: [matcher], scope: inner, plain: only.kind === 'variable' };
  }
  const names = patternVariables(patterns);
  const common = names.reduce((at, name) => at.variable(name), scope);
  const matchers = patterns.map((pattern): Matcher => {
    const { matcher, scope: inner } = compilePattern(compiler, pattern, scope);
    const rebuild = rebuilder(names, scope, inner);
    return (env, value, input, go) => matcher(env, value, input, (found) => go(rebuild(env, found)));
  });
  return { matchers, scope: common, plain: false };
}

/** Puts the variables of all alternatives in one fixed order, null where this alternative has none. */
function rebuilder(names: readonly string[], base: Scope, inner: Scope): (env: Env, found: Env) => Env {
  const hops = names.map((name) => {
    const place = inner.findVariable(name);
    return place === undefined || place.level <= base.level ? -1 : inner.level - place.level;
  });
  return (env, found) => hops.reduce((at, hop) => bind(at, hop < 0 ? null : outer(found, hop).value), env);
}

function compilePattern(compiler: PartCompiler, pattern: Pattern, scope: Scope): { matcher: Matcher; scope: Scope } {
  switch (pattern.kind) {
    case 'variable':
      return { matcher: (env, value, _input, go) => go(bind(env, value)), scope: scope.variable(pattern.name) };
    case 'array':
      return compileItems(compiler, pattern.items, scope);
    default:
      return compileFields(compiler, pattern, scope);
  }
}

function compileItems(compiler: PartCompiler, items: readonly Pattern[], scope: Scope): { matcher: Matcher; scope: Scope } {
  let at = scope;
  const matchers = items.map((item) => {
    const next = compilePattern(compiler, item, at);
    at = next.scope;
    return next.matcher;
  });
  const from = (position: number, env: Env, value: Json, input: Json, go: (env: Env) => boolean): boolean => {
    const matcher = matchers[position];
    if (matcher === undefined) return go(env);
    return matcher(env, index(env.run, value, position), input, (next) => from(position + 1, next, value, input, go));
  };
  return { matcher: (env, value, input, go) => from(0, env, value, input, go), scope: at };
}

function compileFields(compiler: PartCompiler, pattern: Extract<Pattern, { kind: 'object' }>, scope: Scope): { matcher: Matcher; scope: Scope } {
  let at = scope;
  const matchers = pattern.fields.map((field): Matcher => {
    const key = compiler.code(field.key, at);
    if (field.variable !== undefined) at = at.variable(field.variable);
    const inner = field.value === undefined ? undefined : compilePattern(compiler, field.value, at);
    if (inner !== undefined) at = inner.scope;
    return (env, value, input, go) =>
      key.each(env, input, (name) => {
        if (typeof name !== 'string') return raise(`Cannot index ${kindOf(value)} with ${kindOf(name)} (${toShortText(name)})`);
        const found = index(env.run, value, name);
        const bound = field.variable === undefined ? env : bind(env, found);
        return inner === undefined ? go(bound) : inner.matcher(bound, found, input, go);
      });
  });
  const from = (position: number, env: Env, value: Json, input: Json, go: (env: Env) => boolean): boolean => {
    const matcher = matchers[position];
    if (matcher === undefined) return go(env);
    return matcher(env, value, input, (next) => from(position + 1, next, value, input, go));
  };
  return { matcher: (env, value, input, go) => from(0, env, value, input, go), scope: at };
}

/** Tries the alternatives in order; an error in a pattern or in what follows it leads to the next one. */
export function eachMatch(binding: Binding, env: Env, value: Json, input: Json, recover: Recover, go: (env: Env) => boolean): boolean {
  const last = binding.matchers.length - 1;
  for (let i = 0; i < last; i++) {
    const outcome = recover(env, () => (binding.matchers[i] as Matcher)(env, value, input, go));
    if (outcome !== undefined) return outcome;
  }
  return (binding.matchers[last] as Matcher)(env, value, input, go);
}

/** Runs `work`; undefined when it raised a jq error. */
export type Recover = (env: Env, work: () => boolean) => boolean | undefined;
