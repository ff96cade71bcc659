// What may be shown on a step of the canvas beside its settings: how it stands in a run, or how it differs from another version.
import type { RunStatus } from '@palace/flow/contract.ts';

export interface StepMark {
  readonly status: RunStatus | 'skipped';
  /** A word beside it: `340 ms`, `3 of 12`. */
  readonly note?: string;
}
export type StepChange = 'added' | 'removed' | 'changed' | 'moved';

/** By the JSON pointer of the step. */
export type StepMarks = ReadonlyMap<string, StepMark>;
export type StepChanges = ReadonlyMap<string, StepChange>;
