// Grammar above terms: pipes, commas, operators by binding strength, `as`, `def`, `label`. Terms are in parser-terms.ts.
//   loosest  |   ,   //   = |= += -= *= /= %= //=   or   and   == != < <= > >=   + -   * / %   tightest
import type { BinaryOperator, FunctionNode, Node, Parameter, UpdateOperator } from './ast.ts';
import type { Grammar } from './parser-strings.ts';
import { parseTerm } from './parser-terms.ts';
import { parsePatterns } from './parser-patterns.ts';
import { TokenReader } from './token-reader.ts';

type Level = 'alternative' | 'update' | 'or' | 'and' | 'compare' | 'sum' | 'product';
const STRENGTH: Readonly<Record<Level, number>> = { alternative: 1, update: 2, or: 3, and: 4, compare: 5, sum: 6, product: 7 };

const LEVELS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['//', 'alternative'],
  ...['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='].map((text): [string, Level] => [text, 'update']),
  ['or', 'or'],
  ['and', 'and'],
  ...['==', '!=', '<', '<=', '>', '>='].map((text): [string, Level] => [text, 'compare']),
  ...['+', '-'].map((text): [string, Level] => [text, 'sum']),
  ...['*', '/', '%'].map((text): [string, Level] => [text, 'product']),
]);

const EXCLUDED_KEYWORDS = new Set(['import', 'include', 'module']);

export function parse(source: string): Node {
  const reader = new TokenReader(source);
  refuseModules(reader);
  const node = reader.is('end') ? ({ kind: 'identity', at: 0 } as const) : parseProgram(reader);
  if (!reader.is('end')) reader.unexpected();
  return node;
}

function refuseModules(reader: TokenReader): void {
  if (reader.is('keyword') && EXCLUDED_KEYWORDS.has(reader.token.text)) {
    reader.fail(`${reader.token.text} is not available: programs stand alone, without modules or files`);
  }
}

/** A whole program; one that holds definitions only stands for the identity. */
function parseProgram(reader: TokenReader): Node {
  return parsePipe(reader, true, true);
}

/** Definitions alone, for the builtins written in jq. */
export function parseDefinitions(source: string): FunctionNode[] {
  const reader = new TokenReader(source);
  const found: FunctionNode[] = [];
  while (!reader.is('end')) found.push(parseDefinition(reader));
  return found;
}

function parsePipe(reader: TokenReader, commas: boolean, mayEnd = false): Node {
  return reader.nested(() => {
    const at = reader.token.at;
    if (reader.is('keyword', 'def')) {
      const definition = parseDefinition(reader);
      const body: Node = mayEnd && reader.is('end') ? { kind: 'identity', at } : parsePipe(reader, commas, mayEnd);
      return { kind: 'define', definition, body, at };
    }
    const left = commas ? parseCommas(reader) : parseBinding(reader, commas);
    const pipe = reader.accept('punct', '|');
    return pipe === undefined ? left : { kind: 'pipe', left, right: parsePipe(reader, commas), at: pipe.at };
  });
}

function parseCommas(reader: TokenReader): Node {
  const first = parseBinding(reader, true);
  if (!reader.punct(',')) return first;
  const items = [first];
  while (reader.accept('punct', ',')) items.push(parseBinding(reader, true));
  return { kind: 'comma', items, at: first.at };
}

/** Operators, perhaps followed by `as`: the whole of `a + b as $x | ...` is bound. */
function parseBinding(reader: TokenReader, commas: boolean): Node {
  const { at } = reader.token;
  const source = parseOperators(reader, 0, commas);
  if (!reader.accept('keyword', 'as')) return source;
  const patterns = parsePatterns(reader, GRAMMAR);
  reader.expect('punct', '|', ' after the pattern');
  return { kind: 'bind', source, patterns, body: parsePipe(reader, commas), at };
}

function levelOf(reader: TokenReader): Level | undefined {
  const { kind, text } = reader.token;
  return kind === 'punct' || kind === 'keyword' ? LEVELS.get(text) : undefined;
}

function parseOperators(reader: TokenReader, weakest: number, commas: boolean): Node {
  let left = parseOperand(reader, commas);
  let chained = 0;
  for (let level = levelOf(reader); level !== undefined && STRENGTH[level] > weakest; level = levelOf(reader)) {
    const { text, at } = reader.take();
    const strength = STRENGTH[level];
    // `//` groups to the right; the others to the left; comparisons and updates do not chain at all.
    const right = reader.nested(() => parseOperators(reader, level === 'alternative' ? strength - 1 : strength, commas));
    left = joined(level, text, left, right, at);
    if ((level === 'compare' || level === 'update') && levelOf(reader) === level) reader.unexpected();
    if (++chained > 250) reader.fail('more than 250 operators in one chain');
  }
  return left;
}

function joined(level: Level, text: string, left: Node, right: Node, at: number): Node {
  switch (level) {
    case 'alternative':
      return { kind: 'alternative', left, right, at };
    case 'update':
      return { kind: 'update', operator: text as UpdateOperator, target: left, value: right, at };
    case 'or':
    case 'and':
      return { kind: 'logic', operator: level, left, right, at };
    default:
      return { kind: 'binary', operator: text as BinaryOperator, left, right, at };
  }
}

/** An operand: a term, or a form that takes everything to its right. */
function parseOperand(reader: TokenReader, commas: boolean): Node {
  const { at } = reader.token;
  if (reader.is('keyword', 'def')) {
    return { kind: 'define', definition: parseDefinition(reader), body: parsePipe(reader, commas), at };
  }
  if (reader.accept('keyword', 'label')) {
    const name = reader.expect('variable', undefined, ' after label').text;
    reader.expect('punct', '|', ' after label');
    return { kind: 'label', name, body: parsePipe(reader, commas), at };
  }
  refuseModules(reader);
  return parseTerm(reader, GRAMMAR);
}

function parseDefinition(reader: TokenReader): FunctionNode {
  const { at } = reader.expect('keyword', 'def');
  const name = reader.is('keyword') ? reader.take().text : reader.expect('identifier', undefined, ' as the name of a function').text;
  const parameters: Parameter[] = [];
  if (reader.accept('punct', '(')) {
    do parameters.push(parseParameter(reader));
    while (reader.accept('punct', ';'));
    reader.expect('punct', ')', ' after the parameters');
  }
  reader.expect('punct', ':', ` in the definition of ${name}`);
  const body = parsePipe(reader, true);
  reader.expect('punct', ';', ` after the definition of ${name}`);
  return { name, parameters, body, at };
}

function parseParameter(reader: TokenReader): Parameter {
  const variable = reader.accept('variable');
  if (variable !== undefined) return { name: variable.text, byValue: true };
  const name = reader.is('keyword') ? reader.take() : reader.expect('identifier', undefined, ' as a parameter');
  return { name: name.text, byValue: false };
}

const GRAMMAR: Grammar = { pipe: parsePipe, operators: (reader) => parseOperators(reader, 0, true) };
