// How the steps of the document stand in this run, for the picture of the flow: by pointer, of all instances together. Pure.
import type { StepMark, StepMarks } from '../flows/canvas/step-mark.ts';
import { standingOf, type Standing } from './standing.ts';
import { within, type StepNode } from './step-node.ts';

const STATUS: Readonly<Record<Standing, StepMark['status']>> = {
  running: 'running',
  waiting: 'waiting',
  doubt: 'waiting',
  done: 'completed',
  failed: 'failed',
  caught: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
};
/** What several instances come to: what needs somebody first. One that was caught counts only where none came after it. */
const ORDER: readonly Standing[] = ['failed', 'doubt', 'waiting', 'running', 'cancelled', 'done', 'caught', 'skipped'];

interface Said {
  standing: Standing;
  instances: number;
  ms: number | undefined;
}

/** `words`: how a duration and a number of instances are written. The tree changes in place: `version` tells that it has. */
export function runMarks(root: StepNode, words: { duration(ms: number): string; times(count: number): string }, _version = 0): StepMarks {
  const said = new Map<string, Said>();
  for (const node of within(root)) {
    if (node.role !== 'step' || node.past || node.pointer === '') continue;
    const standing = standingOf(node);
    const ms = node.toMs === undefined ? undefined : node.toMs - node.fromMs;
    const known = said.get(node.pointer);
    if (known === undefined) said.set(node.pointer, { standing, instances: 1, ms });
    else {
      known.instances += 1;
      known.ms = ms;
      if (ORDER.indexOf(standing) < ORDER.indexOf(known.standing)) known.standing = standing;
    }
  }
  return new Map(
    [...said].map(([pointer, { standing, instances, ms }]) => {
      const note = instances > 1 ? words.times(instances) : ms === undefined || standing === 'skipped' ? undefined : words.duration(ms);
      return [pointer, { status: STATUS[standing], ...(note !== undefined && { note }) }];
    }),
  );
}

/** The newest instance of a step, for who points at it in the picture. */
export function newestOf(root: StepNode, pointer: string): StepNode | undefined {
  let found: StepNode | undefined;
  for (const node of within(root)) if (node.pointer === pointer && node.role === 'step') found = node;
  return found;
}
