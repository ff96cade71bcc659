// Keys on the canvas to the step that they lead to. Pure.
// Up and down follow the document, left goes out to the step around, right into the first step inside.
import type { GraphNode } from './flow-graph.ts';

export function stepAfterKey(nodes: readonly GraphNode[], selected: string | undefined, key: string): string | undefined {
  const steps = nodes.filter((node) => node.type === 'step' || node.type === 'frame');
  const at = steps.findIndex(({ id }) => id === selected);
  if (key === 'Home' || (at === -1 && (key === 'ArrowDown' || key === 'ArrowRight'))) return steps[0]?.id;
  if (key === 'End' || (at === -1 && key === 'ArrowUp')) return steps.at(-1)?.id;
  if (key === 'ArrowDown') return steps[at + 1]?.id;
  if (key === 'ArrowUp') return steps[at - 1]?.id;
  if (key === 'ArrowLeft') return around(nodes, selected);
  if (key === 'ArrowRight') return steps.find(({ id }) => around(nodes, id) === selected)?.id;
  return undefined;
}

/** The step that holds a step; lanes between them do not count. */
function around(nodes: readonly GraphNode[], id: string | undefined): string | undefined {
  const frame = nodes.find((node) => node.id === id)?.frame;
  const found = nodes.find((node) => node.id === frame);
  return found?.type === 'lane' ? found.frame : found?.id;
}
