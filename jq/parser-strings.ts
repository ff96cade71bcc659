// String literals: plain text, or parts joined with interpolations under a format.
import type { Node } from './ast.ts';
import type { TokenReader } from './token-reader.ts';

/** The rules for whole expressions, handed down so that the parser's files need not import each other in a circle. */
export interface Grammar {
  readonly pipe: (reader: TokenReader, commas: boolean) => Node;
  readonly operators: (reader: TokenReader) => Node;
}

export function parseString(reader: TokenReader, grammar: Grammar): Node {
  const { at } = reader.token;
  const format = reader.accept('format')?.text ?? 'text';
  reader.expect('quote');
  const parts: (string | Node)[] = [];
  while (!reader.accept('unquote')) {
    const text = reader.accept('text');
    if (text !== undefined) {
      parts.push(text.text);
      continue;
    }
    reader.expect('open');
    parts.push(grammar.pipe(reader, true));
    reader.expect('close', ')', ' after an interpolation');
    if (parts.length > 250) reader.fail('more than 250 parts in one string');
  }
  if (parts.length === 0) return { kind: 'literal', value: '', at };
  if (parts.length === 1 && typeof parts[0] === 'string') return { kind: 'literal', value: parts[0], at };
  return { kind: 'string', format, parts, at };
}
