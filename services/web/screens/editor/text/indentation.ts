// How far the next line of a flow's text goes in. Pure.

/** Behind `key:` one step in from the key, wherever a dash put it; otherwise below what stands in the line before. */
export function indentAfter(line: string): number {
  const head = /^\s*(?:-\s+)*/.exec(line)?.[0] ?? '';
  const content = line
    .slice(head.length)
    .replace(/\s+#.*$/, '')
    .trimEnd();
  if (content === '-') return head.length + 2;
  return /(?::|:\s+[|>][+-]?)$/.test(content) ? head.length + 2 : head.length;
}
