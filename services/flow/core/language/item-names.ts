// Names that a document gives to variables of its own: the item and its number in a loop, the error in a catch.
import { VARIABLES } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { shorten } from './shape.ts';
import { textAt, type MapNode, type TextNode } from './tree.ts';

export interface ItemNames {
  readonly each: string;
  readonly at: string;
}

/** `key`: under which the item is named. */
export function itemNames(c: Compilation, node: MapNode, key: 'each' | 'item'): ItemNames {
  const each = nameOf(c, textAt(node, key), 'item');
  const at = nameOf(c, textAt(node, 'at'), 'index');
  if (each === at) c.report.errorAtKey(textAt(node, 'at') ?? node, `"${key}" and "at" name the same variable.`, 'Give one of them another name.');
  return { each, at };
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const RESERVED: ReadonlySet<string> = new Set([...VARIABLES, '__loc__', 'ENV']);

export function nameOf(c: Compilation, node: TextNode | undefined, otherwise: string): string {
  if (node === undefined) return otherwise;
  if (!IDENTIFIER.test(node.value)) {
    const bare = node.value.replace(/^\$/, '');
    c.report.error(
      node,
      `"${shorten(node.value)}" cannot name a variable.`,
      IDENTIFIER.test(bare) ? `Write ${bare}; expressions use it as $${bare}.` : 'Use letters, digits and _.',
    );
  } else if (RESERVED.has(node.value)) c.report.error(node, `The variable $${node.value} has a meaning of its own.`, 'Choose another name.');
  return node.value;
}
