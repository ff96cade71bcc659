// The library's own contract and the corners of the language that the project's test files do not reach.
import { describe, expect, test } from 'vitest';
import { compile, JqCompileError, JqError, type Json } from './jq.ts';

const all = (source: string, input: Json = null): Json[] => compile(source).all(input);

function faultOf(source: string, variables: readonly string[] = []): JqCompileError {
  try {
    compile(source, { variables });
  } catch (error) {
    if (error instanceof JqCompileError) return error;
    throw error;
  }
  throw new Error(`${source} compiled`);
}

describe('a program', () => {
  test('gives every output, the first one, or none', () => {
    expect(compile('.[]').all([1, 2])).toEqual([1, 2]);
    expect(compile('.[]').first([1, 2])).toBe(1);
    expect(compile('empty').first(null)).toBe(undefined);
    expect(compile('null').first(1)).toBe(null);
    expect(compile('').first(7)).toBe(7);
  });

  test('takes declared globals by name and tells which it uses', () => {
    const program = compile('$context.a + $input', { variables: ['context', 'input', 'output'] });
    expect([...program.variables]).toEqual(['context', 'input']);
    expect(program.first(null, { variables: { context: { a: 1 }, input: 2, output: 9 } })).toBe(3);
    expect(program.first(null, { variables: { context: { a: 1 } } })).toBe(1);
    expect(compile('$input as $input | $input', { variables: ['input'] }).first(null, { variables: { input: 4 } })).toBe(4);
  });

  test('agrees with jq on what has no items: null has no key, nothing reversed is an empty list, rows are what has a length', () => {
    expect(all('[has("a"), has(0), has(true)]')).toEqual([[false, false, false]]);
    expect(all('[has(0.5), has(-0.5), has(-1), has(1)]', [1])).toEqual([[true, true, false, false]]);
    expect([0, {}, null, ''].map((value) => all('reverse', value)[0])).toEqual([[], [], [], '']);
    expect(all('try reverse catch "no"', 2)).toEqual(['no']);
    expect(all('[index("a"), rindex(1), indices({})]')).toEqual([[null, null, null]]);
    expect(all('(null, true, [1]) as $wanted | try index($wanted) catch "no"')).toEqual(['no', 'no', 'no']);
    expect(all('transpose', { a: [1], b: [2, 3] })).toEqual([
      [
        [1, 2],
        [null, 3],
      ],
    ]);
    expect([[0], [null, []], [true], [1]].map((value) => all('try transpose catch "no"', value)[0])).toEqual([[], [], 'no', 'no']);
  });

  test('reads the time it is given and no clock', () => {
    expect(compile('now').first(null, { nowMs: 1_500 })).toBe(1.5);
    expect(() => compile('now').first(null)).toThrow('now is not set');
    expect(compile('now | todate').first(null, { nowMs: 0 })).toBe('1970-01-01T00:00:00Z');
    expect(compile('0 | localtime == gmtime').first(null)).toBe(true);
  });

  test('never changes its input', () => {
    const input = Object.freeze({ a: Object.freeze([1, Object.freeze({ b: 2 })]) }) as unknown as Json;
    for (const source of [
      '.a[1].b = 3',
      'del(.a[0])',
      '.a += [1]',
      'reduce range(3) as $i (.; .a += [$i])',
      'reduce range(3) as $i (.; .a[1].b = $i)',
      'walk(.)',
      'to_entries',
    ]) {
      compile(source).all(input);
    }
    expect(input).toEqual({ a: [1, { b: 2 }] });
  });

  test('raises its errors as JqError with the raised value', () => {
    try {
      compile('error({code: 7})').all(null);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(JqError);
      expect(error).toMatchObject({ kind: 'error', value: { code: 7 }, message: '{"code":7} (not a string)' });
    }
  });
});

