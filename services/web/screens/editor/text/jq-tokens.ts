// The expressions in a flow's text, `${ ... }`, and what stands in them. Pure.

export type JqKind = 'edge' | 'variable' | 'text' | 'number' | 'word' | 'path';
export interface JqToken {
  readonly kind: JqKind;
  readonly from: number;
  readonly to: number;
}

/** No expression of the language is longer. */
const MOST_CHARACTERS = 20_000;
const TOKEN =
  /(\$[A-Za-z_]\w*)|("(?:[^"\\]|\\.)*"?)|(\b\d+(?:\.\d+)?\b)|\b(if|then|elif|else|end|and|or|not|as|reduce|foreach|def|try|catch|null|true|false)\b|(\.[A-Za-z_]\w*)/g;
const KINDS: readonly JqKind[] = ['variable', 'text', 'number', 'word', 'path'];

export function jqTokens(text: string, offset = 0): JqToken[] {
  const tokens: JqToken[] = [];
  for (let start = text.indexOf('${'); start !== -1;) {
    const end = closing(text, start + 2);
    tokens.push({ kind: 'edge', from: offset + start, to: offset + start + 2 });
    for (const found of text.slice(start + 2, end).matchAll(TOKEN)) {
      const kind = KINDS[found.slice(1).findIndex((part) => part !== undefined)];
      if (kind !== undefined) tokens.push({ kind, from: offset + start + 2 + found.index, to: offset + start + 2 + found.index + found[0].length });
    }
    if (text[end] === '}') tokens.push({ kind: 'edge', from: offset + end, to: offset + end + 1 });
    start = text.indexOf('${', Math.max(end, start + 2));
  }
  return tokens;
}

/** Where the expression ends: at its own brace, past those of objects and of texts. */
function closing(text: string, from: number): number {
  let depth = 0;
  let inText = false;
  for (let i = from; i < Math.min(text.length, from + MOST_CHARACTERS); i++) {
    const sign = text[i];
    if (inText) {
      if (sign === '\\') i += 1;
      else if (sign === '"') inText = false;
    } else if (sign === '"') inText = true;
    else if (sign === '{') depth += 1;
    else if (sign === '}') {
      if (depth === 0) return i;
      depth -= 1;
    }
  }
  return Math.min(text.length, from + MOST_CHARACTERS);
}

/** The expression that an offset stands in: what was typed of a variable there. */
export function variableAt(text: string, offset: number): { readonly from: number; readonly typed: string } | undefined {
  const typed = /\$[A-Za-z_]?\w*$/.exec(text.slice(Math.max(0, offset - 100), offset))?.[0];
  if (typed === undefined) return undefined;
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const isInside = line.lastIndexOf('${') !== -1 || /(?:when|if|while|in|as|from|correlate|happened|result):\s*.*$/.test(line);
  return isInside ? { from: offset - typed.length, typed } : undefined;
}

export const VARIABLES: Readonly<Record<string, string>> = {
  $context: 'export.as',
  $input: 'input',
  $output: 'output',
  $runtime: 'runtime',
  $secrets: 'use.secrets',
  $task: 'task',
  $variables: 'environment',
  $workflow: 'workflow',
};

/** Names that loops, catches and listens of the text give. */
export function namesIn(text: string): string[] {
  const found = [...text.matchAll(/\b(?:each|at|as|item):\s*["']?([A-Za-z_]\w*)["']?\s*(?=[,}\n]|$)/g)].map((match) => `$${match[1] ?? ''}`);
  return [...new Set(found)].slice(0, 200);
}
