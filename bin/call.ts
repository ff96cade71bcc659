// What a verb gets: its row, its arguments, the terminal. A verb answers with its exit code or throws a CommandFailure.
import type { Arguments } from './arguments.ts';
import type { CommandSpec, ExitCode } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface Call {
  readonly command: CommandSpec;
  readonly args: Arguments;
  readonly terminal: Terminal;
  /** How this program was called, for commands that can be pasted: `palace`, `./palace`. */
  readonly program: string;
  /** True with --json or -o json. */
  readonly json: boolean;
}

export interface VerbFile {
  execute(call: Call): Promise<ExitCode>;
}

/** The entry script passes its own name as the process title. */
export function programName(title: string): string {
  return title === 'palace' || title.endsWith('/palace') ? shellWord(title) : 'palace';
}

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
