// Random programs on random inputs: whatever they say, a run ends soon and with a result or a typed error; it gives the
// same answer twice; `first` is the first of `all`; and it leaves its input and every prototype alone.
import { describe, expect, test } from 'vitest';
import { compile, JqCompileError, JqError, type Json } from './jq.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);
const PROGRAMS = 3_000;
process.stdout.write(`jq fuzz: seed ${SEED}\n`);

/** A small generator of random numbers (mulberry32), so that a printed seed repeats a run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const LEAVES = [
  '.',
  '.a',
  '.b',
  '.[0]',
  '.[-1]',
  '.[]',
  '.[]?',
  '.a[]?',
  '..',
  '1',
  '2',
  '-1',
  '0.5',
  '1e9',
  '"x"',
  '"abc"',
  '"__proto__"',
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[1,2,3]',
  '{"a":1,"b":[1,{"c":2}]}',
  '{"__proto__":1}',
  'empty',
  'error',
  'nan',
  'infinite',
  'now',
  '$v',
  'input',
  '.["constructor"]',
  '.__proto__',
];
const CALLS = [
  'length',
  'keys',
  'type',
  'tojson',
  'fromjson',
  'tostring',
  'tonumber',
  'sort',
  'unique',
  'add',
  'any',
  'all',
  'reverse',
  'flatten',
  'min',
  'max',
  'to_entries',
  'from_entries',
  'first',
  'last',
  'not',
  'floor',
  'sqrt',
  'ascii_downcase',
  'explode',
  'implode',
  'transpose',
  'paths',
  'tostream',
  'todate',
  'gmtime',
  'mktime',
  '@csv',
  '@sh',
  '@uri',
  '@base64',
  '@base64d',
  'trim',
  'abs',
  'toarray',
  'combinations',
  'recurse',
  'utf8bytelength',
  'splits("a")',
  'frexp',
  'ltrimstr("a")',
];
const WITH_ARGUMENT = [
  'map',
  'select',
  'sort_by',
  'group_by',
  'unique_by',
  'min_by',
  'max_by',
  'map_values',
  'with_entries',
  'first',
  'last',
  'isempty',
  'any',
  'all',
  'recurse',
  'walk',
  'path',
  'paths',
  'del',
  'has',
  'contains',
  'inside',
  'indices',
  'index',
  'join',
  'split',
  'test',
  'match',
  'scan',
  'range',
  'flatten',
  'error',
  'add',
  'pick',
  'getpath',
  'delpaths',
  'strftime',
  'strptime',
  'startswith',
  'repeat',
  'IN',
  'INDEX',
  'bsearch',
  'nth',
  'combinations',
  'tojson | ltrimstr',
  'truncate_stream',
];

class Writer {
  readonly #random: (below: number) => number;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }

  program(depth: number): string {
    if (depth <= 0) return this.pick(LEAVES);
    const e = (): string => this.program(depth - 1 - this.#random(2));
    switch (this.#random(30)) {
      case 0:
      case 1:
        return `(${e()} | ${e()})`;
      case 2:
        return `(${e()}, ${e()})`;
      case 3:
      case 4:
        return `(${e()} ${this.pick(['+', '-', '*', '/', '%', '==', '<', '>=', 'and', 'or', '//'])} ${e()})`;
      case 5:
        return `if ${e()} then ${e()} else ${e()} end`;
      case 6:
        return `try (${e()}) catch (${e()})`;
      case 7:
        return `[${e()}]`;
      case 8:
        return `{a: (${e()}), (${e()} | tostring): ${e()}}`;
      case 9:
        return `((${e()}) as $v | ${e()})`;
      case 10:
        return `reduce (${e()}) as $v (${e()}; ${e()})`;
      case 11:
        return `foreach (${e()}) as [$v] (${e()}; ${e()}; ${e()})`;
      case 12:
        return `((${e()}) ${this.pick(['=', '|=', '+=', '-=', '*=', '//='])} (${e()}))`;
      case 13:
        return `(def f(g): ${this.pick(['g | g', '[g]', 'g, g', 'reduce g as $v (0; . + 1)', 'if . == 1 then g else g | f(g) end'])}; f(${e()}))`;
      case 14:
        return `(label $out | (${e()}, break $out, ${e()}))`;
      case 15:
        return `(${e()} | .[${e()}]?)`;
      case 16:
        return `(${e()} | .[${e()}:${e()}])`;
      case 17:
        return `@${this.pick(['text', 'json', 'csv', 'html', 'uri', 'sh', 'base64'])} "a\\(${e()})b"`;
      case 18:
        return `(${e()})?`;
      case 19:
        return `limit(${this.#random(5)}; ${e()})`;
      case 20:
        return `((${e()}) as [$v, {a: $w}] ?// {b: $v} ?// $v | ${e()})`;
      case 21:
        return `${this.pick(['until', 'while', 'any', 'all', 'setpath', 'sub', 'gsub', 'skip', 'nth', 'IN', 'pow', 'ldexp'])}(${e()}; ${e()})`;
      case 22:
      case 23:
        return `(${e()} | ${this.pick(CALLS)})`;
      default:
        return `(${e()} | ${this.pick(WITH_ARGUMENT)}(${e()}))`;
    }
  }

  value(depth: number): Json {
    const kind = this.#random(depth <= 0 ? 6 : 9);
    if (kind >= 7) return Object.fromEntries(['a', 'b', 'c'].map((key) => [key, this.value(depth - 1)]));
    if (kind === 6) return Array.from({ length: this.#random(4) }, () => this.value(depth - 1));
    return this.pick<Json>([null, true, false, 0, 1, -2.5, 1e300, 'abc', '', '\u{1f600}x', '2015-03-05T23:51:47Z', '[1,{"a":nan}]']);
  }
}

/** A result in words, so that two runs can be compared. */
function outcome(run: () => Json | undefined): string {
  try {
    return `result ${JSON.stringify(run())}`;
  } catch (error) {
    if (error instanceof JqError) return `${error.kind} ${error.message}`;
    throw error;
  }
}

