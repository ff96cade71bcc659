// What the parts of the compiler hand to each other while one document is compiled. Lives for one call of compileFlow.
// I1 The steps of a list get their numbers together when the list is met (reserve), so that `next` and `then` are known before any
//    of them is lowered; steps.ts lowers the lists in the order met. Nothing recurses over steps.
// I2 The body of a function is lowered once for each call of it, the lists of an extension once around each step that it extends, under
//    pointers of their own: no two steps share a pointer.
import type { Duration, Pc, Step } from '../program.ts';
import { createExpressions, type Expressions, type Scope } from './expressions.ts';
import type { Expansion } from './expansion.ts';
import { MAX_STEPS } from './limits.ts';
import type { Place, Report } from './report.ts';
import type { ListNode, MapNode, Node, TextNode } from './tree.ts';

/** An extension of `use.extensions`, as written. */
export interface Extension {
  readonly name: string;
  readonly extend: string;
  readonly when: TextNode | undefined;
  readonly before: ListNode | undefined;
  readonly after: ListNode | undefined;
}

export interface PendingList {
  readonly c: Compilation;
  readonly list: ListNode;
  readonly parent: Pc;
  /** Number of the first item. */
  readonly base: Pc;
  readonly scope: Scope;
  /** Branches of a fork stand beside each other: no order, no jumps. */
  readonly branches: boolean;
}

/** The body of a function, at the place of one call of it. */
export interface PendingStep {
  readonly c: Compilation;
  readonly site: Site;
}

/** What `use` offers to those who name it. */
export type Use = { readonly [part in 'errors' | 'retries' | 'timeouts' | 'authentications' | 'functions' | 'catalogs']: MapNode | undefined } & {
  readonly secrets: ReadonlySet<string>;
};
export const NOTHING_TO_USE: Use = {
  errors: undefined,
  retries: undefined,
  timeouts: undefined,
  authentications: undefined,
  functions: undefined,
  catalogs: undefined,
  secrets: new Set(),
};

/** Steps of an extension, around one step that it extends. */
interface Extending {
  /** The extended step. */
  readonly of: Pc;
  /** The list `before`, when they stand in that: an `exit` in it leaves the frame. */
  readonly before?: Pc;
}

/** Where the text stands that is being lowered: the document itself, a function at the place of one call, an extension around one step. */
export interface Origin {
  pointerOf(node: Node): string;
  placeOf(offset: number): Place;
  /** The functions around, outermost first. */
  readonly chain: readonly string[];
}

/** `steps`, `pending` and `expansion` are one for the whole document; the rest belongs to the text at hand. */
export interface Compilation {
  readonly report: Report;
  readonly expressions: Expressions;
  /** By pc. */
  readonly steps: (Step | undefined)[];
  readonly pending: (PendingList | PendingStep)[];
  readonly use: Use;
  /** Those that stand around the steps of this text. */
  readonly extensions: readonly Extension[];
  /** The text is that of an extension. */
  readonly extending: Extending | undefined;
  readonly origin: Origin;
  readonly expansion: Expansion;
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
  for (const _ of list.items) c.steps.push(undefined);
  c.pending.push({ c, list, parent, base, scope, branches });
  return base;
}

/** Steps of its own, which no program holds: for parts of the text that are checked and never run. */
export function apart(c: Compilation, chain: readonly string[] = c.origin.chain): Compilation {
  return { ...c, expressions: createExpressions(c.report, c.use.secrets), steps: [undefined], origin: { ...c.origin, chain } };
}

/** A list inside a for, try or catch is a `do` of its own. */
export function reserveBody(c: Compilation, list: ListNode, parent: Pc, scope: Scope, timeout?: Duration): Pc {
  const pc = c.steps.push(undefined) - 1;
  const first = reserve(c, list, pc, scope, false);
  const name = list.parent?.key === 'catch' ? 'catch' : String(list.key);
  const common = { pc, pointer: c.origin.pointerOf(list), name, parent, next: -1, ...c.origin.placeOf(list.keyAt) };
  c.steps[pc] = { kind: 'do', ...common, ...(timeout !== undefined && { timeout }), then: { kind: 'continue' }, first };
  return pc;
}

/** Drops what is undefined: optional properties are absent or have a value. */
export function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key];
  return kept as T;
}
