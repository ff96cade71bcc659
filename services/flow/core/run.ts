// The state of one run. decide.ts reads it and adds events; evolve.ts alone changes it.
// I1 A run is owned by one caller, which folds or decides it; it is changed in place and never shared.
// I2 Values in it (inputs, outputs, context) are never changed, so they may be shared with events and with each other.
// I3 It holds what is open and what later steps can still need, never the past (acts.ts I1).
// I4 EVOLVE_VERSION rises with every change of what a fold makes of an event: snapshots of another version are ignored (ENGINE E10).
// I5 The form of a snapshot is part of the journal's format, because run.rewound and segment.opened hold one: loadState reads every form ever written.
import type { Json } from '@palace/jq/json.ts';
import { actOf, addAct, addTimer, positionIn, removeAct, setData, setStage, stepOf, type Act, type ActTree, type OpenEffect, type OpenTimer } from './acts.ts';
import { flatAct, liveAct, type FlatAct } from './flat.ts';
import type { Linked } from './link.ts';
import type { ActId, CloudEvent, LedgerAnswer, Rewound, RunFault, RunPhase, Surroundings } from './model.ts';
import type { Step } from './program.ts';

export type { OpenEffect, OpenTimer } from './acts.ts';

export const EVOLVE_VERSION = '8';

/** `dry`: no effect is performed, nothing is emitted, no child begins. */
export type RunMode = 'live' | 'dry';

export interface Run extends ActTree {
  /** Changes when a segment opens on another version (segments.ts), and never otherwise (R11). */
  linked: Linked;
  readonly id: string;
  readonly parent: string | undefined;
  startedMs: number;
  phase: RunPhase;
  /** Since when it waits for its place under which limit. */
  place: { readonly permit: string; readonly atMs: number } | undefined;
  generation: number;
  mode: RunMode;
  /** Events folded: the seq of the last one. */
  seq: number;
  /** Undefined in the first one, so that most runs carry nothing for it. */
  segment: { readonly number: number; readonly firstSeq: number } | undefined;
  /** Runs above this one. */
  depth: number;
  input: Json;
  /** Undefined: the default one. */
  environment: string | undefined;
  /** Those of its environment that its flow names, as they were when it was accepted. */
  variables: Surroundings['variables'];
  context: Json;
  nextAct: ActId;
  /** Retries of all try steps together (R12). */
  retries: number;
  /** Signals that no listen has taken yet, oldest first. */
  signals: CloudEvent[];
  /** What unique acts of the generation or run before came to, by position. */
  ledger: Map<string, LedgerAnswer>;
  /** Set by `then: end`: the data the run ends with. */
  ending: { readonly data: Json } | undefined;
  overdue: boolean;
  output: Json | undefined;
  fault: RunFault | undefined;
  /** The act whose fault ended the run; 0 when it was the run itself. */
  failedAct: ActId | undefined;
  paused: { readonly by: string; readonly reason?: string; readonly atMs: number } | undefined;
  endedMs: number | undefined;
}

export interface NewRun {
  readonly id: string;
  readonly startedMs?: number;
  readonly generation?: number;
  readonly parent?: string;
}

export function newRun(linked: Linked, given: NewRun): Run {
  return {
    linked,
    id: given.id,
    parent: given.parent,
    startedMs: given.startedMs ?? 0,
    phase: 'new',
    place: undefined,
    generation: given.generation ?? 1,
    mode: 'live',
    seq: 0,
    segment: undefined,
    depth: 0,
    input: null,
    environment: undefined,
    variables: undefined,
    context: {},
    nextAct: 1,
    retries: 0,
    signals: [],
    ledger: new Map(),
    ending: undefined,
    overdue: false,
    output: undefined,
    fault: undefined,
    failedAct: undefined,
    paused: undefined,
    endedMs: undefined,
    acts: new Map(),
    ready: new Set(),
    effects: new Set(),
    listens: new Set(),
    timers: new Map(),
    unarmed: new Set(),
  };
}

export const isEnded = (run: Run): boolean => run.phase === 'completed' || run.phase === 'failed' || run.phase === 'cancelled';

/** True when `continue` would add events. */
export const hasWork = (run: Run): boolean =>
  run.phase === 'running' && (run.ready.size > 0 || run.unarmed.size > 0 || run.acts.size === 0 || run.ending !== undefined || run.overdue);

