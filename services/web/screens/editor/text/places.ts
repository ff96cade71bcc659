// Places in a flow's text: where its steps stand, and what a suggestion changes. Pure, and without a parser: it is loaded at once.

export interface StepSpan {
  readonly pointer: string;
  /** Offsets: from the step's name to its end. */
  readonly from: number;
  readonly to: number;
}
export interface FlowSource {
  readonly document: unknown;
  /** A step before what stands in it. */
  readonly spans: readonly StepSpan[];
  /** As the text names itself. */
  readonly named: { readonly namespace: string; readonly name: string; readonly version: string };
}

/** The innermost step that an offset stands in. */
export function stepAt(spans: readonly StepSpan[], offset: number): string | undefined {
  let found: StepSpan | undefined;
  for (const span of spans) {
    if (span.from > offset || span.to < offset) continue;
    if (found === undefined || span.to - span.from <= found.to - found.from) found = span;
  }
  return found?.pointer;
}

export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What a suggestion that names one word changes: the key or the plain value that stands there. */
export function replacementOf(text: string, offset: number, suggestion: string | undefined): Replacement | undefined {
  const wanted = /^Did you mean "([^"\n]{1,200})"\?$/.exec(suggestion ?? '')?.[1];
  if (wanted === undefined) return undefined;
  const token = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[^\s:,{}[\]#][^\s:,{}[\]]*)/.exec(text.slice(offset, offset + 500))?.[0];
  if (token === undefined) return undefined;
  const quote = /^["']/.exec(token)?.[0] ?? '';
  return { from: offset, to: offset + token.length, text: `${quote}${wanted}${quote}` };
}

/** Line and column of the API, both from 1, to an offset. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf('\n', start);
    if (next === -1) return text.length;
    start = next + 1;
  }
  return Math.min(text.length, start + column - 1);
}
