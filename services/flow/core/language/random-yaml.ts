// For tests: random YAML in the ways that people and programs write it, spoiled here and there, and the two readers beside each other.
import { randomFrom } from '@palace/jq/random-programs.ts';
import { readEverydayYaml } from './everyday-yaml.ts';
import { readLibraryYaml } from './library-yaml.ts';
import { createReport } from './report.ts';
import type { Node } from './tree.ts';

/** A whole number from 0, below the one given. */
type Random = (below: number) => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!;
const some = <T>(random: Random, most: number, make: (n: number) => T): T[] => Array.from({ length: 1 + random(most) }, (_, n) => make(n));

const PLAIN = [
  ...'a b-c 1 -1 007 1.5 5. .5 -.5 1e3 -0 +1 0x1F 0o17 .inf .nan 9007199254740993 1e400 null Null ~ true FALSE yes << $v .a.b -x --y é 😀'.split(' '),
  ...['two words', 'http://x.test/a?b#c', 'a:b', 'x#y', '.a | length', '[]', '{}'],
];
const LINES = ['.a | map(.b)', 'a  b ', 'x: y', '# no comment', '- a', '', '', '   ', ' further', '  further still', '\\n', '"', '---x', '}'];
const ENDS = ['\n', '\n', '\n', '\n', ' # why\n', '\n\n', '\n  # why\n', ' \n'];

class Writer {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A map in lines that begin at this column; the first one has its margin already. */
  map(column: number, depth: number): string {
    return some(this.#random, 4, (n) => `${this.#key(n)}:${this.#value(column, depth)}`).join(' '.repeat(column));
  }

  #list(column: number, depth: number): string {
    const random = this.#random;
    const item = (): string => {
      if (depth > 0 && random(3) === 0) return ` ${random(4) === 0 ? this.#list(column + 2, depth - 1) : this.map(column + 2, depth - 1)}`;
      return this.#value(column, depth - 1);
    };
    return some(random, 3, () => `-${item()}`).join(' '.repeat(column));
  }

  #key(n: number): string {
    return pick(this.#random, [`k${n}`, `k${n}`, `"k${n}"`, `'k ${n}'`, `k ${n}`, `${pick(this.#random, PLAIN)}${n}`]);
  }

  /** What follows a colon or a dash, to the end of its last line. */
  #value(column: number, depth: number): string {
    const random = this.#random;
    const end = pick(random, ENDS);
    const kind = random(depth > 0 ? 10 : 7);
    if (kind === 0) return ` ${pick(random, ['|', '|-', '>', '>-', '|+', '>2', '|  '])}\n${this.#lines(column + 1 + random(4))}`;
    if (kind <= 2) return ` ${this.brackets(2, ' '.repeat(column + 1))}${end}`;
    if (kind <= 6) return ` ${this.#scalar()}${end}`;
    const inner = column + (kind === 7 ? random(2) * 2 : 1 + random(4));
    return `${end}${' '.repeat(inner)}${kind === 7 ? this.#list(inner, depth - 1) : this.map(inner, depth - 1)}`;
  }

  #lines(column: number): string {
    return some(this.#random, 5, () => pick(this.#random, LINES))
      .map((line) => (line === '' ? '\n' : `${' '.repeat(column)}${line}\n`))
      .join('');
  }

  #scalar(): string {
    const random = this.#random;
    const text = pick(random, PLAIN);
    if (random(5) === 0) return `'${text}, it''s: #1'`;
    if (random(5) === 0) return `"${text} \\n\\u00e9 \\"${pick(random, ['', '\\\\', '\\x41', '\\0', '\\ud800', '\\q', ': ', ' #'])}"`;
    return text;
  }

  /** Lines inside begin at the margin or further right. */
  brackets(depth: number, margin: string): string {
    const random = this.#random;
    const gap = (): string => pick(random, ['', ' ', '', ' ', '', `\n${margin}`, `\n\n${margin}  `]);
    const part = (): string => (depth > 0 && random(3) === 0 ? this.brackets(depth - 1, margin) : this.#scalar());
    const isMap = random(2) === 0;
    const parts = random(5) === 0 ? [] : some(random, 3, (n) => (isMap ? `${this.#key(n)}:${gap() || ' '}${part()}` : part()));
    return `${isMap ? '{' : '['}${gap()}${parts.join(`${gap()},${gap()}`)}${gap()}${isMap ? '}' : ']'}`;
  }
}

