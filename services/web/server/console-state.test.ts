import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { after, FIRST_STATE, isSettled, type Happening, type Stage } from './console-state.ts';

const HAPPENINGS: readonly Happening[] = ['elsewhere', 'free', 'found', 'built', 'started', 'lost', 'broke', 'close'];
const walk = (...happenings: readonly Happening[]): readonly Stage[] => {
  let state = FIRST_STATE;
  return happenings.map((one, at) => (state = after(state, one, at + 1, ['why'])).stage);
};

describe('how far the console is', () => {
  test.each<[readonly Happening[], readonly Stage[]]>([
    [
      ['free', 'built', 'started'],
      ['building', 'starting', 'ready'],
    ],
    [
      ['found', 'started'],
      ['starting', 'ready'],
    ],
    [
      ['elsewhere', 'elsewhere', 'found', 'started'],
      ['waiting', 'waiting', 'starting', 'ready'],
    ],
    [
      ['elsewhere', 'free', 'broke'],
      ['waiting', 'building', 'failed'],
    ],
    [
      ['found', 'started', 'lost', 'started'],
      ['starting', 'ready', 'starting', 'ready'],
    ],
  ])('%j leads through %j', (happenings, stages) => {
    expect(walk(...happenings)).toEqual(stages);
  });

  test('I1, I2, I3: closed is for ever, only what started is ready, a failure is not mended here', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 12 }), (happenings) => {
        const stages = walk(...happenings);
        stages.forEach((stage, at) => {
          const before = stages[at - 1] ?? 'looking';
          if (before === 'closed') expect(stage).toBe('closed');
          if (before === 'failed') expect(['failed', 'closed']).toContain(stage);
          if (stage === 'ready' && before !== 'ready') expect(happenings[at]).toBe('started');
        });
      }),
    );
  });

  test('why it failed is kept, and since when a stage lasts', () => {
    const building = after(FIRST_STATE, 'free', 10);
    const failed = after(building, 'broke', 30, ['Error: x']);
    expect([building, failed]).toEqual([
      { stage: 'building', sinceMs: 10, lines: [] },
      { stage: 'failed', sinceMs: 30, lines: ['Error: x'] },
    ]);
    expect([isSettled(building), isSettled(failed), after(failed, 'lost', 40)]).toEqual([false, true, failed]);
  });
});
