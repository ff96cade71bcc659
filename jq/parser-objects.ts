// Object construction: `{a: 1, "b": 2, (.c): 3, $d, e, "f", $g: 4}`.
import type { Node, ObjectEntry } from './ast.ts';
import { type Grammar, parseString } from './parser-strings.ts';
import type { TokenReader } from './token-reader.ts';

export function parseObject(reader: TokenReader, grammar: Grammar): Node {
  const { at } = reader.expect('punct', '{');
  const entries: ObjectEntry[] = [];
  while (!reader.punct('}')) {
    entries.push(parseEntry(reader, grammar));
    if (!reader.accept('punct', ',')) break;
  }
  reader.expect('punct', '}', ' to close an object');
  return { kind: 'object', entries, at };
}

function parseEntry(reader: TokenReader, grammar: Grammar): ObjectEntry {
  const { at } = reader.token;
  const variable = reader.accept('variable');
  if (variable !== undefined) return variableEntry(reader, grammar, variable.text, at);
  const word = reader.accept('identifier') ?? reader.accept('keyword');
  if (word !== undefined) {
    const key: Node = { kind: 'literal', value: word.text, at };
    if (reader.accept('punct', ':')) return { key, value: grammar.pipe(reader, false) };
    return { key, value: fieldOf(key) };
  }
  if (reader.is('quote') || reader.is('format')) {
    const key = parseString(reader, grammar);
    if (reader.accept('punct', ':')) return { key, value: grammar.pipe(reader, false) };
    return { key, value: fieldOf(key) };
  }
  if (!reader.accept('punct', '(')) return reader.fail('May need parentheses around object key expression', at);
  const key = grammar.pipe(reader, true);
  reader.expect('punct', ')', ' after an object key');
  if (key.kind === 'literal' && typeof key.value !== 'string') reader.fail(`Cannot use ${JSON.stringify(key.value)} as object key`, at);
  reader.expect('punct', ':', ' after an object key');
  return { key, value: grammar.pipe(reader, false) };
}

/** `$name`, `$name: value` (the variable holds the key), `$__loc__`. */
function variableEntry(reader: TokenReader, grammar: Grammar, name: string, at: number): ObjectEntry {
  if (reader.accept('punct', ':')) return { key: { kind: 'variable', name, at }, value: grammar.pipe(reader, false) };
  if (name === '__loc__') {
    const line = reader.source.slice(0, at).split('\n').length;
    return { key: { kind: 'literal', value: name, at }, value: { kind: 'literal', value: { file: '<top-level>', line }, at } };
  }
  return { key: { kind: 'literal', value: name, at }, value: { kind: 'variable', name, at } };
}

/** `{"a"}` is `{"a": .["a"]}`. */
function fieldOf(key: Node): Node {
  return { kind: 'index', target: { kind: 'identity', at: key.at }, key, at: key.at };
}
