// The jq language as a library: `compile` a program once, run it on any number of values. Pure and synchronous: a result
// depends on the program, the input, the variables, `nowMs` and the limits, and on nothing else.
//   I1  a run ends with its outputs or with a JqError; no other error leaves this file.
//   I2  inputs are never changed, and no prototype is ever touched.
//   I3  outputs are JSON: within the limits, not too deep, without NaN or infinities.
import { Compiler } from './compiler.ts';
import { Break, exceed, JqCompileError, JqError, Raise } from './errors.ts';
import type { Json } from './json.ts';
import { toText } from './json-text.ts';
import { DEFAULT_LIMITS, type Limits, MAX_SOURCE_LENGTH } from './limits.ts';
import { type Code, Env, firstOf, Run } from './machine.ts';
import { finished } from './outputs.ts';
import { parse } from './parser.ts';
import { Scope } from './scope.ts';

export { JqCompileError, JqError, type JqErrorKind } from './errors.ts';
export type { Json } from './json.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';

export interface RunOptions {
  /** Values of the globals; one that is declared but missing here is null. */
  variables?: Readonly<Record<string, Json>>;
  /** What `now` returns, in milliseconds since 1970; without it `now` raises an error. */
  nowMs?: number;
  limits?: Partial<Limits>;
}

export interface CompileOptions {
  /** Names of the globals a program may use, without `$`. */
  variables?: readonly string[];
}

export interface Program {
  readonly source: string;
  /** The globals the program uses, without `$`. */
  readonly variables: readonly string[];
  /** Every output. Throws JqError. */
  all(input: Json, options?: RunOptions): Json[];
  /** The first output, or undefined when there is none. Throws JqError. */
  first(input: Json, options?: RunOptions): Json | undefined;
}

/** Throws JqCompileError with the place of the fault. */
export function compile(source: string, options: CompileOptions = {}): Program {
  if (source.length > MAX_SOURCE_LENGTH) throw new JqCompileError(`the program is longer than ${MAX_SOURCE_LENGTH} characters`, '', 0);
  const compiler = new Compiler(source, options.variables ?? []);
  const code = compiler.code(parse(source), new Scope(null, null, 0));
  return new CompiledProgram(source, compiler.used, code);
}

class CompiledProgram implements Program {
  readonly source: string;
  readonly variables: readonly string[];
  readonly #code: Code;

  constructor(source: string, variables: readonly string[], code: Code) {
    this.source = source;
    this.variables = variables;
    this.#code = code;
  }

  all(input: Json, options?: RunOptions): Json[] {
    const env = this.#start(options);
    const { arrayLength, outputBytes } = env.run.limits;
    const found: Json[] = [];
    let room = outputBytes;
    try {
      this.#code.each(env, input, (value) => {
        if (found.push(value) > arrayLength) exceed(`more than ${arrayLength} outputs`);
        if (typeof value === 'string' && (room -= value.length) < 0) exceed(`the outputs pass ${outputBytes} bytes`);
        return false;
      });
      return finished(found, outputBytes) as Json[];
    } catch (signal) {
      throw outward(signal);
    }
  }

  first(input: Json, options?: RunOptions): Json | undefined {
    const env = this.#start(options);
    const { outputBytes } = env.run.limits;
    try {
      const value = firstOf(this.#code, env, input);
      return value === undefined ? undefined : finished(value, outputBytes);
    } catch (signal) {
      throw outward(signal);
    }
  }

  #start(options: RunOptions | undefined): Env {
    const limits = options?.limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...options.limits };
    const given = options?.variables;
    const globals =
      this.variables.length === 0 ? NONE : this.variables.map((name) => (given !== undefined && Object.hasOwn(given, name) ? (given[name] ?? null) : null));
    return new Env(new Run(limits, globals, options?.nowMs), null, null, null, null);
  }
}

const NONE: readonly Json[] = [];

/** What a caller sees of a signal. A full stack stands for a program too deep for this machine, whatever its limits. */
function outward(signal: unknown): unknown {
  if (signal instanceof Raise) return new JqError('error', signal.value, messageOf(signal.value));
  if (signal instanceof Break) return new JqError('break', 'break', 'break without its label');
  if (signal instanceof RangeError) return new JqError('limit', signal.message, `the program needs more room than there is: ${signal.message}`);
  return signal;
}

function messageOf(value: Json): string {
  return typeof value === 'string' ? value : `${toText(value, 1_000)} (not a string)`;
}
