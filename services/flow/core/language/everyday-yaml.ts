// Text -> tree, quickly, for the YAML that people and programs write every day: maps and lists in block or bracket style, one-line scalars,
// blocks of text, comments. At anything else, right or wrong, it gives up, and yaml.ts reads the text with the library.
// I1 A strict part of the library's language: what it reads has no mistake, and the library reads the same tree, places included
//    (everyday-yaml.test.ts and test/fuzz/yaml.ts compare them). When in doubt it gives up.
// I2 It says nothing: every message about a text is made of what the library read.
// I3 Time is linear in the text, depth bounded below the limits of yaml.ts.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { beginsPlain, BEYOND, blockText, giveUp, plainValue, quotedText } from './everyday-scalars.ts';
import { MAX_DEPTH, MAX_NODES } from './limits.ts';
import type { ListNode, MapNode, Node, ScalarNode, ScalarStyle } from './tree.ts';

/** `column` is that of the place `at` after nextLine, -1 at the end of the text. */
interface Cursor {
  readonly text: string;
  at: number;
  column: number;
  /** Lexemes that may still follow, counted no lower than yaml.ts does. */
  left: number;
}
type Parent = MapNode | ListNode | undefined;
/** Where a node hangs: its parent, its key there, the place of the key (undefined: its own). */
interface Branch {
  readonly parent: Parent;
  readonly key: string | number;
  readonly keyAt: number | undefined;
  readonly depth: number;
}

