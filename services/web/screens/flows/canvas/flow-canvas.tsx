'use client';
// A flow as a picture: read only, live with its document. React Flow and the layouter are loaded when one is first shown.
import dynamic from 'next/dynamic';
import { Skeleton } from '../../../design/skeleton.tsx';
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

export const FlowCanvas = dynamic<FlowCanvasProps>(() => import('./canvas-view.tsx').then(({ CanvasView }) => CanvasView), {
  ssr: false,
  loading: () => <CanvasWaits />,
});

/** Three steps that are not there yet. */
export const CanvasWaits = () => (
  <div aria-hidden className="flex min-h-0 flex-1 flex-col items-center gap-7 overflow-hidden p-8">
    {[0, 1, 2].map((i) => (
      <Skeleton key={i} className="h-20 w-62 shrink-0 rounded-lg" />
    ))}
  </div>
);
