// A cursor over tokens with the checks every grammar rule needs: expect, accept, nesting depth, one clear message.
import { JqCompileError } from './errors.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { MAX_SYNTAX_DEPTH } from './limits.ts';

export class TokenReader {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = tokenize(source);
  }

  get token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  ahead(count: number): Token | undefined {
    return this.#tokens[this.#next + count];
  }

  take(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  is(kind: TokenKind, text?: string): boolean {
    return this.token.kind === kind && (text === undefined || this.token.text === text);
  }

  punct(text: string): boolean {
    return this.is('punct', text);
  }

  accept(kind: TokenKind, text?: string): Token | undefined {
    return this.is(kind, text) ? this.take() : undefined;
  }

  expect(kind: TokenKind, text?: string, where = ''): Token {
    if (this.is(kind, text)) return this.take();
    return this.fail(`expected ${text ?? kind}${where} but found ${shown(this.token)}`);
  }

  fail(message: string, at = this.token.at): never {
    throw new JqCompileError(message, this.source, at);
  }

  unexpected(): never {
    return this.fail(`unexpected ${shown(this.token)}`);
  }

  /** Runs a rule one level deeper. */
  nested<T>(rule: () => T): T {
    if (++this.#depth > MAX_SYNTAX_DEPTH) this.fail(`the program nests deeper than ${MAX_SYNTAX_DEPTH} levels`);
    const result = rule();
    this.#depth--;
    return result;
  }
}

function shown(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the program';
    case 'quote':
      return 'a string';
    case 'field':
      return `.${token.text}`;
    case 'variable':
      return `$${token.text}`;
    case 'format':
      return `@${token.text}`;
    default:
      return token.text;
  }
}
