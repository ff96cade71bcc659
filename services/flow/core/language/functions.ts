// Calls of functions: a function is a task written once, in use.functions, at an address or in a catalog. Its body becomes steps of the
// program at each call: the call is a scope, in it one for the arguments (`/with`), in that one the body (`/call`).
// I1 The body sees its arguments as input, never the variables around the call. One of elsewhere sees neither the secrets nor the
//    reusable parts of the flow.
// I2 Depth and size are bounded; a function that leads to itself is refused with the way around.
// I3 A secret is handed to a function that is one act, as it is: its arguments are those of the act, filled in when that begins (secrets.ts).
import { JqCompileError } from '@palace/jq/errors.ts';
import type { StepKind, StepOf } from '../program.ts';
import { isSecretAlone, secretUses } from '../secret-uses.ts';
import { catalogFunction, functionAddress, isAddress, type CatalogFunction } from './catalogs.ts';
import { apart, NOTHING_TO_USE, type Compilation, type Origin, type Site } from './compilation.ts';
import { addressNode, literalAddress, proofOf } from './elsewhere.ts';
import { createExpressions, FOREIGN_SCOPE, recognise, ROOT_SCOPE, withSecrets, type Scope } from './expressions.ts';
import type { ForeignText, Wanted } from './expansion.ts';
import { CATALOG, STEP_KINDS } from './grammar.ts';
import { MAX_EXPANDED_LENGTH, MAX_FUNCTION_DEPTH, MAX_STEPS } from './limits.ts';
import { isMap } from './maps.ts';
import { didYouMean } from './nearest.ts';
import { checkShape, kindWord, shorten } from './shape.ts';
import { templateOf } from './templates.ts';
import { entry, isText, mapAt, pathOf, textAt, type MapNode, type Node, type TextNode } from './tree.ts';

type Called = Extract<StepKind, { kind: 'call' | 'do' }>;

interface Definition {
  /** How the way around a circle and the history name it. */
  readonly name: string;
  readonly body: MapNode;
  /** Of the text that the body stands in, before the call's own place is known. */
  readonly c: Pick<Compilation, 'report' | 'expressions' | 'use'>;
  readonly scope: Scope;
  readonly foreign: boolean;
}

/** Calls with a meaning of their own: no function can have such a name. */
export const CALL_KINDS: readonly string[] = ['http', 'openapi', 'grpc', 'asyncapi', 'a2a', 'mcp'];

/** `call` names none of the calls that the language has: it is a function, or a mistake. */
export function functionCall(c: Compilation, site: Site, call: TextNode): Called | undefined {
  const palace = entry(mapAt(site.body, 'metadata'), 'palace');
  if (palace !== undefined)
    c.report.errorAtKey(palace, 'metadata.palace has no meaning on the call of a function.', 'Write it in the function, on the call step that acts.');
  const own = c.use.functions?.entries.get(call.value);
  if (own !== undefined) {
    c.expansion.called.add(call.value);
    if (own.kind !== 'map') return undefined;
    return expand(c, site, call, { name: call.value, body: own, c, scope: ROOT_SCOPE, foreign: false });
  }
  const wanted = wantedOf(c, call);
  if (wanted === undefined) return undefined;
  const text = c.expansion.text(wanted, call, c.report);
  if (text === undefined) return standIn(c, site, wanted.address);
  return text.body === undefined ? undefined : expand(c, site, call, foreignDefinition(c, text, text.body, call.value));
}

const foreignDefinition = (c: Compilation, { pinned, report }: ForeignText, body: MapNode, called: string): Definition => ({
  name: isAddress(called) ? pinned.address : called,
  body,
  c: { report, expressions: createExpressions(report, NOTHING_TO_USE.secrets, c.expressions.table), use: NOTHING_TO_USE },
  scope: FOREIGN_SCOPE,
  foreign: true,
});

/** Where the definition is, for functions of elsewhere. */
function wantedOf(c: Compilation, call: TextNode): Wanted | undefined {
  if (isAddress(call.value)) {
    const address = literalAddress(c, call, 'The address of a function');
    return address === undefined ? undefined : { what: 'function', address };
  }
  const wanted = catalogFunction(call.value);
  if (wanted === undefined) return unknownFunction(c, call);
  const catalog = mapAt(c.use.catalogs, wanted.catalog);
  if (catalog !== undefined) return inCatalog(c, catalog, wanted);
  if (c.use.catalogs?.entries.has(wanted.catalog) === true) return undefined;
  const known = [...(c.use.catalogs?.entries.keys() ?? []), 'default'];
  c.report.error(
    call,
    `There is no catalog "${shorten(wanted.catalog)}" in use.catalogs.`,
    didYouMean(wanted.catalog, known) ?? `Define it there with its endpoint, or write ${wanted.name}:${wanted.version}@default if that one is meant.`,
  );
  return undefined;
}

