// Which secrets an expression names: read off its syntax tree, never found by running it.
import type { Node } from '@palace/jq/ast.ts';
import { parse } from '@palace/jq/parser.ts';

export interface SecretUse {
  /** `$secrets.user.password` is `['user', 'password']`; empty when the name is not written there. */
  readonly path: readonly string[];
  /** Offset of `$secrets` in the source. */
  readonly at: number;
}

/** In the order of the source. The source compiles. */
export function secretUses(source: string): SecretUse[] {
  const found: SecretUse[] = [];
  collect(parse(source), [], found);
  return found.sort((a, b) => a.at - b.at);
}

/** The source is `$secrets.NAME`, or a field below it, and nothing else. The source compiles. */
export function isSecretAlone(source: string): boolean {
  let node = parse(source);
  let keys = 0;
  for (; node.kind === 'index' && node.key.kind === 'literal' && typeof node.key.value === 'string'; node = node.target) keys++;
  return keys > 0 && node.kind === 'variable' && node.name === 'secrets';
}

/** `path`: the literal keys that are taken from the node. */
function collect(node: Node, path: readonly string[], found: SecretUse[]): void {
  if (node.kind === 'variable') {
    if (node.name === 'secrets') found.push({ path, at: node.at });
    return;
  }
  if (node.kind === 'index' && node.key.kind === 'literal' && typeof node.key.value === 'string') return collect(node.target, [node.key.value, ...path], found);
  for (const part of Object.values(node)) visit(part, found);
}

/** Anything that a node holds: nodes, lists of them, patterns, entries. */
function visit(part: unknown, found: SecretUse[]): void {
  if (Array.isArray(part)) for (const one of part) visit(one, found);
  else if (typeof part === 'object' && part !== null) {
    if ('kind' in part && 'at' in part) collect(part as Node, [], found);
    else for (const inner of Object.values(part)) visit(inner, found);
  }
}
