// The journal of a run, event by event, to the tree that people look at. Pure: no clock, no request; the same events give the same tree.
// I1 Events come in the order of their seq; one that was folded already changes nothing. I2 An event of a type that is not known changes
// nothing. I3 An act that is not known (the history begins later) is a node without a name below the run. I4 A retry or a rewind takes
// nothing away: what happened stays, and what does not count any more is marked as past.
import type { RunEvent } from '../../api/run-events.ts';
import { FOLDS } from './run-folds.ts';
import type { EventLine, RunTree } from './tree-shape.ts';
import { newNode } from './step-node.ts';

export function emptyTree(): RunTree {
  const root = newNode({ id: 0, parent: undefined, role: 'run', pointer: '', name: '', kind: 'run', path: '', number: undefined, fromMs: 0 });
  return {
    root,
    acts: new Map([[0, root]]),
    nodes: new Map([[0, root]]),
    timers: new Map(),
    log: [],
    seq: 0,
    startMs: undefined,
    lastMs: 0,
    highestAct: 0,
    lastExtraId: 0,
    steps: 0,
  };
}

/** True when something has changed. */
export function foldEvents(tree: RunTree, events: readonly RunEvent[]): boolean {
  const before = tree.seq;
  for (const event of events) if (event.seq > tree.seq) foldEvent(tree, event);
  return tree.seq !== before;
}

function foldEvent(tree: RunTree, event: RunEvent): void {
  const data = (event.data ?? {}) as { readonly act?: number; readonly atMs?: number };
  const atMs = data.atMs ?? Date.parse(event.at);
  tree.seq = event.seq;
  tree.startMs ??= atMs;
  if (tree.root.fromMs === 0) tree.root.fromMs = atMs;
  tree.lastMs = Math.max(tree.lastMs, atMs);
  const fold = Object.hasOwn(FOLDS, event.type) ? FOLDS[event.type] : undefined;
  fold?.(tree, event, atMs);
  const node = data.act === undefined || data.act === 0 ? undefined : tree.acts.get(data.act);
  node?.seqs.push(event.seq);
  tree.log.push({ seq: event.seq, type: event.type, atMs, node });
}

/** The lines of these events, or of all; `version` tells that there may be more of them. */
export function linesOf({ log }: RunTree, seqs: readonly number[] | undefined, _version: number): EventLine[] {
  if (seqs === undefined) return [...log];
  const first = log[0]?.seq ?? 0;
  return seqs.flatMap((seq) => log[seq - first] ?? []);
}
