// What an expression can see: `.`, and the variables of its place. Only the ones that the expression names are built.
// I1 Nothing here depends on anything but the run, the place and engine time.
import type { DecideEnv } from './model.ts';
import type { Json } from '@palace/jq/jq.ts';
import { isObject } from '@palace/jq/json.ts';
import { meantBy, stepOf, type Act, type Received } from './acts.ts';
import { readAs } from './hearing.ts';
import type { Linked, Variables } from './link.ts';
import type { ExprId, Step, StepOf, Template } from './program.ts';
import { rawInputOf, stepAt, type Run } from './run.ts';
import type { Turn } from './turn.ts';

/** Where an expression stands. */
export interface Place {
  readonly step: Step;
  /** The scopes around the step, from here outward. */
  readonly above: Act | undefined;
  readonly raw: Json;
  readonly input: Json;
  readonly startedMs: number;
  readonly output?: Json;
  /** Variables that this one evaluation adds. */
  readonly more?: Variables;
}

type RuntimeEnv = Pick<DecideEnv, 'runtimeVersion' | 'runtimeMetadata'>;

/** What variables are taken from; a Turn is one. */
export interface Sight {
  readonly run: Run;
  readonly env: RuntimeEnv;
}

/** `$runtime`. */
export const runtimeOf = ({ runtimeVersion, runtimeMetadata }: RuntimeEnv): Json => ({
  name: 'AgentsPalace',
  version: runtimeVersion ?? '',
  metadata: runtimeMetadata ?? {},
});
const NONE: Variables = {};
const namesOf = new WeakMap<object, readonly string[]>();

export function placeOf(run: Run, act: Act): Place {
  return { step: stepAt(run, act), above: run.acts.get(act.parent), raw: rawInputOf(run, act), input: act.input, startedMs: act.atMs };
}

/** The value of a template. Throws ExpressionFault. */
export function fill(turn: Turn, template: Template, value: Json, place: Place): Json {
  const { linked } = turn.run;
  if (template.t === 'lit') return template.v;
  return linked.evaluate(template, value, variables(turn, variableNames(linked, template), place), turn.env.nowMs, turn.env.limits.expressionFuel);
}

/** The variables that the expressions of a template name. Throws ExpressionFault. */
export function variableNames(linked: Linked, template: Template): readonly string[] {
  let names = namesOf.get(template);
  if (names === undefined) namesOf.set(template, (names = [...new Set(namesIn(linked, template))]));
  return names;
}

/** The value of an expression. Throws ExpressionFault. */
export function valueOf(turn: Turn, expr: ExprId, value: Json, place: Place): Json {
  const { linked } = turn.run;
  return linked.value(expr, value, variables(turn, linked.expr(expr).variables, place), turn.env.nowMs, turn.env.limits.expressionFuel);
}

/** False and null are the two false values. Throws ExpressionFault. */
export function holds(turn: Turn, expr: ExprId, value: Json, place: Place): boolean {
  const found = valueOf(turn, expr, value, place);
  return found !== false && found !== null;
}

function* namesIn(linked: Linked, template: Template): Generator<string> {
  if (template.t === 'jq') yield* linked.expr(template.e).variables;
  else if (template.t === 'obj') for (const [, part] of template.entries) yield* namesIn(linked, part);
  else if (template.t === 'arr') for (const part of template.items) yield* namesIn(linked, part);
}

export function variables(sight: Sight, names: readonly string[], place: Place): Variables {
  if (names.length === 0) return NONE;
  const found: { [name: string]: Json } = {};
  for (const name of names) {
    const value = variable(sight, name, place);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function variable({ run, env }: Sight, name: string, place: Place): Json | undefined {
  if (place.more !== undefined && Object.hasOwn(place.more, name)) return place.more[name];
  switch (name) {
    case 'context':
      return run.context;
    case 'input':
      return place.input;
    case 'output':
      return place.output;
    case 'task':
      return taskOf(run, place);
    case 'workflow':
      return { id: run.id, definition: run.linked.program.document, input: run.input, startedAt: moment(run.startedMs) };
    case 'runtime':
      return runtimeOf(env);
    case 'variables':
      return run.variables ?? {};
    default:
      return scoped(run, name, place.above);
  }
}

function taskOf(run: Run, place: Place): Json {
  const { program } = run.linked;
  if (place.step.extends !== undefined) return extendedTask(run, stepOf(program, place.step.extends), place);
  const step = meantBy(program, place.step);
  return {
    name: step.name,
    reference: step.pointer,
    definition: definitionOf(run, step),
    input: place.raw,
    startedAt: moment(place.startedMs),
    ...(place.output !== undefined && { output: place.output }),
  };
}

/** For the steps of an extension: the step that they extend, with its definition's own keys beside (`$task.call`, `$task.with`). */
function extendedTask(run: Run, step: Step, place: Place): Json {
  let frame = place.above;
  while (frame !== undefined && frame.pc !== step.parent) frame = run.acts.get(frame.parent);
  const definition = definitionOf(run, step);
  return {
    ...(isObject(definition) ? definition : {}),
    name: step.name,
    reference: step.pointer,
    definition,
    input: frame?.input ?? null,
    startedAt: moment(frame?.atMs ?? place.startedMs),
    output: frame?.own.kind === 'do' && frame.own.onward !== undefined ? frame.data : null,
  };
}

/** The step as it stands in the document. */
function definitionOf(run: Run, { pointer }: Step): Json {
  let found: Json = run.linked.program.document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const child: Json | undefined = Array.isArray(found) ? found[Number(key)] : isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    if (child === undefined) return null;
    found = child;
  }
  return found;
}

function scoped(run: Run, name: string, from: Act | undefined): Json | undefined {
  for (let act = from; act !== undefined; act = run.acts.get(act.parent)) {
    const { own } = act;
    if (own.kind === 'for') {
      const step = stepAt(run, act);
      if (step.kind === 'for' && step.each === name) return own.items?.[own.index];
      if (step.kind === 'for' && step.at === name) return own.index;
    } else if (own.kind === 'listen' && own.items !== undefined) {
      const step = stepAt(run, act);
      if (step.kind === 'listen' && step.foreach?.item === name) return itemOf(step, own.received[0]);
      if (step.kind === 'listen' && step.foreach?.at === name) return own.items.done;
    } else if (own.kind === 'try' && own.caught !== undefined) {
      const step = stepAt(run, act);
      if (step.kind === 'try' && step.as === name) return own.caught as unknown as Json;
    }
  }
  return undefined;
}

const itemOf = (step: StepOf<'listen'>, first: Received | undefined): Json => (first === undefined ? null : readAs(step.read, first.event));

function moment(ms: number): Json {
  return { iso8601: new Date(ms).toISOString(), epoch: { seconds: Math.floor(ms / 1000), milliseconds: ms } };
}
