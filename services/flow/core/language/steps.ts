// Lists of steps -> numbered steps: one name with one kind each, what all kinds share, and the order of the list.
// I1 Lists are lowered from a queue, in the order met: depth of the document costs no stack.
// I2 Every item of a list, and every body of a function, gets its step or a message, never silence.
import type { Duration, Pc, Step, StepCommon } from '../program.ts';
import { present, type Compilation, type PendingList, type Site } from './compilation.ts';
import { durationOf } from './durations.ts';
import { expressionOf, type Scope } from './expressions.ts';
import { extensionsOf, lowerExtended } from './extensions.ts';
import { STEP_KINDS, STEP_SHAPES, type StepKindName } from './grammar.ts';
import { LOWERINGS } from './kinds.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { schemaOf } from './schemas.ts';
import { checkShape, orList, shorten } from './shape.ts';
import { refuseSettings } from './step-settings.ts';
import { expressionOrTemplate } from './templates.ts';
import { DIRECTIVES, thenOf, warnUnreachable } from './then.ts';
import { entry, isText, mapAt, textAt, type MapNode, type Node } from './tree.ts';

export function lowerLists(c: Compilation): void {
  for (let next = c.pending.shift(); next !== undefined; next = c.pending.shift()) {
    if ('list' in next) lowerList(next);
    else next.c.steps[next.site.pc] = lowerStep(next.c, next.site);
  }
}

function lowerList(pending: PendingList): void {
  const { c, list, base, branches } = pending;
  const named = list.items.map((item) => namedStep(c, item, branches));
  const siblings = new Map<string, Pc>();
  named.forEach((step, i) => {
    if (step === undefined) return;
    if (siblings.has(step.name)) c.report.errorAtKey(step.body, `Two steps of this list are named "${shorten(step.name)}".`, 'Give one of them another name.');
    else siblings.set(step.name, base + i);
  });
  named.forEach((step, i) => {
    if (step === undefined) return;
    const next = branches || i === named.length - 1 ? -1 : base + i + 1;
    c.steps[base + i] = lowerStep(c, { pc: base + i, parent: pending.parent, next, siblings, inBranches: branches, scope: pending.scope, ...step });
  });
  if (!branches) warnUnreachable(c, list, base);
}

function namedStep(c: Compilation, item: Node, branch: boolean): { name: string; body: MapNode } | undefined {
  const what = branch ? 'A branch' : 'A step';
  if (item.kind !== 'map' || item.entries.size !== 1) {
    const outdented = item.kind === 'map' && item.entries.size > 1 && isEmpty([...item.entries.values()][0]);
    c.report.error(
      item,
      `${what} is one name with its body under it.`,
      outdented ? 'Indent the body by two more spaces, under the name.' : 'For example: "- greet: {set: {hello: world}}".',
    );
    return undefined;
  }
  const [name, body] = [...item.entries][0]!;
  if (name.trim() === '' || name.length > MAX_NAME_LENGTH) c.report.errorAtKey(body, `A name has 1 to ${MAX_NAME_LENGTH} characters.`);
  else if (DIRECTIVES.has(name)) c.report.errorAtKey(body, `"${name}" cannot name a step: "then: ${name}" has a meaning of its own.`, 'Choose another name.');
  if (body.kind === 'map') return { name, body };
  c.report.errorAtKey(body, `The step "${shorten(name)}" ${isEmpty(body) ? 'is empty' : 'must be a map'}.`, `Give it one of: ${STEP_KINDS.join(', ')}.`);
  return undefined;
}

const isEmpty = (node: Node | undefined): boolean => node?.kind === 'scalar' && node.value === null;

function lowerStep(c: Compilation, site: Site): Step | undefined {
  const kind = kindOf(c, site);
  if (kind === undefined) return undefined;
  const around = extensionsOf(c, kind);
  if (around.length > 0) return lowerExtended(c, site, around, (inner) => lowerOne(c, inner, kind));
  return lowerOne(c, site, kind);
}

function lowerOne(c: Compilation, site: Site, kind: StepKindName): Step | undefined {
  checkShape(c.report, site.body, STEP_SHAPES[kind]);
  if (kind !== 'call' && kind !== 'run') refuseSettings(c, site.body);
  const common = commonOf(c, site);
  const own = LOWERINGS[kind](c, site);
  return own === undefined ? undefined : { ...common, ...own };
}

function kindOf(c: Compilation, site: Site): StepKindName | undefined {
  const keys = [...site.body.entries.keys()];
  const found = STEP_KINDS.filter((kind) => site.body.entries.has(kind) && !(kind === 'do' && site.body.entries.has('for')));
  if (found.length === 1) return found[0];
  const name = shorten(site.name);
  if (found.length > 1) c.report.errorAtKey(site.body, `The step "${name}" is several kinds at once: ${found.join(', ')}.`, 'Make a step of its own of each.');
  else {
    // At the key that was meant, when one looks like it: what the advice says is then what has to change there.
    const near = keys.find((key) => didYouMean(key, STEP_KINDS) !== undefined);
    const advice = near === undefined ? `Give it one of: ${orList(STEP_KINDS)}.` : didYouMean(near, STEP_KINDS);
    c.report.errorAtKey(entry(site.body, near ?? '') ?? site.body, `The step "${name}" does not say what it does.`, advice);
  }
  return undefined;
}

function commonOf(c: Compilation, site: Site): StepCommon {
  const { body, scope } = site;
  const input = mapAt(body, 'input');
  const output = mapAt(body, 'output');
  const exported = mapAt(body, 'export');
  return present<StepCommon>({
    pc: site.pc,
    pointer: c.origin.pointerOf(body),
    name: site.name,
    parent: site.parent,
    next: site.next,
    ...c.origin.placeOf(body.keyAt),
    if: expressionOf(c.report, c.expressions, textAt(body, 'if'), scope),
    inputFrom: expressionOrTemplate(c, entry(input, 'from'), scope),
    inputSchema: schemaOf(c, mapAt(input, 'schema')),
    outputAs: expressionOrTemplate(c, entry(output, 'as'), scope),
    outputSchema: schemaOf(c, mapAt(output, 'schema')),
    exportAs: expressionOrTemplate(c, entry(exported, 'as'), scope),
    exportSchema: schemaOf(c, mapAt(exported, 'schema')),
    timeout: timeoutOf(c, entry(body, 'timeout'), scope),
    then: thenOf(c, textAt(body, 'then'), site),
    extends: c.extending?.of,
    extended: site.frame === undefined ? undefined : true,
  });
}

/** `timeout: {after: ...}` or the name of one in use.timeouts. */
export function timeoutOf(c: Compilation, node: Node | undefined, scope: Scope): Duration | undefined {
  if (!isText(node)) return durationOf(c, entry(node, 'after'), scope);
  const named = entry(c.use.timeouts, node.value);
  if (named !== undefined) return durationOf(c, entry(named, 'after'), scope);
  const known = [...(c.use.timeouts?.entries.keys() ?? [])];
  c.report.error(
    node,
    `There is no timeout "${shorten(node.value)}" in use.timeouts.`,
    didYouMean(node.value, known) ?? 'Write "timeout: {after: PT30S}", or define it under use.timeouts.',
  );
  return undefined;
}
