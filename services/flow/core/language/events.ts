// listen and emit: event filters, correlation, the event to send (CloudEvents 1.0).
import { isReserved, type EventFilter, type ExprId, type ReadAs, type StepCommon, type StepOf, type SubscriptionIterator } from '../program.ts';
import { FORMATS } from '../schema/formats.ts';
import { present, reserveBody, type Compilation, type Site } from './compilation.ts';
import { oneLine } from './durations.ts';
import { expressionOf, recognise, scopeWith, type Scope } from './expressions.ts';
import { itemNames, type ItemNames } from './item-names.ts';
import { MAX_FILTERS } from './limits.ts';
import { schemaOf } from './schemas.ts';
import { CORRELATION, EVENT_FILTER, LISTEN_TO, LISTEN_UNTIL } from './grammar.ts';
import { checkShape, kindWord, orList, shorten } from './shape.ts';
import { expressionOrTemplate, mapTemplate, templateOf } from './templates.ts';
import { entry, isText, listAt, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { isReference } from './uri.ts';

type Listen = Omit<StepOf<'listen'>, keyof StepCommon>;
type Emit = Omit<StepOf<'emit'>, keyof StepCommon>;
type Until = NonNullable<Listen['until']>;

const ATTRIBUTE = /^[a-z0-9]{1,40}$/;
/** CloudEvents attributes that the official schema wants as text. */
const TEXT_ATTRIBUTES: ReadonlySet<string> = new Set(['id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'dataschema', 'specversion']);

export function listenOf(c: Compilation, site: Site): Listen | undefined {
  const listen = mapAt(site.body, 'listen');
  const to = mapAt(listen, 'to');
  if (listen === undefined || to === undefined) return undefined;
  checkShape(c.report, to, LISTEN_TO);
  const mode = soleKey(c, to, ['one', 'any', 'all'] as const);
  if (mode === undefined) return undefined;
  if (mode !== 'any' && to.entries.has('until')) c.report.errorAtKey(entry(to, 'until') ?? to, '"until" goes with "any" only.');
  const filters = mode === 'any' && isEmpty(entry(to, mode)) ? [EVERY_EVENT] : filtersOf(c, entry(to, mode), site.scope);
  const iterator = mapAt(site.body, 'foreach');
  const names = iterator === undefined ? undefined : itemNames(c, iterator, 'item');
  const itemScope = names === undefined ? site.scope : scopeWith(site.scope, names.each, names.at);
  const until = mode === 'any' ? untilOf(c, entry(to, 'until'), site.scope, itemScope) : undefined;
  return present<Listen>({
    kind: 'listen',
    mode,
    filters,
    read: (textAt(listen, 'read')?.value as ReadAs | undefined) ?? 'data',
    until,
    foreach: iterator === undefined || names === undefined ? undefined : iteratorOf(c, iterator, site, names, itemScope),
  });
}

/** `any: []`. */
const EVERY_EVENT: EventFilter = { attributes: [], correlate: [] };
const isEmpty = (node: Node | undefined): boolean => node?.kind === 'list' && node.items.length === 0;

function iteratorOf(c: Compilation, node: MapNode, site: Site, { each, at }: ItemNames, scope: Scope): SubscriptionIterator {
  const list = listAt(node, 'do');
  const output = mapAt(node, 'output');
  const exported = mapAt(node, 'export');
  return present<SubscriptionIterator>({
    item: each,
    at,
    body: list === undefined ? undefined : reserveBody(c, list, site.pc, scope),
    outputAs: expressionOrTemplate(c, entry(output, 'as'), scope),
    outputSchema: schemaOf(c, mapAt(output, 'schema')),
    exportAs: expressionOrTemplate(c, entry(exported, 'as'), scope),
    exportSchema: schemaOf(c, mapAt(exported, 'schema')),
  });
}

export function soleKey<T extends string>(c: Compilation, node: MapNode, keys: readonly T[]): T | undefined {
  const found = keys.filter((key) => node.entries.has(key));
  if (found.length === 1) return found[0];
  const quoted = keys.map((key) => `"${key}"`);
  c.report.errorAtKey(node, found.length === 0 ? `Say ${orList(quoted)}.` : `Only one of ${orList(quoted)} can stand here.`);
  return undefined;
}

/** An expression, which sees the current item too, or the events that end the listen. */
export function untilOf(c: Compilation, node: Node | undefined, scope: Scope, itemScope: Scope): Until | undefined {
  if (isText(node)) {
    const expr = expressionOf(c.report, c.expressions, node, itemScope);
    return expr === undefined ? undefined : { expr };
  }
  if (node?.kind !== 'map') return undefined;
  checkShape(c.report, node, LISTEN_UNTIL);
  const mode = soleKey(c, node, ['one', 'any', 'all'] as const);
  return mode === undefined ? undefined : { mode, filters: filtersOf(c, entry(node, mode), scope) };
}

export function filtersOf(c: Compilation, node: Node | undefined, scope: Scope): EventFilter[] {
  if (node !== undefined && isEmpty(node))
    c.report.error(node, 'Name at least one event.', 'Write "- with: {type: ...}". Every event is meant by "any: []" under "to" alone.');
  const nodes = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  if (nodes.length > MAX_FILTERS && node !== undefined) c.report.error(node, `At most ${MAX_FILTERS} events may be named here.`);
  return nodes.map((one) => filterOf(c, one, scope)).filter((one) => one !== undefined);
}

function filterOf(c: Compilation, node: Node, scope: Scope): EventFilter | undefined {
  if (node.kind !== 'map') {
    c.report.error(node, `An event filter must be a map, not ${kindWord(node)}.`, 'Write "with: {type: ...}".');
    return undefined;
  }
  checkShape(c.report, node, EVENT_FILTER);
  const given = mapAt(node, 'with');
  const correlate = mapAt(node, 'correlate');
  if (given === undefined) return undefined;
  if (given.entries.size === 0) c.report.errorAtKey(given, 'An event filter needs at least one attribute.', 'For example "type".');
  const type = literalType(c, given);
  checkAttributes(c, given);
  const attributes = [...given.entries]
    .filter(([name]) => name !== 'type' || type === undefined)
    .map(([name, child]) => [name, templateOf(c, child, scope)] as const);
  const links =
    correlate === undefined ? [] : [...correlate.entries].map(([name, child]) => correlationOf(c, name, child, scope)).filter((one) => one !== undefined);
  return { attributes, correlate: links, ...(type !== undefined && { type }) };
}

/** A type in words names the events; one that is an expression is asked of every event, like the other attributes. */
function literalType(c: Compilation, given: MapNode): string | undefined {
  const type = entry(given, 'type');
  if (!isText(type)) return undefined;
  if (type.value.trim() === '') c.report.error(type, 'The "type" of an event must not be empty.');
  return recognise(c.report, type).kind === 'literal' ? type.value : undefined;
}

function checkAttributes(c: Compilation, given: MapNode): void {
  for (const [name, child] of given.entries) {
    if (!ATTRIBUTE.test(name))
      c.report.errorAtKey(
        child,
        `"${shorten(name)}" is not an event attribute.`,
        'Attribute names are lower-case letters and digits; the rest belongs under "data".',
      );
    else if (TEXT_ATTRIBUTES.has(name) && !isText(child)) c.report.error(child, `"${name}" must be text, not ${kindWord(child)}.`);
    else if (name !== 'data' && child.kind !== 'scalar')
      c.report.error(child, `"${name}" must be a single value, not ${kindWord(child)}.`, 'Put it under "data".');
    else if (isText(child)) checkTextAttribute(c, name, child);
  }
}

/** Literals have the form that the official schema asks for; expressions there stand on one line. */
function checkTextAttribute(c: Compilation, name: string, node: TextNode): void {
  if (name !== 'source' && name !== 'dataschema' && name !== 'time') return;
  if (node.value.includes('${')) oneLine(c, node);
  else if (name === 'time' && FORMATS['date-time']?.(node.value) !== true) c.report.error(node, '"time" must be a time like 2026-01-31T12:00:00Z.');
  else if (name !== 'time' && !isReference(node.value))
    c.report.error(node, `"${name}" must be an address or path without white space.`, 'For example: https://example.com/orders or /orders.');
}

function correlationOf(
  c: Compilation,
  name: string,
  node: Node,
  scope: Scope,
): { name: string; from: ExprId; expect?: ReturnType<typeof templateOf> } | undefined {
  if (node.kind !== 'map') {
    c.report.error(node, `A correlation must be a map, not ${kindWord(node)}.`, 'Write "from: .field".');
    return undefined;
  }
  checkShape(c.report, node, CORRELATION);
  const from = expressionOf(c.report, c.expressions, textAt(node, 'from'), scope);
  const expect: TextNode | undefined = textAt(node, 'expect');
  return from === undefined ? undefined : { name, from, ...(expect === undefined ? {} : { expect: templateOf(c, expect, scope) }) };
}

export function emitOf(c: Compilation, site: Site): Emit | undefined {
  const given = mapAt(mapAt(mapAt(site.body, 'emit'), 'event'), 'with');
  if (given === undefined) return undefined;
  if (!given.entries.has('type')) c.report.errorAtKey(given, 'An event to emit needs a "type".');
  const type = textAt(given, 'type');
  if (type !== undefined && isReserved(type.value)) c.report.error(type, 'Events of this type are said by the engine alone.', 'Choose another type.');
  checkAttributes(c, given);
  return {
    kind: 'emit',
    event: mapTemplate(
      given,
      [...given.entries].map(([name, child]) => [name, templateOf(c, child, site.scope)] as const),
    ),
  };
}
