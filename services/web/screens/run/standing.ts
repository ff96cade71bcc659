// How an instance of a step stands, as people see it. Pure.
import type { StepNode } from './step-node.ts';

export type Standing = 'running' | 'waiting' | 'doubt' | 'done' | 'failed' | 'caught' | 'cancelled' | 'skipped';

/** What stands around others waits when all that is open in it waits. */
export function standingOf(node: StepNode): Standing {
  if (node.end === 'failed') return node.caught ? 'caught' : 'failed';
  if (node.end !== undefined) return node.end;
  const wait = node.waits.find(({ toMs }) => toMs === undefined);
  if (wait !== undefined) return wait.kind === 'doubt' ? 'doubt' : 'waiting';
  const open = node.children.filter(({ end }) => end === undefined).map(standingOf);
  if (open.length === 0 || open.includes('running')) return 'running';
  return open.includes('doubt') ? 'doubt' : 'waiting';
}