function compiled(source: string): ReturnType<typeof compile> | undefined {
  try {
    return compile(source, { variables: ['v'] });
  } catch (error) {
    if (error instanceof JqCompileError) return undefined;
    throw error;
  }
}

describe('random programs', () => {
  test(`${PROGRAMS} programs end with a result or a typed error, twice the same`, () => {
    const options = { variables: { v: [1, 'a'] }, nowMs: 1e12, limits: { fuel: 5_000 } };
    let ran = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const writer = new Writer(randomFrom(SEED + i));
      const source = writer.program(5);
      const input = writer.value(3);
      const before = JSON.stringify(input);
      const program = compiled(source);
      if (program === undefined) continue;
      ran++;
      const start = process.cpuUsage();
      const all = outcome(() => program.all(input, options));
      expect(process.cpuUsage(start).user / 1_000, source).toBeLessThan(1_000);
      expect(
        outcome(() => program.all(input, options)),
        source,
      ).toBe(all);
      expect(JSON.stringify(input), source).toBe(before);
      if (all.startsWith('result ')) {
        const [first] = JSON.parse(all.slice(7)) as Json[];
        expect(
          outcome(() => program.first(input, options)),
          source,
        ).toBe(`result ${JSON.stringify(first)}`);
      }
    }
    expect(ran).toBeGreaterThan(PROGRAMS / 4);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBe(undefined);
  });

  test('random text never breaks the compiler', () => {
    const random = randomFrom(SEED);
    const pieces = [
      '.',
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      '"',
      '\\(',
      '|',
      ',',
      ':',
      ';',
      '$x',
      '$',
      '@',
      '@json',
      'as',
      'if',
      'then',
      'else',
      'end',
      'def',
      'f',
      'reduce',
      'try',
      '?',
      '//',
      '?//',
      '=',
      '|=',
      '1',
      '.a',
      '..',
      '-',
      ' ',
      '#',
      '\n',
      'label',
      'break',
      'é',
      '\u0000',
      '"x"',
    ];
    for (let i = 0; i < PROGRAMS; i++) {
      const source = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join(random(2) === 0 ? ' ' : '');
      compiled(source);
    }
  });
});
