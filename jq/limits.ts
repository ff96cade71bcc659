// What a program may use at most. The limits are part of the language's contract: the same program with the same input
// and limits fails at the same point everywhere, so a replayed run meets the same failure.

export interface Limits {
  /** Steps of evaluation: one for each output of a generator, loop turn or call, plus a share for bulk work. */
  fuel: number;
  /** Bytes of UTF-8 JSON of all outputs together. */
  outputBytes: number;
  /** Nested levels of running code (a call of a small function costs a handful). */
  depth: number;
  /** UTF-16 units of one string. */
  stringLength: number;
  /** Items of one array, and outputs of one run. */
  arrayLength: number;
  /** UTF-16 units of text given to a regular expression, and of the expression itself. */
  regexInput: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  fuel: 100_000,
  outputBytes: 4_194_304,
  depth: 3_000,
  stringLength: 4_194_304,
  arrayLength: 262_144,
  regexInput: 262_144,
});

/** Longest program accepted, in UTF-16 units. */
export const MAX_SOURCE_LENGTH = 65_536;
/** Deepest nesting of a program's syntax tree. */
export const MAX_SYNTAX_DEPTH = 300;
/** Deepest nesting of an output. */
export const MAX_OUTPUT_DEPTH = 1_000;
/** Deepest nesting of a value that bulk operations (text, order, merge, paths) accept, as in jq itself. */
export const MAX_VALUE_DEPTH = 10_000;
