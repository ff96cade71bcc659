// The frame around every step, in the order of OWS: if, input.schema, input.from ... output.as, output.schema, export.as, then.
// Also the first and the last moment of a run. Called by the kinds of steps (steps/) and by drain.ts.
// I1 A list's raw input is handed to its first step; a step's output is the raw input of the next; a skipped step passes its raw input on.
// I2 A fault at the entrance belongs to the step: it is entered, then faulted, so that its history shows where.
import type { Json } from '@palace/jq/jq.ts';
import { actOf, meantBy, stepOf, type Act } from './acts.ts';
import type { RunFault } from './model.ts';
import { checkFits, checkSize } from './payload.ts';
import type { Pc, Step, Then } from './program.ts';
import { cancelChildren, release, releaseRun } from './release.ts';
import { rawBelow, stepAt } from './run.ts';
import { argumentsShown } from './secrets.ts';
import { emit, faultOf, limitFault, placed, StepFault, type Turn } from './turn.ts';
import { environmentOf, missingVariables, missingVariablesFault } from './surroundings.ts';
import { fill, holds, placeOf, type Place } from './variables.ts';

/** Begins or skips a step below `parent` (undefined: the root). */
export function enter(turn: Turn, parent: Act | undefined, pc: Pc, path: string): void {
  const { run, env } = turn;
  const step = stepOf(run.linked.program, pc);
  const raw = rawBelow(run, parent);
  let input = raw;
  let fault: RunFault | undefined;
  try {
    const place: Place = { step, above: parent, raw, input: raw, startedMs: env.nowMs };
    if (parent !== undefined && step.if !== undefined && !holds(turn, step.if, raw, place)) {
      return emit(turn, { type: 'step.skipped', pc, parent: parent.id, then: step.next });
    }
    checkDepth(turn, parent);
    input = parent === undefined ? rootInput(turn, raw, place) : inputOf(turn, step, raw, place);
  } catch (error) {
    fault = faultOf(error, meantBy(run.linked.program, step).pointer);
  }
  const act = run.nextAct;
  // By what the flow says, not by comparing values: the event must not depend on which of them happen to be one object.
  const own = (parent === undefined ? run.linked.program.input.from : step.inputFrom) !== undefined && fault === undefined;
  emit(turn, { type: 'step.entered', act, pc, parent: parent?.id ?? 0, path, ...(own && { input }), atMs: env.nowMs });
  if (fault !== undefined) emit(turn, { type: 'step.faulted', act, fault, atMs: env.nowMs });
}

function checkDepth(turn: Turn, parent: Act | undefined): void {
  const { nesting } = turn.env.limits;
  if (parent !== undefined && parent.depth >= nesting) throw new StepFault(limitFault('nesting', `Steps are nested deeper than ${nesting}.`));
}

function inputOf(turn: Turn, step: Step, raw: Json, place: Place): Json {
  checkFits(step.inputSchema, raw, 'input');
  if (step.inputFrom === undefined) return raw;
  // Of a function that is handed a secret: a visible text stands in its place.
  const { args: input } = argumentsShown(turn, step.inputFrom, raw, place);
  checkSize(turn, input, 'input');
  return input;
}

function rootInput(turn: Turn, raw: Json, place: Place): Json {
  const { input } = turn.run.linked.program;
  placed('/document', () => checkVariables(turn.run));
  checkSize(turn, raw, 'input of the run');
  placed('/input/schema', () => checkFits(input.schema, raw, 'input of the run'));
  const { from } = input;
  return from === undefined ? raw : placed('/input/from', () => fill(turn, from, raw, place));
}

function checkVariables(run: Turn['run']): void {
  const missing = missingVariables(run.linked.program, run.variables);
  if (missing.length > 0) throw new StepFault(missingVariablesFault(missing, environmentOf(run)));
}

/** Ends a step. `made`: its raw output, when that is not what it holds already; `then` overrides the step's own way on. Throws what its expressions throw. */
export function complete(turn: Turn, act: Act, made?: Json, then?: Then): void {
  const raw = made === undefined ? act.data : made;
  if (act.parent === 0) return endRun(turn, raw);
  const step = stepAt(turn.run, act);
  const own = made !== undefined || step.outputAs !== undefined;
  let output = raw;
  if (step.outputAs !== undefined) output = fill(turn, step.outputAs, raw, { ...placeOf(turn.run, act), output: raw });
  checkFits(step.outputSchema, output, 'output');
  if (own) checkSize(turn, output, 'output');
  const context = step.exportAs === undefined ? undefined : exported(turn, act, step, output);
  cancelChildren(turn, act, 'compete');
  release(turn, act);
  emit(turn, {
    type: 'step.completed',
    act: act.id,
    ...(own && { output }),
    ...(context !== undefined && { context }),
    ...waysOn(turn, act, step, then ?? step.then),
    atMs: turn.env.nowMs,
  });
}

function exported(turn: Turn, act: Act, step: Step, output: Json): Json | undefined {
  if (step.exportAs === undefined) return undefined;
  const context = fill(turn, step.exportAs, output, { ...placeOf(turn.run, act), output });
  checkFits(step.exportSchema, context, 'exported context');
  checkSize(turn, context, 'context');
  return context;
}

/** An extended step goes on inside its frame, and says where the frame will go on. */
function waysOn(turn: Turn, act: Act, step: Step, then: Then): { to: Pc; onward?: Pc } {
  if (act.own.kind === 'do' && act.own.onward !== undefined) return { to: act.own.onward };
  if (step.extended === undefined) return { to: wayOn(turn, act, step, then) };
  const frame = actOf(turn.run, act.parent);
  return { to: step.next, onward: wayOn(turn, frame, stepAt(turn.run, frame), then) };
}

function wayOn(turn: Turn, act: Act, step: Step, then: Then): Pc {
  if (then.kind === 'end') return -2;
  if (then.kind === 'bypass') return -3;
  if (then.kind === 'exit' || turn.run.acts.get(act.parent)?.own.kind !== 'do') return -1;
  return then.kind === 'goto' ? then.pc : step.next;
}

/** The last moment of a run that succeeds. Throws what its expressions throw. */
export function endRun(turn: Turn, raw: Json): void {
  const { run, env } = turn;
  const { output: shape } = run.linked.program;
  const root = stepOf(run.linked.program, 0);
  let output = raw;
  const { as } = shape;
  if (as !== undefined) {
    const place = { step: root, above: undefined, raw: run.input, input: run.input, startedMs: run.startedMs, output: raw };
    output = placed('/output/as', () => fill(turn, as, raw, place));
  }
  placed('/output/schema', () => checkFits(shape.schema, output, 'output of the run'));
  if (as !== undefined) placed('/output/as', () => checkSize(turn, output, 'output of the run'));
  releaseRun(turn);
  emit(turn, { type: 'run.completed', output, atMs: env.nowMs });
}
