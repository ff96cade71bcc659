// How a map goes on, as a fold: its items are known, a sub-flow begins for one, a sub-flow has ended.
// I1 At most `limit` sub-flows run at once; each item has one at a time, and one result.
// I2 Results stand by the number of their item, in whatever order the sub-flows end.
import { actOf, assertThat, setData, setStage, type Act, type Own } from './acts.ts';
import { noteAttempt } from './attempts.ts';
import type { RunEvent } from './model.ts';
import { stepAt, type Run } from './run.ts';

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
export type Mapping = Extract<Own, { kind: 'map' }>;

export function mapStarted(run: Run, event: Of<'map.started'>): void {
  const act = actOf(run, event.act);
  const { own } = act;
  assertThat(own.kind === 'map', `act ${act.id} is no map`);
  own.items = event.items;
  own.limit = event.limit;
  own.requests += 1;
  noteAttempt(run, act, own.requests);
  goOnMapping(run, act, own);
}

export function itemRequested(run: Run, act: Act, own: Mapping, { index, run: child }: Of<'child.requested'>): void {
  assertThat(index !== undefined && index === nextItem(own) && own.running.size < own.limit, 'the next item has its turn (I1)');
  own.running.set(index, child);
  goOnMapping(run, act, own);
}

/** False when its fault is the step's. */
export function itemEnded(run: Run, act: Act, own: Mapping, { index = -1, output, fault }: Of<'child.ended'>): boolean {
  const step = stepAt(run, act);
  const collects = step.kind === 'map' && step.onError === 'collect';
  own.running.delete(index);
  if (fault !== undefined && !collects) return false;
  own.results.set(index, collects ? (fault === undefined ? { output: output ?? null } : { error: { ...fault } }) : (output ?? null));
  // A step that has failed or is overdue only waits to be told so.
  if (act.stage === 'waiting' || act.stage === 'next') goOnMapping(run, act, own);
  return true;
}

/** The first item without result whose sub-flow does not run; undefined when there is none. */
export function nextItem(own: Mapping): number | undefined {
  const count = own.items?.length ?? 0;
  while (own.next < count && (own.results.has(own.next) || own.running.has(own.next))) own.next += 1;
  return own.next < count ? own.next : undefined;
}

export function goOnMapping(run: Run, act: Act, own: Mapping): void {
  const items = own.items ?? [];
  if (own.results.size < items.length) return setStage(run, act, own.running.size < own.limit && nextItem(own) !== undefined ? 'next' : 'waiting');
  setData(
    act,
    items.map((_, i) => own.results.get(i) ?? null),
  );
  setStage(run, act, 'done');
}
