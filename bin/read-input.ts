// JSON that people give on the line: as text, as @FILE, or from standard input as @-; and a line that they type without seeing it.
import { readFileSync } from 'node:fs';
import { refused } from './failure.ts';
import { HiddenLine, MARK_NO_PASTES, MARK_PASTES, type HiddenEnd } from './hidden-line.ts';

const LARGEST_BYTES = 16 * 1024 * 1024;

export function readJson(flag: string, given: string): unknown {
  if (!given.startsWith('@')) return parseJson(flag, given, given);
  const path = given.slice(1);
  const text = path === '-' ? readStandardInput() : readText(path, flag);
  return parseJson(`${flag} ${path === '-' ? 'from standard input' : path}`, text, undefined);
}

/** Text of a file, or a refusal that says which. */
export function readText(path: string, what: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > LARGEST_BYTES) throw refused(`${path} has ${bytes.length} bytes; at most ${LARGEST_BYTES} are read.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw refused(`${what}: there is no file ${path}.`, { next: 'Check the path; it is relative to the present folder.' });
    if (code === 'EISDIR') throw refused(`${what}: ${path} is a folder.`);
    if (code === 'EACCES') throw refused(`${what}: ${path} may not be read by this account.`);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw refused(`${what}: ${path} is not UTF-8 text.`);
    throw error;
  }
}

export function readStandardInput(): string {
  if (process.stdin.isTTY === true) process.stderr.write('palace: reading standard input; end it with Ctrl-D.\n');
  return readFileSync(0, 'utf8');
}

/** Standard input is a terminal: asks there, and shows nothing of what is typed. The terminal is as it was before in any case. */
export async function readHiddenLine(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  const line = new HiddenLine();
  const { promise, resolve } = Promise.withResolvers<HiddenEnd>();
  const feed = (typed: string): void => {
    const end = line.feed(typed);
    if (end !== undefined) resolve(end);
  };
  stdin
    .setEncoding('utf8')
    .on('data', feed)
    .once('end', () => resolve('entered'));
  stdin.setRawMode(true);
  // A line before this one has paused it.
  stdin.resume();
  stderr.write(`${prompt}${MARK_PASTES}`);
  const end = await promise;
  stdin.off('data', feed).pause().setRawMode(false);
  stderr.write(`${MARK_NO_PASTES}\n`);
  if (end === 'interrupted') process.kill(process.pid, 'SIGINT');
  if (end === 'several-lines')
    throw refused('This terminal does not tell a paste from typing, and the text has several lines.', { next: 'Give it with --file.' });
  if (end === 'too-long') throw refused('The text is too long to be typed.', { next: 'Give it with --file.' });
  return line.text;
}

function parseJson(what: string, text: string, shown: string | undefined): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    const offset = offsetOf((error as Error).message, text);
    const lines = text.slice(0, offset).split('\n');
    const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
    const line = text.split('\n')[lines.length - 1] ?? '';
    throw refused(`${what} is not valid JSON (${place}).`, {
      details: line.length <= 200 ? [line, `${' '.repeat(lines.at(-1)?.length ?? 0)}^`] : [],
      next: shown === undefined ? 'Correct the file.' : `Quote it for the shell, e.g. ${what} '{"name":"value"}', or use @FILE.`,
    });
  }
}

function offsetOf(message: string, text: string): number {
  const match = /at position (\d+)/.exec(message);
  if (match !== null) return Number(match[1]);
  const token = /^Unexpected token '(.)'/u.exec(message)?.[1];
  const found = token === undefined ? -1 : text.indexOf(token);
  return found >= 0 ? found : text.length;
}
