// `call`: which of the calls that the language has, a function of the default catalog, or a function of the flow or of elsewhere.
import type { StepKind } from '../program.ts';
import { effectOf, httpCall } from './calls.ts';
import { catalogFunction } from './catalogs.ts';
import type { Compilation, Site } from './compilation.ts';
import { withSecrets } from './expressions.ts';
import { functionCall } from './functions.ts';
import { isMap, mapOf } from './maps.ts';
import { openapiCall } from './openapi-call.ts';
import { checkDefaultFunction, isProtocol, protocolCall } from './protocols.ts';
import { templateOf } from './templates.ts';
import { entry, mapAt, textAt } from './tree.ts';

export function callOf(c: Compilation, site: Site): Extract<StepKind, { kind: 'call' | 'do' | 'map' }> | undefined {
  const call = textAt(site.body, 'call');
  if (call === undefined) return undefined;
  if (isMap(call.value)) return mapOf(c, site, call);
  if (call.value === 'http') return httpCall(c, site);
  if (call.value === 'openapi') return openapiCall(c, site);
  if (isProtocol(call.value)) return protocolCall(c, site, call.value);
  const isDefault = catalogFunction(call.value)?.catalog === 'default' && entry(c.use.catalogs, 'default') === undefined;
  if (c.use.functions?.entries.has(call.value) === true || !isDefault) return functionCall(c, site, call);
  const given = mapAt(site.body, 'with');
  checkDefaultFunction(c, call, given);
  const args = given === undefined ? ({ t: 'lit', v: {} } as const) : templateOf(c, given, withSecrets(site.scope));
  return { kind: 'call', function: call.value, with: args, ...effectOf(c, site, undefined) };
}
