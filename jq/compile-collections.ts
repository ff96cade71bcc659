// `[...]` and `{...}`.
import type { Node, NodeOf } from './ast.ts';
import { raise } from './errors.ts';
import { collect } from './compile-steps.ts';
import { type Json, type JsonObject, kindOf, put } from './json.ts';
import { toShortText } from './json-text.ts';
import { type Code, constantCode, eachCode, type Env, type One, oneCode } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

export function compileArray(compiler: PartCompiler, node: NodeOf<'array'>, scope: Scope): Code {
  if (node.body === undefined) return constantCode([]);
  const items = node.body.kind === 'comma' ? node.body.items : [node.body];
  const codes = items.map((item) => compiler.code(item, scope));
  if (codes.every((code) => code.constant !== undefined)) return constantCode(codes.map((code) => code.constant as Json));
  const ones = codes.map((code) => code.one);
  if (ones.every((one) => one !== undefined)) return oneCode(listOf(ones as One[]));
  return oneCode(collect(codes.length === 1 ? (codes[0] as Code) : compiler.code(node.body, scope)));
}

function listOf(ones: readonly One[]): One {
  return (env, input) => {
    const list: Json[] = [];
    for (const one of ones) {
      const value = one(env, input);
      if (value !== undefined) list.push(value);
    }
    return list;
  };
}

interface Field {
  readonly name: string | undefined;
  readonly key: Code;
  readonly value: Code;
}

export function compileObject(compiler: PartCompiler, node: NodeOf<'object'>, scope: Scope): Code {
  const fields = node.entries.map((entry): Field => {
    const key = compiler.code(entry.key, scope);
    const name = constantName(compiler, entry.key, key);
    return { name, key, value: compiler.code(entry.value, scope) };
  });
  if (fields.every((field) => field.name !== undefined && field.value.one !== undefined)) return oneCode(recordOf(fields));
  return eachCode((env, input, emit) => fieldsFrom(fields, 0, {}, env, input, emit));
}

function constantName(compiler: PartCompiler, node: Node, key: Code): string | undefined {
  if (key.constant === undefined) return undefined;
  if (typeof key.constant === 'string') return key.constant;
  return compiler.fail(`Cannot use ${kindOf(key.constant)} (${toShortText(key.constant)}) as object key`, node.at);
}

/** Objects with fixed keys and single values; one and two fields are spelled out because they are the commonest by far. */
function recordOf(fields: readonly Field[]): One {
  const names = fields.map((field) => field.name as string);
  const ones = fields.map((field) => field.value.one as One);
  if (names.includes('__proto__')) return carefulRecord(names, ones);
  return (env, input) => {
    const record: JsonObject = {};
    for (let i = 0; i < names.length; i++) {
      const value = (ones[i] as One)(env, input);
      if (value === undefined) return undefined;
      record[names[i] as string] = value;
    }
    return record;
  };
}

function carefulRecord(names: readonly string[], ones: readonly One[]): One {
  return (env, input) => {
    const record: JsonObject = {};
    for (let i = 0; i < names.length; i++) {
      const value = (ones[i] as One)(env, input);
      if (value === undefined) return undefined;
      put(record, names[i] as string, value);
    }
    return record;
  };
}

/** Every combination of keys and values; the first field is the outermost loop. */
function fieldsFrom(fields: readonly Field[], at: number, built: JsonObject, env: Env, input: Json, emit: (value: Json) => boolean): boolean {
  const field = fields[at];
  if (field === undefined) return emit(built);
  return field.key.each(env, input, (key) => {
    if (typeof key !== 'string') return raise(`Cannot use ${kindOf(key)} (${toShortText(key)}) as object key`);
    return field.value.each(env, input, (value) => {
      env.run.spend(1);
      const next = { ...built };
      put(next, key, value);
      return fieldsFrom(fields, at + 1, next, env, input, emit);
    });
  });
}
