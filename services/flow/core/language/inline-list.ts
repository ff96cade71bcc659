// A list written in place (`for: {in: [...]}`) as the jq expression that builds it: JSON is jq, `${ e }` becomes `(e)`.
import type { ExprId } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { recognise, type Scope } from './expressions.ts';
import { isText, type ListNode, type Node } from './tree.ts';

export function inlineListSource(c: Compilation, list: ListNode, scope: Scope): ExprId | undefined {
  const parts: string[] = [];
  if (!write(c, list, scope, parts)) return undefined;
  // Each expression inside was checked where it stands; the whole is only well-formed JSON around them.
  const node = { ...list, kind: 'scalar', value: '', style: 'plain' } as const;
  return c.expressions.add(node, parts.join(''), 0, scope);
}

function write(c: Compilation, node: Node, scope: Scope, parts: string[]): boolean {
  if (node.kind === 'scalar') {
    const found = isText(node) ? recognise(c.report, node) : undefined;
    if (found?.kind === 'refused') return false;
    if (found?.kind === 'expression' && isText(node)) c.expressions.add(node, found.source, found.offset, scope);
    parts.push(found?.kind === 'expression' ? `(${found.source}\n)` : JSON.stringify(node.value));
    return true;
  }
  parts.push(node.kind === 'list' ? '[' : '{');
  const children: (readonly [string, Node])[] =
    node.kind === 'list' ? node.items.map((item) => ['', item] as const) : [...node.entries].map(([key, item]) => [`${JSON.stringify(key)}:`, item] as const);
  for (const [i, [prefix, child]] of children.entries()) {
    parts.push(i === 0 ? prefix : `,${prefix}`);
    if (!write(c, child, scope, parts)) return false;
  }
  parts.push(node.kind === 'list' ? ']' : '}');
  return true;
}
