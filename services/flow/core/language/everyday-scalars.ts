// Scalars for everyday-yaml.ts: where they end and what they are worth. What is not sure to mean one thing makes the reader give up.

/** Thrown by giveUp; made once, because a stack trace of it would tell nobody anything. */
export const BEYOND = new Error('This is not YAML of every day.');
export function giveUp(): never {
  throw BEYOND;
}

interface Found<T> {
  readonly value: T;
  /** The place after it. */
  readonly end: number;
}

const INDICATORS: ReadonlySet<string | undefined> = new Set([...',[]{}#&*!|>\'"%@`?: \n\t', undefined]);
const AFTER_DASH: ReadonlySet<string | undefined> = new Set([...',[]{} \n\t', undefined]);

/** Surely a plain scalar; some rarer ones are not recognised. */
export function beginsPlain(text: string, at: number): boolean {
  const sign = text[at];
  return sign === '-' ? !AFTER_DASH.has(text[at + 1]) : !INDICATORS.has(sign);
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ...['null', 'Null', 'NULL', '~'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
/** Numbers of the core schema of YAML 1.2; those of the second kind are left to the library. */
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const RARE = /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const NINE = 0x39;

export function plainValue(source: string): string | number | boolean | null {
  // Digits, signs and dots come before letters.
  if (source.charCodeAt(0) > NINE) {
    const constant = source.length > 5 ? undefined : CONSTANTS.get(source);
    return constant === undefined ? source : constant;
  }
  if (RARE.test(source)) giveUp();
  if (!DECIMAL.test(source)) return source;
  const value = Number(source);
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value)) ? value : giveUp();
}

/** In single or double quotes, on one line. */
export function quotedText(text: string, at: number): Found<string> {
  const found = text[at] === '"' ? doubleQuoted(text, at) : singleQuoted(text, at);
  return /[\n\t]/.test(text.slice(at, found.end)) ? giveUp() : found;
}

function singleQuoted(text: string, at: number): Found<string> {
  let end = text.indexOf("'", at + 1);
  if (text[end + 1] !== "'") return end < 0 ? giveUp() : { value: text.slice(at + 1, end), end: end + 1 };
  while (end >= 0 && text[end + 1] === "'") end = text.indexOf("'", end + 2);
  return end < 0 ? giveUp() : { value: text.slice(at + 1, end).replaceAll("''", "'"), end: end + 1 };
}

/** The escapes that JSON has too; YAML has more. */
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const ESCAPE = /\\(?:u([\da-fA-F]{4})|(.))/g;
const JSON_TEXT = /"[^"\\\n\t]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\n\t]*)*"/y;

function doubleQuoted(text: string, at: number): Found<string> {
  const quote = text.indexOf('"', at + 1);
  if (quote < 0) giveUp();
  const plain = text.slice(at + 1, quote);
  if (!plain.includes('\\')) return { value: plain, end: quote + 1 };
  JSON_TEXT.lastIndex = at;
  const source = JSON_TEXT.exec(text)?.[0] ?? giveUp();
  const value = source
    .slice(1, -1)
    .replaceAll(ESCAPE, (_, code?: string, sign = '') => (code === undefined ? (ESCAPES[sign] ?? '') : String.fromCharCode(Number.parseInt(code, 16))));
  return value.includes('\0') || !value.isWellFormed() ? giveUp() : { value, end: at + source.length };
}

const HEADER = /[|>](-?) *\n/y;

/** A block of text below the sign `|` or `>`, further right than the block around. */
export function blockText(text: string, at: number, column: number): Found<string> {
  HEADER.lastIndex = at;
  const [header, chomp] = HEADER.exec(text) ?? giveUp();
  const lines: string[] = [];
  let indent = -1;
  let end = at + header.length;
  // The last line that holds something, counted from one.
  let filled = 0;
  while (end < text.length) {
    const newline = text.indexOf('\n', end);
    const stop = newline < 0 ? text.length : newline;
    let begin = end;
    while (text[begin] === ' ') begin++;
    const width = begin - end;
    if (begin === stop) {
      // Spaces in an empty line: text, or a mistake, or nothing, as the lines around have it.
      if (width > Math.max(indent, 0)) giveUp();
      lines.push('');
    } else {
      if (indent < 0) indent = width;
      if (width < indent || width <= column) break;
      filled = lines.push(text.slice(end + indent, stop));
    }
    end = newline < 0 ? stop : stop + 1;
  }
  if (filled === 0) giveUp();
  lines.length = filled;
  return { value: (text[at] === '|' ? lines.join('\n') : folded(lines)) + (chomp === '-' ? '' : '\n'), end };
}

/** One line end is a space, several are one less; lines further to the right keep theirs. */
function folded(lines: readonly string[]): string {
  let value = '';
  let joint = '';
  let further = false;
  for (const line of lines) {
    if (line === '') {
      if (joint === '\n') value += '\n';
      else joint = '\n';
    } else if (line.startsWith(' ')) {
      if (joint === ' ') joint = '\n';
      else if (joint === '\n' && !further) joint = '\n\n';
      value += joint + line;
      joint = '\n';
      further = true;
    } else {
      value += joint + line;
      joint = ' ';
      further = false;
    }
  }
  return value;
}
