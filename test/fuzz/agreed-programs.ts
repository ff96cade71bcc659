// Random programs in what jq 1.6 and the jq of today have in common (I1 of jq-against.ts).
import type { Json } from '../../jq/jq.ts';

const LEAVES = [
  ...['.', '.a', '.b', '.[0]', '.[-1]', '.[]', '..', '1', '2', '-1', '0', '3', '"x"', '"abc"', '"a,b"', 'null', 'true', 'false', '[]', '{}', '[1,2,3]'],
  ...['{"a":1,"b":[1,{"c":2}]}', 'empty', 'error("e")', '$v', '[.[]?]', '.a.b', '.["c"]', 'keys', 'length', 'type'],
];
const CALLS = [
  ...[
    'length',
    'keys',
    'keys_unsorted',
    'type',
    'tojson',
    'tostring',
    'sort',
    'unique',
    'add',
    'any',
    'all',
    'arrays | reverse',
    'flatten',
    'min',
    'max',
    'not',
  ],
  ...['to_entries', 'first', 'last', 'ascii_downcase', 'ascii_upcase', 'explode', 'arrays | transpose', 'tostream', '@sh', '@csv', '@html', 'utf8bytelength'],
  ...[
    'arrays',
    'objects',
    'iterables',
    'booleans',
    'numbers',
    'strings',
    'nulls',
    'values',
    'scalars',
    '[paths]',
    'split(",")',
    'join("-")',
    'floor',
    'strings | ltrimstr("a")',
    'strings | rtrimstr("c")',
  ],
];
const WITH_ARGUMENT = [
  ...['map', 'select', 'sort_by', 'group_by', 'unique_by', 'min_by', 'max_by', 'first', 'isempty', 'has', 'contains', 'inside', 'startswith', 'endswith'],
  ...['index', 'split'],
];

export class AgreedWriter {
  readonly #random: (below: number) => number;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }

  program(depth: number): string {
    if (depth <= 0) return this.#pick(LEAVES);
    const e = (): string => this.program(depth - 1 - this.#random(2));
    const one = (): string => `first((${e()}), 7)`;
    switch (this.#random(26)) {
      case 0:
      case 1:
      case 2:
        return `(${e()} | ${e()})`;
      case 3:
        return `(${e()}, ${e()})`;
      case 4:
      case 5:
        return `((${e()}) ${this.#pick(['+', '-', '==', '!=', '<', '<=', '>', '>=', 'and', 'or'])} (${e()}))`;
      case 6:
        return `[(${e()}) // (${e()})]`;
      case 7:
        return `if ${e()} then ${e()} else ${e()} end`;
      case 8:
        return `[try (${e()}) catch (null | ${e()})]`;
      case 9:
        return `[${e()}]`;
      case 10:
        return `{a: (${e()}), (${one()} | "k" + tojson): ${e()}}`;
      case 11:
        return `((${e()}) as $v | ${e()})`;
      case 12:
        return `((${e()}) as [$v, {a: $w}] | [$v, $w])`;
      case 13:
        return `reduce (${e()}) as $v (${one()}; ${one()})`;
      case 14:
        return `foreach (${e()}) as $v (${one()}; ${one()}; ${e()})`;
      case 15:
        return `(${this.#path(2)} ${this.#pick(['=', '|=', '+=', '-='])} (${one()}))`;
      case 16:
        return `(def f(g): ${this.#pick(['g | g', '[g]', 'g, g', '[g] | length', '. as $v | g'])}; f(${e()}))`;
      case 17:
        return `(label $out | (${e()}, break $out, ${e()}))`;
      case 18:
        return `(${e()} | .[${this.#pick(['0', '1', '-1', '-2', '0', '2'])}:${this.#pick(['1', '2', '-1', '3', ''])}])`;
      case 19:
        return `[limit(${1 + this.#random(4)}; ${e()})]`;
      case 20:
        return `[range(${this.#random(3)}; ${this.#random(6)})]`;
      case 21:
        return `(del(${this.#path(2)}))`;
      case 22:
        return `[path(${this.#path(2)})]`;
      case 23:
        return `(${e()} | ${this.#pick(WITH_ARGUMENT)}(${e()}))`;
      default:
        return `(${e()} | ${this.#pick(CALLS)})`;
    }
  }

  /** A place in the input. */
  #path(depth: number): string {
    const here = this.#pick(['.a', '.b', '.c', '.[0]', '.[1]', '.[-1]', '.[]', '.a[]', '.["b"]', '.']);
    if (depth <= 0) return here;
    const next = (): string => this.#path(depth - 1);
    return this.#pick([() => here, () => here, () => `(${here} | ${next()})`, () => `(${here}, ${next()})`, () => `(${here} | select(${this.program(1)}))`])();
  }

  value(depth: number): Json {
    const kind = this.#random(depth <= 0 ? 6 : 10);
    if (kind >= 8) return Object.fromEntries(['a', 'b', 'c'].map((key) => [key, this.value(depth - 1)]));
    if (kind >= 6) return Array.from({ length: this.#random(4) }, () => this.value(depth - 1));
    return this.#pick<Json>([null, true, false, 0, 1, -2, 17, 'abc', '', 'x y', 'a,b']);
  }
}
