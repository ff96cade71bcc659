// The tree of acts: an act is one instance of a step. Owns the shape of an act and the sets that are derived from the tree.
// I1 The tree holds what is open, never what is past: a run of 10,000 steps is as large as one of ten.
// I2 `ready` holds exactly the acts whose stage asks for a decision; only evolve changes stages, so a fold finds the same set.
// I3 `effects` and `listens` hold exactly the acts with an open effect or listen.
// I4 The path tells instances of one pointer apart: `.i` for each enclosing loop, `~depth:n` for each list that jumped back n times.
//    It names no pc: a run that goes on with a newer version (upgrade.ts) meets no position that it had before.
import type { Json } from '@palace/jq/json.ts';
import type { ActId, CloudEvent, EffectIntent, LedgerAnswer, RunFault, TimerPurpose } from './model.ts';
import type { EffectClass, Pc, Program, Step } from './program.ts';

export type Stage =
  /** Its kind's work begins. */
  | 'enter'
  /** A scope goes on: next step, branch, iteration or handler. */
  | 'next'
  /** The effect may be requested once more, or the body of a try runs once more. */
  | 'again'
  /** It has its raw output: output.as, export and the way on remain. */
  | 'done'
  /** It has a fault that somebody above must take. */
  | 'faulted'
  /** Its timeout fired. */
  | 'overdue'
  /** Nothing to decide until a fact arrives. */
  | 'waiting';

export interface OpenEffect extends EffectIntent {
  readonly act: ActId;
  readonly pc: Pc;
  readonly attempt: number;
  readonly atMs: number;
  readonly state: 'requested' | 'verifying' | 'in-doubt';
}

export interface Received {
  readonly filter: number;
  readonly event: CloudEvent;
}

/** What a listen with foreach remembers of the events that it is done with. */
export interface ListenItems {
  done: number;
  /** Of the newest ones. */
  outputs: Json[];
  /** Numbers of filters that have heard something, until's after the step's own. */
  filters: number[];
  /** Names of events that must not be heard again: those found by looking back, and the newest others. */
  early: string[];
  late: string[];
}

/** What only some kinds of steps remember. */
export type Own =
  /** `onward`: where the frame of an extended step goes on, once that one is done. */
  | { readonly kind: 'do'; cursor: Pc; lap: number; onward: Pc | undefined }
  | { readonly kind: 'for'; items: readonly Json[] | undefined; index: number }
  | { readonly kind: 'fork'; entered: number; outputs: (Json | undefined)[]; left: number; won: boolean }
  | {
      readonly kind: 'try';
      attempt: number;
      caught: RunFault | undefined;
      /** Effects of the next body count their attempts from `base`; `peak` is the highest so far. */
      base: number;
      peak: number;
      /** What unique acts below came to, by position: a repeated body gets the answer, not the act (I4 of model.ts). */
      kept: Map<string, LedgerAnswer> | undefined;
    }
  /** `class`: found out by asking, for steps that ask. */
  | { readonly kind: 'call'; effect: OpenEffect | undefined; intent: EffectIntent | undefined; attempt: number; class: EffectClass | undefined }
  | {
      readonly kind: 'listen';
      open: boolean;
      /** It has what it waited for. */
      enough: boolean;
      /** What it has heard; of a step with foreach, what is not worked on yet: the first one is under way. */
      received: Received[];
      correlation: { [name: string]: Json } | undefined;
      items: ListenItems | undefined;
    }
  | { readonly kind: 'run'; child: string | undefined; requests: number }
  | {
      readonly kind: 'map';
      items: readonly Json[] | undefined;
      limit: number;
      requests: number;
      /** By the number of the item. */
      running: Map<number, string>;
      results: Map<number, Json>;
      /** No item below it waits for its turn. */
      next: number;
    }
  | { readonly kind: 'leaf' };

export interface Act {
  readonly id: ActId;
  readonly pc: Pc;
  /** 0 for the root. */
  readonly parent: ActId;
  readonly path: string;
  readonly depth: number;
  readonly atMs: number;
  readonly input: Json;
  /** Its input.from gave it an input of its own; otherwise `input` is what the scope above holds. */
  readonly ownInput: boolean;
  /** The raw output so far: the input at first, then what the kind makes of it. */
  data: Json;
  /** `data` was made here. Said by events, never found out by comparing: a fold must come to the same answer. */
  ownData: boolean;
  stage: Stage;
  fault: RunFault | undefined;
  /** The stage in which its fault arose: a person's retry goes on from there. */
  failedIn: Stage | undefined;
  children: ActId[];
  timers: string[];
  own: Own;
}

export interface OpenTimer {
  readonly id: string;
  readonly act: ActId;
  readonly purpose: TimerPurpose;
  readonly dueMs: number;
}

export interface ActTree {
  readonly acts: Map<ActId, Act>;
  readonly ready: Set<ActId>;
  readonly effects: Set<ActId>;
  readonly listens: Set<ActId>;
  readonly timers: Map<string, OpenTimer>;
  /** Acts whose timeout is not set yet; 0 is the run itself. */
  readonly unarmed: Set<ActId>;
}