describe('a fault in a program', () => {
  test('names its line and column', () => {
    expect(faultOf('.a |\n  .b ~ 1')).toMatchObject({ offset: 10, line: 2, column: 6 });
    expect(faultOf('{a: }').message).toContain('unexpected }');
    expect(faultOf('if . then 1').message).toContain('expected else, elif or end');
    expect(faultOf('"abc').message).toContain('unterminated string');
    expect(faultOf('[1, 2').message).toContain('expected ]');
    expect(faultOf('. as [] | 1').column).toBe(7);
  });

  test('suggests the name that was meant', () => {
    expect(faultOf('lenght').suggestion).toBe('length');
    expect(faultOf('to_entires').suggestion).toBe('to_entries');
    expect(faultOf('$contxt', ['context', 'input']).suggestion).toBe('$context');
    expect(faultOf('.a as $value | $valeu').suggestion).toBe('$value');
    expect(faultOf('map').suggestion).toBe('map/1');
    expect(faultOf('def total: 1; totl').suggestion).toBe('total');
  });

  test('says in one sentence what is left out on purpose', () => {
    for (const source of [
      'input',
      'inputs',
      'env',
      '$ENV',
      'debug',
      'debug("x")',
      'stderr',
      'halt',
      'halt_error',
      'input_filename',
      'modulemeta',
      'import "a" as a; 1',
      'include "a"; 1',
    ]) {
      expect(faultOf(source).message, source).toContain('is not available');
    }
  });

  test('is found before the program runs', () => {
    for (const source of [
      'break $x',
      '@nope',
      '{(1): 2}',
      '. as {(true): $x} | 1',
      '}',
      '.a.[',
      'def f: 1',
      'reduce . as $x (0)',
      '1 == 2 == 3',
      '.a = 1 = 2',
      'def f(: 1; f',
      '$',
      '@',
      '"\\x"',
    ]) {
      if (source === 'def f: 1') expect(faultOf(source).message).toContain('expected ;');
      else expect(faultOf(source)).toBeInstanceOf(JqCompileError);
    }
  });
});

describe('the language', () => {
  test('an error after an output does not reach an inner try', () => {
    expect(all('try (1, error("x")) catch .')).toEqual([1, 'x']);
    expect(all('try ((1 | try . catch "wrong") | error("right")) catch .')).toEqual(['right']);
    expect(all('[.[] | try if . > 1 then error("big") else . end catch "c"]', [1, 2, 1])).toEqual([[1, 'c', 1]]);
    expect(() => all('(1, 2) // 3 | if . == 2 then error("late") else . end')).toThrow('late');
  });

  test('operands are combined with the right one as the outer loop', () => {
    expect(all('[(1, 2) + (10, 20)]')).toEqual([[11, 12, 21, 22]]);
    expect(all('[{a: (1, 2), b: (3, 4)} | "\\(.a)\\(.b)"]')).toEqual([['13', '14', '23', '24']]);
    expect(all('["\\(1, 2)-\\(3, 4)"]')).toEqual([['1-3', '2-3', '1-4', '2-4']]);
  });

  test('recursion works with one output and with many', () => {
    expect(all('def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac')).toEqual([3_628_800]);
    expect(all('def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; 15 | fib')).toEqual([610]);
    expect(all('def down: if . > 0 then ., (. - 1 | down) else empty end; [3 | down]')).toEqual([[3, 2, 1]]);
    expect(all('def f(g): if . > 3 then g else . + 1 | f(g * 2) end; 0 | f(1)')).toEqual([16]);
    expect(all('def f(g): [g, (def g: 3; g)]; f(1, 2)')).toEqual([[1, 2, 3]]);
    expect(all('def f: def g: 3; def h(x): x + g; h(g); f')).toEqual([6]);
  });

  test('a break leaves only its own label', () => {
    expect(all('[label $a | label $b | 1, break $a, 2]')).toEqual([[1]]);
    expect(all('[label $a | (label $b | 1, break $b, 2), 3]')).toEqual([[1, 3]]);
    expect(all('[range(3) | label $l | ., (if . == 1 then break $l else empty end), 10]')).toEqual([[0, 10, 1, 2, 10]]);
  });

  test('updates reach through every kind of path', () => {
    expect(all('(.a, .b) |= . + 1', { a: 1, b: 2 })).toEqual([{ a: 2, b: 3 }]);
    expect(all('(.[] | select(. > 1)) |= empty', [1, 2, 3, 0])).toEqual([[1, 0]]);
    expect(all('.[1:] |= map(. * 2)', [1, 2, 3])).toEqual([[1, 4, 6]]);
    expect(all('(first(.[] | select(. > 1))) = 9', [1, 2, 3])).toEqual([[1, 9, 3]]);
    expect(all('(if .x then .a else .b end) = 1', { x: true })).toEqual([{ x: true, a: 1 }]);
    expect(all('(.a // .b) = 1', { a: null, b: 2 })).toEqual([{ a: null, b: 1 }]);
    expect(all('(. as $d | .[$d.k]) = 1', { k: 'z' })).toEqual([{ k: 'z', z: 1 }]);
    expect(all('(reduce ("a", "b") as $k (.; .[$k])) = 1', null)).toEqual([{ a: { b: 1 } }]);
    expect(all('[paths(..)]', { a: [1] })).toEqual([[['a'], ['a'], ['a', 0]]]);
    expect(all('def f(p): p |= . + 1; f(.a)', { a: 1 })).toEqual([{ a: 2 }]);
    expect(all('limit(1; .a, .b) = 1', {})).toEqual([{ a: 1 }]);
    expect(all('(.. | numbers) += 1', [1, { a: 2 }])).toEqual([[2, { a: 3 }]]);
    expect(all('to_entries', { b: 1, a: 2 })).toEqual([
      [
        { key: 'b', value: 1 },
        { key: 'a', value: 2 },
      ],
    ]);
  });

  test('numbers are written as jq writes them', () => {
    expect(all('map(tojson) | join(" ")', [1e17, 1e18, 1e-5, 1e-7, 1e300, 3.0, 1.5e-5, 1.2345678901234569e23, -0, 0.1])).toEqual([
      '1e+17 1e+18 1e-05 1e-07 1e+300 3 1.5e-05 123456789012345690000000 -0 0.1',
    ]);
    expect(all('[nan, infinite, -infinite] | tojson')).toEqual(['[null,1.7976931348623157e+308,-1.7976931348623157e+308]']);
  });

  test('values have a total order', () => {
    expect(all('sort', [{}, [], 'a', 1, true, false, null])).toEqual([[null, false, true, 1, 'a', [], {}]]);
    expect(all('sort', ['\u{1f600}', '\uffff', 'a'])).toEqual([['a', '\uffff', '\u{1f600}']]);
    expect(all('[nan] | sort == [nan], (nan < nan), (nan == nan)')).toEqual([false, true, false]);
  });
});

