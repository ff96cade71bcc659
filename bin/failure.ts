// A command that cannot go on: one sentence, what it is about, what to do next, and the exit code. Everything else thrown is a bug.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { ExitCode } from './command.ts';

export interface CommandFailureOptions {
  /** The code of platform/errors.ts where the failure has one. */
  readonly code?: string;
  /** Lines under the sentence. */
  readonly details?: readonly string[];
  /** What to do next, one sentence or one command. */
  readonly next?: string;
  readonly places?: readonly ErrorPlace[];
  readonly traceId?: string;
  readonly cause?: unknown;
}

export class CommandFailure extends Error {
  readonly exit: ExitCode;
  readonly options: CommandFailureOptions;

  constructor(exit: ExitCode, sentence: string, options: CommandFailureOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandFailure';
    this.exit = exit;
    this.options = options;
  }
}

/** The input was refused before anything was sent. */
export function refused(sentence: string, options: CommandFailureOptions = {}): CommandFailure {
  return new CommandFailure(2, sentence, options);
}
