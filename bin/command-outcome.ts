// A signal or control verb is kept at once and decided by the run's owner a moment later. Says what became of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, CommandState } from './api.ts';
import type { ExitCode } from './command.ts';
import { CommandFailure } from './failure.ts';

const LOOKS = 7;
const FIRST_PAUSE_MS = 20;

/** Waits about two seconds for the decision; `open` means it is kept and not yet decided. Throws when it was refused. */
export async function decided(api: Api, id: string): Promise<CommandState> {
  for (let look = 0; ; look += 1) {
    const state = await api.commandState(id);
    if (state.state === 'refused') throw new CommandFailure(2, `The run refused it: ${state.detail ?? 'it does not fit its state'}.`);
    if (state.state !== 'open' || look === LOOKS) return state;
    await sleep(FIRST_PAUSE_MS * 2 ** look);
  }
}

/** In the words of a line that ends with a full stop of its own. */
export function outcomeText(state: CommandState): string {
  const detail = state.detail?.replace(/\.$/, '');
  if (state.state === 'done') return 'done';
  if (state.state === 'unused') return `not used: ${detail ?? 'the run had ended, or did not wait for it'}`;
  return 'kept, not yet decided';
}

/** What was not used changed nothing: a script must see that. */
export function outcomeExit(state: CommandState): ExitCode {
  return state.state === 'unused' ? 2 : 0;
}
