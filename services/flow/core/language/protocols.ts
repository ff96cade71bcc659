// Calls that compile whole and are not available yet: grpc, asyncapi, a2a, mcp, and functions that the default catalog will have.
// I1 Every key is checked as the official schema has it, so that a flow written today is right when they come.
// I2 They fail before anything is sent. Of what class they are is not stored: the release that runs them knows (effect-class.ts), so that a
//    flow published today need not be published again when they come.
import type { StepCommon, StepOf, Template } from '../program.ts';
import { authenticationOf } from './authentication.ts';
import { effectOf, endpointTemplate } from './calls.ts';
import { catalogFunction } from './catalogs.ts';
import { apart, reserve, type Compilation, type Site } from './compilation.ts';
import { durationOf } from './durations.ts';
import { expressionOf, recognise, scopeWith, withSecrets, type Scope } from './expressions.ts';
import { A2A_WITH, ASYNCAPI_WITH, DEFAULT_FUNCTIONS, GRPC_WITH, MCP_WITH } from './protocol-shapes.ts';
import { didYouMean } from './nearest.ts';
import { checkShape, orList, shorten, type Shape } from './shape.ts';
import { objectTemplate, templateOf } from './templates.ts';
import { entry, integerAt, isText, listAt, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';

const PROTOCOLS = { grpc: GRPC_WITH, asyncapi: ASYNCAPI_WITH, a2a: A2A_WITH, mcp: MCP_WITH } as const satisfies Readonly<Record<string, Shape>>;
type Protocol = keyof typeof PROTOCOLS;

export const isProtocol = (call: string): call is Protocol => Object.hasOwn(PROTOCOLS, call);

export function protocolCall(c: Compilation, site: Site, protocol: Protocol): Omit<StepOf<'call'>, keyof StepCommon> {
  const given = mapAt(site.body, 'with');
  const shape = PROTOCOLS[protocol];
  if (entry(site.body, 'with') === undefined) c.report.errorAtKey(site.body, `The call needs "with".`, `It may have: ${Object.keys(shape.keys).join(', ')}.`);
  if (given !== undefined) {
    checkShape(c.report, given, shape);
    CHECKS[protocol](c, given, withSecrets(site.scope));
  }
  return { kind: 'call', function: protocol, with: argumentsOf(c, given, withSecrets(site.scope)), ...effectOf(c, site, undefined) };
}

function argumentsOf(c: Compilation, given: MapNode | undefined, scope: Scope): Template {
  const parts = [...(given?.entries ?? [])].filter(([key]) => key !== 'subscription');
  return objectTemplate(
    parts.flatMap(([key, node]) => {
      const part = key === 'authentication' ? authenticationOf(c, node, scope) : templateOf(c, node, scope);
      return part === undefined ? [] : [[key, part] as const];
    }),
  );
}

/** What the tables cannot say. */
const CHECKS: Readonly<Record<Protocol, (c: Compilation, given: MapNode, scope: Scope) => void>> = {
  grpc(c, given, scope) {
    checkEndpoint(c, entry(mapAt(given, 'proto'), 'endpoint'), scope);
    const service = mapAt(given, 'service');
    const host = textAt(service, 'host');
    if (host !== undefined && !/^[a-zA-Z0-9](?:[a-zA-Z0-9-.]{0,61}[a-zA-Z0-9])?$/.test(host.value))
      c.report.error(host, `"${shorten(host.value)}" is not the name of a host.`, 'Write the name alone; "port" stands beside it.');
    checkAuthentication(c, entry(service, 'authentication'), scope);
    const port = integerAt(service, 'port');
    if (port !== undefined && (port < 0 || port > 65_535)) c.report.error(entry(service, 'port') ?? given, 'A port is 0 to 65535.');
  },
  asyncapi(c, given, scope) {
    checkEndpoint(c, entry(mapAt(given, 'document'), 'endpoint'), scope);
    exactlyOne(c, given, ['operation', 'channel'], 'An asyncapi call');
    exactlyOne(c, given, ['message', 'subscription'], 'An asyncapi call');
    const subscription = mapAt(given, 'subscription');
    const consume = mapAt(subscription, 'consume');
    if (consume !== undefined) exactlyOne(c, consume, ['amount', 'while', 'until'], 'The consumption of a subscription');
    durationOf(c, entry(consume, 'for'), scope);
    for (const node of [textAt(subscription, 'filter'), textAt(consume, 'while'), textAt(consume, 'until')]) wholeExpression(c, node, scope);
    checkIterator(c, mapAt(subscription, 'foreach'), scope);
  },
  a2a(c, given, scope) {
    checkEndpoint(c, entry(mapAt(given, 'agentCard'), 'endpoint'), scope);
    checkEndpoint(c, entry(given, 'server'), scope);
    if (entry(given, 'agentCard') === undefined && entry(given, 'server') === undefined)
      c.report.errorAtKey(given, 'An a2a call needs "agentCard" or "server".', 'They say which agent is called.');
    const parameters = mapAt(given, 'parameters');
    if (parameters?.entries.size === 0) c.report.error(parameters, '"parameters" is empty.', 'Leave it out.');
  },
  mcp(c, given, scope) {
    durationOf(c, entry(given, 'timeout'), scope);
    const transport = mapAt(given, 'transport');
    if (transport !== undefined) exactlyOne(c, transport, ['http', 'stdio'], 'The transport of an mcp call');
    checkEndpoint(c, entry(mapAt(transport, 'http'), 'endpoint'), scope);
    for (const texts of [mapAt(mapAt(transport, 'http'), 'headers'), mapAt(mapAt(transport, 'stdio'), 'environment'), mapAt(transport, 'options')])
      onlyTexts(c, texts);
  },
};

function checkEndpoint(c: Compilation, node: Node | undefined, scope: Scope): void {
  endpointTemplate(c, node, scope);
  checkAuthentication(c, entry(node, 'authentication'), scope);
}

function checkAuthentication(c: Compilation, node: Node | undefined, scope: Scope): void {
  if (node !== undefined) authenticationOf(c, node, scope);
}

function exactlyOne(c: Compilation, node: MapNode, keys: readonly string[], what: string): void {
  const found = keys.filter((key) => node.entries.has(key));
  if (found.length === 1) return;
  const words = orList(keys.map((key) => `"${key}"`));
  c.report.errorAtKey(node, found.length === 0 ? `${what} needs ${words}.` : `${what} has ${words}, not several of them.`);
}

/** Over a message: nothing that is there when the call begins. */
function wholeExpression(c: Compilation, node: TextNode | undefined, scope: Scope): void {
  if (node === undefined) return;
  if (recognise(c.report, node).kind === 'literal') c.report.error(node, `"${String(node.key)}" must be an expression.`, `Write \${ ${node.value.trim()} }.`);
  else expressionOf(c.report, apart(c).expressions, node, scope);
}

function checkIterator(c: Compilation, iterator: MapNode | undefined, scope: Scope): void {
  const list = listAt(iterator, 'do');
  const [item = 'item', at = 'index'] = [textAt(iterator, 'item')?.value, textAt(iterator, 'at')?.value];
  if (list !== undefined) reserve(apart(c), list, 0, scopeWith(scope, item, at), false);
}

function onlyTexts(c: Compilation, node: MapNode | undefined): void {
  for (const [key, child] of node?.entries ?? []) if (!isText(child)) c.report.error(child, `"${shorten(key)}" must be text.`, 'Quote it.');
}

/** Functions that the default catalog has, or will have. Another name is one that this installation adds, or a slip. */
export function checkDefaultFunction(c: Compilation, call: TextNode, given: MapNode | undefined): void {
  const name = catalogFunction(call.value)?.name ?? '';
  const shape = Object.hasOwn(DEFAULT_FUNCTIONS, name) ? DEFAULT_FUNCTIONS[name] : undefined;
  if (shape !== undefined) {
    if (given === undefined) c.report.errorAtKey(call, `The function "${name}" needs "with".`, `It may have: ${Object.keys(shape.keys).join(', ')}.`);
    else checkShape(c.report, given, shape);
    return;
  }
  const meant = didYouMean(name, Object.keys(DEFAULT_FUNCTIONS));
  if (meant !== undefined) c.report.warn(call, `The default catalog has no function "${shorten(name)}" of its own.`, meant);
}
