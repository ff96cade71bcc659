// A verb that was accepted and then refused by the run's owner, as a problem like any other.
import { ApiProblem } from '../../api/problem.ts';
import type { CommandState } from '../../api/run-verbs.ts';
import type { Text } from '../../language/language.tsx';

/** Throws when nothing came of the command. */
export function refused({ state, detail }: CommandState, text: Text): void {
  if (state !== 'refused') return;
  const title = text('run.refused');
  throw new ApiProblem('answered', 409, {
    type: 'about:blank',
    title,
    status: 409,
    code: 'run.state',
    next: text('run.refusedNext'),
    ...(detail !== undefined && { detail }),
  });
}
