// Builtins whose arguments are programs over paths or keys: `path`, `del`, `getpath`, `sort_by` and its family, `walk`.
import { getPath, deletePaths, refuseResult } from '../paths.ts';
import { collect, RECURSE } from '../compile-steps.ts';
import { modifyCode, eachPath } from '../compile-updates.ts';
import { pipe } from '../compile-flow.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, type JsonObject, put, truthy } from '../json.ts';
import { toShortText } from '../json-text.ts';
import { type Code, eachCode, type Env, NOWHERE, oneCode, Path, type Paths, ROOT, type Run } from '../machine.ts';
import { copyObject } from '../operators.ts';
import { type Form, ITERATE } from './generators.ts';
import { extreme, groupByKeys, type Keyed, sortByKeys, sum, uniqueByKeys } from './collections.ts';
import { requireArray } from './values.ts';

const arg = (args: readonly Code[], position: number): Code => args[position] as Code;

const path: Form = (args) =>
  eachCode((env, input, emit) =>
    arg(args, 0).paths(env, ROOT, input, (at, value) => {
      env.run.spend(at.length >> 4);
      return at === NOWHERE ? refuseResult(value) : emit(at.toArray());
    }),
  );

/** Every path inside a value but the empty one; with a test, those to values that pass it. */
const paths: Form = (args) => {
  const test = args[0];
  return eachCode((env, input, emit) =>
    RECURSE.paths(env, ROOT, input, (at, value) => {
      if (at === ROOT) return false;
      env.run.spend(at.length >> 4);
      if (test === undefined) return emit(at.toArray());
      return test.each(env, value, (passed) => truthy(passed) && emit(at.toArray()));
    }),
  );
};

const getpath: Form = (args) => {
  const keys = arg(args, 0);
  const follow: Paths = (env, from, input, emit) =>
    keys.each(env, input, (value) => {
      if (from === NOWHERE) return raise(`Invalid path expression with result ${toShortText(input)}`);
      const found = getPath(env.run, input, value);
      return emit(
        (value as Json[]).reduce((at: Path, key) => new Path(at, key), from),
        found,
      );
    });
  const { one } = keys;
  if (one === undefined)
    return eachCode(
      (env, input, emit) => keys.each(env, input, (value) => emit(getPath(env.run, input, value))),
      () => follow,
    );
  return oneCode(
    (env, input) => {
      const value = one(env, input);
      return value === undefined ? undefined : getPath(env.run, input, value);
    },
    () => follow,
  );
};

const del: Form = (args) =>
  oneCode((env, input) => {
    const gone: Json[] = [];
    eachPath(arg(args, 0), env, input, (at) => gone.push(at));
    return deletePaths(env.run, input, gone);
  });

function keyed(body: Code, env: Env, input: Json, what: string): Keyed {
  const items = requireArray(input, what);
  env.run.spend(items.length);
  const { one } = body;
  const gather = collect(body);
  if (one === undefined) return { items, keys: items.map((item) => gather(env, item) as Json) };
  const keys = items.map((item) => one(env, item));
  // One key each sorts as itself; only where some item has none do keys compare as lists.
  if (keys.every((key) => key !== undefined)) return { items, keys };
  return { items, keys: keys.map((key) => (key === undefined ? [] : [key])) };
}

const byKeys =
  (what: string, finish: (run: Run, given: Keyed) => Json): Form =>
  (args) =>
    oneCode((env, input) => finish(env.run, keyed(arg(args, 0), env, input, what)));

const addOf: Form = (args) => {
  const gather = collect(arg(args, 0));
  return oneCode((env, input) => sum(env.run, gather(env, input) as Json[]));
};

const mapValues: Form = (args) => {
  const body = arg(args, 0);
  const general = modifyCode(ITERATE, body);
  const { one } = body;
  if (one === undefined) return general;
  return oneCode((env, input) => {
    if (!isObject(input)) return general.one?.(env, input);
    const result: JsonObject = {};
    for (const key of Object.keys(input)) {
      env.run.spend(1);
      const value = one(env, input[key] ?? null);
      if (value !== undefined) put(result, key, value);
    }
    return result;
  });
};

/** `walk(f)`: `f` on every value, children before parents. */
const walk: Form = (args) => {
  const body = arg(args, 0);
  const inside = (env: Env, value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    env.run.enter(3);
    const result = Array.isArray(value) ? walkItems(env, value) : walkFields(env, value);
    env.run.depth -= 3;
    return result;
  };
  const walkItems = (env: Env, items: readonly Json[]): Json => {
    const found: Json[] = [];
    for (const item of items) {
      env.run.spend(1);
      body.each(env, inside(env, item), (value) => {
        found.push(value);
        return false;
      });
    }
    return found;
  };
  const walkFields = (env: Env, object: JsonObject): Json => {
    const copy = copyObject(env.run, object);
    for (const key of Object.keys(object)) {
      env.run.spend(1);
      let first: Json | undefined;
      body.each(env, inside(env, object[key] ?? null), (value) => {
        first = value;
        return true;
      });
      if (first === undefined) delete copy[key];
      else put(copy, key, first);
    }
    return copy;
  };
  return pipe(oneCode(inside), body);
};

export const PATH_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['path/1', path],
  ['paths/0', paths],
  ['paths/1', paths],
  ['getpath/1', getpath],
  ['del/1', del],
  ['sort_by/1', byKeys('sorted', sortByKeys)],
  ['group_by/1', byKeys('grouped', groupByKeys)],
  ['unique_by/1', byKeys('grouped', uniqueByKeys)],
  ['min_by/1', byKeys('iterated over', (run, given) => extreme(run, given, 1))],
  ['max_by/1', byKeys('iterated over', (run, given) => extreme(run, given, -1))],
  ['add/1', addOf],
  ['map_values/1', mapValues],
  ['walk/1', walk],
]);
