// What each event of the journal makes of the tree (run-tree.ts has the invariants). The shapes are those of the API's history.
import type { RunEvent } from '../../api/run-events.ts';
import type { RunTree } from './tree-shape.ts';
import { nodeOf, openNodes, rewind, stepEntered, stepSkipped } from './run-scopes.ts';
import { endNode, endWaits, newNode, reopenNode, within, type Fault, type StepNode } from './step-node.ts';
import type { EffectState, WaitKind } from './step-words.ts';

interface Data {
  readonly act: number;
  readonly attempt?: number;
  readonly key?: string;
  readonly class?: string;
  readonly function?: string;
  readonly how?: string;
  readonly fault?: Fault;
  readonly verifying?: boolean;
  readonly why?: string;
  readonly id?: string;
  readonly purpose?: string;
  readonly dueMs?: number;
  readonly case?: string | null;
  readonly items?: readonly unknown[];
  readonly filters?: readonly { readonly type?: string }[];
  readonly run?: string;
  readonly await?: boolean;
  readonly index?: number;
  readonly retryAtMs?: number;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly result?: unknown;
  readonly queued?: unknown;
}
export type Fold = (tree: RunTree, event: RunEvent, atMs: number) => void;
type ActFold = (node: StepNode, data: Data, atMs: number, event: RunEvent, tree: RunTree) => void;

const onAct =
  (fold: ActFold): Fold =>
  (tree, event, atMs) => {
    const data = event.data as Data;
    fold(nodeOf(tree, data.act, atMs), data, atMs, event, tree);
  };

/** Whether the event tells the value, also when it was left out for its length. */
const tells = ({ data, leftOut }: RunEvent, name: string): boolean =>
  Object.hasOwn(data as object, name) || (leftOut?.some((left) => left.name === name) ?? false);

