// `call: map:1.0.0@default`: a sub-flow for each item of a list. It validates upstream like any function of a catalog.
import { MAP_INDEX, MAP_ITEM, type StepCommon, type StepOf, type Template } from '../program.ts';
import { present, type Compilation, type Site } from './compilation.ts';
import { recognise, scopeWith } from './expressions.ts';
import { flowReference } from './flow-reference.ts';
import { MAP_WITH } from './grammar.ts';
import { checkShape } from './shape.ts';
import { templateOf } from './templates.ts';
import { entry, isText, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';

type MapStep = Omit<StepOf<'map'>, keyof StepCommon>;

const MAP_FUNCTION = 'map:1.0.0@default';

/** In any version of the default catalog: there is one. */
export const isMap = (call: string): boolean => /^map:[^@]*@default$/.test(call);

export function mapOf(c: Compilation, site: Site, call: TextNode): MapStep | undefined {
  if (call.value !== MAP_FUNCTION) c.report.error(call, `There is no function "${call.value}".`, `Write ${MAP_FUNCTION}.`);
  const palace = entry(mapAt(site.body, 'metadata'), 'palace');
  if (palace !== undefined)
    c.report.errorAtKey(palace, 'metadata.palace has no meaning on a map: it calls nothing itself.', 'Move it to the calls of the flow that it runs.');
  const given = mapAt(site.body, 'with');
  if (given === undefined) {
    if (entry(site.body, 'with') === undefined) c.report.errorAtKey(site.body, 'A map needs "with".', 'Give it at least items, flow and limit.');
    return undefined;
  }
  checkShape(c.report, given, MAP_WITH);
  const [items, limit, input] = ['items', 'limit', 'input'].map((key) => entry(given, key));
  const flow = flowReference(c, mapAt(given, 'flow'));
  const itemScope = scopeWith(site.scope, MAP_ITEM, MAP_INDEX);
  const parts = {
    items: items === undefined ? undefined : expressionIn(c, items, site, '${ .items }'),
    limit: limit === undefined ? undefined : limitOf(c, limit, site),
    input: input === undefined ? undefined : templateOf(c, input, itemScope),
  };
  if (flow === undefined || parts.items === undefined || parts.limit === undefined) return undefined;
  const { items: list, limit: most, input: each } = parts;
  return present<MapStep>({ kind: 'map', flow, items: list, limit: most, input: each, onError: onErrorOf(given) });
}

const onErrorOf = (given: MapNode): 'stop' | 'collect' => (textAt(given, 'onError')?.value === 'collect' ? 'collect' : 'stop');

/** A text there is an expression or a mistake. */
function expressionIn(c: Compilation, node: Node, site: Site, example: string): Template {
  if (isText(node) && recognise(c.report, node).kind === 'literal')
    c.report.error(node, `"${String(node.key)}" must be an expression here.`, `Write it like ${example}.`);
  return templateOf(c, node, site.scope);
}

function limitOf(c: Compilation, node: Node, site: Site): Template {
  if (typeof node.value === 'number' && node.value < 1) c.report.error(node, '"limit" must be a whole number from 1 on.');
  return expressionIn(c, node, site, '${ .limit }');
}
