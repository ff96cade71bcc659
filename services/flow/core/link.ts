// A program made ready to run: expressions compiled on first use, templates and durations evaluated.
// I1 Evaluation is a function of template, input, variables, engine time and fuel; what fails is an ExpressionFault, nothing else.
// I2 A literal is handed out as it stands in the program, not copied: values are never changed by those who receive them.
import type { Json } from '@palace/jq/json.ts';
import { isObject, put } from '@palace/jq/json.ts';
import { compile, JqError, type Program as JqProgram, type RunOptions } from '@palace/jq/jq.ts';
import { valueDurationMs } from './language/durations.ts';
import { MAP_INDEX, MAP_ITEM, VARIABLES, type Duration, type ExprId, type Program, type Template } from './program.ts';

export type Variables = Readonly<Record<string, Json>>;

/** An expression of the flow that could not be evaluated. Becomes the standard error `expression`. */
export class ExpressionFault extends Error {
  /** The expression as written, '' when a literal or address part was at fault. */
  readonly source: string;

  constructor(source: string, message: string) {
    super(message);
    this.name = 'ExpressionFault';
    this.source = source;
  }
}

export interface Linked {
  readonly program: Program;
  /** Of the document's canonical text: the name under which the program is stored. */
  readonly hash: string;
  /** Throws ExpressionFault. */
  expr(id: ExprId): JqProgram;
  /** Throws ExpressionFault. `fuel` is for each expression of the template. */
  evaluate(template: Template, input: Json, variables: Variables, nowMs: number, fuel: number): Json;
  /** The one value of an expression; null when it yields none. Throws ExpressionFault. */
  value(id: ExprId, input: Json, variables: Variables, nowMs: number, fuel: number): Json;
  /** Milliseconds, not below 0. Throws ExpressionFault. */
  durationMs(duration: Duration, input: Json, variables: Variables, nowMs: number, fuel: number): number;
}

export function link(program: Program, hash: string): Linked {
  const compiled: (JqProgram | undefined)[] = [];
  const names = variableNames(program);
  const expr = (id: ExprId): JqProgram => (compiled[id] ??= compileExpression(program, id, names));
  const evaluate: Linked['evaluate'] = (template, input, variables, nowMs, fuel) =>
    template.t === 'lit' ? template.v : fill(expr, template, input, { variables, nowMs, limits: { fuel } });
  return {
    program,
    hash,
    expr,
    evaluate,
    value: (id, input, variables, nowMs, fuel) => valueOf(expr(id), input, { variables, nowMs, limits: { fuel } }),
    durationMs(duration, input, variables, nowMs, fuel) {
      if ('ms' in duration) return duration.ms;
      const value = evaluate(duration.template, input, variables, nowMs, fuel);
      const ms = valueDurationMs(value);
      if (ms === undefined)
        throw new ExpressionFault(sourceOf(program, duration.template), `${describe(value)} is not a duration; it must be like "PT10S" or {"seconds": 10}.`);
      return ms;
    },
  };
}

/** All names that any expression of the program may use; which of them have a value is the business of the moment. */
function variableNames(program: Program): string[] {
  const names = new Set<string>(VARIABLES);
  for (const step of program.steps) {
    if (step.kind === 'for') names.add(step.each).add(step.at);
    if (step.kind === 'try') names.add(step.as);
    if (step.kind === 'listen' && step.foreach !== undefined) names.add(step.foreach.item).add(step.foreach.at);
    if (step.kind === 'map') names.add(MAP_ITEM).add(MAP_INDEX);
  }
  return [...names];
}

function compileExpression(program: Program, id: ExprId, variables: readonly string[]): JqProgram {
  const source = program.expressions[id];
  if (source === undefined) throw new ExpressionFault('', `The program has no expression ${id}.`);
  try {
    return compile(source, { variables });
  } catch (error) {
    throw new ExpressionFault(source, error instanceof Error ? error.message : String(error));
  }
}

function fill(expr: (id: ExprId) => JqProgram, template: Template, input: Json, options: RunOptions): Json {
  switch (template.t) {
    case 'lit':
      return template.v;
    case 'jq':
      return valueOf(expr(template.e), input, options);
    case 'arr':
      return template.items.map((item) => fill(expr, item, input, options));
    case 'obj': {
      const value: { [key: string]: Json } = {};
      for (const [key, part] of template.entries) put(value, key, fill(expr, part, input, options));
      return value;
    }
    case 'uri':
      return template.parts.map((part) => (typeof part === 'string' ? part : addressPart(part.name, input))).join('');
  }
}

/** None is null; several are a mistake, never cut to the first. */
function valueOf(program: JqProgram, input: Json, options: RunOptions): Json {
  let found: Json[];
  try {
    found = program.all(input, options);
  } catch (error) {
    if (error instanceof JqError) throw new ExpressionFault(program.source, error.message);
    throw error;
  }
  if (found.length > 1)
    throw new ExpressionFault(program.source, `The expression yields ${found.length} values; it must yield one. Put it in [ ] to get a list.`);
  return found[0] ?? null;
}

function addressPart(name: string, input: Json): string {
  const value = isObject(input) && Object.hasOwn(input, name) ? input[name] : undefined;
  const text = typeof value === 'string' ? value.toWellFormed() : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  // A part of only dots would climb out of its place in the path.
  if (text !== undefined && !/^\.{1,2}$/.test(text)) return encodeURIComponent(text);
  const why = value === undefined ? 'the step’s input has no such field' : `it is ${describe(value)}`;
  throw new ExpressionFault('', `The address needs {${name}}, but ${why}.`);
}

function sourceOf(program: Program, template: Template): string {
  return template.t === 'jq' ? (program.expressions[template.e] ?? '') : '';
}

function describe(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a map of other keys';
  return value === null ? 'null' : JSON.stringify(value).slice(0, 80);
}
