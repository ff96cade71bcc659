// Checks a map of the document against a table: unknown keys, wrong kinds of values, missing keys. Says everything it finds.
// The tables stand in grammar.ts. Those who read the map afterwards take what is well formed and ignore the rest.
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import type { MapNode, Node } from './tree.ts';

export type ValueKind = 'text' | 'boolean' | 'integer' | 'map' | 'list';

export interface Field {
  /** Absent: any value. */
  readonly is?: readonly ValueKind[];
  readonly required?: boolean;
  /** The texts it may be. */
  readonly oneOf?: readonly string[];
  /** Of a map. */
  readonly shape?: Shape;
  /** It is an expression: other scalars get their own advice. */
  readonly expression?: boolean;
}

export interface Shape {
  /** With its article: "a retry policy". */
  readonly what: string;
  readonly keys: Readonly<Record<string, Field>>;
  /** Keys of the language that come later, or belong elsewhere, with the sentence to say. */
  readonly refused?: Readonly<Record<string, string>>;
}

export function checkShape(report: Report, node: MapNode, shape: Shape): void {
  let refused = false;
  for (const [key, child] of node.entries) {
    const field = Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined;
    if (field !== undefined) checkField(report, key, child, field);
    else if (shape.refused !== undefined && Object.hasOwn(shape.refused, key)) {
      report.errorAtKey(child, shape.refused[key] ?? '');
      refused = true;
    } else report.errorAtKey(child, `Unknown key "${shorten(key)}" in ${shape.what}.`, unknownKeyAdvice(key, shape));
  }
  // What stands there instead has been refused already.
  for (const key of refused ? [] : Object.keys(shape.keys)) {
    if (shape.keys[key]?.required === true && !node.entries.has(key)) report.errorAtKey(node, `${capital(shape.what)} needs "${key}".`);
  }
}

function unknownKeyAdvice(key: string, shape: Shape): string {
  const known = Object.keys(shape.keys);
  return didYouMean(key, known) ?? (known.length === 0 ? 'It takes no keys.' : `It may have: ${known.join(', ')}.`);
}

function checkField(report: Report, key: string, node: Node, field: Field): void {
  if (field.is !== undefined && !field.is.some((kind) => isKind(node, kind))) {
    report.error(
      node,
      `"${key}" must be ${field.expression === true ? 'an expression' : orList(field.is.map((kind) => KIND_WORDS[kind]))}, not ${kindWord(node)}.`,
      adviceFor(report, node, field),
    );
    return;
  }
  if (field.oneOf !== undefined && !field.oneOf.includes(String(node.value))) {
    report.error(node, `"${key}" must be ${orList(field.oneOf.map((word) => `"${word}"`))}.`, didYouMean(String(node.value), field.oneOf));
  }
  if (field.shape !== undefined && node.kind === 'map') checkShape(report, node, field.shape);
}

function adviceFor(report: Report, node: Node, field: Field): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  if (node.value === null)
    return field.is?.includes('list') === true
      ? 'Write its items under it, each after "- ".'
      : field.is?.includes('map') === true
        ? 'Write its keys under it, indented, or {}.'
        : undefined;
  return field.is?.includes('text') === true ? `Quote it: '${asWritten(report, node)}'.` : undefined;
}

/** `1.0` and not `1`. */
export function asWritten(report: Report, node: Node): string {
  return /[^\s,\]}]*/y.exec(report.text.slice(node.at, node.at + 100))?.[0] ?? String(node.value);
}

const KIND_WORDS: Readonly<Record<ValueKind, string>> = { text: 'text', boolean: 'true or false', integer: 'a whole number', map: 'a map', list: 'a list' };

function isKind(node: Node, kind: ValueKind): boolean {
  switch (kind) {
    case 'text':
      return node.kind === 'scalar' && typeof node.value === 'string';
    case 'boolean':
      return node.kind === 'scalar' && typeof node.value === 'boolean';
    case 'integer':
      return node.kind === 'scalar' && Number.isInteger(node.value);
    case 'map':
    case 'list':
      return node.kind === kind;
  }
}

export function kindWord(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list';
  if (node.value === null) return 'empty';
  return typeof node.value === 'string' ? 'text' : typeof node.value === 'number' ? 'a number' : 'true or false';
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** User text inside a message stays short. */
export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
