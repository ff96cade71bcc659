// JSON Schemas of a document: checked when the flow is compiled, so that none fails later for what it is.
import type { Json } from '@palace/jq/json.ts';
import { checkSchemaItself } from '../json-schema.ts';
import type { Compilation } from './compilation.ts';
import { later } from './grammar.ts';
import { shorten } from './shape.ts';
import { entry, textAt, type MapNode, type Node } from './tree.ts';

const SCHEMA_FORMAT = /^json(?::(?:2020-12|2019-09|draft-07))?$/;

export function schemaOf(c: Compilation, node: MapNode | undefined): Json | undefined {
  const document = entry(node, 'document');
  const format = textAt(node, 'format');
  if (format !== undefined && !SCHEMA_FORMAT.test(format.value))
    c.report.error(format, later(`Schemas of the format "${shorten(format.value)}" are`), 'Use "json".');
  if (document === undefined) return undefined;
  for (const { path, message, suggestion } of checkSchemaItself(document.value)) c.report.error(nodeAt(document, path), message, suggestion);
  return document.value;
}

/** The node a pointer leads to, or the deepest one on the way. */
function nodeAt(from: Node, pointer: string): Node {
  let node = from;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const child: Node | undefined = node.kind === 'map' ? node.entries.get(key) : node.kind === 'list' ? node.items[Number(key)] : undefined;
    if (child === undefined) return node;
    node = child;
  }
  return node;
}
