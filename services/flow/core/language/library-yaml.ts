// Text -> tree by the library, for what everyday-yaml.ts leaves: all of YAML 1.2 that has one meaning, and every mistake.
// I1 Depth and number of nodes are bounded before anything recursive runs over the text.
// I2 Duplicate keys are found by a set per map (the library's own check is quadratic).
// I3 What comes out fulfils I1 of tree.ts.
import { Composer, Lexer, Parser, isMap, isScalar, isSeq, type CST, type Document, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { JsonObject } from '@palace/jq/json.ts';
import { MAX_DEPTH, MAX_NODES } from './limits.ts';
import type { Report } from './report.ts';
import { escapePointer, pathOf, type ListNode, type MapNode, type Node, type ScalarNode, type ScalarStyle } from './tree.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The document's tree, or undefined with messages in the report. The text is bounded, well formed and free of NUL. */
export function readLibraryYaml(report: Report): Node | undefined {
  const documents = parse(report);
  if (documents === undefined) return undefined;
  const [document, second] = documents;
  if (document === undefined || document.contents === null) return refuse(report, 0, 'The document is empty.', 'Begin with "document:".');
  if (second !== undefined) return refuse(report, second.range[0], 'Only one document per file.', 'Put the second document into its own file.');
  if (sayComplaints(report, document)) return undefined;
  const root = build(report, document.contents, undefined, '', document.contents.range[0]);
  return report.failed() ? undefined : root;
}

/** A failure of the library itself is a fault of the text to its author. */
function parse(report: Report): Document.Parsed[] | undefined {
  try {
    const tokens = tokenize(report);
    return tokens === undefined || !plainTokens(report, tokens) ? undefined : compose(tokens);
  } catch (error) {
    return refuse(report, 0, `The text cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function refuse(report: Report, offset: number, message: string, suggestion?: string): undefined {
  report.errorAt(offset, '', message, suggestion);
  return undefined;
}

/** What the lexemes of nodes begin with: the mark before a plain scalar, quotes, brackets, block scalars, entries. */
const BEGINS_NODE: ReadonlySet<number> = new Set(['\x1f', '"', "'", '[', '{', '|', '>', '-', '?'].map((sign) => sign.charCodeAt(0)));

/** The library's parser keeps its open collections on an explicit stack: its height is the depth, known while reading. */
function tokenize(report: Report): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let nodes = 0;
  for (const lexeme of new Lexer().lex(report.text)) {
    if (BEGINS_NODE.has(lexeme.charCodeAt(0)) && ++nodes > MAX_NODES) return refuse(report, parser.offset, `The document has more than ${MAX_NODES} values.`);
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH + 3) return refuse(report, parser.offset, `The document is nested deeper than ${MAX_DEPTH} levels.`);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

const REFUSED: Partial<Record<CST.Token['type'], readonly [message: string, suggestion: string]>> = {
  tag: ['Tags are not accepted.', 'Leave the tag out; quote the value if it is text.'],
  anchor: ['Anchors and aliases are not accepted.', 'Write the value out where it is used.'],
  alias: ['Anchors and aliases are not accepted.', 'Write the value out where it is used.'],
  directive: ['YAML directives are not accepted.', 'Leave the line out; the text is read as YAML 1.2.'],
};

/** Walks the concrete tokens and refuses what is not plain. */
function plainTokens(report: Report, tokens: readonly CST.Token[]): boolean {
  const open: CST.Token[] = [...tokens].reverse();
  let fine = true;
  const push = (list: readonly CST.Token[] | undefined): void => {
    for (let i = (list?.length ?? 0) - 1; i >= 0; i--) open.push(list![i]!);
  };
  for (let token = open.pop(); token !== undefined; token = open.pop()) {
    const refused = REFUSED[token.type];
    if (refused !== undefined) {
      report.errorAt(token.offset, '', refused[0], refused[1]);
      fine = false;
    }
    if (token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection') {
      for (let i = token.items.length - 1; i >= 0; i--) {
        const item = token.items[i]!;
        if (item.value) open.push(item.value);
        push(item.sep);
        if (item.key) open.push(item.key);
        push(item.start);
      }
    } else if (token.type === 'document') {
      if (token.value) open.push(token.value);
      push(token.start);
    } else if (token.type === 'block-scalar') push(token.props);
  }
  return fine;
}

function compose(tokens: readonly CST.Token[]): Document.Parsed[] {
  const composer = new Composer<ParsedNode, true>({ version: '1.2', schema: 'core', uniqueKeys: false, strict: true, prettyErrors: false });
  return [...composer.compose(tokens as CST.Token[])];
}

const COMPLAINTS: Readonly<Record<string, readonly [message: string, suggestion?: string]>> = {
  TAB_AS_INDENT: ['A tab cannot indent.', 'Indent with spaces.'],
  BAD_INDENT: ['The indentation does not fit the lines above.', 'Align keys of one map, with spaces.'],
  MULTILINE_IMPLICIT_KEY: ['A key must stand on one line, followed by ":" and a space.', 'Is a ":" or a quote missing in the line?'],
  BLOCK_AS_IMPLICIT_KEY: ['A second ":" stands where only a value can be.', 'Quote the value, or put the inner map on lines of its own.'],
  BAD_DQ_ESCAPE: ['This escape is not known in a double-quoted text.', 'Write the backslash twice, or use single quotes.'],
  MULTIPLE_DOCS: ['Only one document per file.', 'Put the second document into its own file.'],
  BAD_SCALAR_START: ['A value cannot begin with this character.', 'Quote the value.'],
  BLOCK_IN_FLOW: ['An indented block cannot stand inside [ ] or { }.', 'Close the bracket first, or write all of it in brackets.'],
  KEY_OVER_1024_CHARS: ['A key is longer than 1024 characters.'],
};

function complaintWords(code: string, message: string, inExpression: boolean): readonly [message: string, suggestion?: string] {
  if (inExpression)
    return ['YAML cannot read this expression without quotes: it holds ": " or " #".', 'Put \'...\' around it, or write it as a block after ">-".'];
  const bracket = /end with a ([\]}])/.exec(message)?.[1];
  if (bracket !== undefined) return [`A bracket is not closed: "${bracket}" is missing.`];
  if (/^Missing closing .*quote/.test(message)) return ['A quoted text is not closed.', 'Add the closing quote.'];
  return COMPLAINTS[code] ?? [`The text is not valid YAML: ${message.replace(/\.$/, '')}.`];
}

/** Errors and warnings of the library, in our words where we know better. True when there were any. */
function sayComplaints(report: Report, document: Document.Parsed): boolean {
  const said = new Set<number>();
  for (const complaint of [...document.errors, ...document.warnings]) {
    // What follows at the same place is a consequence of the first.
    if (said.has(complaint.pos[0])) continue;
    said.add(complaint.pos[0]);
    const [message, suggestion] = complaintWords(complaint.code, complaint.message.split('\n')[0] ?? '', report.text.startsWith('${', complaint.pos[0]));
    report.errorAt(complaint.pos[0], '', message, suggestion);
  }
  return document.errors.length + document.warnings.length > 0;
}

type Parent = MapNode | ListNode | undefined;

function build(report: Report, source: unknown, parent: Parent, key: string | number, keyAt: number): Node {
  if (isMap(source)) return buildMap(report, source as YAMLMap.Parsed, parent, key, keyAt);
  if (isSeq(source)) return buildList(report, source as YAMLSeq.Parsed, parent, key, keyAt);
  if (isScalar(source)) return buildScalar(report, source as Scalar.Parsed, parent, key, keyAt);
  return { kind: 'scalar', parent, key, at: keyAt, keyAt, value: null, style: 'plain' };
}

function buildMap(report: Report, source: YAMLMap.Parsed, parent: Parent, key: string | number, keyAt: number): MapNode {
  const entries = new Map<string, Node>();
  const value: JsonObject = {};
  const node: MapNode = { kind: 'map', parent, key, at: source.range[0], keyAt, entries, value };
  for (const pair of source.items) {
    const name = keyOf(report, node, pair.key);
    if (name === undefined) continue;
    const at = pair.key.range[0];
    if (entries.has(name)) {
      report.errorAt(at, `${pathOf(node)}/${escapePointer(name)}`, `The key "${name}" is written twice.`, 'Keep one of them.');
      continue;
    }
    const child = build(report, pair.value, node, name, at);
    entries.set(name, child);
    value[name] = child.value;
  }
  return node;
}

function keyOf(report: Report, map: MapNode, source: unknown): string | undefined {
  const at = isScalar(source) || isMap(source) || isSeq(source) ? (source.range?.[0] ?? map.at) : map.at;
  const refused = (message: string, suggestion?: string): undefined => void report.errorAt(at, pathOf(map), message, suggestion);
  if (!isScalar(source)) return refused('A key must be text.', 'Quote it if it begins with [ or {.');
  const name = typeof source.value === 'string' ? source.value : (source.source ?? '');
  if (name === '' && typeof source.value !== 'string') return refused('A key is missing before ":".');
  if (name === '__proto__') return refused('The key "__proto__" is not accepted.', 'Choose another name.');
  if (name.includes('\0') || !name.isWellFormed()) return refused('A key contains a NUL character or half of a surrogate pair.');
  return name;
}

function buildList(report: Report, source: YAMLSeq.Parsed, parent: Parent, key: string | number, keyAt: number): ListNode {
  const items: Node[] = [];
  const node: Writable<ListNode> = { kind: 'list', parent, key, at: source.range[0], keyAt, items, value: [] };
  for (const item of source.items) {
    const at = isScalar(item) || isMap(item) || isSeq(item) ? (item.range?.[0] ?? node.at) : node.at;
    items.push(build(report, item, node, items.length, at));
  }
  node.value = items.map((item) => item.value);
  return node;
}

const STYLES: Readonly<Record<string, ScalarStyle>> = { QUOTE_SINGLE: 'single', QUOTE_DOUBLE: 'double', BLOCK_LITERAL: 'block', BLOCK_FOLDED: 'block' };

function buildScalar(report: Report, source: Scalar.Parsed, parent: Parent, key: string | number, keyAt: number): ScalarNode {
  const raw = source.value as unknown;
  const value = raw === null || typeof raw === 'boolean' || typeof raw === 'number' || typeof raw === 'string' ? raw : String(raw);
  const node: ScalarNode = { kind: 'scalar', parent, key, at: source.range[0], keyAt, value, style: STYLES[source.type ?? ''] ?? 'plain' };
  if (typeof value === 'number' && !Number.isFinite(value)) report.error(node, 'This number is not finite.', 'Quote it if it is text.');
  else if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(source.source)) {
    report.error(node, 'This whole number is too large to be kept exactly.', 'Quote it and treat it as text.');
  } else if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
    report.error(node, 'The text contains a NUL character or half of a surrogate pair.');
  }
  return node;
}
