// How a run looks from outside: its status.
import type { RunStatus } from '../contract.ts';
import { hasWork, openEffect, type Run } from './run.ts';

/** `running`: something is being done or can be done now; `waiting`: only time, events, other runs or people move it. */
export function runStatus(run: Run): RunStatus {
  if (run.phase === 'new') return 'pending';
  if (run.phase !== 'running') return run.phase;
  if (hasWork(run)) return 'running';
  for (const id of run.effects) if (openEffect(run, id)?.state !== 'in-doubt') return 'running';
  return 'waiting';
}
