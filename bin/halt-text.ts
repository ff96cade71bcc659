// What is held back, in words.
import type { HaltView } from './api.ts';
import { oneLine } from './terminal.ts';

export function haltName({ scope, flow, tenant }: HaltView): string {
  if (scope === 'flow') return flow ?? '';
  return scope === 'tenant' ? `The tenant ${tenant}` : 'The installation';
}

export function haltText(halt: HaltView): string {
  const why = halt.reason === undefined ? '' : `: ${oneLine(halt.reason)}`;
  const what = halt.level === 'everything' ? ' and decides nothing' : '';
  return `${haltName(halt)} is held back${what}, by ${halt.by} since ${halt.since}${why}.`;
}

export function resumeLine({ scope, flow, tenant }: HaltView): string {
  if (scope === 'flow') return `palace resume --flow ${flow}`;
  return scope === 'tenant' ? `palace resume --tenant ${tenant}` : 'palace resume --all';
}
