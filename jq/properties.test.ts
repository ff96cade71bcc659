// Laws that hold for every value, and agreement between the fast ways of evaluation and the plain ones.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { compile, JqError, type Json } from './jq.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);
const settings = { seed: SEED, numRuns: 200, verbose: 1 } as const;
process.stdout.write(`jq properties: seed ${SEED}\n`);

const value = fc.jsonValue({ maxDepth: 4 }).map((json) => JSON.parse(JSON.stringify(json)) as Json);

function holds(law: string, given = value): void {
  const program = compile(law);
  fc.assert(
    fc.property(given, (input) => program.first(input) === true),
    settings,
  );
}

function outcome(source: string, input: Json): string {
  try {
    return JSON.stringify(compile(source).all(input));
  } catch (error) {
    if (error instanceof JqError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}

function agree(first: string, second: string, given: fc.Arbitrary<Json> = value): void {
  fc.assert(
    fc.property(given, (input) => outcome(first, input) === outcome(second, input)),
    settings,
  );
}

describe('laws', () => {
  for (const law of [
    '. as $v | tojson | fromjson == $v',
    '. as $v | [paths] | all(. as $p | $v | has_path($p))',
    '. as $v | fromstream(tostream) == $v',
    '. as $v | reduce (paths | [., getpath_of($v)]) as $e ($v; setpath($e[0]; $e[1])) == $v',
    '. as $v | [., .] | sort | .[0] == $v',
    '(. == .) and (. <= .) and ((. < .) | not)',
    'walk(.) == .',
    '([.. | select(type != "array" and type != "object")] | length) <= ([tostream | select(length == 2)] | length)',
    '[.] | flatten(0) == .',
    '. as $v | [[.[]?] | group_by(.)[] | .[]] | sort == ([$v[]?] | sort)',
    '[.[]?] | (sort | unique) == unique',
    '[.[]?] | (reverse | reverse) == .',
    'if type == "object" then with_entries(.) == . else true end',
    'if type == "string" then (explode | implode) == . else true end',
    'if type == "string" then (@base64 | @base64d) == . and (@uri | @urid) == . else true end',
    'if type == "array" then (map(.) == .) and ([.[]] == .) and (.[0:] == .) else true end',
    'if type == "array" or type == "object" then delpaths([paths]) | length == 0 else true end',
  ]) {
    test(law, () => {
      const helpers = 'def has_path($p): [paths] | any(. == $p); def getpath_of($v): . as $p | $v | getpath($p);';
      holds(`${helpers} ${law}`, value.map(wellFormed));
    });
  }
});

/** Lone surrogates are no Unicode text: encodings replace them. */
function wellFormed(json: Json): Json {
  return JSON.parse(
    JSON.stringify(json)
      .toWellFormed()
      .replace(/\\ud[89a-f][0-9a-f]{2}/g, '?'),
  ) as Json;
}

describe('fast ways and plain ways agree', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['map(.a)', '[.[] | .a]'],
    ['map(select(. != null))', '[.[] | if . != null then . else empty end]'],
    ['map_values(. + 1)', '.[] |= . + 1'],
    ['.a.b + 1', '. as $d | ($d | .a | .b) as $x | $x + (1, empty)'],
    ['{a: .a, b: 2}', '{("a"): .a, ("b"): (2, empty)}'],
    ['[.[]? | .a?]', '[.[]? | try .a]'],
    ['add', 'reduce .[] as $x (null; . + $x)'],
    ['sort_by(.)', 'sort'],
    ['to_entries', '[keys_unsorted[] as $k | {key: $k, value: .[$k]}]'],
    ['[.[]? | strings | ascii_downcase]', '[.[]? | strings | explode | map(if 65 <= . and . <= 90 then . + 32 else . end) | implode]'],
    ['[limit(3; .[]?)]', '[foreach .[]? as $x (0; . + 1; if . <= 3 then $x else empty end)]'],
    ['any(.[]?; . == 1)', '[.[]? | . == 1] | any'],
    ['[while(type == "array"; .[0])]', '[recurse(if type == "array" then .[0] else empty end) | select(type == "array")]'],
  ];
  for (const [first, second] of pairs) {
    test(`${first}  and  ${second}`, () => agree(first, second));
  }

  const scalar = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('a', 'b', '__proto__'), fc.constant(null));
  const updates = [
    '.[$k] = $k',
    '.[$k] += 1',
    '.[$k] += [$k]',
    '.a[$k] = {x: $k}',
    '.a += [$k] | .b = $k',
    '. + [$k]',
    '. + {"\\($k)": [$k]}',
    '.[$k] |= [., $k]',
    '.a |= . | .a.b += [$k]',
    'if $k == 1 then .a += [$k] else .b[$k] = 1 end',
    '.[$k] //= {n: 0} | .[$k].n += 1',
    '.a = .b | .b += [$k]',
  ];
  for (const update of updates) {
    test(`reduce in place: ${update}`, () => {
      const pair = fc.tuple(fc.array(scalar, { maxLength: 6 }), fc.constantFrom<Json>(null, {}, [], { a: [], b: {} }));
      agree(`. as [$keys, $init] | reduce $keys[] as $k ($init; ${update})`, `. as [$keys, $init] | reduce $keys[] as $k ($init; first(${update}))`, pair);
    });
  }
});
