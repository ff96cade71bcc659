// Where in a flow's YAML a cursor stands, while the text is still wrong: which maps and lists are around it, and whether a key or a value is
// being written. Pure; reads lines and their indentation, and braces on the cursor's own line.

/** A map around the cursor, from the outside in: the keys that it has with what stands behind each on its line. */
export interface Level {
  /** How one came into it: by a key of the map before, or as an item of a list. */
  readonly by: string | undefined;
  readonly isItem: boolean;
  readonly keys: ReadonlyMap<string, string>;
}
export interface CursorPlace {
  readonly levels: readonly Level[];
  /** Undefined while a key is being written. */
  readonly key: string | undefined;
  readonly typed: string;
  /** Offset where what is typed begins. */
  readonly from: number;
  readonly indent: number;
  /** It stands in braces: everything goes on one line. */
  readonly inBraces: boolean;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s:#,{}[\]"'&*!|>%@`][^:#,{}[\]]*?)\s*:(?:\s+(.*))?$/;

export function cursorPlace(text: string, offset: number): CursorPlace | undefined {
  const lines = text.split('\n');
  const before = text.slice(0, offset).split('\n');
  const row = before.length - 1;
  const written = before[row] ?? '';
  if (isInBlockText(lines, row)) return undefined;
  const braces = bracesIn(written);
  const head = /^(\s*(?:-\s+)*)(.*)$/s.exec(braces === undefined ? written : written.slice(0, braces.start)) ?? ['', '', ''];
  const indent = head[1]?.length ?? 0;
  const levels = levelsAt(lines, row, indent, written);
  if (braces !== undefined) return placeInBraces(levels, braces, head[2] ?? '', offset, indent);
  return placeInLine(levels, head[2] ?? '', offset, indent);
}

function placeInLine(levels: readonly Level[], content: string, offset: number, indent: number): CursorPlace | undefined {
  const value = /^([\w./@~-]+|"[^"]*"|'[^']*'):\s+(["']?)([^"'#]*)$/.exec(content);
  if (value !== null) return { levels, key: unquoted(value[1] ?? ''), typed: value[3] ?? '', from: offset - (value[3] ?? '').length, indent, inBraces: false };
  if (!/^[\w./@~-]*$/.test(content)) return undefined;
  return { levels, key: undefined, typed: content, from: offset - content.length, indent, inBraces: false };
}

interface Braces {
  /** Where the outermost open brace stands, without its key. */
  readonly start: number;
  readonly levels: readonly { readonly by: string | undefined; readonly isItem: boolean; readonly body: string }[];
}

function placeInBraces(levels: readonly Level[], { levels: open }: Braces, content: string, offset: number, indent: number): CursorPlace | undefined {
  const inside = open.map(({ by, isItem, body }): Level => ({ by, isItem, keys: keysInBraces(body) }));
  const last = open.at(-1)?.body ?? '';
  const part = last.slice(last.lastIndexOf(',') + 1).trimStart();
  const all = [...levels.map((level, i) => (i === levels.length - 1 ? withKey(level, open[0]?.by) : level)), ...inside];
  const value = /^([\w./@~-]+):\s+(["']?)([^"'{}[\]]*)$/.exec(part);
  if (value !== null) return { levels: all, key: value[1] ?? '', typed: value[3] ?? '', from: offset - (value[3] ?? '').length, indent, inBraces: true };
  if (!/^[\w./@~-]*$/.test(part) || content.includes('${')) return undefined;
  return { levels: all, key: undefined, typed: part, from: offset - part.length, indent, inBraces: true };
}

/** The key whose braces are open stands on the line that is being written. */
const withKey = (level: Level, key: string | undefined): Level => (key === undefined ? level : { ...level, keys: new Map(level.keys).set(key, '') });

/** The braces of the line that are open at its end. */
function bracesIn(line: string): Braces | undefined {
  const open: { at: number; keyAt: number; by: string | undefined; isItem: boolean }[] = [];
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const sign = line[i] ?? '';
    if (quote !== '') {
      if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '#' && /\s/.test(line[i - 1] ?? ' ')) return undefined;
    else if (sign === '$' && line[i + 1] === '{') return undefined;
    else if (sign === '{' || sign === '[') {
      const key = /([\w./@~-]+):\s*$/.exec(line.slice(0, i));
      const isItem = key === null && sign === '{' && open.length > 0;
      open.push({ at: i, keyAt: key?.index ?? i, by: key?.[1], isItem });
    } else if (sign === '}' || sign === ']') open.pop();
  }
  const [first] = open;
  if (first === undefined || quote !== '') return undefined;
  return { start: first.keyAt, levels: open.map(({ at, by, isItem }, i) => ({ by, isItem, body: line.slice(at + 1, open[i + 1]?.keyAt ?? line.length) })) };
}

function keysInBraces(body: string): ReadonlyMap<string, string> {
  return new Map(
    body.split(',').flatMap((part): [string, string][] => {
      const found = /^\s*([\w./@~-]+):\s*(.*)$/.exec(part);
      return found === null ? [] : [[found[1] ?? '', (found[2] ?? '').trim()]];
    }),
  );
}

interface Entry {
  /** Column of the key. */
  readonly column: number;
  readonly key: string;
  readonly value: string;
  /** Columns of the dashes before it. */
  readonly dashes: readonly number[];
}

function entryOf(line: string): Entry | undefined {
  const head = /^(\s*(?:-\s+)*)/.exec(line)?.[1] ?? '';
  const found = KEY.exec(line.slice(head.length).trimEnd());
  if (found === null) return undefined;
  const dashes = [...head].flatMap((sign, i) => (sign === '-' ? [i] : []));
  return { column: head.length, key: unquoted(found[1] ?? ''), value: (found[2] ?? '').trim(), dashes };
}

const unquoted = (key: string): string => key.replace(/^["'](.*)["']$/, '$1');
const isBlank = (line: string): boolean => /^\s*(#.*)?$/.test(line);
const indentOf = (line: string): number => /^\s*/.exec(line)?.[0].length ?? 0;

/** From the outside in. `own` is the line that is being written, up to the cursor. */
function levelsAt(lines: readonly string[], row: number, indent: number, own: string): Level[] {
  const levels: Level[] = [];
  let column = indent;
  let dashes = [...(/^(\s*(?:-\s+)*)/.exec(own)?.[1] ?? '')].flatMap((sign, i) => (sign === '-' ? [i] : []));
  let at = row;
  for (let deep = 0; deep < 60; deep++) {
    const keys = siblings(lines, at, column, row);
    const dash = dashes.at(-1) ?? dashAbove(lines, at, column);
    const parent = parentOf(lines, at, dash ?? column);
    levels.unshift({ by: parent?.entry.key, isItem: dash !== undefined, keys });
    if (parent === undefined) break;
    at = parent.row;
    column = parent.entry.column;
    dashes = [...parent.entry.dashes];
  }
  return levels;
}

/** The keys of the map at a column, above and below, without the line that is being written. */
function siblings(lines: readonly string[], row: number, column: number, written: number): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const take = (line: string): 'go on' | 'stop' => {
    if (isBlank(line)) return 'go on';
    const entry = entryOf(line);
    if (entry?.column === column) {
      keys.set(entry.key, entry.value);
      return entry.dashes.length > 0 ? 'stop' : 'go on';
    }
    return indentOf(line) < column ? 'stop' : 'go on';
  };
  if (row !== written) take(lines[row] ?? '');
  const startsItem = /^\s*-\s/.test(lines[row] ?? '') && entryOf(lines[row] ?? '')?.column === column;
  if (!startsItem) for (let i = row - 1; i >= 0; i--) if (take(lines[i] ?? '') === 'stop') break;
  for (let i = row + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (!isBlank(line) && /^\s*-\s/.test(line) && indentOf(line) < column) break;
    if (take(line) === 'stop') break;
  }
  return keys;
}

/** The dash that a map at this column belongs to, when its first key stands on a line above. */
function dashAbove(lines: readonly string[], row: number, column: number): number | undefined {
  for (let i = row - 1; i >= 0; i--) {
    const line = lines[i] ?? '';
    if (isBlank(line)) continue;
    const head = /^(\s*)((?:-\s+)+)/.exec(line);
    if (head !== null && (head[0]?.length ?? 0) === column) return line.lastIndexOf('-', column - 1);
    if (indentOf(line) < column) return undefined;
  }
  return undefined;
}

function parentOf(lines: readonly string[], row: number, column: number): { row: number; entry: Entry } | undefined {
  for (let i = row - 1; i >= 0; i--) {
    const line = lines[i] ?? '';
    if (isBlank(line)) continue;
    const entry = entryOf(line);
    // A list may stand at the column of its key.
    if (entry !== undefined && (entry.column < column || (entry.column === column && entry.value === '' && /^\s*-/.test(lines[row] ?? ''))))
      return { row: i, entry };
  }
  return undefined;
}

/** Inside of `key: |` everything is text. */
function isInBlockText(lines: readonly string[], row: number): boolean {
  const own = lines[row] ?? '';
  let least = isBlank(own) ? Number.POSITIVE_INFINITY : indentOf(own);
  for (let i = row - 1; i >= 0; i--) {
    const line = lines[i] ?? '';
    if (isBlank(line) || indentOf(line) >= least) continue;
    least = indentOf(line);
    if (/:\s+[|>][+-]?\d?\s*$/.test(line)) return true;
    if (least === 0) return false;
  }
  return false;
}
