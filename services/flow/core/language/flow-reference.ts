// The flow that a step runs: namespace, name and version, in words. Whether it exists is known when the step begins.
import type { FlowReference } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { shorten } from './shape.ts';
import { textAt, type MapNode } from './tree.ts';

const FLOW_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const VERSION = /^(?:latest|(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?)$/;

export function flowReference(c: Compilation, node: MapNode | undefined): FlowReference | undefined {
  const [namespace, name, version] = ['namespace', 'name', 'version'].map((key) => textAt(node, key));
  for (const part of [namespace, name]) {
    if (part !== undefined && !FLOW_NAME.test(part.value))
      c.report.error(part, `"${shorten(part.value)}" is not a ${part.key}.`, 'Use lower-case letters, digits and "-", at most 63.');
  }
  if (version !== undefined && !VERSION.test(version.value))
    c.report.error(version, `"${shorten(version.value)}" is not a version.`, 'Write it like 1.0.0, or "latest".');
  if (namespace === undefined || name === undefined || version === undefined) return undefined;
  return { namespace: namespace.value, name: name.value, version: version.value };
}
