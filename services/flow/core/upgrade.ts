// From one version of a flow to another: the same state, with each open step found again in the other program by its JSON pointer.
// I1 All or nothing: an open step that is gone, or of another kind, or that would take the rest of its work for something else, and there is no way.
// I2 Positions, keys, timers, subscriptions and children stay as they are: they are named by pointers, paths and acts, never by a pc (acts.ts I4).
import type { Json } from '@palace/jq/jq.ts';
import type { FlatAct } from './flat.ts';
import type { ActId } from './model.ts';
import { filtersOf, type Pc, type Program, type Step } from './program.ts';

/** `state`: as snapshot() gives it. Undefined: the other version cannot go on from it. */
export function rebase(state: Json, from: Program, to: Program): Json | undefined {
  const flat = state as unknown as { readonly acts: readonly FlatAct[] };
  const found = finder(from, to);
  const pcs = new Map<ActId, Pc>([[0, -1]]);
  const acts: FlatAct[] = [];
  for (const act of flat.acts) {
    const [before, after] = [from.steps[act.p], found(act.p)];
    // The step stands in the same scope there.
    if (before === undefined || after === undefined || after.parent !== pcs.get(act.a)) return undefined;
    if (!goesOn(act, before, after, from, to)) return undefined;
    const own = movedOwn(act.o, found);
    if (act.o !== undefined && own === undefined) return undefined;
    pcs.set(act.i, after.pc);
    acts.push({ ...act, p: after.pc, ...(own !== undefined && { o: own }) });
  }
  return { ...flat, acts } as unknown as Json;
}

type Find = (pc: Pc) => Step | undefined;

/** The step of the other program with the same pointer and kind. */
function finder(from: Program, to: Program): Find {
  const byPointer = new Map(to.steps.map((step) => [step.pointer, step]));
  return (pc) => {
    const before = from.steps[pc];
    const after = before === undefined ? undefined : byPointer.get(before.pointer);
    return after?.kind === before?.kind ? after : undefined;
  };
}

/** What an open act has asked for or counted must mean the same there. */
function goesOn({ o: own }: FlatAct, before: Step, after: Step, from: Program, to: Program): boolean {
  if (before.kind === 'fork' && after.kind === 'fork') {
    // Outputs and what is still to come are counted by branch.
    const branches = (program: Program, pcs: readonly Pc[]) => pcs.map((pc) => program.steps[pc]?.pointer);
    return equal(branches(from, before.branches), branches(to, after.branches));
  }
  if (before.kind === 'listen' && after.kind === 'listen' && own?.k === 'listen') {
    // Subscriptions name types; what was heard names a filter by its number.
    const touched = own.o || own.r.length > 0;
    const sameItems = (before.foreach === undefined) === (after.foreach === undefined);
    return sameItems && (!touched || (before.filters.length === after.filters.length && equal(typesOf(before), typesOf(after))));
  }
  // Results are kept in the form that it asks for.
  if (before.kind === 'map' && after.kind === 'map') return before.onError === after.onError;
  return true;
}

const typesOf = (step: Extract<Step, { kind: 'listen' }>): readonly unknown[] => filtersOf(step).map((filter) => filter.type);

const equal = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((one, i) => one === b[i]);

/** Below 0 it names no step. */
const moved = (pc: Pc, found: Find): Pc | undefined => (pc < 0 ? pc : found(pc)?.pc);

/** The pcs that an act remembers: where its list stands, whose effect is open. */
function movedOwn(own: FlatAct['o'], found: Find): FlatAct['o'] {
  if (own?.k === 'do') {
    const cursor = moved(own.c, found);
    const onward = own.w === undefined ? own.w : moved(own.w, found);
    if (cursor === undefined || (own.w !== undefined && onward === undefined)) return undefined;
    return { ...own, c: cursor, ...(onward !== undefined && { w: onward }) };
  }
  if (own?.k === 'call' && own.e !== undefined) {
    const step = found(own.e.pc);
    return step === undefined ? undefined : { ...own, e: { ...own.e, pc: step.pc } };
  }
  return own;
}
