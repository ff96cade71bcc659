// The rows of the tree that are shown: what is open, what is searched for, only what failed. Pure.
import { hasFault, type StepNode } from './step-node.ts';

export interface TreeRow {
  readonly node: StepNode;
  /** Of indentation; the run has none. */
  readonly level: number;
  readonly open: boolean;
  /** It can be opened. */
  readonly parent: boolean;
}

export interface RowState {
  /** By id, where somebody has opened or closed it; it goes before `all`. */
  readonly turned: ReadonlyMap<number, boolean>;
  /** Every node, where somebody asked for that. */
  readonly all: boolean | undefined;
  readonly errorsOnly: boolean;
  /** In names, pointers and events that are waited for; '' finds all. */
  readonly search: string;
}

/** Laps of a loop with more of them are closed at first, unless something failed or goes on in them. */
const MANY_LAPS = 20;

/** What stands below a node, with lists that say nothing left out. */
export function shownChildren(node: StepNode): readonly StepNode[] {
  if (node.children.every((child) => !isHidden(child))) return node.children;
  return node.children.flatMap((child) => (isHidden(child) ? shownChildren(child) : [child]));
}

function isHidden({ role, parent }: StepNode): boolean {
  if (role === 'list') return true;
  // The only attempt of a try, without a handler, is the try itself.
  return role === 'attempt' && parent !== undefined && parent.attempts.length === 1 && parent.handled === undefined;
}

/** The tree changes in place: `version` tells that it has. */
export function treeRows(root: StepNode, state: RowState, _version = 0): TreeRow[] {
  const wanted = state.errorsOnly || state.search !== '' ? findAll(root, state) : undefined;
  const rows: TreeRow[] = [];
  const walk = (node: StepNode, level: number): void => {
    if (wanted !== undefined && !wanted.has(node)) return;
    const children = shownChildren(node);
    const open = children.length > 0 && (wanted === undefined ? isOpen(node, state) : (state.turned.get(node.id) ?? true));
    rows.push({ node, level, open, parent: children.length > 0 });
    if (open) for (const child of children) walk(child, level + 1);
  };
  walk(root, 0);
  return rows;
}

function isOpen(node: StepNode, { turned, all }: RowState): boolean {
  if (node.role === 'run') return true;
  const said = turned.get(node.id) ?? all;
  if (said !== undefined) return said;
  if (node.role !== 'lap' && node.role !== 'child') return true;
  return (node.parent?.children.length ?? 0) <= MANY_LAPS || node.end === undefined || node.end === 'failed';
}

/** What fits, with all that it stands in. */
function findAll(root: StepNode, { errorsOnly, search }: RowState): ReadonlySet<StepNode> {
  const found = new Set<StepNode>([root]);
  const sought = search.toLowerCase();
  const fits = (node: StepNode): boolean => (!errorsOnly || hasFault(node)) && (sought === '' || textOf(node).includes(sought));
  const walk = (node: StepNode): boolean => {
    let any = node.role !== 'run' && fits(node);
    for (const child of node.children) if (walk(child)) any = true;
    if (any) found.add(node);
    return any;
  };
  walk(root);
  return found;
}

const textOf = ({ name, pointer, kind, effect, child, listens }: StepNode): string =>
  `${name} ${pointer} ${kind} ${effect?.called ?? ''} ${effect?.key ?? ''} ${child ?? ''} ${listens.join(' ')}`.toLowerCase();

/** The nodes that must be open for this one to be seen. */
export function ancestors(node: StepNode): StepNode[] {
  const found: StepNode[] = [];
  for (let at = node.parent; at !== undefined; at = at.parent) found.push(at);
  return found;
}

export type RowMove = { readonly kind: 'go'; readonly to: number } | { readonly kind: 'turn'; readonly open: boolean } | { readonly kind: 'none' };

/** Keys on the tree (WAI-ARIA): up and down, right opens or goes in, left closes or goes out. */
export function rowMove(key: string, at: number, rows: readonly TreeRow[], page: number): RowMove {
  const row = rows[at];
  const go = (to: number): RowMove => (rows.length === 0 ? { kind: 'none' } : { kind: 'go', to: Math.max(0, Math.min(rows.length - 1, to)) });
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return go(at + 1);
    case 'ArrowUp':
    case 'k':
      return go(at - 1);
    case 'PageDown':
      return go(at + page);
    case 'PageUp':
      return go(at - page);
    case 'Home':
      return go(0);
    case 'End':
      return go(rows.length - 1);
    case 'ArrowRight':
      if (row?.parent !== true) return { kind: 'none' };
      return row.open ? go(at + 1) : { kind: 'turn', open: true };
    case 'ArrowLeft': {
      if (row === undefined) return { kind: 'none' };
      if (row.open && row.level > 0) return { kind: 'turn', open: false };
      const above = rows.slice(0, at).findLastIndex(({ level }) => level < row.level);
      return above === -1 ? { kind: 'none' } : go(above);
    }
    default:
      return { kind: 'none' };
  }
}
