// JSON Schemas of a document, written in it or fetched when it is published: checked when the flow is compiled, so that none fails later
// for what it is.
import { isObject, type Json } from '@palace/jq/json.ts';
import { checkSchemaItself } from '../json-schema.ts';
import type { Compilation } from './compilation.ts';
import { resourceOf } from './elsewhere.ts';
import { later } from './grammar.ts';
import { MAX_EXPANDED_LENGTH } from './limits.ts';
import { readData } from './read-data.ts';
import { shorten } from './shape.ts';
import { entry, mapAt, textAt, type MapNode, type Node } from './tree.ts';

const SCHEMA_FORMAT = /^json(?::(?:2020-12|2019-09|draft-07))?$/;

export function schemaOf(c: Compilation, node: MapNode | undefined): Json | undefined {
  if (node === undefined) return undefined;
  const document = entry(node, 'document');
  const resource = mapAt(node, 'resource');
  const format = textAt(node, 'format');
  if (format !== undefined && !SCHEMA_FORMAT.test(format.value))
    c.report.error(format, later(`Schemas of the format "${shorten(format.value)}" are`), 'Use "json".');
  if (document !== undefined && resource !== undefined) c.report.errorAtKey(node, 'A schema is either a "document" or a "resource".', 'Leave one of them out.');
  if (document === undefined && !node.entries.has('resource'))
    c.report.errorAtKey(node, 'A schema needs "document".', 'Or "resource": {endpoint: https://...}.');
  if (document === undefined) return resource === undefined ? undefined : fetchedSchema(c, resource);
  for (const { path, message, suggestion } of checkSchemaItself(document.value)) c.report.error(nodeAt(document, path), message, suggestion);
  return document.value;
}

function fetchedSchema(c: Compilation, resource: MapNode): Json | undefined {
  const found = resourceOf(c, resource, 'schema');
  const pinned = found === undefined ? undefined : c.expansion.pinned(found.wanted, found.named, c.report);
  if (found === undefined || pinned === undefined) return undefined;
  const say = (message: string, suggestion?: string): void => c.report.error(found.named, `In the schema at ${pinned.address}: ${message}`, suggestion);
  c.expansion.length += pinned.source.length;
  if (c.expansion.length > MAX_EXPANDED_LENGTH) {
    say(`with every use of it written out, the document has more than ${MAX_EXPANDED_LENGTH} characters.`, 'Check the value once, where it comes in.');
    return undefined;
  }
  const read = readData(pinned.source);
  if (!read.ok) {
    for (const { line, column, message } of read.errors) say(`line ${line}, column ${column}: ${message}`);
    return undefined;
  }
  if (!isObject(read.value) && typeof read.value !== 'boolean') {
    say('it is neither a map nor true or false.');
    return undefined;
  }
  for (const { path, message, suggestion } of checkSchemaItself(read.value)) say(`${path === '' ? '' : `${path}: `}${message}`, suggestion);
  return read.value;
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
