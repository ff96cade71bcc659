// Text of a check file -> its cases, bound to the flow that they are about. Strict as a flow's text is: line, column, a way out.
// I1 Never throws for any text.
import { dirname, join } from 'node:path';
import type { Json } from '@palace/jq/jq.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { createReport, type Report } from '../core/language/report.ts';
import { checkShape } from '../core/language/shape.ts';
import { entry, listAt, mapAt, textAt, type MapNode, type Node, type TextNode } from '../core/language/tree.ts';
import { isRunId } from '../core/run-id.ts';
import { readYaml } from '../core/language/yaml.ts';
import { CHECK_ENDING } from './file-ending.ts';
import { CASE, CHECK_FILE } from './grammar.ts';
import type { FlowText, Library, Sought } from './library.ts';
import type { Case, CheckFile } from './model.ts';
import { readExpect } from './read-expect.ts';
import { mapsOf, spotOf, timeOf, type Reading } from './read-parts.ts';
import { readStubs, type Stubs } from './read-stubs.ts';
import { readTimeline } from './read-timeline.ts';

/** A Monday. */
export const FIRST_MS = Date.UTC(2026, 0, 5, 9);
const MAX_CASES = 5_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

export type ReadCheck =
  | { readonly ok: true; readonly file: CheckFile }
  /** `broken`: the flow that it is about does not compile; the errors are the flow's. */
  | { readonly ok: false; readonly errors: readonly ErrorPlace[]; readonly broken?: FlowText };

export function readCheck(path: string, source: string, library: Library): ReadCheck {
  const report = createReport(source);
  if (source.trim() === '') report.errorAt(0, '', 'The check file is empty.', 'Begin with "cases:".');
  const root = report.failed() ? undefined : readYaml(report);
  if (root !== undefined && root.kind !== 'map') report.error(root, 'A check file is a map that has "cases".');
  if (root?.kind !== 'map') return { ok: false, errors: report.errors() };
  checkShape(report, root, CHECK_FILE);
  const sought = flowOf(path, textAt(root, 'flow'), library);
  if (sought !== undefined && 'errors' in sought) return { ok: false, errors: sought.errors, broken: sought.broken };
  if (sought === undefined) sayNoFlow(report, path, root, library);
  if (sought === undefined) return { ok: false, errors: report.errors() };
  const cases = casesOf({ report, library, flow: sought.flow }, root);
  return report.failed() ? { ok: false, errors: report.errors() } : { ok: true, file: { path, flow: sought.flow, cases } };
}

/** Without `flow`: the file of the same name beside it. */
function flowOf(path: string, node: TextNode | undefined, library: Library): Sought {
  if (node === undefined) {
    const stem = path.replace(CHECK_ENDING, '');
    return ['.yaml', '.yml', '.json'].map((ending) => library.byPath(`${stem}${ending}`)).find((one) => one !== undefined);
  }
  if (/\.(ya?ml|json)$/.test(node.value)) return library.byPath(join(dirname(path), node.value));
  const [name = '', version] = node.value.split('@');
  return library.byName(name, version);
}

function sayNoFlow(report: Report, path: string, root: MapNode, library: Library): void {
  const node = textAt(root, 'flow');
  const names = library.names();
  const advice = names.length === 0 ? 'Put the flow beside it.' : `There are: ${names.slice(0, 12).join(', ')}.`;
  if (node === undefined)
    report.error(root, `There is no flow ${path.replace(CHECK_ENDING, '.yaml')} beside this file.`, 'Name it with "flow: FILE" or "flow: NAMESPACE/NAME".');
  else report.error(node, `There is no flow "${node.value.slice(0, 100)}" among the files.`, advice);
}

function casesOf(reading: Reading, root: MapNode): Case[] {
  const { report } = reading;
  const shared = readStubs(reading, mapAt(root, 'stubs'), { stubs: new Map(), fallback: undefined });
  const list = listAt(root, 'cases');
  if (list?.items.length === 0) report.error(list, 'There is no case.', 'Begin one with "- name: ...".');
  if (list !== undefined && list.items.length > MAX_CASES) report.error(list, `A file has at most ${MAX_CASES} cases.`);
  const seen = new Set<string>();
  return mapsOf(reading, list, 'A case').map((node) => {
    const one = caseOf(reading, root, node, shared);
    if (seen.has(one.name)) report.error(entry(node, 'name') ?? node, `There are two cases of the name "${one.name.slice(0, 100)}".`);
    seen.add(one.name);
    return one;
  });
}

function caseOf(reading: Reading, root: MapNode, node: MapNode, shared: Stubs): Case {
  checkShape(reading.report, node, CASE);
  const { stubs, fallback } = readStubs(reading, mapAt(node, 'stubs'), shared);
  return {
    name: textAt(node, 'name')?.value ?? '',
    spot: spotOf(reading, node),
    input: (entry(node, 'input')?.value ?? {}) as Json,
    context: mapAt(node, 'context')?.value,
    run: runOf(reading, textAt(node, 'run')),
    nowMs: instantOf(reading, textAt(node, 'now') ?? textAt(root, 'now')),
    runtime: { ...mapAt(root, 'runtime')?.value, ...mapAt(node, 'runtime')?.value },
    variables: { ...mapAt(root, 'variables')?.value, ...mapAt(node, 'variables')?.value },
    stubs,
    fallback,
    timeline: readTimeline(reading, entry(node, 'timeline')),
    stopAtMs: timeOf(reading, entry(node, 'stopAt')),
    expect: readExpect(reading, mapAt(node, 'expect'), node),
  };
}

function runOf({ report }: Reading, node: TextNode | undefined): string | undefined {
  if (node === undefined || isRunId(node.value)) return node?.value;
  report.error(node, `"${node.value.slice(0, 100)}" is no run id.`, 'A run id looks like run_ and 26 letters and digits.');
  return undefined;
}

function instantOf({ report }: Reading, node: (Node & { readonly value: string }) | undefined): number {
  if (node === undefined) return FIRST_MS;
  const ms = INSTANT.test(node.value) ? Date.parse(node.value) : Number.NaN;
  if (Number.isNaN(ms)) report.error(node, `"${node.value.slice(0, 100)}" is no moment.`, 'Write it like 2026-03-01T12:00:00Z.');
  return Number.isNaN(ms) ? FIRST_MS : ms;
}
