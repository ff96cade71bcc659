// The only way to the terminal.
// I1 Control characters, also those that turn text around, never reach it raw: they are shown as \u{...}.
// I2 Colours are marked with noncharacters by style() and become escape sequences here, or nothing (no terminal, NO_COLOR).
// I3 JSON stays JSON: the same characters are written as \uXXXX, which every parser reads back.
import type { WriteStream } from 'node:tty';

const STYLES = { red: '31', green: '32', yellow: '33', cyan: '36', dim: '2', bold: '1' } as const;
export type Style = keyof typeof STYLES;
const NAMES = Object.keys(STYLES) as Style[];
const FIRST_MARK = 0xfdd0;
const END_MARK = '\ufdef';
const MARKS = /[\ufdd0-\ufdef]/g;
// C0 without tab and newline, DEL, C1, line and paragraph separators, directions, invisible joiners.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufdd0-\ufdef]/g;

export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/** Text from elsewhere on one line: also tabs and newlines are shown. */
export function oneLine(text: string, atMost = 2000): string {
  const shown = visible(text.replace(/\r?\n/g, '\\n').replaceAll('\t', '\\t'));
  return shown.length > atMost ? `${shown.slice(0, atMost)}… (${shown.length} characters)` : shown;
}

export function style(name: Style, text: string): string {
  return `${String.fromCharCode(FIRST_MARK + NAMES.indexOf(name))}${text}${END_MARK}`;
}

export function jsonText(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  return text.replace(UNSAFE_IN_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export interface Terminal {
  /** Results. */
  out(line: string): void;
  /** Everything that is not the result: progress, hints, failures. */
  note(line: string): void;
  /** A question: like a note, and the answer follows on its line. */
  prompt(question: string): void;
  /** Text that is printed as it is, e.g. a document; made visible on a terminal, exact in a pipe. */
  document(text: string): void;
  readonly outIsTerminal: boolean;
  readonly columns: number;
}

export function openTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  const outIsTerminal = stdout.isTTY === true;
  const write = (stream: NodeJS.WriteStream, line: string): void => {
    stream.write(`${render(line, colours(stream))}\n`);
  };
  for (const stream of [stdout, stderr]) stream.on('error', (error: NodeJS.ErrnoException) => endOnClosedPipe(error));
  return {
    out: (line) => write(stdout, line),
    note: (line) => write(stderr, line),
    prompt: (question) => void stderr.write(render(question, colours(stderr))),
    document: (text) => void stdout.write(outIsTerminal ? render(text, false) : text),
    outIsTerminal,
    columns: stdout.columns ?? 120,
  };
}

function colours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (stream as WriteStream).getColorDepth() > 1;
}

function render(line: string, coloured: boolean): string {
  return visible(line).replace(MARKS, (mark) => {
    if (!coloured) return '';
    if (mark === END_MARK) return '\u001b[0m';
    const name = NAMES[mark.charCodeAt(0) - FIRST_MARK];
    return name === undefined ? '' : `\u001b[${STYLES[name]}m`;
  });
}

/** `palace logs RUN | head`: the reader has gone, there is nobody left to tell. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
}

/** Columns aligned with two spaces between; the last one is cut to the width of a terminal. */
export function table(terminal: Terminal, heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const clean = rows.map((row) => row.map((cell) => oneLine(cell, 300)));
  const widths = heads.map((head, column) => Math.max(head.length, ...clean.map((row) => length(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === heads.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - length(cell)))))
      .join('  ')
      .trimEnd();
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = terminal.outIsTerminal ? Math.max(10, terminal.columns - before) : Number.MAX_SAFE_INTEGER;
  const fit = (cells: readonly string[]): string[] =>
    cells.map((cell, column) => (column === heads.length - 1 && length(cell) > room ? `${cell.slice(0, room - 1)}…` : cell));
  terminal.out(style('bold', line(heads)));
  for (const row of clean) terminal.out(line(fit(row)));
}

function length(text: string): number {
  return [...text.replace(MARKS, '')].length;
}
