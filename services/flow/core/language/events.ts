// listen and emit: event filters, correlation, the event to send (CloudEvents 1.0).
import type { EventFilter, ExprId, StepCommon, StepOf } from '../program.ts';
import { FORMATS } from '../schema/formats.ts';
import type { Compilation, Site } from './compilation.ts';
import { oneLine } from './durations.ts';
import { expressionOf, recognise, type Scope } from './expressions.ts';
import { CORRELATION, EVENT_FILTER, LISTEN_TO, LISTEN_UNTIL } from './grammar.ts';
import { checkShape, kindWord, orList, shorten } from './shape.ts';
import { mapTemplate, templateOf } from './templates.ts';
import { entry, isText, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
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
  const filters = filtersOf(c, entry(to, mode), site.scope);
  const until = mode === 'any' ? untilOf(c, entry(to, 'until'), site.scope) : undefined;
  const read = textAt(listen, 'read')?.value === 'envelope' ? 'envelope' : 'data';
  return { kind: 'listen', mode, filters, read, ...(until === undefined ? {} : { until }) };
}

export function soleKey<T extends string>(c: Compilation, node: MapNode, keys: readonly T[]): T | undefined {
  const found = keys.filter((key) => node.entries.has(key));
  if (found.length === 1) return found[0];
  const quoted = keys.map((key) => `"${key}"`);
  c.report.errorAtKey(node, found.length === 0 ? `Say ${orList(quoted)}.` : `Only one of ${orList(quoted)} can stand here.`);
  return undefined;
}

function untilOf(c: Compilation, node: Node | undefined, scope: Scope): Until | undefined {
  if (isText(node)) {
    const expr = expressionOf(c.report, c.expressions, node, scope);
    return expr === undefined ? undefined : { expr };
  }
  if (node?.kind !== 'map') return undefined;
  checkShape(c.report, node, LISTEN_UNTIL);
  if (node.entries.has('all')) return undefined;
  const mode = soleKey(c, node, ['one', 'any'] as const);
  return mode === undefined ? undefined : { filters: filtersOf(c, entry(node, mode), scope) };
}

export function filtersOf(c: Compilation, node: Node | undefined, scope: Scope): EventFilter[] {
  if (node?.kind === 'list' && node.items.length === 0)
    c.report.error(node, 'Listening to every event is not available.', 'Name at least one event: "- with: {type: ...}".');
  const nodes = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
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
  const type = filterType(c, given);
  checkAttributes(c, given);
  const attributes = [...given.entries].filter(([name]) => name !== 'type').map(([name, child]) => [name, templateOf(c, child, scope)] as const);
  const links =
    correlate === undefined ? [] : [...correlate.entries].map(([name, child]) => correlationOf(c, name, child, scope)).filter((one) => one !== undefined);
  return type === undefined ? undefined : { type, attributes, correlate: links };
}

function filterType(c: Compilation, given: MapNode): string | undefined {
  const type = entry(given, 'type');
  if (type === undefined) c.report.errorAtKey(given, 'An event filter needs the "type" of the event.');
  else if (isText(type) && (type.value.trim() === '' || recognise(c.report, type).kind !== 'literal'))
    c.report.error(type, 'The "type" of an event filter must be plain text.', 'Filter by other attributes or "data" with an expression.');
  else if (isText(type)) return type.value;
  return undefined;
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
  checkAttributes(c, given);
  return {
    kind: 'emit',
    event: mapTemplate(
      given,
      [...given.entries].map(([name, child]) => [name, templateOf(c, child, site.scope)] as const),
    ),
  };
}
