// Which secrets and variables an expression names: read off its syntax tree, never found by running it.
import type { Node } from '@palace/jq/ast.ts';
import { parse } from '@palace/jq/parser.ts';

export interface NamedUse {
  /** `$secrets.user.password` is `['user', 'password']`; empty when the name is not written there. */
  readonly path: readonly string[];
  /** Offset of `$secrets` or `$variables` in the source. */
  readonly at: number;
  /** It stands left of `//`: there is something else when it is not there. */
  readonly optional: boolean;
}

/** In the order of the source. The source compiles. */
export const secretUses = (source: string): NamedUse[] => usesOf(source, 'secrets');
export const variableUses = (source: string): NamedUse[] => usesOf(source, 'variables');

function usesOf(source: string, of: 'secrets' | 'variables'): NamedUse[] {
  const search: Search = { of, found: [] };
  collect(parse(source), [], false, search);
  return search.found.sort((a, b) => a.at - b.at);
}

interface Search {
  readonly of: string;
  readonly found: NamedUse[];
}

/** The source is `$secrets.NAME`, or a field below it, and nothing else. The source compiles. */
export function isSecretAlone(source: string): boolean {
  let node = parse(source);
  let keys = 0;
  for (; node.kind === 'index' && node.key.kind === 'literal' && typeof node.key.value === 'string'; node = node.target) keys++;
  return keys > 0 && node.kind === 'variable' && node.name === 'secrets';
}

/** `path`: the literal keys that are taken from the node. */
function collect(node: Node, path: readonly string[], optional: boolean, search: Search): void {
  if (node.kind === 'variable') {
    if (node.name === search.of) search.found.push({ path, at: node.at, optional });
    return;
  }
  if (node.kind === 'index' && node.key.kind === 'literal' && typeof node.key.value === 'string')
    return collect(node.target, [node.key.value, ...path], optional, search);
  if (node.kind === 'alternative') {
    visit(node.left, true, search);
    return visit(node.right, optional, search);
  }
  for (const part of Object.values(node)) visit(part, optional, search);
}

/** Anything that a node holds: nodes, lists of them, patterns, entries. */
function visit(part: unknown, optional: boolean, search: Search): void {
  if (Array.isArray(part)) for (const one of part) visit(one, optional, search);
  else if (typeof part === 'object' && part !== null) {
    if ('kind' in part && 'at' in part) collect(part as Node, [], optional, search);
    else for (const inner of Object.values(part)) visit(inner, optional, search);
  }
}
