// Failures: JqCompileError before a run, JqError out of a run. Inside a run two light signals travel instead, because
// creating an Error with its stack for each caught `error(...)` would cost more than the program around it:
//   I1  Raise is the only failure `try` may catch; fuel and limits pass through every `try`.
//   I2  neither signal leaves jq.ts: it turns them into JqError.
import type { Json } from './json.ts';

export class JqCompileError extends Error {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly suggestion?: string;

  constructor(message: string, source: string, offset: number, suggestion?: string) {
    const before = source.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    super(`${message} (line ${line}, column ${column})${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`);
    this.name = 'JqCompileError';
    this.offset = offset;
    this.line = line;
    this.column = column;
    if (suggestion !== undefined) this.suggestion = suggestion;
  }
}

export type JqErrorKind = 'error' | 'fuel' | 'limit' | 'break';

export class JqError extends Error {
  /** What `error(value)` raised; a sentence for the other kinds. */
  readonly value: Json;
  readonly kind: JqErrorKind;

  constructor(kind: JqErrorKind, value: Json, message: string) {
    super(message);
    this.name = 'JqError';
    this.kind = kind;
    this.value = value;
  }
}

/** A jq error on its way to the nearest `try`. */
export class Raise {
  readonly value: Json;
  constructor(value: Json) {
    this.value = value;
  }
}

/** `break $label` on its way to its label; `label` is unique for each evaluation of `label $x | ...`. */
export class Break {
  readonly label: Json;
  constructor(label: Json) {
    this.label = label;
  }
}

export function raise(message: Json): never {
  throw new Raise(message);
}

export function exceed(message: string): never {
  throw new JqError('limit', message, message);
}
