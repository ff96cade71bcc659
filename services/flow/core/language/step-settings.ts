// metadata.palace of a step: what OWS leaves to the runtime, such as the class of an effect and its deadline.
import type { Compilation } from './compilation.ts';
import { checkShape, kindWord, type Shape } from './shape.ts';
import { entry, mapAt, type MapNode } from './tree.ts';

/** Its shape is checked here. */
export function settingsOf(c: Compilation, body: MapNode, shape: Shape): MapNode | undefined {
  const node = entry(mapAt(body, 'metadata'), 'palace');
  if (node === undefined) return undefined;
  if (node.kind === 'map') checkShape(c.report, node, shape);
  else c.report.error(node, `metadata.palace must be a map, not ${kindWord(node)}.`);
  return node.kind === 'map' ? node : undefined;
}

/** For steps that perform nothing themselves. */
export function refuseSettings(c: Compilation, body: MapNode): void {
  const palace = entry(mapAt(body, 'metadata'), 'palace');
  if (palace === undefined) return;
  c.report.errorAtKey(palace, 'metadata.palace has a meaning on calls, scripts, shell commands and containers only.', 'Move it to the step it is about.');
}
