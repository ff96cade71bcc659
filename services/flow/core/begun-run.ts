// Runs begun in memory and steered from tests: what was asked of the world, and its answers.
import type { Json } from '@palace/jq/jq.ts';
import type { DecideLimits, Decision, RunFault } from './model.ts';
import { openEffects, type OpenEffect } from './run.ts';
import { flowOf, linkFlow, virtualShell, type VirtualShell } from './virtual-shell.ts';

export const CALL = (name: string, method = 'get'): string => `{call: http, with: {method: ${method}, endpoint: 'http://x.test/${name}'}}`;
export const FAULT = { type: 'https://x.test/failed', status: 503, title: 'Down', detail: 'no answer' };

export function begun(steps: string, input: Json = {}, limits: Partial<DecideLimits> = {}, more = ''): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(steps, more)), limits);
  shell.give({ type: 'start', input });
  return shell;
}
export const asked = (shell: VirtualShell): string[] =>
  shell.journal.flatMap((e) => (e.type === 'effect.requested' ? [`${e.attempt} ${(e.args as { endpoint: string }).endpoint.slice(14)}`] : []));
export const open = (shell: VirtualShell): OpenEffect => {
  const [effect] = openEffects(shell.run);
  if (effect === undefined) throw new Error('no open effect');
  return effect;
};
export const answer = (shell: VirtualShell, result: Json): Decision =>
  shell.give({ type: 'effect-done', act: open(shell).act, attempt: open(shell).attempt, result });
export const refuse = (shell: VirtualShell): Decision =>
  shell.give({ type: 'effect-failed', act: open(shell).act, attempt: open(shell).attempt, fault: FAULT, reach: 'answered' });

/** What the newest sub-flow that was asked for comes to. */
export function endChild(shell: VirtualShell, said: { readonly output: Json } | { readonly fault: RunFault }): Decision {
  const asked = shell.journal.findLast((e) => e.type === 'child.requested');
  if (asked?.type !== 'child.requested') throw new Error('no sub-flow was asked for');
  return shell.give({ type: 'child-ended', act: asked.act, child: asked.run, ...said });
}