export const FOLDS: Readonly<Record<string, Fold>> = {
  'run.queued': (tree, event, atMs) => {
    tree.root.waits.push({ kind: 'place', fromMs: atMs, toMs: undefined, untilMs: undefined });
    tree.root.inputSeq = event.seq;
  },
  'run.started': (tree, event, atMs) => {
    endWaits(tree.root, atMs, 'place');
    if (tells(event, 'input')) tree.root.inputSeq = event.seq;
  },
  'run.paused': (tree, _event, atMs) => void tree.root.waits.push({ kind: 'paused', fromMs: atMs, toMs: undefined, untilMs: undefined }),
  'run.resumed': (tree, _event, atMs) => endWaits(tree.root, atMs, 'paused'),
  'run.completed': (tree, event, atMs) => {
    tree.root.outputSeq = event.seq;
    endRun(tree, atMs, 'done');
  },
  'run.cancelled': (tree, _event, atMs) => endRun(tree, atMs, 'cancelled'),
  'run.failed': (tree, event, atMs) => {
    const { fault, act } = event.data as Data;
    tree.root.fault = fault;
    for (let at = tree.acts.get(act); at !== undefined && at !== tree.root; at = at.parent) endNode(at, atMs, 'failed');
    endRun(tree, atMs, 'failed');
  },
  'run.retried': (tree, _event, atMs) => {
    const endedMs = tree.root.toMs;
    // What was open when the run failed begins again; what had ended before it stays ended.
    for (const node of within(tree.root)) {
      if (node.past || node.caught || node.toMs !== endedMs || node.end === 'done' || node.end === 'skipped') continue;
      node.waits.push({ kind: 'ended', fromMs: endedMs ?? atMs, toMs: atMs, untilMs: undefined });
      reopenNode(node);
    }
  },
  'run.rewound': rewind,
  'segment.opened': (tree, event, atMs) => {
    for (const open of event.open ?? []) if (!tree.acts.has(open.act)) stepEntered(tree, { ...event, ...open, data: open }, atMs);
  },
  'step.entered': stepEntered,
  'step.skipped': stepSkipped,
  'step.completed': onAct((node, _data, atMs, event) => {
    if (tells(event, 'output')) node.outputSeq = event.seq;
    endNode(node, atMs, 'done');
  }),
  'step.faulted': onAct((node, { fault }, atMs) => failed(node, fault, atMs)),
  'step.cancelled': onAct((node, _data, atMs) => {
    for (const one of within(node)) endNode(one, atMs, 'cancelled');
  }),
  'switch.chosen': onAct((node, data) => {
    node.chosen = data.case ?? null;
  }),
  'for.started': onAct((node, { items }, _atMs, event) => {
    node.items = items?.length;
    node.argsSeq = event.seq;
  }),
  'for.advanced': onAct((node, { index }) => {
    node.laps = (index ?? -1) + 1;
  }),
  'map.started': onAct((node, { items }, _atMs, event) => {
    node.items = items?.length;
    node.argsSeq = event.seq;
  }),
  'effect.requested': onAct((node, data, atMs, event) => {
    node.effect = { key: data.key ?? '', class: data.class ?? '', called: data.function ?? '', state: 'open', how: undefined, doubt: undefined };
    node.argsSeq = event.seq;
    node.attempts.push({ number: data.attempt ?? 1, fromMs: atMs, toMs: undefined, fault: undefined });
  }),
  'effect.classified': onAct((node, data, atMs) => {
    const last = node.attempts.at(-1);
    if (last !== undefined) last.toMs = atMs;
    if (node.effect !== undefined) node.effect.class = data.class ?? node.effect.class;
  }),
  'effect.completed': onAct((node, data, atMs, event) => {
    node.resultSeq = event.seq;
    node.effect ??= { key: data.key ?? '', class: 'unique', called: '', state: 'open', how: undefined, doubt: undefined };
    settle(node, 'confirmed', atMs);
    node.effect.how = data.how;
    endWaits(node, atMs, 'doubt');
  }),
  'effect.failed': onAct((node, { fault }, atMs) => {
    settle(node, 'failed', atMs, fault);
    failed(node, fault, atMs);
  }),
  'effect.doubted': onAct((node, data, atMs) => {
    node.effect ??= { key: data.key ?? '', class: 'unique', called: '', state: 'open', how: undefined, doubt: undefined };
    settle(node, data.verifying === true ? 'verifying' : 'in-doubt', atMs);
    node.effect.doubt = data.why;
    endWaits(node, atMs, 'doubt');
    node.waits.push({ kind: 'doubt', fromMs: atMs, toMs: undefined, untilMs: undefined });
  }),
  'effect.absent': onAct((node, _data, atMs) => {
    settle(node, 'absent', atMs);
    endWaits(node, atMs, 'doubt');
  }),
  'effect.abandoned': onAct((node, _data, atMs) => settle(node, 'abandoned', atMs)),
  'timer.set': (tree, event, atMs) => {
    const { act, id = '', purpose = '', dueMs } = event.data as Data;
    const node = nodeOf(tree, act, atMs);
    tree.timers.set(id, { node, purpose });
    const kind: WaitKind | undefined = purpose === 'wait' ? 'timer' : purpose === 'retry' ? 'retry' : undefined;
    if (kind !== undefined) node.waits.push({ kind, fromMs: atMs, toMs: undefined, untilMs: dueMs });
  },
  'timer.cleared': endTimer,
  'timer.fired': endTimer,
  'listen.opened': onAct((node, { filters = [] }, atMs) => {
    node.listens = filters.flatMap(({ type }) => type ?? []);
    node.waits.push({ kind: 'listen', fromMs: atMs, toMs: undefined, untilMs: undefined });
  }),
  'listen.received': onAct((node, _data, _atMs, event) => {
    node.resultSeq = event.seq;
    node.laps += 1;
  }),
  'listen.closed': onAct((node, _data, atMs) => endWaits(node, atMs, 'listen')),
  'event.emitted': onAct((node, _data, _atMs, event) => {
    node.resultSeq = event.seq;
  }),
  'child.requested': onAct((node, data, atMs, event, tree) => {
    if (data.index === undefined) {
      node.child = data.run;
      node.argsSeq = event.seq;
      if (data.await === true) node.attempts.push({ number: node.attempts.length + 1, fromMs: atMs, toMs: undefined, fault: undefined });
      return;
    }
    const child = childNode(tree, node, data.index, atMs);
    child.child = data.run;
    child.argsSeq = event.seq;
    child.seqs.push(event.seq);
  }),
  'child.abandoned': onAct((node, { index }, atMs) => {
    const child = index === undefined ? undefined : node.children.find(({ number }) => number === index + 1);
    if (child !== undefined) endNode(child, atMs, 'cancelled');
  }),
  'child.ended': onAct((node, data, atMs, event, tree) => {
    if (data.index === undefined) {
      node.resultSeq = event.seq;
      const last = node.attempts.at(-1);
      if (last !== undefined) Object.assign(last, { toMs: atMs, fault: data.fault });
      if (data.fault !== undefined) failed(node, data.fault, atMs);
      return;
    }
    const child = node.children.find(({ number, past }) => number === (data.index ?? 0) + 1 && !past) ?? childNode(tree, node, data.index, atMs);
    child.resultSeq = event.seq;
    child.seqs.push(event.seq);
    node.laps += 1;
    if (data.fault === undefined) endNode(child, atMs, 'done');
    else failed(child, data.fault, atMs);
  }),
  'error.caught': onAct((node, { fault, retryAtMs }, atMs) => {
    const last = node.attempts.at(-1);
    if (last !== undefined) Object.assign(last, { toMs: atMs, fault });
    for (const below of node.children)
      for (const one of within(below)) {
        if (one.end === undefined) endNode(one, atMs, 'failed');
        if (one.end === 'failed') one.caught = true;
      }
    if (retryAtMs === undefined) node.handled = fault;
  }),
};

function endRun(tree: RunTree, atMs: number, end: 'done' | 'failed' | 'cancelled'): void {
  for (const node of openNodes(tree)) if (node !== tree.root) endNode(node, atMs, 'cancelled');
  endNode(tree.root, atMs, end);
}

function failed(node: StepNode, fault: Fault | undefined, atMs: number): void {
  node.fault = fault;
  endNode(node, atMs, 'failed');
}

function settle(node: StepNode, state: EffectState, atMs: number, fault?: Fault): void {
  if (node.effect !== undefined) node.effect.state = state;
  const last = node.attempts.at(-1);
  if (last === undefined || last.toMs !== undefined) return;
  last.toMs = atMs;
  last.fault = fault;
}

function endTimer(tree: RunTree, event: RunEvent, atMs: number): void {
  const { id = '' } = event.data as Data;
  const timer = tree.timers.get(id);
  tree.timers.delete(id);
  if (timer?.purpose === 'wait') endWaits(timer.node, atMs, 'timer');
  if (timer?.purpose === 'retry') endWaits(timer.node, atMs, 'retry');
}

function childNode(tree: RunTree, parent: StepNode, index: number, fromMs: number): StepNode {
  tree.lastExtraId -= 1;
  const { pointer, name, path } = parent;
  const child = newNode({ id: tree.lastExtraId, parent, role: 'child', pointer, name, kind: 'run', path, number: index + 1, fromMs });
  tree.nodes.set(child.id, child);
  return child;
}
