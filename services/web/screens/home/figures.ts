// The four numbers of home, out of the summary. Pure.
import type { RunsSummary } from '../../api/runs.ts';

export interface Figures {
  /** 0 to 1; undefined when nothing ended. */
  readonly success: number | undefined;
  readonly ended: number;
  readonly failed: number;
  readonly running: number;
  /** Open, and not at work. */
  readonly resting: number;
  readonly people: number;
}

export function figuresOf({ hours, open, people }: RunsSummary): Figures {
  const sum = (status: 'completed' | 'failed'): number => hours.reduce((before, { counts }) => before + (counts[status] ?? 0), 0);
  const [completed, failed] = [sum('completed'), sum('failed')];
  const all = Object.values(open).reduce((before, runs) => before + runs, 0);
  const running = open.running ?? 0;
  return {
    success: completed + failed === 0 ? undefined : completed / (completed + failed),
    ended: completed + failed,
    failed,
    running,
    resting: all - running,
    people: people.runs,
  };
}
