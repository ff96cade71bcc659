// What the parts of the compiler hand to each other while one document is compiled. Lives for one call of compileFlow.
// I1 The steps of a list get their numbers together when the list is met (reserve), so that `next` and `then` are known before any
//    of them is lowered; steps.ts lowers the lists in the order met. Nothing recurses over steps.
import type { Duration, Pc, Step } from '../program.ts';
import type { Expressions, Scope } from './expressions.ts';
import { MAX_STEPS } from './limits.ts';
import type { Report } from './report.ts';
import { pathOf, type ListNode, type MapNode, type Node, type TextNode } from './tree.ts';

/** An extension of `use.extensions`, as written. */
export interface Extension {
  readonly name: string;
  readonly extend: string;
  readonly when: TextNode | undefined;
  readonly before: ListNode | undefined;
  readonly after: ListNode | undefined;
}

export interface PendingList {
  readonly list: ListNode;
  readonly parent: Pc;
  /** Number of the first item. */
  readonly base: Pc;
  readonly scope: Scope;
  /** Branches of a fork stand beside each other: no order, no jumps. */
  readonly branches: boolean;
}

/** Steps of an extension, around one step that it extends. */
export interface Extending {
  /** The extended step. */
  readonly of: Pc;
  /** The list `before`, when it is one of that: an `exit` in it leaves the frame. */
  readonly before?: Pc;
  /** The path of the list in `use.extensions`, and what stands for it in pointers: one list is many, one around each step. */
  readonly path: string;
  readonly pointer: string;
}

export interface Compilation {
  readonly report: Report;
  readonly expressions: Expressions;
  /** By pc. */
  readonly steps: (Step | undefined)[];
  readonly pending: PendingList[];
  readonly extensions: readonly Extension[];
  /** By the pc of a step, for those that belong to an extension. */
  readonly extending: Map<Pc, Extending>;
  readonly use: {
    readonly errors: MapNode | undefined;
    readonly retries: MapNode | undefined;
    readonly timeouts: MapNode | undefined;
    readonly authentications: MapNode | undefined;
    readonly secrets: ReadonlySet<string>;
  };
}

/** One step on its way: where it stands and what it may see. */
export interface Site {
  readonly pc: Pc;
  readonly parent: Pc;
  readonly next: Pc;
  readonly name: string;
  readonly body: MapNode;
  /** Steps of the same list, by name. */
  readonly siblings: ReadonlyMap<string, Pc>;
  readonly inBranches: boolean;
  readonly scope: Scope;
  /** Of an extended step: the frame, which stands in the list instead of it. */
  readonly frame?: Pc;
}

/** Numbers for the items of a list; -1 when it has none or the document has too many. */
export function reserve(c: Compilation, list: ListNode, parent: Pc, scope: Scope, branches: boolean): Pc {
  if (list.items.length === 0) {
    c.report.error(list, branches ? 'A fork needs at least one branch.' : 'A list of steps needs at least one step.');
    return -1;
  }
  if (c.steps.length + list.items.length > MAX_STEPS) {
    c.report.error(list, `The document has more than ${MAX_STEPS} steps.`, 'Move parts of it into flows of their own and use "run: {workflow: ...}".');
    return -1;
  }
  const base = c.steps.length;
  for (const _ of list.items) numbered(c, parent);
  c.pending.push({ list, parent, base, scope, branches });
  return base;
}

/** The number of one more step; what stands inside a step of an extension belongs to the extension. */
function numbered(c: Compilation, parent: Pc): Pc {
  const within = c.extending.get(parent);
  if (within !== undefined) c.extending.set(c.steps.length, within);
  return c.steps.push(undefined) - 1;
}

export function pointerOf(c: Compilation, pc: Pc, node: Node): string {
  const within = c.extending.get(pc);
  return within === undefined ? pathOf(node) : within.pointer + pathOf(node).slice(within.path.length);
}

/** A list inside a for, try or catch is a `do` of its own. */
export function reserveBody(c: Compilation, list: ListNode, parent: Pc, scope: Scope, timeout?: Duration): Pc {
  const pc = numbered(c, parent);
  const first = reserve(c, list, pc, scope, false);
  const name = list.parent?.key === 'catch' ? 'catch' : String(list.key);
  const common = { pc, pointer: pointerOf(c, pc, list), name, parent, next: -1, ...c.report.place(list.keyAt) };
  c.steps[pc] = { kind: 'do', ...common, ...(timeout !== undefined && { timeout }), then: { kind: 'continue' }, first };
  return pc;
}

/** Drops what is undefined: optional properties are absent or have a value. */
export function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key];
  return kept as T;
}
