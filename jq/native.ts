// Builtins that are plain functions of their input and argument values. With several outputs per argument every
// combination is used; the last argument is the outermost loop, as in jq.
import type { Json } from './json.ts';
import { type Code, eachCode, type Env, oneCode, type One, type Run } from './machine.ts';

export type Native = (run: Run, input: Json, ...args: Json[]) => Json;

export function nativeCode(native: Native, args: readonly Code[]): Code {
  if (args.length === 0) return oneCode((env, input) => native(env.run, input));
  if (args.every((arg) => arg.one !== undefined)) {
    const ones = args.map((arg) => arg.one as One);
    return oneCode(args.length === 1 ? unary(native, ones[0] as One) : several(native, ones));
  }
  return eachCode((env, input, emit) => combine(args, args.length - 1, [], env, input, (values) => emit(native(env.run, input, ...values))));
}

function unary(native: Native, arg: One): One {
  return (env, input) => {
    const value = arg(env, input);
    return value === undefined ? undefined : native(env.run, input, value);
  };
}

function several(native: Native, ones: readonly One[]): One {
  return (env, input) => {
    const values = new Array<Json>(ones.length);
    for (let i = ones.length - 1; i >= 0; i--) {
      const value = (ones[i] as One)(env, input);
      if (value === undefined) return undefined;
      values[i] = value;
    }
    return native(env.run, input, ...values);
  };
}

function combine(args: readonly Code[], at: number, tail: readonly Json[], env: Env, input: Json, use: (values: readonly Json[]) => boolean): boolean {
  const arg = args[at];
  if (arg === undefined) return use(tail);
  return arg.each(env, input, (value) => {
    env.run.spend(1);
    return combine(args, at - 1, [value, ...tail], env, input, use);
  });
}