/** Control characters, odd spaces and odd line ends: nobody types them, and two readers may differ about them. Tabs are judged below. */
const ODD = /[\0-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/;
const DEPTH = MAX_DEPTH / 2;
/** The library's bound is 1,024. */
const MAX_KEY_LENGTH = 1_000;

/** The text must be well formed and free of NUL. Undefined: it is not of this kind. */
export function readEverydayYaml(text: string): Node | undefined {
  if (ODD.test(text)) return undefined;
  const cursor: Cursor = { text, at: text.startsWith('---\n') ? 4 : 0, column: 0, left: MAX_NODES - 2 };
  try {
    nextLine(cursor);
    const root = { parent: undefined, key: '', keyAt: undefined, depth: 0 };
    if (cursor.column !== 0) return undefined;
    const bracket = isBracket(text[cursor.at]);
    // In brackets from the first character on, as JSON is, a tab is a space like any other.
    if (!bracket && text.includes('\t')) return undefined;
    const node = bracket ? readInline(cursor, root, -1) : readBlock(cursor, root, 0);
    return cursor.column < 0 ? node : undefined;
  } catch (error) {
    if (error === BEYOND) return undefined;
    throw error;
  }
}

function spend(cursor: Cursor, lexemes: number): void {
  cursor.left -= lexemes;
  if (cursor.left < 0) giveUp();
}

function inside(branch: Branch, parent: Parent, key: string | number, keyAt?: number): Branch {
  return branch.depth < DEPTH ? { parent, key, keyAt, depth: branch.depth + 1 } : giveUp();
}

const isBracket = (sign: string | undefined): boolean => sign === '{' || sign === '[';
const isQuote = (sign: string | undefined): boolean => sign === '"' || sign === "'";
const isBlank = (sign: string | undefined): boolean => sign === ' ' || sign === '\n' || sign === undefined;
const isDash = (cursor: Cursor): boolean => cursor.text[cursor.at] === '-' && isBlank(cursor.text[cursor.at + 1]);

function skipSpaces(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at++;
}

/** From the beginning of a line to the first that holds more than a comment. */
function nextLine(cursor: Cursor): void {
  const { text } = cursor;
  for (;;) {
    const begin = cursor.at;
    skipSpaces(cursor);
    const sign = text[cursor.at];
    cursor.column = sign === undefined ? -1 : cursor.at - begin;
    if (sign === '#') skipLine(cursor);
    else if (sign === '\n') cursor.at++;
    else return;
  }
}

function skipLine(cursor: Cursor): void {
  const end = cursor.text.indexOf('\n', cursor.at);
  cursor.at = end < 0 ? cursor.text.length : end + 1;
}

/** Nothing but a comment may follow in this line. */
function endLine(cursor: Cursor): void {
  skipSpaces(cursor);
  const sign = cursor.text[cursor.at];
  if (sign === '#' && cursor.text[cursor.at - 1] === ' ') skipLine(cursor);
  else if (sign === '\n') cursor.at++;
  else if (sign !== undefined) giveUp();
  nextLine(cursor);
}

/** A map or a list that begins here and whose lines begin at this column. */
function readBlock(cursor: Cursor, branch: Branch, column: number): Node {
  return isDash(cursor) ? readBlockList(cursor, branch, column) : readBlockMap(cursor, branch, column);
}

function readBlockMap(cursor: Cursor, branch: Branch, column: number): MapNode {
  const entries = new Map<string, Node>();
  const value: JsonObject = {};
  const node = mapNode(branch, cursor.at, entries, value);
  do {
    const keyAt = cursor.at;
    const name = blockKey(cursor);
    if (name === '__proto__' || entries.has(name)) giveUp();
    const child = readBlockValue(cursor, inside(branch, node, name, keyAt), column);
    entries.set(name, child);
    value[name] = child.value;
  } while (cursor.column === column);
  return cursor.column < column ? node : giveUp();
}

/** `name: `, up to what follows the spaces. */
function blockKey(cursor: Cursor): string {
  const { text } = cursor;
  spend(cursor, 2);
  if (isQuote(text[cursor.at])) {
    const { value, end } = quotedText(text, cursor.at);
    if (text[end] !== ':' || !isBlank(text[end + 1]) || end - cursor.at > MAX_KEY_LENGTH) giveUp();
    cursor.at = end + 1;
    return value;
  }
  const line = lineAt(text, cursor.at);
  const length = keyLength(line);
  const name = line.slice(0, length);
  // A line that begins with "---" or "..." would be the end of the document.
  const ends = name.startsWith('---') || name.startsWith('...');
  if (length <= 0 || length > MAX_KEY_LENGTH || ends || !beginsPlain(text, cursor.at) || name.endsWith(' ') || name.includes(' #')) giveUp();
  cursor.at += length + 1;
  return name;
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.slice(at) : text.slice(at, end);
}

/** Length of the key that the line begins with, -1 when it has none. */
function keyLength(line: string): number {
  const colon = line.indexOf(': ');
  return colon >= 0 || !line.endsWith(':') ? colon : line.length - 1;
}

/** What stands after a key: in its line, or below. */
function readBlockValue(cursor: Cursor, branch: Branch, column: number): Node {
  skipSpaces(cursor);
  if (!atLineEnd(cursor)) return readInline(cursor, branch, column);
  endLine(cursor);
  // The items of a list may stand as far left as the key that it belongs to.
  if (cursor.column > column || (cursor.column === column && isDash(cursor))) return readBlock(cursor, branch, cursor.column);
  return giveUp();
}

function atLineEnd({ text, at }: Cursor): boolean {
  const sign = text[at];
  return sign === '\n' || sign === undefined || (sign === '#' && text[at - 1] === ' ');
}

function readBlockList(cursor: Cursor, branch: Branch, column: number): ListNode {
  const items: Node[] = [];
  const value: Json[] = [];
  const node = listNode(branch, cursor.at, items, value);
  do {
    spend(cursor, 1);
    cursor.at++;
    const child = readItem(cursor, inside(branch, node, items.length), column);
    items.push(child);
    value.push(child.value);
  } while (cursor.column === column && isDash(cursor));
  return cursor.column <= column ? node : giveUp();
}

/** What stands after a dash: a map or a list may begin in its line. */
function readItem(cursor: Cursor, branch: Branch, column: number): Node {
  const dash = cursor.at - 1;
  skipSpaces(cursor);
  if (atLineEnd(cursor)) {
    endLine(cursor);
    return cursor.column > column ? readBlock(cursor, branch, cursor.column) : giveUp();
  }
  return isDash(cursor) || beginsMap(cursor) ? readBlock(cursor, branch, column + cursor.at - dash) : readInline(cursor, branch, column);
}

function beginsMap({ text, at }: Cursor): boolean {
  const sign = text[at];
  if (isQuote(sign)) return text[quotedText(text, at).end] === ':';
  return beginsPlain(text, at) && keyLength(lineAt(text, at)) >= 0;
}

/** A scalar or brackets, alone to the end of the line; `column` is that of the block around. */
function readInline(cursor: Cursor, branch: Branch, column: number): Node {
  const { text, at } = cursor;
  const sign = text[at];
  if (sign === '|' || sign === '>') {
    spend(cursor, 2);
    const { value, end } = blockText(text, at, column);
    cursor.at = end;
    nextLine(cursor);
    return scalarNode(branch, at, value, 'block');
  }
  const node = isBracket(sign) ? readBrackets(cursor, branch, column, true) : isQuote(sign) ? readQuoted(cursor, branch) : readPlainLine(cursor, branch);
  endLine(cursor);
  return node;
}

function readQuoted(cursor: Cursor, branch: Branch): ScalarNode {
  const { text, at } = cursor;
  spend(cursor, 1);
  const { value, end } = quotedText(text, at);
  cursor.at = end;
  return scalarNode(branch, at, value, text[at] === '"' ? 'double' : 'single');
}

function readPlainLine(cursor: Cursor, branch: Branch): ScalarNode {
  const { text, at } = cursor;
  spend(cursor, 2);
  if (!beginsPlain(text, at)) giveUp();
  const line = lineAt(text, at);
  const comment = line.indexOf(' #');
  const source = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
  if (keyLength(source) >= 0) giveUp();
  cursor.at += source.length;
  return scalarNode(branch, at, plainValue(source), 'plain');
}

/** `{...}` or `[...]`. Lines inside stand further right than the block around; the last bracket of all may stand below its key. */
function readBrackets(cursor: Cursor, branch: Branch, column: number, isOutermost: boolean): Node {
  const { text, at } = cursor;
  spend(cursor, 1);
  const isMap = text[at] === '{';
  const close = isMap ? '}' : ']';
  const entries = new Map<string, Node>();
  const items: Node[] = [];
  const object: JsonObject = {};
  const array: Json[] = [];
  const node = isMap ? mapNode(branch, at, entries, object) : listNode(branch, at, items, array);
  const last = isOutermost ? close : undefined;
  cursor.at++;
  skipBlanks(cursor, column, last);
  if (text[cursor.at] !== close) {
    for (;;) {
      const keyAt = cursor.at;
      const name = isMap ? keyInBrackets(cursor) : items.length;
      if (isMap) skipBlanks(cursor, column);
      const child = readInBrackets(cursor, inside(branch, node, name, isMap ? keyAt : undefined), column);
      if (typeof name === 'string') {
        if (name === '__proto__' || entries.has(name)) giveUp();
        entries.set(name, child);
        object[name] = child.value;
      } else {
        items.push(child);
        array.push(child.value);
      }
      skipBlanks(cursor, column, last);
      if (text[cursor.at] === close) break;
      if (text[cursor.at] !== ',') giveUp();
      cursor.at++;
      skipBlanks(cursor, column);
    }
  }
  cursor.at++;
  return node;
}

/** Spaces and line ends inside brackets. */
function skipBlanks(cursor: Cursor, column: number, close?: string): void {
  const { text } = cursor;
  let begin = -1;
  for (let sign = text[cursor.at]; sign === ' ' || sign === '\n' || sign === '\t'; sign = text[++cursor.at]) if (sign === '\n') begin = cursor.at + 1;
  if (begin < 0) return;
  const indent = cursor.at - begin;
  if (indent > column || (indent === column && text[cursor.at] === close)) return;
  giveUp();
}

/** `name:`, after which a space must follow unless the name is quoted. */
function keyInBrackets(cursor: Cursor): string {
  const { text, at } = cursor;
  spend(cursor, 2);
  const quoted = isQuote(text[at]);
  const { value, end } = quoted ? quotedText(text, at) : plainInBrackets(text, at);
  if (text[end] !== ':' || end - at > MAX_KEY_LENGTH || (!quoted && !isBlank(text[end + 1]))) giveUp();
  cursor.at = end + 1;
  return value;
}

function readInBrackets(cursor: Cursor, branch: Branch, column: number): Node {
  const { text, at } = cursor;
  if (isBracket(text[at])) return readBrackets(cursor, branch, column, false);
  if (isQuote(text[at])) return readQuoted(cursor, branch);
  spend(cursor, 2);
  const { value, end } = plainInBrackets(text, at);
  cursor.at = end;
  return scalarNode(branch, at, plainValue(value), 'plain');
}

/** Ends before a bracket, a comma, a line end, or a colon that makes it a key. */
function plainInBrackets(text: string, at: number): { value: string; end: number } {
  if (!beginsPlain(text, at)) giveUp();
  let end = at;
  for (let i = at; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === ',' || sign === '[' || sign === ']' || sign === '{' || sign === '}' || sign === '\n' || sign === '\t' || sign === '#') break;
    if (sign === ':' && /[\s,[\]{}]|^$/.test(text[i + 1] ?? '')) break;
    if (sign !== ' ') end = i + 1;
  }
  const value = text.slice(at, end);
  return value === '' || value.startsWith('---') || value.startsWith('...') ? giveUp() : { value, end };
}

function mapNode({ parent, key, keyAt }: Branch, at: number, entries: ReadonlyMap<string, Node>, value: JsonObject): MapNode {
  return { kind: 'map', parent, key, at, keyAt: keyAt ?? at, entries, value };
}
function listNode({ parent, key, keyAt }: Branch, at: number, items: readonly Node[], value: Json[]): ListNode {
  return { kind: 'list', parent, key, at, keyAt: keyAt ?? at, items, value };
}
function scalarNode({ parent, key, keyAt }: Branch, at: number, value: ScalarNode['value'], style: ScalarStyle): ScalarNode {
  return { kind: 'scalar', parent, key, at, keyAt: keyAt ?? at, value, style };
}
