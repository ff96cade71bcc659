// Random programs of the whole language, and values to run them on: for the tests that hold whatever a program says.
// A seed gives the same program everywhere.
import type { Json } from './jq.ts';

/** A small generator of random numbers (mulberry32), so that a printed seed repeats a run. */
export function randomFrom(seed: number): (below: number) => number {
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

/** Writes programs over the variable `$v`, and values for them. */
export class Writer {
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
