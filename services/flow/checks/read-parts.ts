// What all readers of a check file share: the file under way, and the small values in it: times, ranges, expressions, names of steps.
// I1 A value that is wrong is reported with its place and is absent for those who read on.
import { compile, type Program as JqProgram } from '@palace/jq/jq.ts';
import { JqCompileError } from '@palace/jq/errors.ts';
import type { Report } from '../core/language/report.ts';
import { shorten } from '../core/language/shape.ts';
import { isText, type MapNode, type Node } from '../core/language/tree.ts';
import type { Step } from '../core/program.ts';
import type { KnownFlow, Library } from './library.ts';
import type { Expected, Spot, Target } from './model.ts';
import { rangeOf, spanMs, wholeNumber, type Range } from './spans.ts';
import { findStep } from './step-names.ts';

export interface Reading {
  readonly report: Report;
  readonly library: Library;
  /** Of the file; a name of a step without a flow is one of its steps. */
  readonly flow: KnownFlow;
}

export const spotOf = ({ report }: Reading, node: Node): Spot => report.place(node.keyAt);

export const expected = <T>(reading: Reading, node: Node, value: T): Expected<T> => ({ spot: spotOf(reading, node), value });

/** Absent keys, null for those that were refused. */
export function timeOf({ report }: Reading, node: Node | undefined): number | undefined {
  if (node === undefined || node.kind !== 'scalar') return undefined;
  const ms = spanMs(String(node.value));
  if (ms === undefined) report.error(node, `"${shorten(String(node.value))}" is not a time.`, 'Write it like 500ms, 2s, 1h30m or PT5S.');
  return ms;
}

export function rangeAt({ report }: Reading, node: Node | undefined, of: 'time' | 'count'): Range | undefined {
  if (node === undefined) return undefined;
  const range = node.kind === 'scalar' ? rangeOf(String(node.value), of === 'time' ? spanMs : wholeNumber) : undefined;
  if (range === undefined) {
    const example = of === 'time' ? "2s, '1s..3s' or '>= 2s'" : "2, '2..4' or '>= 2'";
    report.error(node, `This is neither a ${of} nor a range of ${of}s.`, `Write it like ${example}.`);
  }
  return range;
}

export function expressionAt({ report }: Reading, node: Node | undefined, variables: readonly string[]): JqProgram | undefined {
  if (!isText(node)) return undefined;
  const source = /^\s*\$\{([\s\S]*)\}\s*$/.exec(node.value)?.[1] ?? node.value;
  try {
    return compile(source, { variables });
  } catch (error) {
    if (!(error instanceof JqCompileError)) throw error;
    const advice = error.suggestion === undefined ? undefined : `Did you mean "${error.suggestion}"?`;
    report.error(node, `Expression: ${error.message.replace(/\.$/, '')}.`, advice);
    return undefined;
  }
}

/** `name`, `outer/name`, `/do/0/name`, or one of these after `NAMESPACE/NAME#` for a step of a sub-flow. */
export function stepAt(
  { report, library, flow }: Reading,
  node: Node,
  written: string,
  atKey = false,
): (Target & { readonly step: Step; readonly of: KnownFlow }) | undefined {
  const say = (message: string, suggestion?: string): undefined =>
    void (atKey ? report.errorAtKey(node, message, suggestion) : report.error(node, message, suggestion));
  const [, other, rest] = /^([a-z0-9-]+\/[a-z0-9-]+)#(.*)$/.exec(written) ?? [];
  const sought = other === undefined ? { flow } : library.byName(other);
  if (sought === undefined || !('flow' in sought))
    return say(
      `There is no flow ${other} among the files.`,
      library.names().length === 0 ? undefined : `There are: ${library.names().slice(0, 12).join(', ')}.`,
    );
  const found = findStep(sought.flow.linked.program, rest ?? written);
  if (!('step' in found)) return say(found.message, found.suggestion);
  return { flow: sought.flow.name, pointer: found.step.pointer, step: found.step, of: sought.flow };
}

export function targetOf(reading: Reading, node: Node | undefined): Target | undefined {
  if (!isText(node)) return undefined;
  const found = stepAt(reading, node, node.value);
  return found === undefined ? undefined : { flow: found.flow, pointer: found.pointer };
}

/** A text, or each of a list of texts. */
export function textsOf({ report }: Reading, node: Node | undefined): (Node & { readonly value: string })[] {
  if (node === undefined) return [];
  const nodes = node.kind === 'list' ? node.items : [node];
  return nodes.filter((one): one is Node & { readonly value: string } => {
    if (isText(one)) return true;
    report.error(one, 'Only texts can stand here.');
    return false;
  });
}

/** The maps of a list; what else stands there is refused. */
export function mapsOf({ report }: Pick<Reading, 'report'>, node: Node | undefined, what: string): MapNode[] {
  if (node === undefined) return [];
  const nodes = node.kind === 'list' ? node.items : [node];
  return nodes.filter((one): one is MapNode => {
    if (one.kind === 'map') return true;
    report.error(one, `${what} is a map.`);
    return false;
  });
}
