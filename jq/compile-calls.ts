// Names with arguments: user functions, their parameters, builtins, and variables. A function's body is compiled once
// for each combination of argument shapes (single or generator), so that a function called with plain arguments runs as
// plain calls. Recursion first counts on a single output and is compiled again when that does not hold.
import type { Node, NodeOf } from './ast.ts';
import { builtinNames, EXCLUDED, FORMS, NATIVES, preludeFunction } from './builtins/table.ts';
import type { Json } from './json.ts';
import { bind, type Code, eachCode, Env, oneCode, outer, type Paths } from './machine.ts';
import { nativeCode } from './native.ts';
import type { PartCompiler } from './part-compiler.ts';
import { type Body, type Definition, Scope } from './scope.ts';
import { nearest } from './suggestions.ts';

export function compileVariable(compiler: PartCompiler, name: string, at: number, scope: Scope): Code {
  const place = scope.findVariable(name);
  if (place !== undefined) return slotCode(scope.level - place.level);
  if (compiler.globals.includes(name)) {
    const slot = compiler.globalSlot(name);
    return oneCode((env) => env.run.globals[slot] as Json);
  }
  if (name === 'ENV') return compiler.fail(EXCLUDED.get('$ENV') ?? '', at);
  const near = nearest(name, [...scope.names('variable'), ...compiler.globals]);
  return compiler.fail(`$${name} is not defined`, at, near && `$${near}`);
}

function slotCode(hops: number): Code {
  if (hops === 0) return oneCode((env) => env.value);
  if (hops === 1) return oneCode((env) => (env.up as Env).value);
  return oneCode((env) => outer(env, hops).value);
}

export function compileCall(compiler: PartCompiler, node: NodeOf<'call'>, scope: Scope): Code {
  const { name, args, at } = node;
  const place = scope.findCallable(name, args.length);
  const entry = place?.entry;
  if (place !== undefined && entry != null) {
    const hops = scope.level - place.level;
    if (entry.kind === 'variable') return slotCode(hops);
    if (entry.kind === 'parameter') return parameterCode(hops, entry.single);
    if (entry.kind === 'function') return compileFunctionCall(compiler, entry.definition, hops, node, scope);
  }
  const key = `${name}/${args.length}`;
  const form = FORMS.get(key);
  if (form !== undefined) return form(weighedArgs(compiler, args, scope));
  const native = NATIVES.get(key);
  if (native !== undefined)
    return nativeCode(
      native,
      args.map((arg) => compiler.code(arg, scope)),
    );
  const prelude = preludeDefinition(compiler, key);
  if (prelude !== undefined) return compileFunctionCall(compiler, prelude, scope.level, node, scope);
  const excluded = EXCLUDED.get(key) ?? EXCLUDED.get(name);
  if (excluded !== undefined) return compiler.fail(excluded, at);
  return compiler.fail(`${key} is not defined`, at, nearestFunction(name, scope));
}

/** Arguments know how deep they nest, because they run at the depth of whoever calls them. */
function weighedArgs(compiler: PartCompiler, args: readonly Node[], scope: Scope): Code[] {
  return args.map((arg) => {
    const { code, weight } = compiler.weighed(arg, scope);
    code.weight = Math.max(1, weight);
    return code;
  });
}

function nearestFunction(name: string, scope: Scope): string | undefined {
  const known = [...scope.names('function'), ...scope.names('parameter')];
  const sameName = builtinNames().filter((key) => key.startsWith(`${name}/`));
  if (sameName.length > 0) return sameName.join(' or ');
  return nearest(name, [...known, ...new Set(builtinNames().map((key) => key.replace(/\/\d+$/, '')))]);
}

/** Builtins written in jq stand at the root: nothing of the program is visible to them. */
function preludeDefinition(compiler: PartCompiler, key: string): Definition | undefined {
  const known = compiler.prelude.get(key);
  if (known !== undefined) return known;
  const node = preludeFunction(key);
  const entry = node === undefined ? undefined : ROOT_SCOPE.define(node).entry;
  if (entry?.kind !== 'function') return undefined;
  compiler.prelude.set(key, entry.definition);
  return entry.definition;
}

const ROOT_SCOPE = new Scope(null, null, 0);

