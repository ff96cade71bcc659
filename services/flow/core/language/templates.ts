// Values with expressions in them -> templates. A part without expressions is one literal, whatever its size.
import type { Json } from '@palace/jq/json.ts';
import { VARIABLES, type Template } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { expressionOf, recognise, type Scope } from './expressions.ts';
import { isText, type MapNode, type Node, type TextNode } from './tree.ts';

const literal = (v: Json): Template => ({ t: 'lit', v });
/** `.customer`, `.items[0]`, `$context.total`: written where text stays text. */
const LOOKS_LIKE_PATH = /^\s*\.[A-Za-z_[][\w.[\]"]*\s*$/;
const LOOKS_LIKE_VARIABLE = new RegExp(`^\\s*\\$(?:${VARIABLES.join('|')}|error)(?:[.[ ][^]*)?$`);

export function templateOf(c: Compilation, node: Node, scope: Scope): Template {
  if (node.kind === 'scalar') return isText(node) ? textTemplate(c, node, scope) : literal(node.value);
  if (node.kind === 'list') {
    const items = node.items.map((item) => templateOf(c, item, scope));
    return items.every((item) => item.t === 'lit') ? literal(node.value) : { t: 'arr', items };
  }
  return mapTemplate(
    node,
    [...node.entries].map(([key, child]) => [key, templateOf(c, child, scope)] as const),
  );
}

/** Entries already lowered one by one; `node` is the literal when all of them are. */
export function mapTemplate(node: MapNode, entries: readonly (readonly [string, Template])[]): Template {
  return entries.every(([, part]) => part.t === 'lit') && entries.length === node.entries.size ? literal(node.value) : { t: 'obj', entries };
}

/** An object of templates that stands nowhere in the document. */
export function objectTemplate(entries: readonly (readonly [string, Template])[]): Template {
  if (!entries.every(([, part]) => part.t === 'lit')) return { t: 'obj', entries };
  return literal(Object.fromEntries(entries.map(([key, part]) => [key, part.t === 'lit' ? part.v : null])));
}

function textTemplate(c: Compilation, node: TextNode, scope: Scope): Template {
  const found = recognise(c.report, node);
  if (found.kind === 'expression') return { t: 'jq', e: c.expressions.add(node, found.source, found.offset, scope) };
  if (found.kind === 'literal' && (LOOKS_LIKE_PATH.test(node.value) || LOOKS_LIKE_VARIABLE.test(node.value))) {
    c.report.warn(node, 'This stays text but looks like an expression.', `Write \${ ${node.value.trim()} } if its value is meant.`);
  }
  return literal(node.value);
}

/** input.from, output.as, export.as: a text is an expression (bare or `${ }`), a map is a template. */
export function expressionOrTemplate(c: Compilation, node: Node | undefined, scope: Scope): Template | undefined {
  if (node === undefined) return undefined;
  if (!isText(node)) return node.kind === 'map' ? templateOf(c, node, scope) : undefined;
  const e = expressionOf(c.report, c.expressions, node, scope);
  return e === undefined ? undefined : { t: 'jq', e };
}
