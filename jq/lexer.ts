// Program text to tokens. A string comes as `quote`, then `text` and interpolations between `open` and `close`, then
// `unquote`, so that the parser meets no nested text. Works in one pass without recursion.
import { JqCompileError } from './errors.ts';

export type TokenKind =
  | 'punct'
  | 'identifier'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'number'
  | 'format'
  | 'quote'
  | 'text'
  | 'open'
  | 'close'
  | 'unquote'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The name without its mark (`foo` for `.foo`, `$foo`), the punctuation, or the decoded text of a string. */
  readonly text: string;
  readonly at: number;
}

const KEYWORDS = new Set([
  'def',
  'module',
  'import',
  'include',
  'if',
  'then',
  'else',
  'elif',
  'end',
  'as',
  'reduce',
  'foreach',
  'try',
  'catch',
  'label',
  'break',
  'and',
  'or',
  '__loc__',
]);

const NAME = '[a-zA-Z_][a-zA-Z_0-9]*';
/** Groups by number, in the order of #next: an object of named groups for each token cost a quarter of compiling a short program. */
const TOKEN = new RegExp(
  [
    `((?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`,
    `\\.(${NAME})`,
    `\\$((?:${NAME}::)*${NAME})`,
    `@([a-zA-Z0-9_]+)`,
    `((?:${NAME}::)*${NAME})`,
    `(\\?\\/\\/=?|\\/\\/=|\\/\\/|\\|=|\\+=|-=|\\*=|\\/=|%=|==|!=|<=|>=|\\.\\.|[.\\[\\](){}|,:;=<>+\\-*/%?$])`,
  ].join('|'),
  'y',
);
const BLANK = /[ \t\r\n]+/y;

export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Open brackets; `\(` marks an interpolation whose `)` returns to its string. */
  readonly #open: string[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    for (this.#skipBlank(); this.#at < this.#source.length; this.#skipBlank()) this.#next();
    this.#push('end', '', this.#at);
    return this.#tokens;
  }

  #push(kind: TokenKind, text: string, at: number): void {
    this.#tokens.push({ kind, text, at });
  }

  #fail(message: string, at: number): never {
    throw new JqCompileError(message, this.#source, at);
  }

  #skipBlank(): void {
    for (;;) {
      BLANK.lastIndex = this.#at;
      if (BLANK.test(this.#source)) this.#at = BLANK.lastIndex;
      if (this.#source[this.#at] !== '#') return;
      this.#skipComment();
    }
  }

  /** A comment runs to the end of its line; an odd number of backslashes before the line's end continues it. */
  #skipComment(): void {
    for (;;) {
      const end = this.#source.indexOf('\n', this.#at);
      const line = this.#source.slice(this.#at, end < 0 ? undefined : end).replace(/\r$/, '');
      this.#at = end < 0 ? this.#source.length : end + 1;
      const slashes = /\\*$/.exec(line)?.[0].length ?? 0;
      if (slashes % 2 === 0 || end < 0) return;
    }
  }

  #next(): void {
    const at = this.#at;
    if (this.#source[at] === '"') {
      this.#push('quote', '"', at);
      this.#at++;
      return this.#string();
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(this.#source);
    if (found === null) return this.#fail(`unexpected character ${JSON.stringify(this.#source[at])}`, at);
    this.#at = TOKEN.lastIndex;
    const [, number, field, variable, format, word, punct] = found;
    if (number !== undefined) this.#push('number', number, at);
    else if (field !== undefined) this.#push('field', field, at);
    else if (variable !== undefined) this.#push('variable', variable, at);
    else if (format !== undefined) this.#push('format', format, at);
    else if (word !== undefined) this.#push(KEYWORDS.has(word) ? 'keyword' : 'identifier', word, at);
    else this.#punct(punct ?? '', at);
  }

  #punct(text: string, at: number): void {
    if (text === '(' || text === '[' || text === '{') this.#open.push(text);
    if (text === ')' || text === ']' || text === '}') {
      const opener = this.#open.pop();
      if (opener === '\\(' && text === ')') {
        this.#push('close', ')', at);
        return this.#string();
      }
      const expected = { ')': '(', ']': '[', '}': '{' }[text];
      if (opener !== expected) this.#fail(`unexpected ${text}`, at);
    }
    this.#push('punct', text, at);
  }

  /** Reads string text up to the closing quote or the next interpolation. */
  #string(): void {
    const start = this.#at;
    let text = '';
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined) return this.#fail('unterminated string', start);
      if (char === '"') {
        if (text !== '') this.#push('text', text, start);
        this.#push('unquote', '"', this.#at++);
        return;
      }
      if (char !== '\\') {
        text += char;
        this.#at++;
        continue;
      }
      if (this.#source[this.#at + 1] === '(') {
        if (text !== '') this.#push('text', text, start);
        this.#push('open', '\\(', this.#at);
        this.#open.push('\\(');
        this.#at += 2;
        return;
      }
      text += this.#escape();
    }
  }

  #escape(): string {
    const at = this.#at;
    const char = this.#source[at + 1] ?? '';
    const simple = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[char];
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const first = this.#unit(at);
    if (first === undefined) return this.#fail('invalid escape in a string', at);
    this.#at += 6;
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    const second = first < 0xdc00 ? this.#unit(this.#at) : undefined;
    if (second === undefined || second < 0xdc00 || second > 0xdfff) return '\ufffd';
    this.#at += 6;
    return String.fromCharCode(first, second);
  }

  #unit(at: number): number | undefined {
    const match = /^\\u([0-9a-fA-F]{4})$/.exec(this.#source.slice(at, at + 6));
    return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
  }
}