function parameterCode(hops: number, single: boolean): Code {
  const paths: Paths = (env, path, input, emit) => {
    const slot = outer(env, hops);
    const code = slot.code as Code;
    env.run.spend(1);
    env.run.enter(code.weight);
    const stop = code.paths(slot.home as Env, path, input, emit);
    env.run.depth -= code.weight;
    return stop;
  };
  if (single) {
    return oneCode(
      (env, input) => {
        const slot = outer(env, hops);
        const { one } = slot.code as Code;
        env.run.spend(1);
        return one?.(slot.home as Env, input);
      },
      () => paths,
    );
  }
  return eachCode(
    (env, input, emit) => {
      const slot = outer(env, hops);
      const code = slot.code as Code;
      env.run.spend(1);
      env.run.enter(code.weight);
      const stop = code.each(slot.home as Env, input, emit);
      env.run.depth -= code.weight;
      return stop;
    },
    () => paths,
  );
}

function compileFunctionCall(compiler: PartCompiler, definition: Definition, hops: number, node: NodeOf<'call'>, scope: Scope): Code {
  const args = weighedArgs(compiler, node.args, scope);
  const { parameters } = definition.node;
  const shape = args.map((arg, i) => (parameters[i]?.byValue === true ? 'v' : arg.one === undefined ? '*' : '1')).join('');
  const body = compileBody(compiler, definition, shape);
  const single = body.code === undefined ? body.assumesOne : body.code.one !== undefined;
  if (body.code === undefined) body.recursed = true;
  return callCode(body, definition, hops, args, single);
}

function compileBody(compiler: PartCompiler, definition: Definition, shape: string): Body {
  const known = definition.bodies.get(shape);
  if (known !== undefined) return known;
  let inner = definition.scope;
  definition.node.parameters.forEach(({ name, byValue }, i) => {
    inner = byValue ? inner.variable(name, true) : inner.parameter(name, shape[i] === '1');
  });
  for (const assumesOne of [true, false]) {
    const body: Body = { code: undefined, weight: 1, assumesOne, recursed: false };
    definition.bodies.set(shape, body);
    const { code, weight } = compiler.weighed(definition.node.body, inner);
    body.weight = Math.max(1, weight);
    body.code = code;
    if (!assumesOne || !body.recursed || code.one !== undefined) return body;
  }
  return compiler.fail(`cannot compile ${definition.node.name}`, definition.node.at);
}

/** Binds the arguments in order (a `$parameter` once for each output of its argument) and runs the body. */
function callCode(body: Body, definition: Definition, hops: number, args: readonly Code[], single: boolean): Code {
  const byValue = definition.node.parameters.map((parameter) => parameter.byValue);
  const bindFrom = (at: number, inner: Env, env: Env, input: Json, go: (inner: Env) => boolean): boolean => {
    const arg = args[at];
    if (arg === undefined) return go(inner);
    if (byValue[at] === true) return arg.each(env, input, (value) => bindFrom(at + 1, bind(inner, value), env, input, go));
    return bindFrom(at + 1, new Env(env.run, inner, null, arg, env), env, input, go);
  };
  const enter = (env: Env, input: Json, go: (inner: Env) => boolean): boolean => {
    const { run } = env;
    const levels = body.weight + 1 + 2 * args.length;
    run.spend(1);
    run.enter(levels);
    const stop = bindFrom(0, outer(env, hops), env, input, go);
    run.depth -= levels;
    return stop;
  };
  const paths: Paths = (env, path, input, emit) => enter(env, input, (inner) => (body.code as Code).paths(inner, path, input, emit));
  if (single && args.every((arg, i) => byValue[i] !== true || arg.one !== undefined)) return oneCall(body, byValue, hops, args, paths);
  return eachCode(
    (env, input, emit) => enter(env, input, (inner) => (body.code as Code).each(inner, input, emit)),
    () => paths,
  );
}

function oneCall(body: Body, byValue: readonly boolean[], hops: number, args: readonly Code[], paths: Paths): Code {
  return oneCode(
    (env, input) => {
      const { run } = env;
      run.spend(1);
      run.enter(body.weight + 1);
      let inner = outer(env, hops);
      for (let i = 0; i < args.length; i++) {
        const arg = args[i] as Code;
        if (byValue[i] === true) {
          const value = arg.one?.(env, input);
          if (value === undefined) {
            run.depth -= body.weight + 1;
            return undefined;
          }
          inner = bind(inner, value);
        } else inner = new Env(run, inner, null, arg, env);
      }
      const result = body.code?.one?.(inner, input);
      run.depth -= body.weight + 1;
      return result;
    },
    () => paths,
  );
}
