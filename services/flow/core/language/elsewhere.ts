// Where texts of elsewhere are: the address that a document writes out, and how the fetch proves who it is. Nothing is fetched here.
// I1 Both are known before any run: an address is no expression, and a proof sees secrets and nothing else.
import type { Template } from '../program.ts';
import { authenticationOf } from './authentication.ts';
import { rawAddress } from './catalogs.ts';
import type { Compilation } from './compilation.ts';
import { createExpressions, type Scope } from './expressions.ts';
import type { Proof, TextKind, Wanted } from './expansion.ts';
import { ENDPOINT } from './grammar.ts';
import { checkShape } from './shape.ts';
import { entry, isText, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { uriTemplate } from './uri.ts';

/** When a flow is published there is no run. */
const PUBLISHING: Scope = { names: [], all: ['secrets'], key: 'publishing' };

/** `what`: "The address of a function". Undefined: it has got its message. */
export function literalAddress(c: Compilation, node: TextNode, what: string): string | undefined {
  const found = uriTemplate(c, node);
  if (found === undefined) return undefined;
  if (found.t === 'lit' && URL.canParse(node.value)) return rawAddress(node.value);
  c.report.error(node, `${what} must be written out: it is fetched when the flow is published.`);
  return undefined;
}

/** `{endpoint: ADDRESS}` or `{endpoint: {uri: ADDRESS, authentication: ...}}`, with the text that names the address. */
export function resourceOf(c: Compilation, resource: MapNode, what: TextKind): { readonly wanted: Wanted; readonly named: TextNode } | undefined {
  const endpoint = entry(resource, 'endpoint');
  const named = addressNode(endpoint);
  if (endpoint?.kind === 'map') checkShape(c.report, endpoint, ENDPOINT);
  if (named === undefined) return undefined;
  const address = literalAddress(c, named, `The address of a ${what}`);
  const proof = proofOf(c, endpoint);
  return address === undefined ? undefined : { wanted: { what, address, proof }, named };
}

export const addressNode = (endpoint: Node | undefined): TextNode | undefined => (isText(endpoint) ? endpoint : textAt(endpoint, 'uri'));

/** Of an endpoint that asks for authentication. */
export function proofOf(c: Compilation, endpoint: Node | undefined): Proof | undefined {
  const authentication = entry(endpoint, 'authentication');
  if (authentication === undefined) return undefined;
  const expressions = createExpressions(c.report, c.use.secrets);
  const template: Template | undefined = authenticationOf({ ...c, expressions }, authentication, PUBLISHING);
  return template === undefined ? undefined : { template, expressions: expressions.table.sources };
}
