// The text of a flow as the editor understands it while it is written: the document, and where each step stands. Pure.
// I1 A text that is no YAML gives no document: what was understood last stays on the canvas.
// I2 Aliases are refused by the language; they are not followed here either.
import { isMap, isScalar, isSeq, parseDocument, type Node, type Pair, type ParsedNode } from 'yaml';
import { partsOf, stepsIn } from '../../flows/canvas/graph-of.ts';
import { fieldsOf, kindOf } from '../../flows/canvas/step-rows.ts';
import type { FlowSource, StepSpan } from './places.ts';

const MOST_CHARACTERS = 1_000_000;

export function readSource(text: string): FlowSource | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const parsed = parseDocument(text, { strict: false, uniqueKeys: false, logLevel: 'silent' });
  if (parsed.errors.length > 0 || parsed.contents === null) return undefined;
  let document: unknown;
  try {
    document = parsed.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
  const spans: StepSpan[] = [];
  collect(spans, parsed.contents, document);
  const { namespace, name, version } = fieldsOf(fieldsOf(document)['document']);
  return { document, spans, named: { namespace: word(namespace), name: word(name), version: word(version) } };
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

function collect(spans: StepSpan[], contents: ParsedNode, document: unknown): void {
  const walk = (list: unknown, pointer: string): void => {
    for (const place of stepsIn(list, pointer)) {
      const span = spanAt(contents, place.pointer);
      if (span !== undefined) spans.push({ pointer: place.pointer, ...span });
      const body = fieldsOf(place.body);
      for (const part of partsOf(kindOf(body), body, place.pointer)) walk(part.list, part.pointer);
    }
  };
  walk(fieldsOf(document)['do'], '/do');
}

/** From the key to the end of the value that a pointer names. */
export function spanAt(contents: ParsedNode, pointer: string): { from: number; to: number } | undefined {
  let at: unknown = contents;
  let from: number | undefined;
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isSeq(at)) {
      at = at.items[Number(key)];
      from = rangeOf(at)?.[0];
    } else if (isMap(at)) {
      const pair = (at.items as Pair[]).find((one) => isScalar(one.key) && String(one.key.value) === key);
      from = rangeOf(pair?.key)?.[0];
      at = pair?.value ?? pair?.key;
    } else return undefined;
  }
  const end = rangeOf(at)?.[1];
  return from === undefined || end === undefined ? undefined : { from, to: Math.max(from, end) };
}

const rangeOf = (node: unknown): Node['range'] | undefined => (typeof node === 'object' && node !== null && 'range' in node ? (node as Node).range : undefined);