/** Nothing is under way: a fold can begin here. */
export const isAtRest = (run: Run): boolean => run.phase === 'running' && run.effects.size === 0 && (!hasWork(run) || isBetweenEvents(run));

function isBetweenEvents(run: Run): boolean {
  if (run.acts.size === 0 || run.unarmed.size > 0 || run.ending !== undefined || run.overdue) return false;
  for (const id of run.ready) {
    const act = actOf(run, id);
    if (act.own.kind !== 'listen' || act.stage !== 'next') return false;
  }
  return true;
}

/** Events of the current segment: what the limit on history counts. */
export const segmentEvents = (run: Run): number => run.seq - (run.segment?.firstSeq ?? 1) + 1;

export const stepAt = (run: Run, act: Act): Step => stepOf(run.linked.program, act.pc);

/** Pointer + '#' + path: the name of a step instance in the ledger. Empty when the act is over. */
export function positionOf(run: Run, id: ActId): string {
  const act = run.acts.get(id);
  return act === undefined ? '' : positionIn(run.linked.program, act);
}

export function openEffect(run: Run, id: ActId): OpenEffect | undefined {
  const own = run.acts.get(id)?.own;
  return own?.kind === 'call' ? own.effect : undefined;
}

/** Effects without a final outcome, in the order of their requests. */
export function openEffects(run: Run): OpenEffect[] {
  return [...run.effects].map((id) => openEffect(run, id)).filter((effect) => effect !== undefined);
}

/** In order of being set. */
export const openTimers = (run: Run): OpenTimer[] => [...run.timers.values()];

/** What a step that begins below this act is given, before its input.from. */
export const rawBelow = (run: Run, parent: Act | undefined): Json =>
  parent === undefined ? run.input : parent.own.kind === 'do' || parent.own.kind === 'for' ? parent.data : parent.input;

export const rawInputOf = (run: Run, act: Act): Json => rawBelow(run, act.parent === 0 ? undefined : actOf(run, act.parent));

interface Flat {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly parent?: string;
  readonly acts: readonly FlatAct[];
  readonly timers: readonly OpenTimer[];
  readonly ready: readonly ActId[];
  /** In order of request; absent in states that were written before it stood here. */
  readonly effects?: readonly ActId[];
  readonly listens: readonly ActId[];
  readonly unarmed: readonly ActId[];
  readonly signals: readonly CloudEvent[];
  readonly ledger: readonly LedgerAnswer[];
}

/** Fields that stand in a snapshot as they are, and what they are when they do not stand there. */
const PLAIN = [
  'startedMs',
  'phase',
  'place',
  'generation',
  'mode',
  'seq',
  'segment',
  'depth',
  'input',
  'environment',
  'variables',
  'context',
  'nextAct',
  'retries',
  'ending',
  'overdue',
  'output',
  'fault',
  'failedAct',
  'paused',
  'endedMs',
] as const;

/** The whole state as JSON; shares the run's values, none of its containers. */
export function snapshot(run: Run): Json {
  const flat: { [field: string]: unknown } = { id: run.id, ...(run.parent !== undefined && { parent: run.parent }) };
  for (const field of PLAIN) if (run[field] !== undefined) flat[field] = run[field];
  flat['acts'] = [...run.acts.values()].map((act) => flatAct(act));
  flat['timers'] = openTimers(run);
  flat['ready'] = [...run.ready];
  flat['effects'] = [...run.effects];
  flat['listens'] = [...run.listens];
  flat['unarmed'] = [...run.unarmed];
  flat['signals'] = [...run.signals];
  flat['ledger'] = [...run.ledger.values()];
  return flat as Json;
}

/** The run that the snapshot was taken of. */
export function revive(linked: Linked, json: Json): Run {
  const { id, parent } = json as unknown as Flat;
  const run = newRun(linked, { id, ...(parent !== undefined && { parent }) });
  loadState(run, json);
  return run;
}

