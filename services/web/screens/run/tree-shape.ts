// The tree of a run as it is folded: run-tree.ts has its invariants.
import type { StepNode } from './step-node.ts';

/** One event, as a line of a list. */
export interface EventLine {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  readonly node: StepNode | undefined;
}

export interface RunTree {
  readonly root: StepNode;
  /** By the number of the act; after a rewind several numbers may be one node. */
  readonly acts: Map<number, StepNode>;
  /** By id: what the address and the keyboard mean. */
  readonly nodes: Map<number, StepNode>;
  readonly timers: Map<string, { readonly node: StepNode; readonly purpose: string }>;
  /** All events, in order and without gap. */
  readonly log: EventLine[];
  /** The seq of the last event that was folded. */
  seq: number;
  /** Of the first and the last event. */
  startMs: number | undefined;
  lastMs: number;
  /** The highest number that an act has had. */
  highestAct: number;
  /** Nodes that have no act: what was skipped, sub-flows of a map. */
  lastExtraId: number;
  /** Steps that began, laps and lists left out. */
  steps: number;
}
