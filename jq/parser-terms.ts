// Terms: literals, strings, `.path` steps, arrays, objects, calls, `if`, `try`, `reduce`, `foreach`, `break`.
import type { Node } from './ast.ts';
import type { Json } from './json.ts';
import { parseObject } from './parser-objects.ts';
import { parsePatterns } from './parser-patterns.ts';
import { type Grammar, parseString } from './parser-strings.ts';
import type { TokenReader } from './token-reader.ts';

const CONSTANTS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['true', true],
  ['false', false],
]);

/** A term with its suffixes, perhaps negated. */
export function parseTerm(reader: TokenReader, grammar: Grammar): Node {
  const minus = reader.accept('punct', '-');
  if (minus !== undefined) {
    const body = reader.nested(() => parseTerm(reader, grammar));
    const number = body.kind === 'literal' && typeof body.value === 'number' ? -body.value : undefined;
    return number === undefined ? { kind: 'negate', body, at: minus.at } : { kind: 'literal', value: number, at: minus.at };
  }
  return parseSuffixes(reader, grammar, parsePrimary(reader, grammar));
}

function parseSuffixes(reader: TokenReader, grammar: Grammar, start: Node): Node {
  let node = start;
  // Whether the node is a step that a `?` right here belongs to.
  const last = reader.ahead(-1)?.kind;
  let step = start.kind === 'index' && (last === 'field' || last === 'unquote');
  for (let count = 0; count <= 250; count++) {
    const { at } = reader.token;
    const field = reader.accept('field');
    const excused = field === undefined && reader.accept('punct', '?') !== undefined;
    if (field !== undefined) node = { kind: 'index', target: node, key: { kind: 'literal', value: field.text, at }, at };
    else if (excused) node = step ? optional(node) : { kind: 'try', body: node, handler: undefined, at };
    else if (reader.punct('[')) node = parseBracket(reader, grammar, node);
    else if (reader.punct('.') && startsStep(reader)) {
      reader.take();
      node = parseStep(reader, grammar, node);
    } else return node;
    step = !excused;
  }
  return reader.fail('more than 250 steps in one path');
}

function optional(node: Node): Node {
  return node.kind === 'index' || node.kind === 'slice' || node.kind === 'iterate' ? { ...node, optional: true } : node;
}

function startsStep(reader: TokenReader): boolean {
  const next = reader.ahead(1);
  return next?.kind === 'quote' || next?.kind === 'format' || (next?.kind === 'punct' && next.text === '[');
}

/** What may follow a `.`: `["key"]`, `"key"`. */
function parseStep(reader: TokenReader, grammar: Grammar, target: Node): Node {
  if (reader.punct('[')) return parseBracket(reader, grammar, target);
  const { at } = reader.token;
  return { kind: 'index', target, key: parseString(reader, grammar), at };
}

function parseBracket(reader: TokenReader, grammar: Grammar, target: Node): Node {
  const { at } = reader.expect('punct', '[');
  if (reader.accept('punct', ']')) return { kind: 'iterate', target, at };
  if (reader.accept('punct', ':')) {
    const to = grammar.pipe(reader, true);
    reader.expect('punct', ']', ' after a slice');
    return { kind: 'slice', target, from: undefined, to, at };
  }
  const key = grammar.pipe(reader, true);
  if (reader.accept('punct', ']')) return { kind: 'index', target, key, at };
  reader.expect('punct', ':', ' or ] in an index');
  const to = reader.punct(']') ? undefined : grammar.pipe(reader, true);
  reader.expect('punct', ']', ' after a slice');
  return { kind: 'slice', target, from: key, to, at };
}

function parsePrimary(reader: TokenReader, grammar: Grammar): Node {
  const { kind, text, at } = reader.token;
  switch (kind) {
    case 'number':
      reader.take();
      return { kind: 'literal', value: Number(text), at };
    case 'quote':
      return parseString(reader, grammar);
    case 'format':
      if (reader.ahead(1)?.kind === 'quote') return parseString(reader, grammar);
      reader.take();
      return { kind: 'format', name: text, at };
    case 'field':
      reader.take();
      return { kind: 'index', target: { kind: 'identity', at }, key: { kind: 'literal', value: text, at }, at };
    case 'variable':
      reader.take();
      if (text === '__loc__') return location(reader, at);
      return { kind: 'variable', name: text, at };
    case 'identifier':
      return parseCall(reader, grammar);
    case 'keyword':
      return parseKeyword(reader, grammar);
    default:
      return parsePunct(reader, grammar);
  }
}

