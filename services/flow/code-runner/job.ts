// What the server and a runner process say to each other: one line of JSON each way for one script. Used by both.
// I1 Neither side keeps more than MAX_LINE_CHARS of a line that does not end.
import type { ProcessEnd, ProcessInput } from '../core/process.ts';

export interface ScriptLimits {
  readonly memoryBytes: number;
  /** Of stdout, and as many of stderr. */
  readonly outputBytes: number;
}

export interface Job extends ProcessInput, ScriptLimits {
  readonly code: string;
  /** From the moment that the runner reads the job. */
  readonly deadlineMs: number;
}

/** Why a script was ended from outside. */
export type Stop = 'deadline' | 'memory' | 'output';
export type Outcome = ({ readonly ended: 'itself' } & ProcessEnd) | { readonly ended: Stop };

/** `usage` is that of the whole process since its start. */
export interface Answer {
  readonly outcome: Outcome;
  readonly usage: { readonly rssBytes: number; readonly cpuMs: number };
}

/** The largest document's code with all its arguments, or the largest output of two streams, every character escaped. */
export const MAX_LINE_CHARS = 64 * 1_048_576;

/** Cuts what comes in pieces into lines. False: this line is longer than anything there is to say. */
export function lineReader(onLine: (line: string) => void, maxChars = MAX_LINE_CHARS): (chunk: string) => boolean {
  let parts: string[] = [];
  let held = 0;
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      parts.push(chunk.slice(from, end));
      from = end + 1;
      const line = parts.join('');
      parts = [];
      held = 0;
      onLine(line);
    }
    if (from < chunk.length) parts.push(chunk.slice(from));
    held += chunk.length - from;
    return held <= maxChars;
  };
}
