// How the tree grows: a step begins inside of another, is skipped, or begins anew after somebody went back.
import type { RunEvent } from '../../api/run-events.ts';
import type { RunTree } from './tree-shape.ts';
import { endNode, newNode, reopenNode, within, type NodeRole, type StepNode } from './step-node.ts';

interface Entered {
  readonly act: number;
  readonly parent: number;
  readonly path?: string;
}

export function stepEntered(tree: RunTree, event: RunEvent, atMs: number): void {
  const { act, parent: above, path = '' } = event.data as Entered;
  const parent = nodeOf(tree, above, atMs);
  const pointer = event.step ?? parent.pointer;
  const kind = event.kind ?? '';
  const role = roleOf(parent, pointer, kind);
  if (role === 'attempt') parent.attempts.push({ number: parent.attempts.length + 1, fromMs: atMs, toMs: undefined, fault: undefined });
  const number = role === 'attempt' ? parent.attempts.length : role === 'lap' ? Math.max(1, parent.laps) : undefined;
  const node = newNode({ id: act, parent, role, pointer, name: event.name ?? '', kind, path, number, fromMs: atMs });
  node.inputSeq = event.seq;
  tree.acts.set(act, node);
  tree.nodes.set(act, node);
  tree.highestAct = Math.max(tree.highestAct, act);
  if (role === 'step') tree.steps += 1;
}

/** A named step ends in its place and its name; a list inside of a step does not. */
const NAMED = /\/\d+\/[^/]+$/;

function roleOf(parent: StepNode, pointer: string, kind: string): NodeRole {
  if (pointer === '') return 'list';
  if (kind !== 'do' && kind !== '') return 'step';
  const own = pointer.startsWith(parent.pointer) ? pointer.slice(parent.pointer.length) : pointer;
  if (NAMED.test(own)) return 'step';
  if (parent.kind === 'for' || parent.kind === 'listen') return 'lap';
  if (parent.kind === 'try') return own.startsWith('/catch') ? 'handler' : 'attempt';
  return 'list';
}

export function stepSkipped(tree: RunTree, event: RunEvent, atMs: number): void {
  const { parent: above } = event.data as Entered;
  const parent = nodeOf(tree, above, atMs);
  tree.lastExtraId -= 1;
  const { step: pointer = '', name = '', kind = '' } = event;
  const node = newNode({ id: tree.lastExtraId, parent, role: 'step', pointer, name, kind, path: parent.path, number: undefined, fromMs: atMs });
  node.seqs.push(event.seq);
  endNode(node, atMs, 'skipped');
  tree.nodes.set(node.id, node);
  tree.steps += 1;
}

/** I3 of run-tree.ts. */
export function nodeOf(tree: RunTree, act: number, atMs: number): StepNode {
  const known = tree.acts.get(act);
  if (known !== undefined) return known;
  const node = newNode({ id: act, parent: tree.root, role: 'step', pointer: '', name: '', kind: '', path: '', number: undefined, fromMs: atMs });
  tree.acts.set(act, node);
  tree.nodes.set(act, node);
  tree.highestAct = Math.max(tree.highestAct, act);
  return node;
}

export const openNodes = (tree: RunTree): StepNode[] => [...within(tree.root)].filter(({ end }) => end === undefined);

/** Back to an earlier state of this run, or the beginning of a fork with another's. */
export function rewind(tree: RunTree, event: RunEvent, atMs: number): void {
  const { toSeq, queued } = event.data as { readonly toSeq: number; readonly queued?: unknown };
  const forked = tree.nodes.size === 1;
  const before = tree.highestAct;
  const { root } = tree;
  if (root.toMs !== undefined) root.waits.push({ kind: 'ended', fromMs: root.toMs, toMs: atMs, untilMs: undefined });
  reopenNode(root);
  if (queued !== undefined) root.waits.push({ kind: 'place', fromMs: atMs, toMs: undefined, untilMs: undefined });
  if (!forked) leaveBehind(tree, toSeq, atMs);
  for (const open of event.open ?? []) {
    const act = open.act + before;
    const found = forked ? undefined : sameStep(tree, open, toSeq);
    if (found === undefined) {
      const data = { act, parent: open.parent === 0 ? 0 : open.parent + before, path: open.path };
      stepEntered(tree, { ...event, step: open.step, name: open.name, kind: open.kind, data }, atMs);
      continue;
    }
    if (found.toMs !== undefined) found.waits.push({ kind: 'ended', fromMs: found.toMs, toMs: atMs, untilMs: undefined });
    reopenNode(found);
    found.past = false;
    tree.acts.set(act, found);
  }
  tree.highestAct = before + (event.open?.length ?? 0);
}

/** What began after the point that somebody went back to does not count any more. */
function leaveBehind(tree: RunTree, toSeq: number, atMs: number): void {
  for (const node of within(tree.root)) {
    if (node === tree.root) continue;
    endNode(node, atMs, 'cancelled');
    if (firstSeq(node) > toSeq) node.past = true;
  }
}

const firstSeq = (node: StepNode): number => node.seqs[0] ?? node.inputSeq ?? Number.POSITIVE_INFINITY;

/** The newest instance of that position that was there at `toSeq`. */
function sameStep(tree: RunTree, open: { readonly step: string; readonly path: string }, toSeq: number): StepNode | undefined {
  let found: StepNode | undefined;
  for (const node of within(tree.root)) {
    if (node.pointer === open.step && node.path === open.path && node.role !== 'run' && firstSeq(node) <= toSeq && node.end !== 'skipped') found = node;
  }
  return found;
}