describe('reduce in place', () => {
  test('keeps what others hold', () => {
    expect(all('{a: [1]} as $o | reduce (1, 2) as $k ($o; .a += [$k]) | [., $o]')).toEqual([[{ a: [1, 1, 2] }, { a: [1] }]]);
    expect(all('reduce (1, 2, 3) as $k ({a: {}}; .a["k\\($k)"] = $k | .b = .a)')).toEqual([{ a: { k1: 1, k2: 2, k3: 3 }, b: { k1: 1, k2: 2, k3: 3 } }]);
    expect(all('[foreach (1, 2) as $k ([]; . + [$k])]')).toEqual([[[1], [1, 2]]]);
    expect(all('reduce (1, 2) as $k ([[]]; . + [.[0]] | .[0] += [$k])')).toEqual([[[1, 2], [], [1]]]);
    expect(all('[] as $e | reduce (1, 2) as $k ({}; .a += $e | .b += $e | .a += [$k])')).toEqual([{ a: [1, 2], b: [] }]);
    expect(all('reduce (1, 2) as $k ({x: {y: 0}}; .x |= {y: 1, z: .} | .x.y += $k)')).toEqual([{ x: { y: 3, z: { y: 2, z: { y: 0 } } } }]);
  });
});

describe('dates', () => {
  test('are read and written in UTC', () => {
    expect(all('fromdate, (fromdate | todate)', '2024-02-29T12:00:00Z')).toEqual([1_709_208_000, '2024-02-29T12:00:00Z']);
    expect(all('strptime("%d %b %Y %I:%M %p") | mktime | todate', '3 Mar 2021 01:05 PM')).toEqual(['2021-03-03T13:05:00Z']);
    expect(all('strftime("%G-W%V-%u %j %U %W %e|%k|%y|%C|%D|%T|%s|%%")', 1_735_603_200)).toEqual([
      '2025-W01-2 366 52 53 31| 0|24|20|12/31/24|00:00:00|1735603200|%',
    ]);
    expect(all('try strptime("%Y") catch .', 'x')).toEqual(['date "x" does not match format "%Y"']);
    expect(all('gmtime | mktime', -1)).toEqual([-1]);
  });
});
