// The line before the places of a concurrency limit.
import { describe, expect, it } from 'vitest';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import { Places, type Waiting } from './places.ts';

const one = (run: string, limit = 1, commandId?: string): Waiting => ({
  tenant: 'acme',
  run,
  limit,
  begin: () => undefined,
  ...(commandId !== undefined && { commandId }),
});
const begun = (places: Places): string[] => {
  const runs: string[] = [];
  for (let next = places.next(); next !== undefined; next = places.next()) runs.push(next.run);
  return runs;
};

describe('the line before the places of a limit', () => {
  it('gives out as many places as there are, the oldest id first, whatever the order of arrival', () => {
    const waiting = new FairShare(10);
    const places = new Places(waiting);
    for (const run of ['r3', 'r1', 'r4', 'r2']) places.stand(one(run, 2));
    expect(begun(places)).toEqual(['r1', 'r2']);
    places.leave('r2');
    expect(begun(places)).toEqual(['r3']);
    expect([places.has('r1'), places.has('r2'), places.has('r3'), waiting.of('acme')]).toEqual([true, false, true, 1]);
  });

  it('lets nobody pass who came later, also when the first in line may be only one of fewer', () => {
    const waiting = new FairShare(10);
    const places = new Places(waiting);
    places.take('r0');
    places.stand(one('r1', 1));
    places.stand(one('r2', 5));
    expect(begun(places)).toEqual([]);
    places.leave('r0');
    expect(begun(places)).toEqual(['r1', 'r2']);
  });

  it('is left by a run that ends before it begins', () => {
    const waiting = new FairShare(10);
    const places = new Places(waiting);
    places.take('r0');
    for (const run of ['r1', 'r2']) places.stand(one(run));
    places.leave('r1');
    places.leave('r0');
    expect(begun(places)).toEqual(['r2']);
    places.leave('r2');
    expect([places.isEmpty, waiting.isEmpty]).toEqual([true, true]);
  });

  it('knows who has a place and who is queued, not who asks to go back', () => {
    const places = new Places(new FairShare(10));
    places.take('r1');
    for (const run of ['r5', 'r3', 'r7']) places.stand(one(run));
    places.stand(one('r4', 1, 'back'));
    places.stand(one('r5', 1, 'back'));
    expect(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'].filter((run) => places.knows(run))).toEqual(['r1', 'r3', 'r5', 'r7']);
    places.leave('r5');
    expect(places.knows('r5')).toBe(false);
  });

  it('gives two rows that ask for the same run one place, and keeps a row in line when its run is told to have left', () => {
    const waiting = new FairShare(10);
    const places = new Places(waiting);
    places.take('r9');
    places.stand(one('r1', 1, 'first'));
    places.stand(one('r1', 1, 'second'));
    places.stand(one('r2'));
    places.leave('r1');
    expect(begun(places)).toEqual([]);
    places.leave('r9');
    expect(begun(places)).toEqual(['r1', 'r1']);
  });
});
