// Collects what is wrong with a document: path, line, column, one sentence, a way out. Bounded; each message once per place.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { MAX_MESSAGES } from './limits.ts';
import { writtenPathOf, type Node } from './tree.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Report {
  readonly text: string;
  /** At the node's value. */
  error(node: Node, message: string, suggestion?: string): void;
  /** At the node's key. */
  errorAtKey(node: Node, message: string, suggestion?: string): void;
  /** Anywhere in the text. */
  errorAt(offset: number, path: string, message: string, suggestion?: string): void;
  warn(node: Node, message: string, suggestion?: string): void;
  place(offset: number): Place;
  failed(): boolean;
  errors(): ErrorPlace[];
  warnings(): ErrorPlace[];
}

export function createReport(text: string): Report {
  const errors = new Map<string, ErrorPlace>();
  const warnings = new Map<string, ErrorPlace>();
  const place = lineTable(text);
  const add = (into: Map<string, ErrorPlace>, offset: number, path: string, message: string, suggestion: string | undefined): void => {
    const key = `${offset}\0${message}`;
    if (into.size >= MAX_MESSAGES || into.has(key)) return;
    into.set(key, { path, message, ...place(offset), ...(suggestion === undefined ? {} : { suggestion }) });
  };
  return {
    text,
    place,
    error: (node, message, suggestion) => add(errors, node.at, writtenPathOf(node), message, suggestion),
    errorAtKey: (node, message, suggestion) => add(errors, node.keyAt, writtenPathOf(node), message, suggestion),
    errorAt: (offset, path, message, suggestion) => add(errors, offset, path, message, suggestion),
    warn: (node, message, suggestion) => add(warnings, node.at, writtenPathOf(node), message, suggestion),
    failed: () => errors.size > 0,
    errors: () => inTextOrder(errors),
    warnings: () => inTextOrder(warnings),
  };
}

function inTextOrder(places: ReadonlyMap<string, ErrorPlace>): ErrorPlace[] {
  return [...places.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Offset to line and column, both from 1, by binary search over the starts of lines. */
function lineTable(text: string): (offset: number) => Place {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
  };
}
