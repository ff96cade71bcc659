// Trees made from other trees: a document that was written one way, built anew another way, and still knows where each part was written.
// I1 Every node stands in the text where the author wrote what it came from: messages and steps keep their lines.
// I2 The result fulfils I1 of tree.ts, as what it is made of does.
import type { JsonObject } from '@palace/jq/json.ts';
import type { ListNode, MapNode, Node } from './tree.ts';

/** A part to be: built when it is known what it stands in. */
export type Plan = (parent: MapNode | ListNode | undefined, key: string | number) => Node;

/** The same part at another place. */
export function kept(node: Node): Plan {
  if (node.kind === 'map')
    return mapOf(
      node,
      [...node.entries].map(([key, child]) => [key, kept(child)]),
    );
  if (node.kind === 'list') return listOf(node, node.items.map(kept));
  return (parent, key) => ({ ...node, parent, key, writtenAs: node });
}

/** A map that stands where `from` was written. */
export function mapOf(from: Node, parts: readonly (readonly [key: string, part: Plan])[]): Plan {
  return (parent, key) => {
    const entries = new Map<string, Node>();
    const value: JsonObject = {};
    const node: MapNode = { kind: 'map', parent, key, at: from.at, keyAt: from.keyAt, writtenAs: from, entries, value };
    for (const [name, part] of parts) {
      const child = part(node, name);
      entries.set(name, child);
      value[name] = child.value;
    }
    return node;
  };
}

export function listOf(from: Node, parts: readonly Plan[]): Plan {
  return (parent, key) => {
    const items: Node[] = [];
    const node = { kind: 'list' as const, parent, key, at: from.at, keyAt: from.keyAt, writtenAs: from, items, value: [] as ListNode['value'] };
    for (const part of parts) items.push(part(node, items.length));
    for (const item of items) node.value.push(item.value);
    return node;
  };
}

export function valueOf(from: Node, value: string | number): Plan {
  return (parent, key) => ({ kind: 'scalar', parent, key, at: from.at, keyAt: from.keyAt, writtenAs: from, value, style: 'plain' });
}
