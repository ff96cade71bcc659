// What a scenario came to: its figures, and what must not have happened.
export interface Outcome {
  readonly violations: readonly string[];
  /** The figures in a sentence. */
  readonly says?: string;
  readonly [figure: string]: unknown;
}
