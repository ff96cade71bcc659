// Arguments with secrets in them, evaluated twice: once for the intent, with a visible text in each secret's place; once when the act
// begins, with the values. The values come in as an argument, and nothing here keeps them.
// I1 What has no secret in it is taken from the intent, never computed again (ENGINE E8). What has one sees what it saw then (`Seen`).
//    A function that is handed a secret gets it in its input: all expressions of its act may see it, and all of them are evaluated twice.
// I2 Places are found in the program. No text that came in as data is searched for anything.
// I3 A fault of the second evaluation says the expression, never what jq says of its values.
import { isObject, put, type Json } from '@palace/jq/json.ts';
import { standardFault } from './faults.ts';
import { ExpressionFault, type Linked } from './link.ts';
import type { RunFault, Seen } from './model.ts';
import type { ExprId, Program, Template } from './program.ts';
import type { Act } from './acts.ts';
import { stepAt, type OpenEffect, type Run } from './run.ts';
import { secretUses } from './secret-uses.ts';
import { StepFault, type Turn } from './turn.ts';
import { placeOf, runtimeOf, variableNames, variables, type Place } from './variables.ts';

/** The values by name, as they are at this moment. */
export type SecretValues = ReadonlyMap<string, Json>;

/** The text that stands for a secret wherever people look: `[secret user.password]`. */
export const secretShown = (path: readonly string[]): string => `[secret ${path.join('.')}]`;

/** For the intent. `seen` is there when there are secrets. Throws ExpressionFault. */
export function argumentsShown(turn: Turn, template: Template, input: Json, place: Place): { readonly args: Json; readonly seen?: Seen } {
  const { run, env } = turn;
  const { linked } = run;
  const names = variableNames(linked, template);
  const handed = place.above === undefined ? undefined : handedIn(run, place.above);
  const given = variables(turn, names, place);
  const evaluate = (part: Template, more?: Json): Json =>
    linked.evaluate(part, input, more === undefined ? given : { ...given, secrets: more }, env.nowMs, env.limits.expressionFuel);
  if (!names.includes('secrets') && handed === undefined) return { args: evaluate(template) };
  const path = handed === undefined ? [] : handedPath(linked, handed);
  const args = walk(
    linked,
    template,
    undefined,
    (part) => (handed === undefined ? evaluate(part) : eachPart(part, (one) => shownInstead(() => evaluate(one), path))),
    (e, part) => shownInstead(() => evaluate(part, placeholders(linked.program, e)), secretUses(sourceOf(linked.program, e))[0]?.path ?? []),
  );
  const within = handed === undefined ? secretVariables(linked, template) : new Set(names);
  return {
    args,
    seen: { nowMs: env.nowMs, ...(within.has('context') && { context: run.context }), ...(within.has('runtime') && { runtime: runtimeOf(env) }) },
  };
}

/** It may well work with the value: it is known to be wrong only then. */
function shownInstead(evaluate: () => Json, path: readonly string[]): Json {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ExpressionFault) return secretShown(path);
    throw error;
  }
}

/** Those that the act needs; empty when it needs none. */
export function secretsNeeded(run: Run, effect: OpenEffect): readonly string[] {
  if (effect.seen === undefined) return [];
  const above = run.acts.get(run.acts.get(effect.act)?.parent ?? 0);
  const handed = above === undefined ? undefined : handedIn(run, above);
  const names = namesIn(run.linked, argumentsTemplate(run, effect));
  return handed === undefined ? names : [...new Set([...names, ...namesIn(run.linked, handed.arguments)])];
}

/** The call of a function, around its one act, whose arguments hold secrets. */
interface Handed {
  readonly arguments: Template;
  /** As the journal has them. */
  readonly input: Json;
}

/** `above`: the scope of an act. An extended act stands in a frame. */
function handedIn(run: Run, above: Act): Handed | undefined {
  const step = stepAt(run, above);
  if (step.kind === 'do' && step.frames !== undefined) {
    const around = run.acts.get(above.parent);
    return around === undefined ? undefined : handedIn(run, around);
  }
  const from = step.inputFrom;
  return from !== undefined && variableNames(run.linked, from).includes('secrets') ? { arguments: from, input: above.input } : undefined;
}

const handedPath = (linked: Linked, handed: Handed): readonly string[] =>
  expressionsIn(handed.arguments).flatMap((e) => usesOf(linked, e).map(({ path }) => path))[0] ?? [];

/** What the function is given in truth: each secret stands alone in its place, so nothing else is evaluated. */
function givenInTruth(linked: Linked, handed: Handed, secrets: Json, nowMs: number, fuel: number): Json {
  return walk(
    linked,
    handed.arguments,
    handed.input,
    (_, kept) => kept ?? null,
    (e, part) => withValues(linked, e, () => linked.evaluate(part, null, { secrets }, nowMs, fuel)),
  );
}

/** Each expression and address of a template by itself. */
function eachPart(part: Template, evaluate: (part: Template) => Json): Json {
  if (part.t === 'arr') return part.items.map((item) => eachPart(item, evaluate));
  if (part.t !== 'obj') return evaluate(part);
  const value: { [key: string]: Json } = {};
  for (const [key, inner] of part.entries) put(value, key, eachPart(inner, evaluate));
  return value;
}

