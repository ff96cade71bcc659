// Literal endpoints: http or https addresses with `{name}` parts that are filled from the step's input.
import type { Template } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { didYouMean } from './nearest.ts';
import { shorten } from './shape.ts';
import type { TextNode } from './tree.ts';

/** Characters that RFC 3986 and RFC 6570 leave out; the official schema refuses them. Braces are looked at one by one. */
const ODD_CHARACTER = /[<>"\\^`|]|[^\x00-\x7f]/u;
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

export function uriTemplate(c: Compilation, node: TextNode): Template | undefined {
  const text = node.value;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined)
    return refuse(c, node, 'An endpoint must be a whole address.', `Write https://${/^[\w.-]+(?::\d+)?(?:\/|$)/.test(text) ? text : 'HOST/PATH'}.`);
  if (scheme !== 'http' && scheme !== 'https')
    return refuse(c, node, `"${shorten(scheme)}" addresses cannot be called.`, didYouMean(scheme, ['http', 'https']) ?? 'Use http or https.');
  if (/[\s\p{Cc}]/u.test(text)) return refuse(c, node, 'An address has no white space.', 'Encode a space as %20.');
  const odd = ODD_CHARACTER.exec(text)?.[0];
  if (odd !== undefined) return refuse(c, node, `An address cannot hold the character ${odd}.`, `Encode it as ${encodeURIComponent(odd)}.`);
  if (/^https?:\/\/(?:[/?#]|$)/i.test(text)) return refuse(c, node, 'The address has no host.');
  const parts: (string | { name: string })[] = [];
  let from = 0;
  for (const found of text.matchAll(/\{([^{}]*)\}|[{}]/g)) {
    if (found[1] === undefined) return refuse(c, node, `A "${found[0]}" in the address has no partner.`, 'Write {name}, or encode it as %7B or %7D.');
    if (!NAME.test(found[1]))
      return refuse(c, node, `"{${shorten(found[1])}}" is not a plain name.`, 'Only {name} of a top-level field of the input works; use ${ ... } for more.');
    if (found.index > from) parts.push(text.slice(from, found.index));
    parts.push({ name: found[1] });
    from = found.index + found[0].length;
  }
  if (parts.length === 0) return { t: 'lit', v: text };
  if (from < text.length) parts.push(text.slice(from));
  return { t: 'uri', parts };
}

/** Error types, event sources: any address or path. */
export function isReference(text: string): boolean {
  return text !== '' && !/[\s\p{Cc}{}]/u.test(text) && !ODD_CHARACTER.test(text);
}

function refuse(c: Compilation, node: TextNode, message: string, suggestion?: string): undefined {
  c.report.error(node, message, suggestion);
  return undefined;
}
