// What a picture of a flow shows, and what it tells.
import type { StepChanges, StepMarks } from './step-mark.ts';

export interface FlowCanvasProps {
  /** Plain OWS as the API gives it, or an author's document, parsed. */
  readonly document: unknown;
  /** Read aloud: which flow it is. */
  readonly label: string;
  /** How the steps stand in a run. */
  readonly marks?: StepMarks;
  /** How the steps differ from another version. */
  readonly changes?: StepChanges;
  /** JSON pointer of a step. */
  readonly selected?: string | undefined;
  /** `undefined`: nothing is selected any more. */
  readonly onSelect?: (pointer: string | undefined) => void;
}
