// Writes what really came into `expect.result` of a check file, and leaves everything else as it is, comments included.
// I1 Only a result that is expected and differs, or a case that expects nothing yet, is written; other failures are a person's business.
// I2 The text is edited where the value stands. Should that ever mean something else than the edited document, the document is printed whole.
import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isPair, isScalar, isSeq, parseDocument, stringify, type Document, type Pair, type YAMLMap } from 'yaml';
import type { Json } from '@palace/jq/jq.ts';
import type { CaseResult } from './run-checks.ts';

export interface Updated {
  readonly text: string;
  readonly count: number;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** `cases`: of this very text, by name. */
export function updatedText(source: string, cases: readonly CaseResult[]): Updated {
  const document = parseDocument(source, { version: '1.2' });
  const list = document.get('cases');
  if (!isSeq(list)) return { text: source, count: 0 };
  const edits: (Edit | undefined)[] = [];
  for (const [nth, item] of list.items.entries()) {
    const result = isMap(item) ? cases.find(({ one }) => one.name === item.get('name')) : undefined;
    if (result === undefined || !isMap(item) || !wantsUpdate(result)) continue;
    const value = result.output ?? null;
    edits.push(editOf(source, item, value));
    document.setIn(['cases', nth, 'expect', 'result'], document.createNode(value, { aliasDuplicateObjects: false }));
  }
  return { text: edits.length === 0 ? source : textOf(source, edits, document), count: edits.length };
}

function wantsUpdate({ one, failures, stubs, output }: CaseResult): boolean {
  if (output === undefined || stubs.length > 0) return false;
  return one.expect.isBlank || (one.expect.result !== undefined && failures.some(({ isResult }) => isResult === true));
}

function textOf(source: string, edits: readonly (Edit | undefined)[], document: Document): string {
  let text = source;
  for (const edit of edits.toReversed()) {
    if (edit === undefined) return document.toString({ lineWidth: 0, singleQuote: true });
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  }
  const reread = parseDocument(text, { version: '1.2' });
  return reread.errors.length === 0 && isDeepStrictEqual(reread.toJS(), document.toJS()) ? text : document.toString({ lineWidth: 0, singleQuote: true });
}

/** Undefined: this case is not written in a manner that can be edited in place. */
function editOf(source: string, item: YAMLMap, value: Json): Edit | undefined {
  if (item.flow === true) return undefined;
  const indent = columnOf(source, item);
  const expect = pairOf(item, 'expect');
  if (expect === undefined) {
    const from = endOfLine(source, item.range?.[1] ?? 0);
    return { from, to: from, text: `${source[from - 1] === '\n' ? '' : '\n'}${indent}expect:\n${indent}  result:${placed(value, `${indent}    `, false)}\n` };
  }
  if (!isMap(expect.value) || expect.value.flow === true) return blank(source, expect, value, indent);
  const result = pairOf(expect.value, 'result');
  const node = result?.value;
  if (result === undefined || !isNode(node) || !node.range) return undefined;
  const isInline = isScalar(node) || ((isMap(node) || isSeq(node)) && node.flow === true);
  const [from, to] = [source.lastIndexOf(':', node.range[0]) + 1, node.range[1]];
  const tail = source[to - 1] === '\n' ? '\n' : '';
  return { from, to, text: `${placed(value, `${columnOf(source, expect.value)}  `, isInline)}${tail}` };
}

/** `expect: {}`. */
function blank(source: string, expect: Pair, value: Json, indent: string): Edit | undefined {
  const node = expect.value;
  if (!isMap(node) || node.items.length > 0 || !node.range) return undefined;
  return { from: source.lastIndexOf(':', node.range[0]) + 1, to: node.range[1], text: `\n${indent}  result:${placed(value, `${indent}    `, false)}` };
}

const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((pair): pair is Pair => isPair(pair) && isScalar(pair.key) && pair.key.value === key);

/** The spaces before the first key of a map in lines. */
function columnOf(source: string, map: YAMLMap): string {
  const at = map.range?.[0] ?? 0;
  return ' '.repeat(at - (source.lastIndexOf('\n', at - 1) + 1));
}

function endOfLine(source: string, at: number): number {
  if (source[at - 1] === '\n') return at;
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end + 1;
}

const MAX_INLINE = 120;

/** After the colon: on the same line where it fits and stood so, or is no list and no map; otherwise on lines of its own. */
function placed(value: Json, indent: string, isInline: boolean): string {
  const isPlain = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  const flow = isPlain ? stringify(value, { lineWidth: 0, singleQuote: true, defaultStringType: 'PLAIN' }).trimEnd() : inline(value);
  if (!flow.includes('\n') && (isPlain || (isInline && flow.length <= MAX_INLINE))) return ` ${flow}`;
  if (isPlain) return ` ${JSON.stringify(value)}`;
  const lines = stringify(value, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false }).trimEnd().split('\n');
  return `\n${lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n')}`;
}

const inline = (value: Json): string => stringify(value, { lineWidth: 0, singleQuote: true, collectionStyle: 'flow', aliasDuplicateObjects: false }).trimEnd();
