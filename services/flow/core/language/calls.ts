// http calls: their arguments; and of every call step the effect class, deadline and verification from metadata.palace.
import type { EffectClass, StepCommon, StepOf, Template, Verify } from '../program.ts';
import { METHODS, methodEffect } from '../effect-class.ts';
import { authenticationOf } from './authentication.ts';
import type { Compilation, Site } from './compilation.ts';
import { fixedDurationMs, oneLine } from './durations.ts';
import { expressionOf, recognise, withSecrets, type Scope } from './expressions.ts';
import { ENDPOINT, HTTP_WITH, PALACE_STEP } from './grammar.ts';
import { DEFAULT_DEADLINE_MS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { asWritten, checkShape, kindWord, shorten } from './shape.ts';
import { settingsOf } from './step-settings.ts';
import { mapTemplate, objectTemplate, templateOf } from './templates.ts';
import { booleanAt, entry, isText, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { uriTemplate } from './uri.ts';

type Call = Omit<StepOf<'call'>, keyof StepCommon>;

export function httpCall(c: Compilation, site: Site): Call {
  const given = mapAt(site.body, 'with');
  if (entry(site.body, 'with') === undefined) c.report.errorAtKey(site.body, 'An http call needs "with".', 'Give it at least method and endpoint.');
  if (given !== undefined) checkShape(c.report, given, HTTP_WITH);
  const args = given === undefined ? ({ t: 'lit', v: {} } as const) : httpArguments(c, given, withSecrets(site.scope));
  return { kind: 'call', function: 'http', with: args, ...effectOf(c, site, methodEffect(textAt(given, 'method')?.value)) };
}

/** What metadata.palace of a call step says of its effect. `otherwise`: the class when it says none; undefined leaves it to the release that runs it. */
export function effectOf(c: Compilation, site: Site, otherwise: EffectClass | undefined): Pick<Call, 'effect' | 'deadlineMs' | 'verify'> {
  const palace = settingsOf(c, site.body, PALACE_STEP);
  const verify = verifyOf(c, mapAt(palace, 'verify'), site.scope);
  const effect = (textAt(palace, 'effect')?.value as EffectClass | undefined) ?? otherwise;
  return {
    ...(effect !== undefined && { effect }),
    deadlineMs: fixedDurationMs(c, entry(palace, 'deadline'), site.scope) ?? DEFAULT_DEADLINE_MS,
    ...(verify === undefined ? {} : { verify }),
  };
}

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
  if (!METHODS.includes(method))
    c.report.error(node, `"${shorten(node.value)}" is not an HTTP method.`, didYouMean(method, METHODS) ?? `Use one of ${METHODS.join(', ')}.`);
  return { t: 'lit', v: method };
}

export function endpointTemplate(c: Compilation, node: Node | undefined, scope: Scope): Template | undefined {
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