/** `$__loc__`: the line of the program it stands in. */
function location(reader: TokenReader, at: number): Node {
  const line = reader.source.slice(0, at).split('\n').length;
  return { kind: 'literal', value: { file: '<top-level>', line }, at };
}

function parsePunct(reader: TokenReader, grammar: Grammar): Node {
  const { text, at } = reader.token;
  switch (text) {
    case '.':
      reader.take();
      if (reader.is('quote') || reader.is('format')) return parseStep(reader, grammar, { kind: 'identity', at });
      return { kind: 'identity', at };
    case '..':
      reader.take();
      return { kind: 'recurse', at };
    case '(': {
      reader.take();
      const inner = grammar.pipe(reader, true);
      reader.expect('punct', ')', ' to close a parenthesis');
      return inner;
    }
    case '[': {
      reader.take();
      if (reader.accept('punct', ']')) return { kind: 'literal', value: [], at };
      const body = grammar.pipe(reader, true);
      reader.expect('punct', ']', ' to close an array');
      return { kind: 'array', body, at };
    }
    case '{':
      return parseObject(reader, grammar);
    default:
      return reader.unexpected();
  }
}

function parseCall(reader: TokenReader, grammar: Grammar): Node {
  const { text: name, at } = reader.take();
  const args: Node[] = [];
  if (reader.accept('punct', '(')) {
    do args.push(grammar.pipe(reader, true));
    while (reader.accept('punct', ';'));
    reader.expect('punct', ')', ` after the arguments of ${name}`);
  } else {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: 'literal', value: constant, at };
  }
  return { kind: 'call', name, args, at };
}

function parseKeyword(reader: TokenReader, grammar: Grammar): Node {
  const { text, at } = reader.take();
  switch (text) {
    case 'if':
      return parseIf(reader, grammar, at);
    case 'try': {
      const body = reader.nested(() => parseTerm(reader, grammar));
      const handler = reader.accept('keyword', 'catch') ? reader.nested(() => parseTerm(reader, grammar)) : undefined;
      return { kind: 'try', body, handler, at };
    }
    case 'reduce':
    case 'foreach':
      return parseFold(reader, grammar, text, at);
    case 'break':
      return { kind: 'break', name: reader.expect('variable', undefined, ' after break').text, at };
    default:
      return reader.fail(`unexpected ${text}`, at);
  }
}

function parseIf(reader: TokenReader, grammar: Grammar, at: number): Node {
  const condition = grammar.pipe(reader, true);
  reader.expect('keyword', 'then', ' in an if');
  const then = grammar.pipe(reader, true);
  if (reader.accept('keyword', 'end')) return { kind: 'if', condition, then, otherwise: undefined, at };
  const elif = reader.accept('keyword', 'elif');
  if (elif !== undefined) {
    const otherwise = reader.nested(() => parseIf(reader, grammar, elif.at));
    return { kind: 'if', condition, then, otherwise, at };
  }
  reader.expect('keyword', 'else', ', elif or end in an if');
  const otherwise = grammar.pipe(reader, true);
  reader.expect('keyword', 'end', ' to close an if');
  return { kind: 'if', condition, then, otherwise, at };
}

function parseFold(reader: TokenReader, grammar: Grammar, kind: 'reduce' | 'foreach', at: number): Node {
  const source = reader.nested(() => grammar.operators(reader));
  reader.expect('keyword', 'as', ` in a ${kind}`);
  const patterns = parsePatterns(reader, grammar);
  reader.expect('punct', '(', ` in a ${kind}`);
  const init = grammar.pipe(reader, true);
  reader.expect('punct', ';', ` in a ${kind}`);
  const update = grammar.pipe(reader, true);
  const extract = kind === 'foreach' && reader.accept('punct', ';') ? grammar.pipe(reader, true) : undefined;
  reader.expect('punct', ')', ` to close a ${kind}`);
  return kind === 'reduce' ? { kind, source, patterns, init, update, at } : { kind, source, patterns, init, update, extract, at };
}
