// Turns whatever a verb threw into what people and programs read on standard error, and the exit code.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { ExitCode } from './command.ts';
import { COMMANDS } from './commands.ts';
import { CommandFailure } from './failure.ts';
import { jsonText, oneLine, style, type Terminal } from './terminal.ts';

export async function reportFailure(error: unknown, terminal: Terminal, program: string, json: boolean): Promise<ExitCode> {
  const failure = error instanceof CommandFailure ? error : await fromPalaceError(error);
  if (failure === undefined) {
    terminal.note(style('red', 'palace: this is a bug in AgentsPalace.'));
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
  const { code, details = [], next, places = [], traceId } = failure.options;
  if (json) {
    const problem = { message: failure.message, ...(code === undefined ? {} : { code }), ...(details.length === 0 ? {} : { details }) };
    const rest = {
      ...(places.length === 0 ? {} : { errors: places }),
      ...(next === undefined ? {} : { next: named(next, program) }),
      ...(traceId === undefined ? {} : { traceId }),
    };
    terminal.note(jsonText({ error: { ...problem, ...rest }, exit: failure.exit }));
    return failure.exit;
  }
  terminal.note(`${style('red', 'palace:')} ${oneLine(failure.message)}`);
  for (const place of places) terminal.note(`  ${placeLine(place, place.file)}`);
  for (const line of details) terminal.note(`  ${line}`);
  if (next !== undefined) terminal.note(`Next: ${named(next, program)}`);
  if (traceId !== undefined) terminal.note(style('dim', `Trace: ${oneLine(traceId)}`));
  return failure.exit;
}

/** `file:line:column: message (did you mean x?)` or the field's path. */
export function placeLine(place: ErrorPlace, file?: string): string {
  const where = [file, place.line, place.line === undefined ? undefined : place.column].filter((part) => part !== undefined).join(':');
  const suggestion =
    place.suggestion === undefined ? '' : ` ${/[.?!]$/.test(place.suggestion) ? oneLine(place.suggestion) : `Did you mean ${oneLine(place.suggestion)}?`}`;
  const at = [where, place.path]
    .filter((part) => part !== '')
    .map((part) => `${oneLine(part)}: `)
    .join('');
  const end = /[.?!]$/.test(place.message) ? '' : '.';
  return `${at}${oneLine(place.message)}${end}${suggestion}`;
}

const VERBS = COMMANDS.map((command) => command.name).join('|');
const MENTION = new RegExp(`(?<![\\w./-])palace(?= (?:${VERBS}|--help)\\b)`, 'g');

/** Commands in texts are written as this program was called, so that they can be pasted. */
export function named(text: string, program: string): string {
  return text.replace(MENTION, () => program);
}

/** A detail that is a sentence stands alone; a part of one follows the title. */
export function sentenceOf(title: string, detail: string | undefined): string {
  const text = detail === undefined || detail === '' ? title : /^[A-Z].*[.!?]$/s.test(detail) ? detail : `${title}: ${detail}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Failures of the platform, met when a verb works on this machine without a server. */
async function fromPalaceError(error: unknown): Promise<CommandFailure | undefined> {
  if (!(error instanceof Error) || error.name !== 'PalaceError') return undefined;
  const { PalaceError } = await import('@palace/platform/errors.ts');
  if (!(error instanceof PalaceError)) return undefined;
  const exit: ExitCode = error.code === 'flow.invalid' ? 3 : error.code === 'boot.config' ? 2 : 1;
  // Its detail is the same places once more, on one line for logs.
  const listed = error.code === 'boot.config' && error.errors !== undefined;
  return new CommandFailure(exit, sentenceOf(error.row.title, listed ? undefined : error.detail), {
    code: error.code,
    next: listed ? 'palace config shows every setting with its variable.' : error.row.next,
    ...(error.errors === undefined ? {} : { places: error.errors.map(withFlag) }),
    cause: error,
  });
}

/** A setting that came from a flag is named as the flag. */
const FLAGS: Readonly<Record<string, string>> = { 'http.port': '--port', 'http.host': '--listen', 'installation.dataDir': '--data' };

function withFlag(place: ErrorPlace): ErrorPlace {
  return { ...place, path: FLAGS[place.path] ?? place.path };
}
