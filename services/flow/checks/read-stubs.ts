// Reads `stubs`: which step, and what it is answered.
// I1 Only what reaches outside has a stub: a call, a sub-flow, and whatever other kind of step asks the world for something.
import type { Json } from '@palace/jq/jq.ts';
import { canonicalErrorType, standardFault } from '../core/faults.ts';
import { didYouMean } from '../core/language/nearest.ts';
import { checkShape, shorten } from '../core/language/shape.ts';
import { entry, integerAt, isText, textAt, type MapNode, type Node } from '../core/language/tree.ts';
import type { RunFault, Verdict } from '../core/model.ts';
import type { StandardError, StepKind } from '../core/program.ts';
import { ANSWER, EACH, ERROR } from './grammar.ts';
import { targetKey, type Answer, type Stub } from './model.ts';
import { expressionAt, spotOf, stepAt, timeOf, type Reading } from './read-parts.ts';

export const FALLBACK = '*';
export const COMPUTE_VARIABLES = ['attempt'];
const STANDARD: readonly StandardError[] = [
  'configuration',
  'validation',
  'expression',
  'authentication',
  'authorization',
  'timeout',
  'communication',
  'runtime',
];
const INSIDE: ReadonlySet<StepKind['kind']> = new Set(['do', 'set', 'switch', 'for', 'fork', 'try', 'raise', 'wait', 'listen', 'emit']);

export interface Stubs {
  readonly stubs: ReadonlyMap<string, Stub>;
  readonly fallback: Stub | undefined;
}

/** `before`: those of the file, which a case replaces step by step. */
export function readStubs(reading: Reading, node: MapNode | undefined, before: Stubs): Stubs {
  const stubs = new Map(before.stubs);
  let { fallback } = before;
  const own = new Set<string>();
  for (const [key, child] of node?.entries ?? []) {
    const stub = stubOf(reading, child);
    if (key === FALLBACK) {
      fallback = stub ?? fallback;
      continue;
    }
    const target = stepAt(reading, child, key, true);
    if (target === undefined || stub === undefined) continue;
    if (INSIDE.has(target.step.kind)) {
      reading.report.errorAtKey(child, `"${key}" is a ${target.step.kind}: it asks nothing of the world, so it needs no stub.`, 'Stub the calls inside it.');
    } else if (own.has(targetKey(target))) reading.report.errorAtKey(child, `The step ${target.pointer} has two stubs.`, 'Keep one of them.');
    own.add(targetKey(target));
    stubs.set(targetKey(target), stub);
  }
  return { stubs, fallback };
}

function stubOf(reading: Reading, node: Node): Stub | undefined {
  const each = node.kind === 'map' ? entry(node, 'each') : undefined;
  if (each === undefined) {
    const answers = answersOf(reading, node);
    return answers.length === 0 ? undefined : { spot: spotOf(reading, node), each: false, instances: [answers] };
  }
  checkShape(reading.report, node as MapNode, EACH);
  if (each.kind !== 'list') return undefined;
  return { spot: spotOf(reading, node), each: true, instances: each.items.map((item) => answersOf(reading, item)) };
}

function answersOf(reading: Reading, node: Node): Answer[] {
  if (node.kind === 'list' && node.items.length === 0) reading.report.error(node, 'A list of answers needs at least one.', 'Write {} for an answer of null.');
  const nodes = node.kind === 'list' ? node.items : [node];
  return nodes.flatMap((one) => {
    if (one.kind === 'map') return [answerOf(reading, one)];
    reading.report.error(one, 'An answer is a map.', 'Write it like { result: ... }, { error: 503 } or { outcome: unknown }.');
    return [];
  });
}

function answerOf(reading: Reading, node: MapNode): Answer {
  const { report } = reading;
  checkShape(report, node, ANSWER);
  const [result, compute, error, outcome] = [entry(node, 'result'), entry(node, 'compute'), entry(node, 'error'), entry(node, 'outcome')];
  const given = [compute, error, outcome === undefined ? result : undefined].filter((one) => one !== undefined).toSorted((a, b) => a.keyAt - b.keyAt);
  if (given.length > 1)
    report.errorAtKey(
      given[1] ?? node,
      'An answer is one thing: a result, a computed result or an error.',
      'Make a list of it when they come one after the other.',
    );
  const verify = textAt(node, 'verify')?.value as Verdict | undefined;
  if (verify !== undefined && outcome === undefined && error === undefined)
    report.errorAtKey(entry(node, 'verify') ?? node, '"verify" tells of an unknown outcome.', 'Add "outcome: unknown".');
  const after = entry(node, 'after');
  return {
    spot: spotOf(reading, node),
    when: expressionAt(reading, entry(node, 'when'), COMPUTE_VARIABLES),
    afterMs: after?.kind === 'scalar' && after.value === 'never' ? 'never' : (timeOf(reading, after) ?? 0),
    gives: givesOf(reading, node),
    verdict: verify ?? 'unknown',
    verified: outcome === undefined ? undefined : result?.value,
  };
}

function givesOf(reading: Reading, node: MapNode): Answer['gives'] {
  const program = expressionAt(reading, entry(node, 'compute'), COMPUTE_VARIABLES);
  if (program !== undefined) return { kind: 'compute', program };
  const error = entry(node, 'error');
  const isUnknown = entry(node, 'outcome') !== undefined;
  const fault = error === undefined ? undefined : faultOf(reading, error);
  if (isUnknown)
    return { kind: 'error', fault: fault ?? standardFault('communication', 'The answer was lost: nobody knows whether it happened.'), reach: 'unknown' };
  if (fault === undefined) return { kind: 'result', value: (entry(node, 'result')?.value ?? null) as Json };
  return { kind: 'error', fault, reach: error?.kind === 'map' ? (textAt(error, 'reach')?.value as 'answered' | undefined) : undefined };
}

/** `503`, `timeout`, or a map of its parts. */
function faultOf(reading: Reading, node: Node): RunFault | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'number') return { ...standardFault('communication'), status: node.value };
  if (isText(node)) return namedFault(reading, node, node.value);
  if (node.kind !== 'map') return undefined;
  checkShape(reading.report, node, ERROR);
  const type = textAt(node, 'type');
  const named = type === undefined ? standardFault('communication') : namedFault(reading, type, type.value);
  if (named === undefined) return undefined;
  const { status, title } = { status: integerAt(node, 'status'), title: textAt(node, 'title')?.value };
  const detail = textAt(node, 'detail')?.value;
  return { ...named, ...(status !== undefined && { status }), ...(title !== undefined && { title }), ...(detail !== undefined && { detail }) };
}

function namedFault(reading: Reading, node: Node, type: string): RunFault | undefined {
  const word = STANDARD.find((one) => one === type);
  if (word !== undefined) return standardFault(word);
  if (type.includes(':')) return { type: canonicalErrorType(type), status: 500 };
  reading.report.error(
    node,
    `There is no standard error "${shorten(type)}".`,
    didYouMean(type, STANDARD) ?? `They are: ${STANDARD.join(', ')}; others are written as a URI.`,
  );
  return undefined;
}

/** The full type of an error that may be written as one word. */
export const typeOf = (written: string): string => {
  const word = STANDARD.find((one) => one === written);
  return word === undefined ? canonicalErrorType(written) : standardFault(word).type;
};
