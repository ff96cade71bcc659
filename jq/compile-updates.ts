// `=`, `|=`, `+=` and its siblings, `//=`: for each path on the left, read, compute, set. Paths come from the original
// input; values are read from the result so far. A `|=` without output deletes the path, after all others are done.
import type { BinaryOperator, NodeOf } from './ast.ts';
import { OPERATIONS } from './compile-operators.ts';
import { truthy, type Json } from './json.ts';
import { type Code, eachCode, type Env, firstOf, NOWHERE, oneCode, type Path, ROOT } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import { deletePaths, getPath, refuseResult, setPath } from './paths.ts';
import type { Scope } from './scope.ts';

type Change = (old: Json) => Json | undefined;

export function compileUpdate(compiler: PartCompiler, node: NodeOf<'update'>, scope: Scope): Code {
  const target = compiler.code(node.target, scope);
  const value = compiler.code(node.value, scope);
  if (node.operator === '|=') return modifyCode(target, value);
  const apply = applier(node.operator);
  const { one } = value;
  const run = (env: Env, input: Json, operand: Json): Json => apply(target, env, input, operand);
  if (one === undefined) return eachCode((env, input, emit) => value.each(env, input, (operand) => emit(run(env, input, operand))));
  return oneCode((env, input) => {
    const operand = one(env, input);
    return operand === undefined ? undefined : run(env, input, operand);
  });
}

type Apply = (target: Code, env: Env, input: Json, operand: Json) => Json;

function applier(operator: Exclude<NodeOf<'update'>['operator'], '|='>): Apply {
  if (operator === '=') return assign;
  if (operator === '//=') return (target, env, input, operand) => modify(target, env, input, (old) => (truthy(old) ? old : operand));
  const operation = OPERATIONS[operator.slice(0, -1) as BinaryOperator];
  return (target, env, input, operand) => modify(target, env, input, (old) => operation(env.run, old, operand));
}

/** `target |= update`, also the builtin behind `map_values` and `with_entries`. */
export function modifyCode(target: Code, update: Code): Code {
  return oneCode((env, input) => modify(target, env, input, (old) => firstOf(update, env, old)));
}

function assign(target: Code, env: Env, input: Json, value: Json): Json {
  let result = input;
  eachPath(target, env, input, (path) => {
    result = setPath(env.run, result, path, value);
  });
  return result;
}

function modify(target: Code, env: Env, input: Json, change: Change): Json {
  let result = input;
  const gone: Json[] = [];
  eachPath(target, env, input, (path) => {
    const next = change(getPath(env.run, result, path));
    if (next === undefined) gone.push(path);
    else result = setPath(env.run, result, path, next);
  });
  return gone.length === 0 ? result : deletePaths(env.run, result, gone);
}

/** Calls `use` for each path the target yields. */
export function eachPath(target: Code, env: Env, input: Json, use: (path: Json[]) => void): void {
  target.paths(env, ROOT, input, (at: Path, value) => {
    if (at === NOWHERE) return refuseResult(value);
    env.run.spend(1);
    use(at.toArray());
    return false;
  });
}
