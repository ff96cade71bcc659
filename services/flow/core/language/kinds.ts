// What each kind of step means, beside calls (calls.ts) and events (events.ts). Lists inside a step are only numbered here.
import type { ExprId, StepCommon, StepKind, StepOf } from '../program.ts';
import { FORMATS } from '../schema/formats.ts';
import { callOf } from './call-kinds.ts';
import { present, reserve, reserveBody, type Compilation, type Site } from './compilation.ts';
import { durationOf, oneLine } from './durations.ts';
import { emitOf, listenOf } from './events.ts';
import { expressionOf, recognise, scopeWith, type Scope } from './expressions.ts';
import { ERROR, SWITCH_CASE, type StepKindName } from './grammar.ts';
import { inlineListSource } from './inline-list.ts';
import { itemNames, nameOf } from './item-names.ts';
import { didYouMean } from './nearest.ts';
import { canonicalType, errorMatchOf, retryOf } from './retries.ts';
import { runOf } from './run.ts';
import { checkShape, kindWord, shorten } from './shape.ts';
import { objectTemplate, templateOf } from './templates.ts';
import { thenOf } from './then.ts';
import { booleanAt, entry, integerAt, isText, listAt, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { isReference } from './uri.ts';

type KindOf<K extends StepKind['kind']> = Omit<StepOf<K>, keyof StepCommon>;
type Lowering = (c: Compilation, site: Site) => StepKind | undefined;

export const LOWERINGS: Readonly<Record<StepKindName, Lowering>> = {
  call: callOf,
  do: doOf,
  emit: emitOf,
  for: forOf,
  fork: forkOf,
  listen: listenOf,
  raise: raiseOf,
  run: runOf,
  set: setOf,
  switch: switchOf,
  try: tryOf,
  wait: waitOf,
};

function doOf(c: Compilation, site: Site): KindOf<'do'> | undefined {
  const list = listAt(site.body, 'do');
  return list === undefined ? undefined : { kind: 'do', first: reserve(c, list, site.pc, site.scope, false) };
}

function setOf(c: Compilation, site: Site): KindOf<'set'> | undefined {
  const node = entry(site.body, 'set');
  if (isText(node) && recognise(c.report, node).kind === 'literal') {
    c.report.error(node, '"set" needs a map, or one expression.', `Write \${ ${node.value.trim() || '.'} } if an expression is meant.`);
    return undefined;
  }
  if (node?.kind === 'map' && node.entries.size === 0) c.report.errorAtKey(node, '"set" needs at least one key.');
  return node === undefined ? undefined : { kind: 'set', value: templateOf(c, node, site.scope) };
}

function switchOf(c: Compilation, site: Site): KindOf<'switch'> | undefined {
  const list = listAt(site.body, 'switch');
  if (list === undefined) return undefined;
  if (list.items.length === 0) c.report.error(list, 'A switch needs at least one case.');
  const cases = list.items.map((item, i) => caseOf(c, item, i === list.items.length - 1, site)).filter((one) => one !== undefined);
  return { kind: 'switch', cases };
}

function caseOf(c: Compilation, item: Node, last: boolean, site: Site): KindOf<'switch'>['cases'][number] | undefined {
  const [name, body] = item.kind === 'map' && item.entries.size === 1 ? [...item.entries][0]! : ['', undefined];
  if (body?.kind !== 'map') {
    c.report.error(item, 'A case is one name with its "when" and "then" under it.', 'For example: "- large: {when: .total > 100, then: review}".');
    return undefined;
  }
  checkShape(c.report, body, SWITCH_CASE);
  const when = expressionOf(c.report, c.expressions, textAt(body, 'when'), site.scope);
  if (!last && !body.entries.has('when'))
    c.report.errorAtKey(body, 'A case without "when" always matches: the cases after it are never tried.', 'Move it to the end.');
  return { name, then: thenOf(c, textAt(body, 'then'), site), ...(when === undefined ? {} : { when }) };
}

function forOf(c: Compilation, site: Site): KindOf<'for'> | undefined {
  const loop = mapAt(site.body, 'for');
  const list = listAt(site.body, 'do');
  if (loop === undefined || list === undefined) return undefined;
  const { each, at } = itemNames(c, loop, 'each');
  const scope = scopeWith(site.scope, each, at);
  const items = itemsOf(c, entry(loop, 'in'), site.scope);
  const condition = expressionOf(c.report, c.expressions, textAt(site.body, 'while'), scope);
  const body = reserveBody(c, list, site.pc, scope);
  return items === undefined ? undefined : present<KindOf<'for'>>({ kind: 'for', each, at, in: items, while: condition, body });
}

/** A list written in the document becomes the expression that builds it. */
function itemsOf(c: Compilation, node: Node | undefined, scope: Scope): ExprId | undefined {
  if (node?.kind !== 'list') return isText(node) ? expressionOf(c.report, c.expressions, node, scope) : undefined;
  for (const item of node.items)
    if (item.kind !== 'map') c.report.error(item, 'Items of a list written in place must be maps.', 'Write other lists as an expression: in: ${ [1, 2, 3] }.');
  return inlineListSource(c, node, scope);
}

function forkOf(c: Compilation, site: Site): KindOf<'fork'> | undefined {
  const fork = mapAt(site.body, 'fork');
  const list = listAt(fork, 'branches');
  if (list === undefined) return undefined;
  const base = reserve(c, list, site.pc, site.scope, true);
  return { kind: 'fork', branches: base < 0 ? [] : list.items.map((_, i) => base + i), compete: booleanAt(fork, 'compete') ?? false };
}

function tryOf(c: Compilation, site: Site): KindOf<'try'> | undefined {
  const list = listAt(site.body, 'try');
  const given = mapAt(site.body, 'catch');
  if (list === undefined || given === undefined) return undefined;
  const as = nameOf(c, textAt(given, 'as'), 'error');
  const scope = scopeWith(site.scope, as);
  const handler = listAt(given, 'do');
  const then = textAt(given, 'then');
  const retry = retryOf(c, entry(given, 'retry'), scope);
  const attempt = retry?.maxAttemptMs;
  return present<KindOf<'try'>>({
    kind: 'try',
    as,
    match: errorMatchOf(c, mapAt(mapAt(given, 'errors'), 'with'), site.scope),
    when: expressionOf(c.report, c.expressions, textAt(given, 'when'), scope),
    exceptWhen: expressionOf(c.report, c.expressions, textAt(given, 'exceptWhen'), scope),
    retry,
    body: reserveBody(c, list, site.pc, site.scope, attempt === undefined ? undefined : { ms: attempt }),
    handler: handler === undefined ? undefined : reserveBody(c, handler, site.pc, scope),
    catchThen: then === undefined ? undefined : thenOf(c, then, site),
  });
}

function raiseOf(c: Compilation, site: Site): KindOf<'raise'> | undefined {
  const node = entry(mapAt(site.body, 'raise'), 'error');
  const error = isText(node) ? namedError(c, node) : node;
  return error?.kind === 'map' ? { kind: 'raise', error: errorTemplate(c, error, site.scope) } : undefined;
}

function namedError(c: Compilation, node: TextNode): Node | undefined {
  const named = entry(c.use.errors, node.value);
  if (named === undefined) {
    const known = [...(c.use.errors?.entries.keys() ?? [])];
    c.report.error(
      node,
      `There is no error "${shorten(node.value)}" in use.errors.`,
      didYouMean(node.value, known) ?? 'Write the error here, or under use.errors.',
    );
  }
  return named;
}

function errorTemplate(c: Compilation, node: MapNode, scope: Scope): StepOf<'raise'>['error'] {
  const entries = [...node.entries].map(([key, child]) => {
    if (isText(child)) checkErrorText(c, key, child);
    const part = templateOf(c, child, scope);
    return [key, key === 'type' ? (canonicalType(part) ?? part) : part] as const;
  });
  const status = integerAt(node, 'status');
  if (status !== undefined && (status < 100 || status > 599)) c.report.error(entry(node, 'status') ?? node, 'The status of an error must be 100 to 599.');
  return objectTemplate(entries);
}

function checkErrorText(c: Compilation, key: string, node: TextNode): void {
  if (key !== 'type' && key !== 'instance') return;
  if (node.value.includes('${')) oneLine(c, node);
  else if (key === 'type' && !isReference(node.value))
    c.report.error(node, 'The type of an error must be an address without white space.', 'For example: https://example.com/errors/out-of-stock.');
  else if (key === 'instance' && FORMATS['json-pointer']?.(node.value) !== true)
    c.report.error(node, 'The instance of an error must be a JSON pointer.', 'For example: /do/0/check. It may be left out.');
}

/** All errors of `use.errors`, also those that nobody raises. */
export function checkErrors(c: Compilation, errors: MapNode | undefined, scope: Scope): void {
  for (const [name, node] of errors?.entries ?? []) {
    if (node.kind !== 'map') c.report.error(node, `The error "${shorten(name)}" must be a map, not ${kindWord(node)}.`);
    else {
      checkShape(c.report, node, ERROR);
      errorTemplate(c, node, scope);
    }
  }
}

function waitOf(c: Compilation, site: Site): KindOf<'wait'> | undefined {
  const duration = durationOf(c, entry(site.body, 'wait'), site.scope);
  return duration === undefined ? undefined : { kind: 'wait', duration };
}