/** Replaces everything but the run's identity. `offset` is added to the numbers of acts, so that old answers meet no new act. */
export function loadState(run: Run, json: Json, offset = 0): void {
  const flat = json as unknown as Flat;
  const fields = run as unknown as { [field: string]: unknown };
  for (const field of PLAIN) fields[field] = flat[field];
  for (const set of [run.acts, run.timers, run.ready, run.effects, run.listens, run.unarmed]) set.clear();
  const moved = (id: ActId): ActId => (id === 0 ? 0 : id + offset);
  run.nextAct += offset;
  for (const one of flat.acts) {
    const parent = run.acts.get(moved(one.a));
    addAct(run, liveAct({ ...one, i: moved(one.i), a: moved(one.a) }, rawBelow(run, parent), parent?.depth ?? 0));
  }
  for (const timer of flat.timers) addTimer(run, { ...timer, act: moved(timer.act) });
  run.ready.clear();
  for (const id of flat.ready) run.ready.add(moved(id));
  for (const id of flat.effects ?? flat.acts.flatMap((one) => (one.o?.k === 'call' && one.o.e !== undefined ? [one.i] : []))) run.effects.add(moved(id));
  for (const id of flat.listens) run.listens.add(moved(id));
  for (const id of flat.unarmed) run.unarmed.add(moved(id));
  run.signals = [...flat.signals];
  run.ledger = new Map(flat.ledger.map((answer) => [answer.position, answer]));
}

/** The steps that are open in a state, outermost first. */
export const actsIn = (state: Json): readonly FlatAct[] => (state as unknown as Flat).acts;

export interface Rewind {
  /** The run that `run` is the past of: itself for a retry from a step, the original of a fork. */
  readonly from: string;
  readonly toSeq: number;
  readonly by: string;
  readonly effects: 'keep' | 'again' | 'dry';
  readonly ledger: readonly LedgerAnswer[];
  readonly atMs: number;
  /** Replaces the context at that point. */
  readonly context?: Json;
  /** Replaces the data that the step about to run is given; before the first step, the run's input. */
  readonly input?: Json;
}

/** The event that begins a run (or takes one back) with the state of `run`, which was folded up to `toSeq`. Throws RangeError when that state is an end. */
export function rewound(run: Run, { context, input, ...how }: Rewind): Rewound {
  if (run.phase === 'new' || run.phase === 'completed' || run.phase === 'cancelled') {
    throw new RangeError(
      run.phase === 'new' ? 'Nothing has happened at that point.' : `At that point the run had ended (${run.phase}): go back to an earlier event.`,
    );
  }
  const state = revive(run.linked, snapshot(run));
  if (context !== undefined) state.context = context;
  if (input !== undefined) replaceData(state, input);
  return { type: 'run.rewound', ...how, state: numberedFromOne(snapshot(state)), generation: run.generation + 1 };
}

/** Acts numbered from 1 in their order: what is then counted on from the acts of a run grows by what is open, however often it goes back. */
function numberedFromOne(state: Json): Json {
  const flat = state as unknown as Flat;
  const numbers = new Map(flat.acts.map(({ i }, nth) => [i, nth + 1]));
  const moved = (id: ActId): ActId => numbers.get(id) ?? 0;
  return {
    ...(state as { [field: string]: Json }),
    nextAct: flat.acts.length + 1,
    acts: flat.acts.map((one) => ({ ...one, i: moved(one.i), a: moved(one.a) })),
    timers: flat.timers.map((timer) => ({ ...timer, act: moved(timer.act) })),
    ready: flat.ready.map(moved),
    effects: (flat.effects ?? []).map(moved),
    listens: flat.listens.map(moved),
    unarmed: flat.unarmed.map(moved),
  } as unknown as Json;
}

/** The newest open step is taken back to its list, which then hands it the new data: its `if` and `input.from` count again. */
function replaceData(run: Run, input: Json): void {
  const newest = [...run.acts.values()].at(-1);
  if (newest === undefined) {
    run.input = input;
    return;
  }
  const list = newest.own.kind === 'do' ? newest : run.acts.get(newest.parent);
  if (list?.own.kind !== 'do') {
    run.acts.set(newest.id, { ...newest, input, ownInput: true, data: input, ownData: false });
    return;
  }
  const root = stepOf(run.linked.program, 0);
  if (list.parent === 0 && root.kind === 'do' && list.own.cursor === root.first && list.own.lap === 0) run.input = input;
  if (list !== newest) removeAct(run, newest);
  setData(list, input);
  setStage(run, list, list.own.cursor < 0 ? 'done' : 'next');
}