const PIECES = [
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\n  ',
    '\n\n',
    ' \n',
    ':',
    ': ',
    ':\n',
    '- ',
    '-',
    '\n- ',
    '- - ',
    '#',
    ' #',
    '\n# c\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '\\',
    "''",
  ],
  ...[
    '|',
    '>',
    '|\n',
    '>-\n',
    '? ',
    '*a',
    '&a ',
    '!t ',
    '%',
    '@',
    '`',
    '---',
    '---\n',
    '\n---\n',
    '...',
    '\n...\n',
    '~',
    '1',
    '-',
    '+',
    '.',
    '__proto__',
    'a: ',
  ],
  ...['\t', '\r\n', '\ufeff', '\u2028', '\u0085', '\u00a0', '=', '"a":', '{}', '[a: 1]', '--- a', 'key: |\n  text\n   more\n\n  end\n', '\n}', '\n]'],
];

/** One change, of characters or of whole lines. */
function spoiled(random: Random, text: string): string {
  const at = random(text.length + 1);
  if (random(2) === 0) return text.slice(0, at) + pick(random, PIECES) + text.slice(at + random(3));
  const lines = text.split('\n');
  const n = random(lines.length);
  const line = lines[n] ?? '';
  if (random(3) === 0) lines.splice(n, 1);
  else if (random(2) === 0) lines.splice(random(lines.length), 0, line);
  else lines[n] = pick(random, ['', ' ', '  ', '   ']) + (random(2) === 0 ? line.trimStart() : line);
  return lines.join('\n');
}

/** Written well, changed in up to three places, or no more than a heap of pieces; `like` gives texts to be changed beside its own. */
export function randomYaml(seed: number, like: readonly string[] = []): string {
  const random = randomFrom(seed);
  if (random(8) === 0) return some(random, 12, () => pick(random, PIECES)).join('');
  const writer = new Writer(random);
  let text = random(3) === 0 && like.length > 0 ? partOf(random, pick(random, like)) : random(6) === 0 ? writer.brackets(3, '') : writer.map(0, 3);
  for (let changes = random(4); changes > 0; changes--) text = spoiled(random, text);
  return text;
}

const PART_LINES = 12;
function partOf(random: Random, text: string): string {
  const lines = text.split('\n');
  const from = random(2) * random(lines.length);
  return lines.slice(from, from + PART_LINES).join('\n');
}

/** False: the quick reader left the text to the library. A text: how the two differ about it. */
export function readByBoth(text: string): boolean | string {
  if (text.includes('\0') || !text.isWellFormed()) return false;
  let quick: Node | undefined;
  try {
    quick = readEverydayYaml(text);
  } catch (error) {
    return `it throws: ${String(error)}`;
  }
  if (quick === undefined) return false;
  const report = createReport(text);
  const slow = readLibraryYaml(report);
  if (slow === undefined) return `the library refuses it: ${JSON.stringify(report.errors())}`;
  const [ours, theirs] = [JSON.stringify(told(quick)), JSON.stringify(told(slow))];
  return ours === theirs || `${ours} instead of ${theirs}`;
}

/** All that a tree says, the order of keys, places and the sign of zero too. */
function told(node: Node): unknown {
  const own = [node.kind, node.key, node.at, node.keyAt];
  if (node.kind === 'scalar') return [...own, node.style, Object.is(node.value, -0) ? '-0' : node.value];
  const parts = node.kind === 'map' ? [...node.entries] : [...node.items.entries()];
  return [...own, node.value, parts.map(([key, part]) => [key, part.parent === node, told(part)])];
}
