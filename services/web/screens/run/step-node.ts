// One line of a run's tree: an instance of a step, a lap of a loop, an attempt, a sub-flow of a map. Plain data that the fold changes in place.
import type { EffectState, StepEnd, WaitKind } from './step-words.ts';

export interface Fault {
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly instance?: string;
}

/** A piece of time in which it waited. */
export interface Wait {
  readonly kind: WaitKind;
  readonly fromMs: number;
  toMs: number | undefined;
  /** When it ends by itself. */
  readonly untilMs: number | undefined;
}

/** One try of an act, or of the body of a try. */
export interface Attempt {
  readonly number: number;
  readonly fromMs: number;
  toMs: number | undefined;
  fault: Fault | undefined;
}

export interface Effect {
  readonly key: string;
  /** `read`, `idempotent`, `unique`, `irreversible`. */
  class: string;
  readonly called: string;
  state: EffectState;
  /** `performed`, `verified`, `resolved`, `ledger`, `dry`. */
  how: string | undefined;
  /** What is not known of it, in doubt. */
  doubt: string | undefined;
}

/**
 * `run`: the whole. `step`: as the document names it. `list`: the unnamed list inside of one; shown as a `lap` (of a loop), an `attempt` or
 * the `handler` (of a try), otherwise its steps stand in its place. `child`: one sub-flow of a map.
 */
export type NodeRole = 'run' | 'step' | 'list' | 'lap' | 'attempt' | 'handler' | 'child';

export interface StepNode {
  readonly id: number;
  readonly parent: StepNode | undefined;
  readonly children: StepNode[];
  readonly role: NodeRole;
  /** JSON pointer in the document. */
  readonly pointer: string;
  readonly name: string;
  /** `call`, `set`, `for`, ...; empty when it is not known any more. */
  readonly kind: string;
  readonly path: string;
  /** Number of the lap, attempt or item, as people count. */
  readonly number: number | undefined;
  fromMs: number;
  toMs: number | undefined;
  end: StepEnd | undefined;
  readonly waits: Wait[];
  readonly attempts: Attempt[];
  effect: Effect | undefined;
  fault: Fault | undefined;
  /** A try above took its fault. */
  caught: boolean;
  /** Of a try: what it took, when its handler ran. */
  handled: Fault | undefined;
  /** The run of a sub-flow. */
  child: string | undefined;
  /** Of a loop or a map: how many items there are; laps begun. */
  items: number | undefined;
  laps: number;
  /** Of a switch. */
  chosen: string | null | undefined;
  /** Of a listen: types of the events that it waits for. */
  listens: readonly string[];
  /** Somebody went back to before it: what stands after it counts. */
  past: boolean;
  /** Its events, by seq. */
  readonly seqs: number[];
  /** Of its journal: where its input, arguments, result and output are told. */
  inputSeq: number | undefined;
  argsSeq: number | undefined;
  resultSeq: number | undefined;
  outputSeq: number | undefined;
}

type Begun = Pick<StepNode, 'id' | 'parent' | 'role' | 'pointer' | 'name' | 'kind' | 'path' | 'number' | 'fromMs'>;

export function newNode(begun: Begun): StepNode {
  const node: StepNode = {
    ...begun,
    children: [],
    toMs: undefined,
    end: undefined,
    waits: [],
    attempts: [],
    effect: undefined,
    fault: undefined,
    caught: false,
    handled: undefined,
    child: undefined,
    items: undefined,
    laps: 0,
    chosen: undefined,
    listens: [],
    past: false,
    seqs: [],
    inputSeq: undefined,
    argsSeq: undefined,
    resultSeq: undefined,
    outputSeq: undefined,
  };
  begun.parent?.children.push(node);
  return node;
}

export function endNode(node: StepNode, atMs: number, end: StepEnd): void {
  if (node.end !== undefined) return;
  node.end = end;
  node.toMs = atMs;
  endWaits(node, atMs);
  const last = node.attempts.at(-1);
  if (last !== undefined) last.toMs ??= atMs;
}

export function reopenNode(node: StepNode): void {
  node.end = undefined;
  node.toMs = undefined;
  node.fault = undefined;
  node.caught = false;
}

export function endWaits(node: StepNode, atMs: number, kind?: WaitKind): void {
  for (const wait of node.waits) if (wait.toMs === undefined && (kind === undefined || wait.kind === kind)) wait.toMs = atMs;
}

/** Walks a node and what is below it. */
export function* within(node: StepNode): Generator<StepNode> {
  yield node;
  for (const child of node.children) yield* within(child);
}

/** Whether it or something below it has a fault. */
export const hasFault = ({ fault, handled, attempts }: StepNode): boolean =>
  fault !== undefined || handled !== undefined || attempts.some((attempt) => attempt.fault !== undefined);