/** What is wrong with the catalog itself is said once, by checkCatalog. */
function inCatalog(c: Compilation, catalog: MapNode, wanted: CatalogFunction): Wanted | undefined {
  const endpoint = entry(catalog, 'endpoint');
  const address = addressNode(endpoint)?.value;
  if (address === undefined || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  return { what: 'function', address: functionAddress(address, wanted), proof: proofOf(c, endpoint) };
}

function unknownFunction(c: Compilation, call: TextNode): undefined {
  const known = [...(c.use.functions?.entries.keys() ?? []), ...CALL_KINDS];
  c.report.error(
    call,
    `There is no function "${shorten(call.value)}".`,
    didYouMean(call.value, known) ?? 'Define it in use.functions, or write a call of the language, an address, or name:1.0.0@catalog.',
  );
}

/** So that a flow can be checked, and tried with stand-ins for its calls, where nothing is fetched. Such a program is never stored. */
function standIn(c: Compilation, site: Site, address: string): Called {
  return { kind: 'call', function: address, with: argumentsOf(c, site), effect: 'unique', deadlineMs: 0 };
}

/** The input of the function. */
function argumentsOf(c: Compilation, site: Site): StepOf<'call'>['with'] {
  const given = mapAt(site.body, 'with');
  return given === undefined ? { t: 'lit', v: {} } : templateOf(c, given, withSecrets(site.scope));
}

/** I3. `given`: the arguments. */
function checkSecrets(c: Compilation, given: Node, name: string, body: MapNode): void {
  if (given.kind === 'map') for (const child of given.entries.values()) checkSecrets(c, child, name, body);
  if (given.kind === 'list') for (const child of given.items) checkSecrets(c, child, name, body);
  if (!isText(given) || !given.value.includes('$secrets')) return;
  const found = recognise(c.report, given);
  const uses = found.kind === 'expression' ? usesIn(found.source) : undefined;
  if (found.kind !== 'expression' || uses === undefined || uses.length === 0) return;
  if (!isSecretAlone(found.source))
    c.report.error(given, 'A function is handed a secret as it is.', 'Write ${ $secrets.NAME } here, and make the rest of it in the function.');
  else if (!isOneAct(c, body))
    c.report.error(
      given,
      `The function "${shorten(name)}" is handed a secret, and is not one call, script, command or container: what its steps pass on is kept.`,
      'Let it be that one act, without "input.from", and call it from other steps.',
    );
}

/** Undefined: it does not compile, which has been said. */
function usesIn(source: string): readonly unknown[] | undefined {
  try {
    return secretUses(source);
  } catch (error) {
    if (error instanceof JqCompileError) return undefined;
    throw error;
  }
}

function isOneAct(c: Compilation, body: MapNode): boolean {
  if (entry(mapAt(body, 'input'), 'from') !== undefined) return false;
  const call = textAt(body, 'call')?.value;
  if (call !== undefined)
    return CALL_KINDS.includes(call) || (catalogFunction(call)?.catalog === 'default' && !isMap(call) && entry(c.use.catalogs, 'default') === undefined);
  const run = mapAt(body, 'run');
  return run !== undefined && !run.entries.has('workflow');
}

function expand(c: Compilation, site: Site, call: TextNode, definition: Definition): Called | undefined {
  const args = argumentsOf(c, site);
  const given = entry(site.body, 'with');
  if (given !== undefined) checkSecrets(c, given, definition.name, definition.body);
  if (!mayExpand(c, call, definition)) return undefined;
  const pointer = c.origin.pointerOf(site.body);
  const [withPc, bodyPc] = [c.steps.length, c.steps.length + 1];
  c.steps.push(undefined, undefined);
  c.steps[withPc] = {
    kind: 'do',
    pc: withPc,
    pointer: `${pointer}/with`,
    name: 'with',
    parent: site.pc,
    next: -1,
    ...c.origin.placeOf((given ?? call).keyAt),
    inputFrom: args,
    then: { kind: 'continue' },
    first: bodyPc,
  };
  // Who wrote a function of elsewhere knows nothing of the flow's extensions.
  const extensions = definition.foreign ? [] : c.extensions;
  const inner: Compilation = { ...c, ...definition.c, extensions, origin: originAt(c, call, `${pointer}/call`, definition) };
  c.pending.push({
    c: inner,
    site: {
      pc: bodyPc,
      parent: withPc,
      next: -1,
      name: definition.name,
      body: definition.body,
      siblings: new Map(),
      inBranches: false,
      scope: definition.scope,
    },
  });
  return { kind: 'do', first: withPc };
}

/** Steps of the body stand under the call; lines are those of the function in this document, or of the call of one of elsewhere. */
function originAt(c: Compilation, call: TextNode, pointer: string, { body, name, foreign }: Definition): Origin {
  const root = pathOf(body);
  const here = c.origin.placeOf(call.at);
  return {
    pointerOf: (node) => `${pointer}${pathOf(node).slice(root.length)}`,
    placeOf: foreign ? () => here : (offset) => c.report.place(offset),
    chain: [...c.origin.chain, name],
  };
}

function mayExpand(c: Compilation, call: TextNode, { name, body }: Definition): boolean {
  const { chain } = c.origin;
  const refuse = (message: string, suggestion?: string): false => {
    c.report.error(call, message, suggestion);
    return false;
  };
  if (chain.includes(name)) {
    const around = [...chain.slice(chain.indexOf(name)), name].map(shorten).join(' -> ');
    return refuse(`The function "${shorten(name)}" calls itself: ${around}.`, 'Use a loop, or a flow of its own with "run: {workflow: ...}".');
  }
  if (chain.length >= MAX_FUNCTION_DEPTH) return refuse(`Functions call each other deeper than ${MAX_FUNCTION_DEPTH}.`);
  c.expansion.length += lengthOf(body);
  if (c.steps.length + 2 > MAX_STEPS || c.expansion.length > MAX_EXPANDED_LENGTH)
    return refuse(
      `With its functions written out at every call, the document has more than ${MAX_STEPS} steps or ${MAX_EXPANDED_LENGTH} characters.`,
      'Make flows of large functions and use "run: {workflow: ...}".',
    );
  return true;
}

const lengths = new WeakMap<MapNode, number>();

function lengthOf(body: MapNode): number {
  let length = lengths.get(body);
  if (length === undefined) lengths.set(body, (length = JSON.stringify(body.value).length));
  return length;
}

/** Names, catalogs, and the bodies of functions that nothing calls. What it finds is lowered by the next lowerLists. */
export function checkFunctions(c: Compilation): void {
  for (const [name, node] of c.use.functions?.entries ?? []) {
    if (CALL_KINDS.includes(name) || catalogFunction(name) !== undefined || isAddress(name))
      c.report.errorAtKey(node, `"${shorten(name)}" cannot name a function: "call: ${shorten(name)}" has a meaning of its own.`, 'Choose another name.');
    else if (node.kind !== 'map')
      c.report.error(node, `The function "${shorten(name)}" must be a task, not ${kindWord(node)}.`, `Give it one of: ${STEP_KINDS.join(', ')}.`);
    else if (!c.expansion.called.has(name)) lowerAlone(c, name, node);
  }
  for (const [name, node] of c.use.catalogs?.entries ?? []) checkCatalog(c, name, node);
}

function checkCatalog(c: Compilation, name: string, node: Node): void {
  if (node.kind !== 'map')
    return c.report.error(node, `The catalog "${shorten(name)}" must be a map, not ${kindWord(node)}.`, 'Write "endpoint: https://...".');
  checkShape(c.report, node, CATALOG);
  proofOf(c, entry(node, 'endpoint'));
  const endpoint = addressNode(entry(node, 'endpoint'));
  if (endpoint === undefined) return undefined;
  if (endpoint.value.includes('${'))
    return c.report.error(endpoint, 'The endpoint of a catalog must be written out: its functions are fetched when the flow is published.');
  literalAddress(c, endpoint, 'The endpoint of a catalog');
}

/** For its mistakes alone. */
function lowerAlone(c: Compilation, name: string, body: MapNode): void {
  const alone = apart(c, [name]);
  c.pending.push({ c: alone, site: { pc: 0, parent: -1, next: -1, name, body, siblings: new Map(), inBranches: false, scope: ROOT_SCOPE } });
}
