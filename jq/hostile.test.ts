// Programs and data meant to harm: each must end soon, with a typed error or a plain result, and change nothing else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, JqCompileError, JqError, type Json } from './jq.ts';

/** Evaluation takes tens of milliseconds; the bound, in processor time, leaves room for cold code on a slow machine. */
const BOUND_MS = 2_000;

type Outcome = 'result' | 'compile' | JqError['kind'];

function outcomeOf(source: string, input: Json): Outcome {
  try {
    compile(source).all(input);
    return 'result';
  } catch (error) {
    if (error instanceof JqError) return error.kind;
    if (error instanceof JqCompileError) return 'compile';
    throw error;
  }
}

const doubled = '(reduce range(40) as $i (1; [., .]))';
const deep = '(reduce range(9000) as $i (0; [.]))';

const HOSTILE: readonly (readonly [program: string, outcome: Outcome, input?: Json])[] = [
  ['def f: f; f', 'limit'],
  ['def f: . + 1 | f; 0 | f', 'limit'],
  ['def f: f, f; f', 'limit'],
  ['def f(x): f(x | x); f(.)', 'limit'],
  ['def f($a; $b): f($a, 1; $b, 2); f(1; 2)', 'limit'],
  ['def f: try f catch .; f', 'limit'],
  ['def f: "\\(f, 1) \\(2)"; f', 'limit'],
  ['def f: path(f); f', 'limit'],
  ['def f: .. | f; f', 'limit'],
  ['recurse(., .)', 'limit'],
  ['until(false; .)', 'fuel'],
  ['repeat(.)', 'fuel'],
  ['label $out | repeat(1) | empty', 'fuel'],
  ['[range(1e9)]', 'fuel'],
  ['range(0; 1; 0) | empty', 'fuel'],
  ['try repeat(.) catch "caught"', 'fuel'],
  ['first(range(1e18) | select(. < 0))', 'fuel'],
  ['(1, 2) | '.repeat(60) + '.', 'fuel'],
  ['"x" * 1e9', 'limit'],
  ['reduce range(60) as $i ("x"; . + .)', 'limit'],
  ['reduce range(60) as $i ([1]; . + .)', 'limit'],
  ['.[262144] = 1', 'limit', []],
  ['.[1e9] = 1', 'error', []],
  ['[limit(1e9; repeat(1))]', 'fuel'],
  [doubled, 'limit'],
  [`${doubled} == ${doubled}`, 'fuel'],
  [`${doubled} | tojson`, 'fuel'],
  [`${doubled} | flatten`, 'fuel'],
  [`${doubled} | [paths]`, 'fuel'],
  [`${doubled} | walk(.)`, 'fuel'],
  [`[${doubled}, ${doubled}] | unique`, 'fuel'],
  [`[${doubled}] | contains([${doubled}])`, 'fuel'],
  ['reduce range(40) as $i (1; {a: ., b: .}) | . * .', 'fuel'],
  [deep, 'limit'],
  [`${deep} | walk(.)`, 'limit'],
  [`${deep} | [..] | length`, 'result'],
  [`${deep} | tojson | length`, 'result'],
  ['"a" * 30000 | test("(a+)+$")', 'result'],
  ['"a" * 100000 | test("(a|aa)+b")', 'result'],
  ['"a" * 200000 | [match("a.*b|a"; "g")] | length', 'fuel'],
  ['"x" | test("((a{100}){100}){100}")', 'error'],
  ['"a" * 300000 | test("a")', 'limit'],
  ['gsub(""; "0123456789")', 'fuel', 'x'.repeat(200_000)],
  ['strftime("%c" * 100000)', 'fuel', 0],
  ['[range(50000)] | combinations(9)', 'fuel'],
  ['[range(3000)] - [range(3000)]', 'fuel'],
  ['fromjson', 'error', '['.repeat(100_000)],
  ['tonumber', 'error', `${' '.repeat(1_000_000)}x`],
  ['rtrim', 'result', `x${' '.repeat(1_000_000)}`],
  ['['.repeat(1_000) + ']'.repeat(1_000), 'compile'],
  ['('.repeat(1_000) + '.' + ')'.repeat(1_000), 'compile'],
  ['-'.repeat(1_000) + '1', 'compile'],
  ['. |'.repeat(1_000) + '.', 'compile'],
  ['1 + '.repeat(1_000) + '1', 'compile'],
  ['.a'.repeat(1_000), 'compile'],
  ['"\\('.repeat(400) + '1' + ')"'.repeat(400), 'compile'],
  ['1'.repeat(70_000), 'compile'],
  [nestedDefinitions(40), 'compile'],
];

