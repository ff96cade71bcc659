// openapi calls. The class of the effect is that of the operation's method, which only the API's own document tells: unless the author
// says it, a read asks for it first, and the act is requested with the answer.
import type { StepCommon, StepOf, Template } from '../program.ts';
import { authenticationOf } from './authentication.ts';
import { effectOf, endpointTemplate } from './calls.ts';
import type { Compilation, Site } from './compilation.ts';
import { recognise, withSecrets, type Scope } from './expressions.ts';
import { OPENAPI_WITH } from './grammar.ts';
import { checkShape } from './shape.ts';
import { objectTemplate, templateOf } from './templates.ts';
import { entry, mapAt, textAt, type MapNode } from './tree.ts';

export function openapiCall(c: Compilation, site: Site): Omit<StepOf<'call'>, keyof StepCommon> {
  const given = mapAt(site.body, 'with');
  if (entry(site.body, 'with') === undefined) c.report.errorAtKey(site.body, 'An openapi call needs "with".', 'Give it at least document and operationId.');
  if (given !== undefined) checkShape(c.report, given, OPENAPI_WITH);
  const scope = withSecrets(site.scope);
  const operation = given === undefined ? [] : operationParts(c, given, scope);
  const told = entry(mapAt(mapAt(site.body, 'metadata'), 'palace'), 'effect') !== undefined;
  return {
    kind: 'call',
    function: 'openapi',
    with: objectTemplate([
      ...operation,
      ...(given === undefined ? [] : otherParts(c, given, scope)),
      ...(told ? [['effectTold', { t: 'lit', v: true }] as const] : []),
    ]),
    ...(!told && { ask: { function: 'openapi.effect', with: objectTemplate(operation) } }),
    ...effectOf(c, site, 'unique'),
  };
}

/** What names the operation. */
function operationParts(c: Compilation, given: MapNode, scope: Scope): [string, Template][] {
  const parts: [string, Template][] = [];
  const endpoint = endpointTemplate(c, entry(mapAt(given, 'document'), 'endpoint'), scope);
  const proof = entry(entry(mapAt(given, 'document'), 'endpoint'), 'authentication');
  const who = proof === undefined ? undefined : authenticationOf(c, proof, scope);
  if (endpoint !== undefined)
    parts.push(['document', objectTemplate([['endpoint', endpoint], ...(who === undefined ? [] : [['authentication', who] as const])])]);
  const id = textAt(given, 'operationId');
  if (id === undefined) return parts;
  if (id.value.trim() === '') c.report.error(id, 'The operationId is empty.', 'It is the one that the OpenAPI document gives to the operation.');
  else if (recognise(c.report, id).kind !== 'refused') parts.push(['operationId', templateOf(c, id, scope)]);
  return parts;
}

function otherParts(c: Compilation, given: MapNode, scope: Scope): [string, Template][] {
  return ['parameters', 'authentication', 'output', 'redirect'].flatMap((key): [string, Template][] => {
    const node = entry(given, key);
    if (node === undefined) return [];
    if (key === 'authentication') {
      const who = authenticationOf(c, node, scope);
      return who === undefined ? [] : [[key, who]];
    }
    return [[key, key === 'parameters' ? templateOf(c, node, scope) : { t: 'lit', v: node.value }]];
  });
}
