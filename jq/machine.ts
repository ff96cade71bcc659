// What running code is made of. A program is a tree of closures: `one` for a part that gives at most one output (a plain
// call and a return), `each` for generators (every output is handed to `emit`), `paths` for the same part on the left of
// an update (every output comes with the path that leads to it).
//   I1  `emit` returning true means "no more": every generator stops at once and returns true itself.
//   I2  an Env is never changed; a binding makes a new one. So a generator may be resumed under any continuation.
//   I3  every generator step and call takes fuel through Run.spend; every call takes depth through Run.enter.
import { JqError, raise } from './errors.ts';
import { type Json } from './json.ts';
import type { Limits } from './limits.ts';
import { toShortText } from './json-text.ts';

/** The state of one run. */
export class Run {
  fuel: number;
  depth = 0;
  /** Labels given out so far: each evaluation of `label` gets its own number. */
  labels = 0;
  readonly limits: Limits;
  readonly globals: readonly Json[];
  readonly nowMs: number | undefined;

  constructor(limits: Limits, globals: readonly Json[], nowMs: number | undefined) {
    this.fuel = limits.fuel;
    this.limits = limits;
    this.globals = globals;
    this.nowMs = nowMs;
  }

  spend(units: number): void {
    this.fuel -= units;
    if (this.fuel < 0) outOfFuel(this.limits.fuel);
  }

  /** Takes `levels` of depth for a call; the caller gives them back when the call returns (a caught error restores them). */
  enter(levels: number): void {
    this.depth += levels;
    if (this.depth > this.limits.depth) tooDeep(this.limits.depth);
  }
}

function outOfFuel(fuel: number): never {
  const message = `the program used up its ${fuel} steps of fuel`;
  throw new JqError('fuel', message, message);
}

function tooDeep(depth: number): never {
  const message = `the program nests calls deeper than ${depth} levels`;
  throw new JqError('limit', message, message);
}

/** One binding: a value (`as $x`) or a function argument (`code` to run in `home`). */
export class Env {
  readonly run: Run;
  readonly up: Env | null;
  readonly value: Json;
  readonly code: Code | null;
  readonly home: Env | null;

  constructor(run: Run, up: Env | null, value: Json, code: Code | null, home: Env | null) {
    this.run = run;
    this.up = up;
    this.value = value;
    this.code = code;
    this.home = home;
  }
}

export function bind(env: Env, value: Json): Env {
  return new Env(env.run, env, value, null, null);
}

export function outer(env: Env, hops: number): Env {
  let at = env;
  for (let i = hops; i > 0; i--) at = at.up as Env;
  return at;
}

export class Path {
  readonly up: Path | null;
  readonly key: Json;
  readonly length: number;

  constructor(up: Path | null, key: Json) {
    this.up = up;
    this.key = key;
    this.length = up === null ? 0 : up.length + 1;
  }

  toArray(): Json[] {
    const keys = new Array<Json>(this.length);
    let at: Path = this;
    while (at.up !== null) {
      keys[at.length - 1] = at.key;
      at = at.up;
    }
    return keys;
  }
}

/** The empty path: the value itself. */
export const ROOT = new Path(null, null);
/** Marks a value that was computed, so that no path leads to it. */
export const NOWHERE = new Path(null, null);

export type One = (env: Env, input: Json) => Json | undefined;
export type Emit = (value: Json) => boolean;
export type Each = (env: Env, input: Json, emit: Emit) => boolean;
export type EmitPath = (path: Path, value: Json) => boolean;
export type Paths = (env: Env, path: Path, input: Json, emit: EmitPath) => boolean;

export class Code {
  readonly one: One | undefined;
  readonly each: Each;
  /** Set for a literal: its value. */
  readonly constant: Json | undefined;
  /** Nesting, when this code is the argument of a function: taken from the depth limit when the argument runs. */
  weight = 1;
  #paths: Paths | undefined;
  #makePaths: (() => Paths) | undefined;

  constructor(one: One | undefined, each: Each, makePaths?: () => Paths, constant?: Json) {
    this.one = one;
    this.each = each;
    this.constant = constant;
    this.#makePaths = makePaths;
  }

  get paths(): Paths {
    this.#paths ??= this.#makePaths === undefined ? computed(this.each) : this.#makePaths();
    return this.#paths;
  }
}

function computed(each: Each): Paths {
  return (env, _path, input, emit) => each(env, input, (value) => emit(NOWHERE, value));
}

export function oneCode(one: One, makePaths?: () => Paths): Code {
  return new Code(
    one,
    (env, input, emit) => {
      const value = one(env, input);
      return value !== undefined && emit(value);
    },
    makePaths,
  );
}

export function eachCode(each: Each, makePaths?: () => Paths): Code {
  return new Code(undefined, each, makePaths);
}

export function constantCode(value: Json): Code {
  return new Code(
    () => value,
    (_env, _input, emit) => emit(value),
    undefined,
    value,
  );
}

/** The first output of a part, or undefined. */
export function firstOf(code: Code, env: Env, input: Json): Json | undefined {
  if (code.one !== undefined) return code.one(env, input);
  let first: Json | undefined;
  code.each(env, input, (value) => {
    first = value;
    return true;
  });
  return first;
}

/** Extends a path by one key; a computed value has no path to extend. */
export function extend(path: Path, key: Json, input: Json): Path {
  if (path === NOWHERE) return raise(`Invalid path expression near attempt to access element ${toShortText(key)} of ${toShortText(input)}`);
  return new Path(path, key);
}
