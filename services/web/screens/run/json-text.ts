// JSON that somebody writes: empty is nothing, and what is wrong is told with its place (engines tell it each in their own way, or not). Pure.

export type ReadJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly line: number; readonly column: number };

export function readJson(text: string): ReadJson {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    const before = text.slice(0, mistakeIn(text)).split('\n');
    return { ok: false, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const SPACE = /[ \t\r\n]*/y;

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'more';

/** Where the first thing stands that cannot stand there. */
function mistakeIn(text: string): number {
  const open: string[] = [];
  let wanted: Wanted = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    SPACE.lastIndex = at;
    const begin = at + (SPACE.exec(text)?.[0].length ?? 0);
    if (token === null) return begin;
    const [whole, mark, string] = token;
    const next = follow(wanted, mark ?? (string === undefined ? 'word' : 'string'), open);
    if (next === undefined) return begin;
    wanted = next;
    at += whole.length;
  }
}

/** What may come after it; undefined when it may not come. `open`: the brackets around. */
function follow(wanted: Wanted, token: string, open: string[]): Wanted | undefined {
  if (wanted === ':') return token === ':' ? 'value' : undefined;
  if (wanted === 'key' || (wanted === 'key or }' && token !== '}')) return token === 'string' ? ':' : undefined;
  if (wanted === 'more' && token === ',') return open.length === 0 ? undefined : open.at(-1) === '{' ? 'key' : 'value';
  if (token === '}' || token === ']') {
    const closes = wanted === 'more' || (wanted === 'key or }' && token === '}') || (wanted === 'value or ]' && token === ']');
    return closes && open.pop() === (token === '}' ? '{' : '[') ? 'more' : undefined;
  }
  if (wanted === 'more') return undefined;
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'key or }' : 'value or ]';
  }
  return token === 'string' || token === 'word' ? 'more' : undefined;
}
