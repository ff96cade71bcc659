// Which limits a run is near, told from its state; how each is enforced stands beside its step.
import { describe, expect, it } from 'vitest';
import { begun } from './begun-run.ts';
import { nearLimits, nearLimitsAndSizes } from './near-limits.ts';

describe('limits that a run is near', () => {
  it('are those of which half is used, and no others', () => {
    const shell = begun("  - hold: {listen: {to: {one: {with: {type: 'agentspalace.signal.go'}}}}}", {}, { bufferedSignals: 5 });
    for (const id of ['s1', 's2']) shell.give({ type: 'signal', id, name: 'other', data: null });
    expect(nearLimits(shell.run, shell.limits)).toEqual([]);
    shell.give({ type: 'signal', id: 's3', name: 'other', data: null });
    expect(nearLimits(shell.run, shell.limits)).toEqual([{ setting: 'bufferedSignals', used: 3, limit: 5 }]);
  });

  it('count the branches of a fork, while it is open', () => {
    const branch = (name: string): string => `{${name}: {listen: {to: {one: {with: {type: agentspalace.signal.${name}}}}}}}`;
    const shell = begun(`  - both: {fork: {branches: [${branch('a')}, ${branch('b')}]}}`, {}, { fanOut: 4 });
    expect(nearLimits(shell.run, shell.limits)).toEqual([{ setting: 'fanOut', used: 2, limit: 4 }]);
    for (const name of ['a', 'b']) shell.give({ type: 'signal', id: name, name, data: null });
    expect([shell.run.phase, nearLimits(shell.run, shell.limits)]).toEqual(['completed', []]);
  });

  it('count steps in steps, and the flows above the run', () => {
    const deep = begun('  - a: {do: [{b: {do: [{c: {wait: {seconds: 1}}}]}}]}', {}, { nesting: 6 });
    expect(nearLimits(deep.run, deep.limits)).toEqual([{ setting: 'nesting', used: 4, limit: 6 }]);
    expect(nearLimits({ ...deep.run, depth: 5 }, deep.limits)).toEqual([{ setting: 'nesting', used: 5, limit: 6 }]);
  });

  it('measure the largest of input, context and output where people look', () => {
    const shell = begun('  - a: {set: {n: 1}, export: {as: \'{text: ("x" * 600)}\'}}', { text: 'y'.repeat(100) }, { payloadBytes: 1_000 });
    expect(nearLimits(shell.run, shell.limits)).toEqual([]);
    expect(nearLimitsAndSizes(shell.run, shell.limits)).toEqual([{ setting: 'payloadBytes', used: expect.any(Number), limit: 1_000 }]);
    expect(nearLimitsAndSizes(shell.run, { ...shell.limits, payloadBytes: 10_000 })).toEqual([]);
  });
});
