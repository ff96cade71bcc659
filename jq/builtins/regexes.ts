// `match`, `test`, `capture`, `scan`, `split` with flags, `splits`, `sub`, `gsub` over regex.ts.
import { collect } from '../compile-steps.ts';
import { raise } from '../errors.ts';
import { type Json, kindOf, sliceCodepoints } from '../json.ts';
import { type Code, eachCode, type Env } from '../machine.ts';
import { add } from '../operators.ts';
import { eachMatchOf, type Match, namedGroups } from '../regex.ts';
import type { Form } from './generators.ts';

type Found = (match: Match) => boolean;
type Use = (env: Env, input: Json, pattern: Json, flags: Json, emit: (value: Json) => boolean) => boolean;

/** Forms with one argument (`"re"` or `["re", "flags"]`) and with two (`"re"; "flags"`). */
function regexForm(use: Use): Form {
  return (args) => {
    const [pattern, flags] = args as [Code, Code | undefined];
    return eachCode((env, input, emit) =>
      pattern.each(env, input, (given) => {
        if (flags !== undefined) return flags.each(env, input, (letters) => use(env, input, given, letters, emit));
        const [text, letters] = patternAndFlags(given);
        return use(env, input, text, letters, emit);
      }),
    );
  };
}

function patternAndFlags(given: Json): [Json, Json] {
  if (typeof given === 'string') return [given, null];
  if (Array.isArray(given) && given.length > 0) return [given[0] as Json, given[1] ?? null];
  return raise(`${kindOf(given)} not a string or array`);
}

/** Runs the search; true when the consumer asked to stop. */
function search(env: Env, input: Json, pattern: Json, flags: Json, found: Found): boolean {
  let stopped = false;
  eachMatchOf(env.run, input, pattern, flags, (match) => {
    stopped = found(match);
    return stopped;
  });
  return stopped;
}

function withGlobal(flags: Json): Json {
  return flags === null ? 'g' : typeof flags === 'string' ? `g${flags}` : flags;
}

const test: Use = (env, input, pattern, flags, emit) => {
  let matched = false;
  search(env, input, pattern, flags, () => {
    matched = true;
    return true;
  });
  return emit(matched);
};

const match: Use = (env, input, pattern, flags, emit) =>
  search(env, input, pattern, flags, (found) => emit({ ...found, captures: found.captures.map((group) => ({ ...group })) }));

const capture: Use = (env, input, pattern, flags, emit) => search(env, input, pattern, flags, (found) => emit(namedGroups(found)));

const scan: Use = (env, input, pattern, flags, emit) =>
  search(env, input, pattern, withGlobal(flags), (found) => emit(found.captures.length === 0 ? found.string : found.captures.map((group) => group.string)));

const splits: Use = (env, input, pattern, flags, emit) => {
  let from = 0;
  const stopped = search(env, input, pattern, withGlobal(flags), (found) => {
    const piece = sliceCodepoints(input as string, from, found.offset);
    from = found.offset + found.length;
    return emit(piece);
  });
  return stopped || emit(sliceCodepoints(input as string, from, Infinity));
};

const splitAll: Use = (env, input, pattern, flags, emit) => {
  const pieces: Json[] = [];
  splits(env, input, pattern, flags, (piece) => {
    pieces.push(piece);
    return false;
  });
  return emit(pieces);
};

/** `sub` and `gsub`: each output of the replacement makes a result of its own. */
function substitution(global: boolean): Form {
  return (args) => {
    const [pattern, replacement, flags] = args as [Code, Code, Code | undefined];
    const inserts = collect(replacement);
    const replace: Use = (env, input, given, letters, emit) => {
      const results: Json[] = [];
      let from = 0;
      search(env, input, given, global ? withGlobal(letters) : letters, (found) => {
        const gap = sliceCodepoints(input as string, from, found.offset);
        const values = inserts(env, namedGroups(found)) as Json[];
        values.forEach((value, i) => {
          results[i] = add(env.run, results[i] ?? null, add(env.run, gap, value));
        });
        from = found.offset + found.length;
        return false;
      });
      if (results.length === 0) return emit(input);
      const tail = sliceCodepoints(input as string, from, Infinity);
      return results.some((result) => emit(add(env.run, result, tail)));
    };
    return eachCode((env, input, emit) =>
      pattern.each(env, input, (given) => {
        if (flags === undefined) return replace(env, input, given, null, emit);
        return flags.each(env, input, (letters) => replace(env, input, given, letters, emit));
      }),
    );
  };
}

export const REGEX_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['match/1', regexForm(match)],
  ['match/2', regexForm(match)],
  ['test/1', regexForm(test)],
  ['test/2', regexForm(test)],
  ['capture/1', regexForm(capture)],
  ['capture/2', regexForm(capture)],
  ['scan/1', regexForm(scan)],
  ['scan/2', regexForm(scan)],
  ['split/2', regexForm(splitAll)],
  ['splits/1', regexForm(splits)],
  ['splits/2', regexForm(splits)],
  ['sub/2', substitution(false)],
  ['sub/3', substitution(false)],
  ['gsub/2', substitution(true)],
  ['gsub/3', substitution(true)],
]);
