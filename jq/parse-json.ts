// JSON text to values as `fromjson` reads it: JSON, plus `nan` and infinities, with jq's messages. The engine's own
// parser does the work when the text is plain JSON; this one runs only for the rest, without recursion.
import { raise } from './errors.ts';
import { type Json, type JsonObject, put } from './json.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';

export function fromText(text: string): Json {
  if (text.trim() === '') return null;
  if (!tooDeep(text)) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      // The lenient parser below accepts more, or finds the words for what is wrong.
    }
  }
  return new LenientParser(text).parse();
}

/** Whether brackets alone could nest past the limit (those inside strings count too: then the careful parser decides). */
function tooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5b || unit === 0x7b) {
      if (++depth > MAX_VALUE_DEPTH) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return false;
}

interface Open {
  readonly into: Json[] | JsonObject;
  key: string | undefined;
}

const WORD = /[^\s[\]{}:,"]+/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const LITERALS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['nan', NaN],
  ['NaN', NaN],
  ['-nan', NaN],
  ['-NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['infinity', Infinity],
  ['-infinity', -Infinity],
]);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

class LenientParser {
  readonly #text: string;
  readonly #stack: Open[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    for (;;) {
      this.#blank();
      const value = this.#value();
      if (value === undefined) continue;
      const done = this.#settle(value);
      if (done === undefined) continue;
      this.#blank();
      if (this.#at < this.#text.length) this.#fail('Unexpected extra JSON values');
      return done;
    }
  }

  #blank(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #fail(message: string): never {
    return raise(`${message} (while parsing '${this.#text}')`);
  }

  #where(at: number): string {
    if (at >= this.#text.length) return `at EOF at line 1, column ${this.#text.length}`;
    const before = this.#text.slice(0, at).split('\n');
    return `at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  }

  /** A scalar or an empty container; undefined after opening a container that has content. */
  #value(): Json | undefined {
    const char = this.#text[this.#at];
    if (char === undefined) return this.#fail(`Unfinished JSON term ${this.#where(this.#at)}`);
    if (char === '[' || char === '{') return this.#open(char);
    if (char === '"') return this.#string();
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0];
    if (word === undefined) return this.#fail(`Expected JSON value ${this.#where(this.#at)}`);
    this.#at += word.length;
    if (word.startsWith("'")) return this.#fail(`Invalid string literal; expected ", but got ' ${this.#where(this.#at)}`);
    if (LITERALS.has(word)) return LITERALS.get(word) as Json;
    if (!NUMBER.test(word)) return this.#fail(`Invalid ${/^[tfn]/.test(word) ? 'literal' : 'numeric literal'} ${this.#where(this.#at)}`);
    return Number(word);
  }

  #open(char: string): Json | undefined {
    if (this.#stack.length >= MAX_VALUE_DEPTH) return this.#fail(`Exceeds depth limit for parsing ${this.#where(this.#at)}`);
    this.#at++;
    this.#blank();
    const into: Json[] | JsonObject = char === '[' ? [] : {};
    if (this.#text[this.#at] === (char === '[' ? ']' : '}')) {
      this.#at++;
      return into;
    }
    const open: Open = { into, key: undefined };
    this.#stack.push(open);
    if (char === '{') open.key = this.#key();
    return undefined;
  }

  #key(): string {
    this.#blank();
    if (this.#text[this.#at] !== '"') {
      WORD.lastIndex = this.#at;
      const word = WORD.exec(this.#text)?.[0] ?? '';
      if (word.startsWith("'")) return this.#fail(`Invalid string literal; expected ", but got ' ${this.#where(this.#at + word.length)}`);
      return this.#fail(`Object keys must be strings ${this.#where(this.#at)}`);
    }
    const key = this.#string();
    this.#blank();
    if (this.#text[this.#at] !== ':') return this.#fail(`Objects must consist of key:value pairs ${this.#where(this.#at)}`);
    this.#at++;
    return key;
  }

  #string(): string {
    STRING.lastIndex = this.#at;
    const literal = STRING.exec(this.#text)?.[0];
    if (literal === undefined) return this.#fail(`Unfinished string ${this.#where(this.#text.length)}`);
    this.#at += literal.length;
    try {
      return JSON.parse(literal.replace(/[\0-\x1f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)) as string;
    } catch {
      return this.#fail(`Invalid escape ${this.#where(this.#at)}`);
    }
  }

  /** Puts a finished value where it belongs and closes what ends with it; the value once all is closed. */
  #settle(first: Json): Json | undefined {
    let value = first;
    for (let open = this.#stack.at(-1); open !== undefined; open = this.#stack.at(-1)) {
      if (Array.isArray(open.into)) open.into.push(value);
      else put(open.into, open.key ?? '', value);
      this.#blank();
      const char = this.#text[this.#at++];
      const close = Array.isArray(open.into) ? ']' : '}';
      if (char === ',') {
        if (!Array.isArray(open.into)) open.key = this.#key();
        return undefined;
      }
      if (char !== close)
        return this.#fail(
          char === undefined ? `Unfinished JSON term ${this.#where(this.#at)}` : `Expected separator between values ${this.#where(this.#at - 1)}`,
        );
      value = open.into;
      this.#stack.pop();
    }
    return value;
  }
}
