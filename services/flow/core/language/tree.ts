// The document as a tree that knows where each part stands in the text. yaml.ts builds it; everything after reads it.
// I1 `value` is plain JSON: finite numbers, no `__proto__` key, no NUL, no lone surrogate.
// I2 Paths are computed on demand: only messages and step pointers need them.
import type { Json, JsonObject } from '@palace/jq/json.ts';

interface Spot {
  readonly parent: MapNode | ListNode | undefined;
  /** Key in the parent map, index in the parent list. */
  readonly key: string | number;
  /** Offset of the value in the text. */
  readonly at: number;
  /** Offset of the key (or of the value, in a list). */
  readonly keyAt: number;
  /** The part of the author's own tree that this one was made from (moved-tree.ts). */
  readonly writtenAs?: Node;
}

export interface MapNode extends Spot {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Node>;
  readonly value: JsonObject;
}
export interface ListNode extends Spot {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly value: Json[];
}
export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';
export interface ScalarNode extends Spot {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  readonly style: ScalarStyle;
}
export interface TextNode extends ScalarNode {
  readonly value: string;
}
export type Node = MapNode | ListNode | ScalarNode;

export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** JSON pointer of a node, '' for the root. */
export function pathOf(node: Node): string {
  const parts: string[] = [];
  for (let spot: Node | undefined = node; spot?.parent !== undefined; spot = spot.parent) parts.push(escapePointer(String(spot.key)));
  return parts.length === 0 ? '' : `/${parts.reverse().join('/')}`;
}

/** JSON pointer of a node in the document as its author wrote it. */
export const writtenPathOf = (node: Node): string => pathOf(node.writtenAs ?? node);

export const isText = (node: Node | undefined): node is TextNode => node?.kind === 'scalar' && typeof node.value === 'string';

// What a table has already refused is simply absent for those who read on.
export const entry = (node: Node | undefined, key: string): Node | undefined => (node?.kind === 'map' ? node.entries.get(key) : undefined);
export function mapAt(node: Node | undefined, key: string): MapNode | undefined {
  const found = entry(node, key);
  return found?.kind === 'map' ? found : undefined;
}
export function listAt(node: Node | undefined, key: string): ListNode | undefined {
  const found = entry(node, key);
  return found?.kind === 'list' ? found : undefined;
}
export function textAt(node: Node | undefined, key: string): TextNode | undefined {
  const found = entry(node, key);
  return isText(found) ? found : undefined;
}
export function integerAt(node: Node | undefined, key: string): number | undefined {
  const found = entry(node, key);
  return found?.kind === 'scalar' && typeof found.value === 'number' && Number.isInteger(found.value) ? found.value : undefined;
}
export function booleanAt(node: Node | undefined, key: string): boolean | undefined {
  const found = entry(node, key);
  return found?.kind === 'scalar' && typeof found.value === 'boolean' ? found.value : undefined;
}
