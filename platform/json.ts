// JSON.parse as it should be. V8 12.8 to 14.x (Node 24 and 26, nodejs/node#63785, open) reads an escaped key wrongly when an object
// with a key that ends in a backslash was parsed before, anywhere in the process: after {"h":1,"\\":2} the text {"h":1,"\n":2} gets
// the key "\\". One tenant's document could so rename another's keys. Use this for every text that others wrote.
// I1 The answer is that of the standard, whatever was parsed before; refusals are JSON.parse's SyntaxError.
// I2 A text without a backslash in a key costs one look and JSON.parse; others are read with stand-ins for those keys.

const QUOTE = 34;
const BACKSLASH = 92;

export function parseJsonText(text: string): unknown {
  if (!text.includes('\\')) return JSON.parse(text);
  const escaped = new EscapedKeys(text);
  return escaped.names.size === 0 ? JSON.parse(text) : restore(JSON.parse(escaped.text), escaped.names);
}

/** The same text with a plain stand-in for each key that has an escape. */
class EscapedKeys {
  /** Stand-in to key. */
  readonly names = new Map<string, string>();
  readonly text: string;

  constructor(text: string) {
    const pieces: string[] = [];
    let copied = 0;
    let prefix: string | undefined;
    for (let at = text.indexOf('"'); at !== -1;) {
      const { end, escapes } = stringAt(text, at);
      if (escapes && isKey(text, end)) {
        prefix ??= unusedPrefix(text);
        const standIn = `${prefix}${this.names.size}`;
        this.names.set(standIn, JSON.parse(text.slice(at, end)) as string);
        pieces.push(text.slice(copied, at), `"${standIn}"`);
        copied = end;
      }
      at = text.indexOf('"', end);
    }
    this.text = pieces.length === 0 ? text : pieces.join('') + text.slice(copied);
  }
}

/** `end` is the place after the closing quote, or the end of a text that stops inside. */
function stringAt(text: string, start: number): { readonly end: number; readonly escapes: boolean } {
  let escapes = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { end: at + 1, escapes };
    if (code === BACKSLASH) {
      escapes = true;
      at += 1;
    }
  }
  return { end: text.length, escapes: false };
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
}

/** Letters that the text has nowhere, so that a stand-in meets no key of the text. Each try doubles it: few tries for any text. */
function unusedPrefix(text: string): string {
  let prefix = 'key~';
  while (text.includes(prefix)) prefix += prefix;
  return prefix;
}

function restore(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => restore(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const restored: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = names.get(key) ?? key;
    const own = restore(item, names);
    // An assignment to "__proto__" would set the prototype.
    if (name === '__proto__') Object.defineProperty(restored, name, { value: own, writable: true, enumerable: true, configurable: true });
    else restored[name] = own;
  }
  return restored;
}
