// A JSON value to the rows of a tree, as far as it is open. Pure.
// I1 Only what is open is walked: a value of a million fields costs what is seen of it. I2 A text is never more than text: what turns its
// direction or hides is written as its code.

export type ValueKind = 'object' | 'array' | 'text' | 'number' | 'word';

export interface ValueRow {
  /** JSON pointer, '' for the whole; unique. */
  readonly pointer: string;
  readonly level: number;
  /** Name of the field, or the number of the item. */
  readonly name: string | undefined;
  readonly kind: ValueKind;
  readonly value: unknown;
  /** Of objects and arrays. */
  readonly size: number;
  readonly open: boolean;
  /** Of a list that goes on: how many are not shown. The row stands for them. */
  readonly hidden?: number;
}

export interface TreeState {
  isOpen(pointer: string, level: number): boolean;
  /** How many children of it are shown. */
  shown(pointer: string): number;
}

/** The most that one tree puts into the page. */
const MOST_ROWS = 5_000;

export function valueRows(value: unknown, state: TreeState): ValueRow[] {
  const rows: ValueRow[] = [];
  const walk = (pointer: string, level: number, name: string | undefined, at: unknown): void => {
    if (rows.length >= MOST_ROWS) return;
    const kind = kindOf(at);
    const children = childrenOf(at);
    const open = children !== undefined && children.size > 0 && state.isOpen(pointer, level);
    rows.push({ pointer, level, name, kind, value: at, size: children?.size ?? 0, open });
    if (!open || children === undefined) return;
    const most = state.shown(pointer);
    for (const [key, child] of children.take(most)) walk(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, level + 1, key, child);
    const hidden = children.size - most;
    if (hidden > 0) rows.push({ pointer: `${pointer}/…`, level: level + 1, name: undefined, kind, value: at, size: 0, open: false, hidden });
  };
  walk('', 0, undefined, value);
  return rows;
}

interface Children {
  readonly size: number;
  take(count: number): Iterable<[string, unknown]>;
}

function childrenOf(value: unknown): Children | undefined {
  if (Array.isArray(value)) return { size: value.length, take: (count) => value.slice(0, count).map((item, i): [string, unknown] => [String(i), item]) };
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Object.keys(value);
  return { size: keys.length, take: (count) => keys.slice(0, count).map((key): [string, unknown] => [key, (value as Record<string, unknown>)[key]]) };
}

function kindOf(value: unknown): ValueKind {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object' && value !== null) return 'object';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'number' : 'word';
}

/** What turns the direction of text, has no width, or controls a terminal. The joiners of emoji and of scripts stay. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
export const plainText = (text: string): string => text.replaceAll(HIDDEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** For the clipboard: a text as it is, anything else as JSON. */
export const copyOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
