// How scopes go on, as a fold: a step begins, is skipped or is completed, and its list, loop, fork or try moves.
// I1 The numbers of a list's steps rise in its order: a step that goes on to a number not above its own jumped back (a new lap).
import type { Json } from '@palace/jq/jq.ts';
import { actOf, addAct, assertThat, firstStage, freshOwn, removeAct, setData, setStage, stepOf, type Act, type Own } from './acts.ts';
import { attemptsBefore } from './attempts.ts';
import type { RunEvent } from './model.ts';
import type { Pc } from './program.ts';
import { rawBelow, stepAt, type Run } from './run.ts';

export function stepEntered(run: Run, event: Extract<RunEvent, { type: 'step.entered' }>): void {
  const parent = event.parent === 0 ? undefined : actOf(run, event.parent);
  const step = stepOf(run.linked.program, event.pc);
  const input = event.input === undefined ? rawBelow(run, parent) : event.input;
  const act: Act = {
    id: event.act,
    pc: event.pc,
    parent: event.parent,
    path: event.path,
    depth: (parent?.depth ?? 0) + 1,
    atMs: event.atMs,
    input,
    ownInput: event.input !== undefined,
    data: input,
    ownData: false,
    stage: firstStage(step),
    fault: undefined,
    failedIn: undefined,
    children: [],
    timers: [],
    own: freshOwn(step, attemptsBefore(run, parent)),
  };
  addAct(run, act);
  run.nextAct = event.act + 1;
  if (step.timeout !== undefined) run.unarmed.add(act.id);
  if (parent === undefined) return;
  if (parent.own.kind !== 'fork') return setStage(run, parent, 'waiting');
  parent.own.entered += 1;
  setStage(run, parent, parent.own.entered < branchesOf(run, parent).length ? 'next' : 'waiting');
}

export function stepSkipped(run: Run, event: Extract<RunEvent, { type: 'step.skipped' }>): void {
  const parent = actOf(run, event.parent);
  if (parent.own.kind === 'do') advanceList(run, parent, parent.own, event.then, event.pc);
  else if (parent.own.kind === 'fork') branchSkipped(run, parent, parent.own, event.pc);
  else setStage(run, parent, 'done');
}

export function stepCompleted(run: Run, event: Extract<RunEvent, { type: 'step.completed' }>): void {
  const act = actOf(run, event.act);
  const output = event.output === undefined ? act.data : event.output;
  if (event.context !== undefined) run.context = event.context;
  removeAct(run, act);
  if (event.to === -2) {
    run.ending = { data: output };
    return;
  }
  const parent = actOf(run, act.parent);
  if (event.to === -3) return bypass(run, parent, output);
  switch (parent.own.kind) {
    case 'do':
      if (event.onward !== undefined) parent.own.onward = event.onward;
      if (!isSilent(run, act)) setData(parent, output);
      return advanceList(run, parent, parent.own, event.to, act.pc);
    case 'for':
      setData(parent, output);
      return setStage(run, parent, 'next');
    case 'fork':
      return branchCompleted(run, parent, parent.own, act.pc, output);
    case 'listen':
      // The body is over; what the item comes to is the next decision (steps/listen.ts).
      setData(parent, output);
      return setStage(run, parent, 'again');
    default:
      setData(parent, output);
      setStage(run, parent, 'done');
  }
}

const isSilent = (run: Run, act: Act): boolean => {
  const step = stepAt(run, act);
  return step.kind === 'do' && step.silent === true;
};

/** What the list came to stands for the extended step, which is not done. */
function bypass(run: Run, list: Act, output: Json): void {
  const frame = actOf(run, list.parent);
  assertThat(frame.own.kind === 'do', 'a frame is a list');
  removeAct(run, list);
  setData(frame, output);
  advanceList(run, frame, frame.own, -1, list.pc);
}

function advanceList(run: Run, list: Act, own: Extract<Own, { kind: 'do' }>, to: Pc, from: Pc): void {
  if (to >= 0 && to <= from) own.lap += 1;
  own.cursor = to;
  setStage(run, list, to < 0 ? 'done' : 'next');
}

const branchesOf = (run: Run, fork: Act): readonly Pc[] => {
  const step = stepAt(run, fork);
  assertThat(step.kind === 'fork', `act ${fork.id} is no fork`);
  return step.branches;
};

function branchCompleted(run: Run, fork: Act, own: Extract<Own, { kind: 'fork' }>, pc: Pc, output: Json): void {
  const step = stepAt(run, fork);
  if (own.won) return;
  if (step.kind === 'fork' && step.compete) {
    own.won = true;
    setData(fork, output);
    return setStage(run, fork, 'done');
  }
  own.outputs[branchesOf(run, fork).indexOf(pc)] = output;
  branchOver(run, fork, own);
}

function branchSkipped(run: Run, fork: Act, own: Extract<Own, { kind: 'fork' }>, pc: Pc): void {
  own.entered += 1;
  own.outputs[branchesOf(run, fork).indexOf(pc)] = fork.input;
  branchOver(run, fork, own);
}

/** A skipped branch does not win a race; when all are skipped the data passes through. */
function branchOver(run: Run, fork: Act, own: Extract<Own, { kind: 'fork' }>): void {
  const step = stepAt(run, fork);
  own.left -= 1;
  if (own.left === 0) {
    setData(fork, step.kind === 'fork' && step.compete ? fork.input : own.outputs.map((output) => output ?? null));
    setStage(run, fork, 'done');
  } else if (own.entered < branchesOf(run, fork).length) setStage(run, fork, 'next');
  else setStage(run, fork, 'waiting');
}