export function assertThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Broken invariant of a run: ${what}`);
}

export function actOf(tree: ActTree, id: ActId): Act {
  const act = tree.acts.get(id);
  assertThat(act !== undefined, `there is no act ${id}`);
  return act;
}

export function stepOf(program: Program, pc: Pc): Step {
  const step = program.steps[pc];
  assertThat(step !== undefined, `there is no step ${pc}`);
  return step;
}

/** The step that a step stands for: a frame stands for the extended step in it, which errors and `$task` then tell of. */
export const meantBy = (program: Program, step: Step): Step => (step.kind === 'do' && step.frames !== undefined ? stepOf(program, step.frames) : step);

export const positionIn = (program: Program, act: Act): string => `${stepOf(program, act.pc).pointer}#${act.path}`;

export function setStage(tree: ActTree, act: Act, stage: Stage): void {
  act.stage = stage;
  tree.ready.delete(act.id);
  if (stage !== 'waiting') tree.ready.add(act.id);
}

/** What a step of this kind is before it has done anything. `attempts`: how many its effects have had before. */
export function freshOwn(step: Step, attempts: number): Own {
  switch (step.kind) {
    case 'do':
      return { kind: 'do', cursor: step.first, lap: 0, onward: undefined };
    case 'for':
      return { kind: 'for', items: undefined, index: -1 };
    case 'fork':
      return { kind: 'fork', entered: 0, outputs: [], left: step.branches.length, won: false };
    case 'try':
      return { kind: 'try', attempt: 1, caught: undefined, base: attempts, peak: attempts, kept: undefined };
    case 'call':
      return { kind: 'call', effect: undefined, intent: undefined, attempt: attempts, class: undefined };
    case 'listen': {
      const items = step.foreach === undefined ? undefined : { done: 0, outputs: [], filters: [], early: [], late: [] };
      return { kind: 'listen', open: false, enough: false, received: [], correlation: undefined, items };
    }
    case 'run':
      return { kind: 'run', child: undefined, requests: attempts };
    case 'map':
      return { kind: 'map', items: undefined, limit: 0, requests: attempts, running: new Map(), results: new Map(), next: 0 };
    default:
      return { kind: 'leaf' };
  }
}

export const firstStage = (step: Step): Stage => (step.kind === 'do' || step.kind === 'try' || step.kind === 'fork' ? 'next' : 'enter');

export function addAct(tree: ActTree, act: Act): void {
  assertThat(!tree.acts.has(act.id), `act ${act.id} begins twice`);
  tree.acts.set(act.id, act);
  tree.acts.get(act.parent)?.children.push(act.id);
  if (act.stage !== 'waiting') tree.ready.add(act.id);
}

export function setData(act: Act, data: Json): void {
  act.data = data;
  act.ownData = true;
}

export function resetData(act: Act): void {
  act.data = act.input;
  act.ownData = false;
}

/** Takes out an act and all below it, with their timers, effects and listens. */
export function removeAct(tree: ActTree, act: Act): void {
  const siblings = tree.acts.get(act.parent)?.children;
  const at = siblings?.indexOf(act.id) ?? -1;
  if (at >= 0) siblings?.splice(at, 1);
  forget(tree, act);
}

export function removeChildren(tree: ActTree, act: Act): void {
  for (const id of act.children) forget(tree, actOf(tree, id));
  act.children = [];
}

function forget(tree: ActTree, act: Act): void {
  for (const id of act.children) forget(tree, actOf(tree, id));
  for (const id of act.timers) tree.timers.delete(id);
  tree.acts.delete(act.id);
  tree.ready.delete(act.id);
  tree.effects.delete(act.id);
  tree.listens.delete(act.id);
  tree.unarmed.delete(act.id);
}

export function addTimer(tree: ActTree, timer: OpenTimer): void {
  tree.timers.set(timer.id, timer);
  if (timer.purpose === 'timeout' || timer.purpose === 'run-timeout') tree.unarmed.delete(timer.act);
  if (timer.act !== 0) actOf(tree, timer.act).timers.push(timer.id);
}

export function removeTimer(tree: ActTree, id: string): OpenTimer {
  const timer = tree.timers.get(id);
  assertThat(timer !== undefined, `there is no timer ${id}`);
  tree.timers.delete(id);
  const timers = tree.acts.get(timer.act)?.timers;
  if (timers !== undefined) timers.splice(timers.indexOf(id), 1);
  return timer;
}

export function setEffect(tree: ActTree, act: Act, effect: OpenEffect | undefined): void {
  assertThat(act.own.kind === 'call', `act ${act.id} is no call`);
  act.own.effect = effect;
  if (effect === undefined) tree.effects.delete(act.id);
  else tree.effects.add(act.id);
}

export function setListening(tree: ActTree, act: Act, open: boolean): void {
  assertThat(act.own.kind === 'listen', `act ${act.id} does not listen`);
  act.own.open = open;
  if (open) tree.listens.add(act.id);
  else tree.listens.delete(act.id);
}

/** From the nearest scope outward. */
export function* ancestors(tree: ActTree, act: Act): Generator<Act> {
  for (let above = tree.acts.get(act.parent); above !== undefined; above = tree.acts.get(above.parent)) yield above;
}
