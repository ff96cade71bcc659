// Arithmetic, comparison, negation, string interpolation. Of two operands the right one is the outer loop, as in jq.
import type { BinaryOperator, NodeOf } from './ast.ts';
import { formatter } from './format.ts';
import type { Json } from './json.ts';
import { Raise } from './errors.ts';
import { type Code, constantCode, eachCode, type One, oneCode, Run } from './machine.ts';
import { add, checkString, divide, modulo, multiply, negate, type Operation, subtract } from './operators.ts';
import { compare, equals } from './order.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Scope } from './scope.ts';

export const OPERATIONS: Readonly<Record<BinaryOperator, Operation>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '==': (run, left, right) => equals(run, left, right),
  '!=': (run, left, right) => !equals(run, left, right),
  '<': (run, left, right) => compare(run, left, right) < 0,
  '<=': (run, left, right) => compare(run, left, right) <= 0,
  '>': (run, left, right) => compare(run, left, right) > 0,
  '>=': (run, left, right) => compare(run, left, right) >= 0,
};

export function compileBinary(compiler: PartCompiler, node: NodeOf<'binary'>, scope: Scope): Code {
  const left = compiler.code(node.left, scope);
  const right = compiler.code(node.right, scope);
  const operation = OPERATIONS[node.operator];
  const folded = fold(operation, left.constant, right.constant);
  if (folded !== undefined) return constantCode(folded);
  const a = left.one;
  const b = right.one;
  if (a !== undefined && typeof right.constant === 'number') return numberRight(node.operator, operation, a, right.constant);
  if (a !== undefined && b !== undefined) {
    return oneCode((env, input) => {
      const second = b(env, input);
      if (second === undefined) return undefined;
      const first = a(env, input);
      return first === undefined ? undefined : operation(env.run, first, second);
    });
  }
  return eachCode((env, input, emit) => right.each(env, input, (second) => left.each(env, input, (first) => emit(operation(env.run, first, second)))));
}

/** Constants of scalars are computed once, unless that raises: then each run raises, where `try` can see it. */
function fold(operation: Operation, left: Json | undefined, right: Json | undefined): Json | undefined {
  if (left === undefined || right === undefined || typeof left === 'object' || typeof right === 'object') return undefined;
  if (typeof left === 'string' || typeof right === 'string') return undefined;
  try {
    return operation(new Run(DEFAULT_LIMITS, [], undefined), left, right);
  } catch (signal) {
    if (signal instanceof Raise) return undefined;
    throw signal;
  }
}

/** The commonest shape: something against a literal number. */
function numberRight(operator: BinaryOperator, operation: Operation, a: One, right: number): Code {
  const fast = FAST[operator];
  if (fast === undefined) {
    return oneCode((env, input) => {
      const first = a(env, input);
      return first === undefined ? undefined : operation(env.run, first, right);
    });
  }
  return oneCode(fast(operation, a, right));
}

type FastOne = (operation: Operation, a: One, right: number) => One;

const FAST: Readonly<Partial<Record<BinaryOperator, FastOne>>> = {
  '+': (operation, a, right) => (env, input) => {
    const first = a(env, input);
    if (typeof first === 'number') return first + right;
    return first === undefined ? undefined : operation(env.run, first, right);
  },
  '-': (operation, a, right) => (env, input) => {
    const first = a(env, input);
    if (typeof first === 'number') return first - right;
    return first === undefined ? undefined : operation(env.run, first, right);
  },
  '*': (operation, a, right) => (env, input) => {
    const first = a(env, input);
    if (typeof first === 'number') return first * right;
    return first === undefined ? undefined : operation(env.run, first, right);
  },
  '>': (operation, a, right) => (env, input) => {
    const first = a(env, input);
    if (typeof first === 'number') return first > right;
    return first === undefined ? undefined : operation(env.run, first, right);
  },
  '>=': (operation, a, right) => (env, input) => {
    const first = a(env, input);
    if (typeof first === 'number') return first >= right;
    return first === undefined ? undefined : operation(env.run, first, right);
  },
  '==': (_operation, a, right) => (env, input) => {
    const first = a(env, input);
    return first === undefined ? undefined : first === right;
  },
  '!=': (_operation, a, right) => (env, input) => {
    const first = a(env, input);
    return first === undefined ? undefined : first !== right;
  },
};

export function compileNegate(compiler: PartCompiler, node: NodeOf<'negate'>, scope: Scope): Code {
  const body = compiler.code(node.body, scope);
  const { one } = body;
  if (one === undefined) return eachCode((env, input, emit) => body.each(env, input, (value) => emit(negate(value))));
  return oneCode((env, input) => {
    const value = one(env, input);
    return value === undefined ? undefined : negate(value);
  });
}

/** `"text \(expression)"` under a format: literal text stays, values go through the format. */
export function compileString(compiler: PartCompiler, node: NodeOf<'string'>, scope: Scope): Code {
  const format = formatter(node.format) ?? compiler.fail(`@${node.format} is not a known format`, node.at);
  const parts = node.parts.map((part) => (typeof part === 'string' ? part : compiler.code(part, scope)));
  if (parts.every((part) => typeof part === 'string' || part.one !== undefined)) {
    return oneCode((env, input) => {
      let text = '';
      for (const part of parts) {
        if (typeof part === 'string') text += part;
        else {
          const value = part.one?.(env, input);
          if (value === undefined) return undefined;
          text += format(env.run, value);
        }
        checkString(env.run, text.length);
      }
      return text;
    });
  }
  return eachCode((env, input, emit) => {
    const from = (count: number, tail: string): boolean => {
      checkString(env.run, tail.length);
      if (count === 0) return emit(tail);
      const part = parts[count - 1] as string | Code;
      if (typeof part === 'string') return from(count - 1, part + tail);
      return part.each(env, input, (value) => from(count - 1, format(env.run, value) + tail));
    };
    return from(parts.length, '');
  });
}
