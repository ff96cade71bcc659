// Destructuring patterns: `$x`, `[$a, $b]`, `{a: $x, $y, (expression): $z}` and alternatives joined by `?//`.
import type { Node, Pattern, PatternField } from './ast.ts';
import { type Grammar, parseString } from './parser-strings.ts';
import type { TokenReader } from './token-reader.ts';

export function parsePatterns(reader: TokenReader, grammar: Grammar): Pattern[] {
  const patterns = [parsePattern(reader, grammar)];
  while (reader.accept('punct', '?//')) patterns.push(parsePattern(reader, grammar));
  return patterns;
}

function parsePattern(reader: TokenReader, grammar: Grammar): Pattern {
  return reader.nested(() => {
    const { at } = reader.token;
    const variable = reader.accept('variable');
    if (variable !== undefined) return { kind: 'variable', name: variable.text, at };
    if (reader.accept('punct', '[')) {
      const items: Pattern[] = [];
      do items.push(parsePattern(reader, grammar));
      while (reader.accept('punct', ','));
      reader.expect('punct', ']', ' in a pattern');
      return { kind: 'array', items, at };
    }
    if (!reader.accept('punct', '{')) return reader.unexpected();
    const fields: PatternField[] = [];
    do fields.push(parseField(reader, grammar));
    while (reader.accept('punct', ','));
    reader.expect('punct', '}', ' in a pattern');
    return { kind: 'object', fields, at };
  });
}

function parseField(reader: TokenReader, grammar: Grammar): PatternField {
  const { at } = reader.token;
  const variable = reader.accept('variable');
  if (variable !== undefined) {
    const value = reader.accept('punct', ':') ? parsePattern(reader, grammar) : undefined;
    return { variable: variable.text, key: { kind: 'literal', value: variable.text, at }, value };
  }
  const key = parseKey(reader, grammar);
  if (key.kind === 'literal' && typeof key.value !== 'string') {
    reader.fail(`Cannot use ${JSON.stringify(key.value)} as object key`, at);
  }
  reader.expect('punct', ':', ' after a key in a pattern');
  return { variable: undefined, key, value: parsePattern(reader, grammar) };
}

function parseKey(reader: TokenReader, grammar: Grammar): Node {
  const { at } = reader.token;
  const word = reader.accept('identifier') ?? reader.accept('keyword');
  if (word !== undefined) return { kind: 'literal', value: word.text, at };
  if (reader.is('quote') || reader.is('format')) return parseString(reader, grammar);
  reader.expect('punct', '(', ' for a key in a pattern');
  const key = grammar.pipe(reader, true);
  reader.expect('punct', ')', ' after a key in a pattern');
  return key;
}