/** For the act, while it is open. Throws StepFault. */
export function argumentsOf(run: Run, effect: OpenEffect, secrets: SecretValues, fuel: number): Json {
  const { seen } = effect;
  const act = run.acts.get(effect.act);
  if (seen === undefined) return effect.args;
  if (act === undefined) throw new StepFault(standardFault('runtime', 'The step was over before its act began.'));
  const { linked } = run;
  const template = argumentsTemplate(run, effect);
  const place: Place = {
    ...placeOf(run, act),
    more: { ...(seen.context !== undefined && { context: seen.context }), ...(seen.runtime !== undefined && { runtime: seen.runtime }) },
  };
  const values = Object.fromEntries(secrets);
  const handed = place.above === undefined ? undefined : handedIn(run, place.above);
  if (handed !== undefined) {
    const input = givenInTruth(linked, handed, values, seen.nowMs, fuel);
    const within = { ...variables({ run, env: {} }, variableNames(linked, template), { ...place, raw: input, input }), secrets: values };
    return eachPart(template, (part) => withValues(linked, part.t === 'jq' ? part.e : undefined, () => linked.evaluate(part, input, within, seen.nowMs, fuel)));
  }
  const given = { ...variables({ run, env: {} }, variableNames(linked, template), place), secrets: values };
  return walk(
    linked,
    template,
    effect.args,
    (_, kept) => kept ?? null,
    (e, part) => withValues(linked, e, () => linked.evaluate(part, act.input, given, seen.nowMs, fuel)),
  );
}

/** A template that is evaluated when it is needed and kept nowhere (`verify`). Throws StepFault. */
export function withSecretsNow(
  linked: Linked,
  template: Template,
  input: Json,
  given: { readonly [name: string]: Json },
  secrets: SecretValues,
  nowMs: number,
  fuel: number,
): Json {
  return withValues(linked, undefined, () => linked.evaluate(template, input, { ...given, secrets: Object.fromEntries(secrets) }, nowMs, fuel));
}

export const namesIn = (linked: Linked, template: Template): readonly string[] => [
  ...new Set(expressionsIn(template).flatMap((e) => usesOf(linked, e).map(({ path }) => path[0] ?? ''))),
];

/** What an act is told when a secret is not there. */
export const missingSecret = (name: string, environment: string | undefined): RunFault =>
  environment === undefined
    ? standardFault('configuration', `The secret "${name}" is not set. Set it with: palace secret set ${name}`)
    : standardFault(
        'configuration',
        `The secret "${name}" is not set in the environment "${environment}". Set it with: palace secret set ${name} --env ${environment}`,
      );

function withValues<T>(linked: Linked, e: ExprId | undefined, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    const source = e === undefined ? error.source : sourceOf(linked.program, e);
    throw new StepFault(standardFault('expression', `It cannot be evaluated with the secrets as they are now. In: ${source.slice(0, 200)}`));
  }
}

function argumentsTemplate(run: Run, effect: OpenEffect): Template {
  const act = run.acts.get(effect.act);
  const step = act === undefined ? undefined : stepAt(run, act);
  if (step?.kind !== 'call') return { t: 'lit', v: null };
  return step.ask !== undefined && effect.function === step.ask.function ? step.ask.with : step.with;
}

/** Every part without a secret by `plain`, every expression with one by `secret`; `kept` is what the intent has at the place. */
function walk(
  linked: Linked,
  part: Template,
  kept: Json | undefined,
  plain: (part: Template, kept: Json | undefined) => Json,
  secret: (e: ExprId, part: Template) => Json,
): Json {
  if (!expressionsIn(part).some((e) => usesOf(linked, e).length > 0)) return plain(part, kept);
  if (part.t === 'jq') return secret(part.e, part);
  if (part.t === 'arr') return part.items.map((item, i) => walk(linked, item, Array.isArray(kept) ? kept[i] : undefined, plain, secret));
  const value: { [key: string]: Json } = {};
  if (part.t === 'obj')
    for (const [key, inner] of part.entries)
      put(value, key, walk(linked, inner, kept !== undefined && isObject(kept) && Object.hasOwn(kept, key) ? kept[key] : undefined, plain, secret));
  return value;
}

function secretVariables(linked: Linked, template: Template): ReadonlySet<string> {
  return new Set(
    expressionsIn(template)
      .filter((e) => usesOf(linked, e).length > 0)
      .flatMap((e) => linked.expr(e).variables),
  );
}

const expressions = new WeakMap<object, readonly ExprId[]>();

function expressionsIn(template: Template): readonly ExprId[] {
  const known = expressions.get(template);
  if (known !== undefined) return known;
  const parts = template.t === 'obj' ? template.entries.map(([, part]) => part) : template.t === 'arr' ? template.items : [];
  const found = template.t === 'jq' ? [template.e] : parts.flatMap(expressionsIn);
  expressions.set(template, found);
  return found;
}

const sourceOf = (program: Program, e: ExprId): string => program.expressions[e] ?? '';

type Uses = ReturnType<typeof secretUses>;
const uses = new WeakMap<Program, Map<ExprId, Uses>>();

function usesOf({ program, expr }: Linked, e: ExprId): Uses {
  let of = uses.get(program);
  if (of === undefined) uses.set(program, (of = new Map()));
  let found = of.get(e);
  if (found === undefined) of.set(e, (found = expr(e).variables.includes('secrets') ? secretUses(sourceOf(program, e)) : []));
  return found;
}

/** `$secrets` as the intent sees it: a text at the end of each path that the expression names. */
function placeholders(program: Program, e: ExprId): Json {
  const shown: { [key: string]: Json } = {};
  for (const { path } of secretUses(sourceOf(program, e)).toSorted((a, b) => a.path.length - b.path.length)) {
    let at = shown;
    for (const [i, key] of path.entries()) {
      const inner = Object.hasOwn(at, key) ? at[key] : undefined;
      if (i === path.length - 1) {
        if (inner === undefined) put(at, key, secretShown(path));
      } else if (inner !== undefined && isObject(inner)) at = inner as { [key: string]: Json };
      else {
        const fresh: { [key: string]: Json } = {};
        put(at, key, fresh);
        at = fresh;
      }
    }
  }
  return shown;
}
