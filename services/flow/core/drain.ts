// Does what there is to do, one small step after the other, until the run waits, ends, or the decision's bound is reached.
// I1 Each pass adds at least one event; the bound on events therefore bounds the loop (STYLE 13).
// I2 A fault in a step's own expressions is the step's fault; any other exception is a broken invariant and leaves decide.
import { actOf, assertThat, stepOf, type Act } from './acts.ts';
import { expire, expireRun, fail, failRun, propagate } from './failing.ts';
import { endRun, complete, enter } from './scopes.ts';
import { hasWork, segmentEvents, stepAt } from './run.ts';
import { isSegmentDue } from './segments.ts';
import { beginCall, requestAgain } from './steps/call.ts';
import { beginEmit } from './steps/emit.ts';
import { beginListen, endItem, nextOfListen } from './steps/listen.ts';
import { beginMap, nextOfMap } from './steps/map.ts';
import { beginRaise, beginSet, beginSwitch, beginWait } from './steps/plain.ts';
import { beginRun } from './steps/run-flow.ts';
import { beginLoop, nextOfFork, nextOfList, nextOfLoop } from './steps/scope.ts';
import { durationMs, endTry, nextOfTry } from './steps/try.ts';
import type { ActId } from './model.ts';
import type { Step } from './program.ts';
import { emit, faultOf, limitFault, type Turn } from './turn.ts';
import { placeOf } from './variables.ts';

export function drain(turn: Turn): void {
  const { run, env } = turn;
  while (hasWork(run) && turn.events.length < env.limits.eventsPerDecision && !isSegmentDue(run, env.limits)) {
    const before = turn.events.length;
    pass(turn);
    assertThat(turn.events.length > before, 'a pass adds an event');
  }
}

function pass(turn: Turn): void {
  const { run, env } = turn;
  const { historyEvents } = env.limits;
  const used = segmentEvents(run);
  if (used >= historyEvents)
    return failRun(turn, { ...limitFault('historyEvents', `The run has ${used} events without a rest; it may have ${historyEvents}.`), instance: '' }, 0);
  if (run.overdue) return expireRun(turn);
  if (run.ending !== undefined) return end(turn, run.ending.data);
  if (run.acts.size === 0) return enter(turn, undefined, 0, '');
  const unarmed = first(run.unarmed);
  if (unarmed !== undefined) return arm(turn, unarmed);
  advance(turn, actOf(run, first(run.ready) as ActId));
}

const first = (set: ReadonlySet<ActId>): ActId | undefined => set.values().next().value;

function end(turn: Turn, data: Parameters<typeof endRun>[1]): void {
  try {
    endRun(turn, data);
  } catch (error) {
    failRun(turn, faultOf(error, ''), 0);
  }
}

/** Sets the timeout of a step, or of the run (0). */
function arm(turn: Turn, id: ActId): void {
  const { run, env } = turn;
  const act = id === 0 ? undefined : actOf(run, id);
  const step = act === undefined ? stepOf(run.linked.program, 0) : stepAt(run, act);
  const timeout = act === undefined ? run.linked.program.timeout : step.timeout;
  const purpose = act === undefined ? 'run-timeout' : 'timeout';
  try {
    assertThat(timeout !== undefined, 'only what has a timeout is armed');
    const place = act === undefined ? { step, above: undefined, raw: run.input, input: run.input, startedMs: run.startedMs } : placeOf(run, act);
    const ms = durationMs(turn, timeout, place.input, place);
    emit(turn, { type: 'timer.set', id: `${id}.${purpose}.${run.seq}`, act: id, purpose, dueMs: env.nowMs + Math.ceil(ms) });
  } catch (error) {
    const fault = faultOf(error, act === undefined ? '/timeout' : step.pointer);
    if (act === undefined) failRun(turn, fault, 0);
    else fail(turn, act, fault);
  }
}

function advance(turn: Turn, act: Act): void {
  const step = stepAt(turn.run, act);
  try {
    switch (act.stage) {
      case 'enter':
        return begin(turn, act, step);
      case 'next':
        return goOn(turn, act, step);
      case 'again':
        if (step.kind === 'listen') return endItem(turn, act, step, act.data);
        return step.kind === 'call' ? requestAgain(turn, act, step) : goOn(turn, act, step);
      case 'done':
        return step.kind === 'try' ? endTry(turn, act, step) : complete(turn, act);
      case 'faulted':
        return propagate(turn, act);
      case 'overdue':
        return expire(turn, act);
      case 'waiting':
        assertThat(false, 'a waiting act is not ready');
    }
  } catch (error) {
    fail(turn, act, faultOf(error, step.pointer));
  }
}

function begin(turn: Turn, act: Act, step: Step): void {
  switch (step.kind) {
    case 'set':
      return beginSet(turn, act, step);
    case 'switch':
      return beginSwitch(turn, act, step);
    case 'call':
      return beginCall(turn, act, step);
    case 'for':
      return beginLoop(turn, act, step);
    case 'raise':
      return beginRaise(turn, act, step);
    case 'wait':
      return beginWait(turn, act, step);
    case 'listen':
      return beginListen(turn, act, step);
    case 'emit':
      return beginEmit(turn, act, step);
    case 'run':
      return beginRun(turn, act, step);
    case 'map':
      return beginMap(turn, act, step);
    default:
      goOn(turn, act, step);
  }
}

function goOn(turn: Turn, act: Act, step: Step): void {
  switch (step.kind) {
    case 'do':
      return nextOfList(turn, act);
    case 'for':
      return nextOfLoop(turn, act, step);
    case 'fork':
      return nextOfFork(turn, act, step);
    case 'try':
      return nextOfTry(turn, act, step);
    case 'listen':
      return nextOfListen(turn, act, step);
    case 'map':
      return nextOfMap(turn, act, step);
    default:
      assertThat(false, `a ${step.kind} holds no steps`);
  }
}
