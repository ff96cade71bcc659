// Call steps: http and functions of the default catalog; their effect class, deadline and verification from metadata.palace.
import type { JsonObject } from '@palace/jq/json.ts';
import type { EffectClass, StepCommon, StepOf, Template, Verify } from '../program.ts';
import { authenticationOf } from './authentication.ts';
import type { Compilation, Site } from './compilation.ts';
import { fixedDurationMs, oneLine } from './durations.ts';
import { expressionOf, recognise, withSecrets, type Scope } from './expressions.ts';
import { ENDPOINT, HTTP_WITH, PALACE_STEP, later } from './grammar.ts';
import { DEFAULT_DEADLINE_MS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { asWritten, checkShape, kindWord, shorten } from './shape.ts';
import { settingsOf } from './step-settings.ts';
import { mapTemplate, objectTemplate, templateOf } from './templates.ts';
import { booleanAt, entry, isText, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { uriTemplate } from './uri.ts';

type Call = Omit<StepOf<'call'>, keyof StepCommon>;

const LATER_CALLS: ReadonlySet<string> = new Set(['openapi', 'grpc', 'asyncapi', 'a2a', 'mcp']);
/** name:version@catalog */
const CATALOG_FUNCTION = /^([a-z][A-Za-z0-9._-]{0,62}):((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]{1,64})?)@([a-z][a-z0-9-]{0,62})$/;
const EMPTY: JsonObject = {};

export function callOf(c: Compilation, site: Site): Call | undefined {
  const call = textAt(site.body, 'call');
  const palace = settingsOf(c, site.body, PALACE_STEP);
  if (call === undefined) return undefined;
  const isHttp = call.value === 'http';
  if (!isHttp && !catalogFunction(c, call)) return undefined;
  const given = mapAt(site.body, 'with');
  if (isHttp && entry(site.body, 'with') === undefined) c.report.errorAtKey(site.body, 'An http call needs "with".', 'Give it at least method and endpoint.');
  if (isHttp && given !== undefined) checkShape(c.report, given, HTTP_WITH);
  const scope = withSecrets(site.scope);
  const args = given === undefined ? ({ t: 'lit', v: EMPTY } as const) : isHttp ? httpArguments(c, given, scope) : templateOf(c, given, scope);
  const effect = (textAt(palace, 'effect')?.value as EffectClass | undefined) ?? (isHttp ? methodEffect(textAt(given, 'method')) : 'unique');
  const verify = verifyOf(c, mapAt(palace, 'verify'), site.scope);
  const deadlineMs = fixedDurationMs(c, entry(palace, 'deadline'), site.scope) ?? DEFAULT_DEADLINE_MS;
  return { kind: 'call', function: call.value, with: args, effect, deadlineMs, ...(verify === undefined ? {} : { verify }) };
}

function catalogFunction(c: Compilation, call: TextNode): boolean {
  const parts = CATALOG_FUNCTION.exec(call.value);
  if (parts?.[3] === 'default') return true;
  if (parts !== null) c.report.error(call, later('Catalogs other than "default" are'), `Write ${parts[1]}:${parts[2]}@default if that one is meant.`);
  else if (LATER_CALLS.has(call.value)) c.report.error(call, later(`"call: ${call.value}" is`));
  else if (/^[a-z]+:\/\//i.test(call.value)) c.report.error(call, later('Functions from an address are'));
  else
    c.report.error(
      call,
      `There is no function "${shorten(call.value)}".`,
      didYouMean(call.value, ['http', ...LATER_CALLS]) ?? 'Write "http", or a function of the catalog as name:1.0.0@default.',
    );
  return false;
}

const METHODS: Readonly<Record<string, EffectClass>> = {
  GET: 'read',
  HEAD: 'read',
  OPTIONS: 'read',
  PUT: 'idempotent',
  DELETE: 'idempotent',
  POST: 'unique',
  PATCH: 'unique',
};

const methodEffect = (method: TextNode | undefined): EffectClass => METHODS[method?.value.trim().toUpperCase() ?? ''] ?? 'unique';

export function httpArguments(c: Compilation, node: MapNode, scope: Scope): Template {
  const parts: [string, Template | undefined][] = [
    ['method', methodTemplate(c, textAt(node, 'method'), scope)],
    ['endpoint', endpointTemplate(c, entry(node, 'endpoint'), scope)],
    ['headers', textMap(c, entry(node, 'headers'), scope, 'header')],
    ['query', textMap(c, entry(node, 'query'), scope, 'query parameter')],
  ];
  const authentication = entry(entry(node, 'endpoint'), 'authentication');
  if (authentication !== undefined) parts.push(['authentication', authenticationOf(c, authentication, scope)]);
  for (const key of ['body', 'output', 'redirect']) {
    const child = entry(node, key);
    if (child !== undefined) parts.push([key, key === 'body' ? templateOf(c, child, scope) : { t: 'lit', v: child.value }]);
  }
  return objectTemplate(parts.filter((part): part is [string, Template] => part[1] !== undefined));
}

function methodTemplate(c: Compilation, node: TextNode | undefined, scope: Scope): Template | undefined {
  if (node === undefined) return undefined;
  const found = recognise(c.report, node);
  if (found.kind === 'refused') return undefined;
  if (found.kind === 'expression') return { t: 'jq', e: c.expressions.add(node, found.source, found.offset, scope) };
  const method = node.value.trim().toUpperCase();
  if (!Object.hasOwn(METHODS, method))
    c.report.error(
      node,
      `"${shorten(node.value)}" is not an HTTP method.`,
      didYouMean(method, Object.keys(METHODS)) ?? `Use one of ${Object.keys(METHODS).join(', ')}.`,
    );
  return { t: 'lit', v: method };
}

function endpointTemplate(c: Compilation, node: Node | undefined, scope: Scope): Template | undefined {
  if (node?.kind === 'map') checkShape(c.report, node, ENDPOINT);
  const uri = node?.kind === 'map' ? textAt(node, 'uri') : node;
  if (!isText(uri)) return undefined;
  const found = recognise(c.report, uri);
  if (found.kind === 'refused') return undefined;
  if (found.kind === 'literal') return uriTemplate(c, uri);
  return oneLine(c, uri) ? { t: 'jq', e: c.expressions.add(uri, found.source, found.offset, scope) } : undefined;
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/;

/** Headers and query: a map of texts, or one expression that yields such a map. */
function textMap(c: Compilation, node: Node | undefined, scope: Scope, what: 'header' | 'query parameter'): Template | undefined {
  if (isText(node)) {
    const found = recognise(c.report, node);
    if (found.kind === 'literal') c.report.error(node, `A ${what} needs a name and a value.`, 'Write a map of texts, or one ${ ... } that yields it.');
    if (found.kind !== 'expression' || !oneLine(c, node)) return undefined;
    return { t: 'jq', e: c.expressions.add(node, found.source, found.offset, scope) };
  }
  if (node?.kind !== 'map') return undefined;
  for (const [name, child] of node.entries) {
    if (what === 'header' && !HEADER_NAME.test(name)) c.report.errorAtKey(child, `"${shorten(name)}" is not a header name.`);
    if (!isText(child))
      c.report.error(
        child,
        `The ${what} "${shorten(name)}" must be text, not ${kindWord(child)}.`,
        child.kind === 'scalar' && child.value !== null ? `Quote it: '${asWritten(c.report, child)}'.` : undefined,
      );
    else if (what === 'header' && /[\r\n]/.test(child.value) && !child.value.trimStart().startsWith('${'))
      c.report.error(child, 'A header value must stand on one line.');
  }
  return mapTemplate(
    node,
    [...node.entries].map(([name, child]) => [name, templateOf(c, child, scope)] as const),
  );
}

function verifyOf(c: Compilation, node: MapNode | undefined, scope: Scope): Verify | undefined {
  const given = mapAt(node, 'with');
  if (node === undefined || given === undefined) return undefined;
  const method = textAt(given, 'method');
  if (method !== undefined && method.value.trim().toUpperCase() !== 'GET') c.report.error(method, 'Verification only looks: its method must be GET.');
  const happened = expressionOf(c.report, c.expressions, textAt(node, 'happened'), scope);
  const result = expressionOf(c.report, c.expressions, textAt(node, 'result'), scope);
  const args = httpArguments(c, given, withSecrets(scope));
  if (happened === undefined || result === undefined) return undefined;
  return { with: args, happened, result, absenceFinal: booleanAt(node, 'absenceFinal') ?? false };
}
