// What the canvas draws, before it has places: nodes, each known by its step's JSON pointer, and edges between nodes of one frame.

export const STEP_KINDS = ['call', 'do', 'emit', 'for', 'fork', 'listen', 'raise', 'run', 'set', 'switch', 'try', 'wait'] as const;
/** `unknown`: a step that is being written, or one of a language that is newer than this page. */
export type StepKind = (typeof STEP_KINDS)[number] | 'unknown';

/** A setting of a step, in the words of the document. */
export interface Row {
  readonly label: string;
  readonly value: string;
}

/** `begin` and `end` of the run, `exit` of a list before its last step, `split` and `join` of a fork. */
export type MarkKind = 'begin' | 'end' | 'exit' | 'split' | 'join';

interface Placed {
  /** Of a step its pointer. */
  readonly id: string;
  /** The frame that it stands in. */
  readonly frame: string | undefined;
}
/** `frame` and not leaf: other nodes stand in it. */
export interface StepNode extends Placed {
  readonly type: 'step' | 'frame';
  readonly kind: StepKind;
  readonly name: string;
  /** `call http`, `for each order`. */
  readonly about: string;
  readonly rows: readonly Row[];
}
/** The part of a step that is one of two: what is tried, what handles an error. */
export interface LaneNode extends Placed {
  readonly type: 'lane';
  readonly name: string;
  readonly rows: readonly Row[];
  readonly isError: boolean;
}
export interface MarkNode extends Placed {
  readonly type: 'mark';
  readonly kind: MarkKind;
}
export type GraphNode = StepNode | LaneNode | MarkNode;

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly frame: string | undefined;
  /** `error`: what was tried to what handles the error; the two stand side by side. */
  readonly kind: 'next' | 'error';
  readonly label?: string;
}

export interface FlowGraph {
  /** Frames before what stands in them. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** There is more than is drawn. */
  readonly cut: boolean;
}
