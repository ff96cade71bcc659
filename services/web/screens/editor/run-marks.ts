// From the events of a run to how its steps stand, for the canvas. Pure: folded one event at a time, in order.
import type { StepMark } from '../flows/canvas/step-mark.ts';

export interface MarkedEvent {
  readonly type: string;
  /** The step's pointer, of events that name it. */
  readonly step?: string | undefined;
  readonly data: unknown;
}
export interface RunMarks {
  readonly marks: ReadonlyMap<string, StepMark & { readonly startedMs?: number }>;
  /** Which step each act is of. */
  readonly acts: ReadonlyMap<number, string>;
  readonly ended: boolean;
}
export const NO_MARKS: RunMarks = { marks: new Map(), acts: new Map(), ended: false };

type Status = StepMark['status'];
const AFTER: Readonly<Record<string, Status>> = {
  'step.completed': 'completed',
  'step.faulted': 'failed',
  'step.cancelled': 'cancelled',
  'run.failed': 'failed',
  'listen.opened': 'waiting',
  'timer.set': 'waiting',
  'child.requested': 'waiting',
  'effect.requested': 'running',
  'effect.doubted': 'waiting',
};
const LAST: ReadonlySet<Status> = new Set(['completed', 'failed', 'cancelled']);

/** `took` writes how long: 340 ms. */
export function marksAfter(before: RunMarks, events: readonly MarkedEvent[], took: (ms: number) => string): RunMarks {
  const marks = new Map(before.marks);
  const acts = new Map(before.acts);
  let { ended } = before;
  for (const { type, step, data } of events) {
    const { act, atMs } = dataOf(data);
    if (type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled') ended = true;
    if (type === 'run.retried' || type === 'run.rewound') ended = false;
    if (type === 'step.skipped' && step !== undefined && step !== '') marks.set(step, { status: 'skipped' });
    if (type === 'step.entered' && step !== undefined && act !== undefined) {
      acts.set(act, step);
      marks.set(step, { status: 'running', ...(atMs !== undefined && { startedMs: atMs }) });
    }
    const status = AFTER[type];
    const pointer = act === undefined ? undefined : acts.get(act);
    const known = pointer === undefined ? undefined : marks.get(pointer);
    if (status === undefined || pointer === undefined || known === undefined) continue;
    const ms = LAST.has(status) && atMs !== undefined && known.startedMs !== undefined ? atMs - known.startedMs : undefined;
    marks.set(pointer, { ...known, status, ...(ms !== undefined && { note: took(ms) }) });
  }
  return { marks, acts, ended };
}

function dataOf(data: unknown): { act?: number; atMs?: number } {
  if (typeof data !== 'object' || data === null) return {};
  const { act, atMs } = data as Record<string, unknown>;
  return { ...(typeof act === 'number' && { act }), ...(typeof atMs === 'number' && { atMs }) };
}