/** Functions inside functions, each called with both shapes of argument: specialising all would take 2^40 copies. */
function nestedDefinitions(count: number): string {
  let body = '.';
  for (let i = count; i > 0; i--) body = `def f${i}(g): ${body}; f${i}(1), f${i}(1, 2)`;
  return body;
}

describe('hostile programs', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).sort();

  beforeAll(() => expect(before).not.toContain('polluted'));

  for (const [program, outcome, input] of HOSTILE) {
    test(`${program.length > 70 ? `${program.slice(0, 70)}...` : program} ends with ${outcome}`, () => {
      const start = process.cpuUsage();
      expect(outcomeOf(program, input ?? null)).toBe(outcome);
      expect(process.cpuUsage(start).user / 1_000).toBeLessThan(BOUND_MS);
    });
  }

  afterAll(() => {
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(Object.getOwnPropertyNames(Array.prototype)).not.toContain('polluted');
  });
});

describe('names that JavaScript objects inherit', () => {
  const proto = JSON.parse('{"__proto__": {"polluted": 1}}') as Json;

  test('__proto__ is a field like any other', () => {
    expect(compile('.["__proto__"].polluted').first(proto)).toBe(1);
    expect(compile('.__proto__').first({})).toBe(null);
    expect(compile('keys').first(proto)).toEqual(['__proto__']);
    for (const program of [
      '.["__proto__"].polluted = 1',
      '{"__proto__": {polluted: 1}}',
      '{("__proto__"): {polluted: 1}}',
      'setpath(["__proto__", "polluted"]; 1)',
      '{} | .__proto__ |= {polluted: 1}',
      '[{key: "__proto__", value: {polluted: 1}}] | from_entries',
      '{} * {"__proto__": {polluted: 1}}',
      '{} + {"__proto__": {polluted: 1}}',
      'reduce "__proto__" as $k ({}; .[$k].polluted = 1)',
      'reduce 1 as $k ({}; . + {"__proto__": {polluted: 1}})',
      '"{\\"__proto__\\": {\\"polluted\\": 1}}" | fromjson',
      '{"__proto__": {polluted: 1}} | map_values(.)',
      '{"__proto__": {polluted: 1}} | walk(.)',
      '{"__proto__": {polluted: 1}} | with_entries(.)',
      '"x" | capture("(?<polluted>x)") | {"__proto__": .} | .["__proto__"].polluted = 1',
    ]) {
      const result = compile(program).first({}) as { [key: string]: Json };
      expect(JSON.stringify(result), program).toBe('{"__proto__":{"polluted":1}}');
      expect(Object.getPrototypeOf(result), program).toBe(Object.prototype);
      expect(({} as Record<string, unknown>)['polluted'], program).toBe(undefined);
    }
  });

  test('constructor, toString and the like are absent until set', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']) {
      expect(compile(`.${name}`).first({})).toBe(null);
      expect(compile(`has("${name}")`).first({})).toBe(false);
      expect(compile(`.${name} = 1 | .${name}`).first({})).toBe(1);
      expect(compile(`. as {${name}: $x} | $x`).first({})).toBe(null);
      expect(compile(`{} | contains({${name}: 1})`).first({})).toBe(false);
      expect(compile(`getpath(["${name}", "name"])`).first({})).toBe(null);
    }
  });
});

describe('limits', () => {
  test('fuel, depth and sizes can be set for each run', () => {
    expect(() => compile('[range(100)]').all(null, { limits: { fuel: 50 } })).toThrow(expect.objectContaining({ kind: 'fuel' }));
    expect(() => compile('[range(100)]').all(null, { limits: { arrayLength: 50 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('range(100)').all(null, { limits: { arrayLength: 50 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('"abc" + "def"').all(null, { limits: { stringLength: 5 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('.').all('x'.repeat(100), { limits: { outputBytes: 50 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('.').first('x'.repeat(100), { limits: { outputBytes: 50 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('test("a")').all('a'.repeat(100), { limits: { regexInput: 50 } })).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(() => compile('def f: if . > 0 then 1 + (. - 1 | f) else 0 end; f').all(20, { limits: { depth: 50 } })).toThrow(
      expect.objectContaining({ kind: 'limit' }),
    );
  });

  test('the same program fails at the same point every time', () => {
    const program = compile('[range(1e9) | tostring | test("9")] | length');
    const messages = Array.from({ length: 5 }, () => {
      try {
        return program.all(null);
      } catch (error) {
        return (error as JqError).message;
      }
    });
    expect(new Set(messages).size).toBe(1);
  });

  test('try catches errors of jq, never a limit', () => {
    expect(compile('try error("x") catch .').first(null)).toBe('x');
    expect(() => compile('(try repeat(1) catch 2), 3').all(null)).toThrow(JqError);
    expect(() => compile('[.[]?, (repeat(1))?] // 1').all(null)).toThrow(JqError);
  });
});
