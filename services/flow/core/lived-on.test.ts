// A run that was restored from a backup may have lived on elsewhere: what it does next, the original may have done (ENGINE E18).
import { describe, expect, it } from 'vitest';
import { answer, asked, begun, open, refuse } from './begun-run.ts';
import type { VirtualShell } from './virtual-shell.ts';

const WHY = 'The backup ends before that.';
const STEPS = `
- look: {call: http, with: {method: get, endpoint: 'http://x.test/look'}}
- keep: {call: http, with: {method: put, endpoint: 'http://x.test/keep'}}
- pay:
    call: http
    with: {method: post, endpoint: 'http://x.test/pay'}
    metadata:
      palace:
        verify: {with: {method: get, endpoint: '\${ "http://x.test/by-key/" + $effect.key }'}, happened: '.status == 200', result: '.body', absenceFinal: true}
- tell: {call: http, with: {method: post, endpoint: 'http://x.test/tell'}}
`;

function restored(steps: string): VirtualShell {
  const shell = begun(steps);
  shell.livedOn = WHY;
  return shell;
}

describe('a run that may have lived on elsewhere', () => {
  it('reads, and repeats what may be repeated, as always', () => {
    const shell = restored(STEPS);
    answer(shell, 'seen');
    answer(shell, 'kept');
    expect(asked(shell)).toEqual(['1 look', '1 keep']);
  });

  it('asks about a unique act before it begins it, and goes on with what it finds', () => {
    const shell = restored(STEPS);
    shell.play();
    expect(open(shell)).toMatchObject({ state: 'verifying' });
    expect(shell.journal.at(-1)).toMatchObject({ type: 'effect.doubted', verifying: true, why: WHY });
    shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'happened', result: { receipt: 7 } });
    expect(asked(shell)).toEqual(['1 look', '1 keep']);
    expect(shell.journal.find((event) => event.type === 'effect.completed' && event.how === 'verified')).toMatchObject({ result: { receipt: 7 } });
    // The next one can be asked of nobody but a person.
    expect(open(shell)).toMatchObject({ state: 'in-doubt' });
  });

  it('begins the act once it is certain that it did not happen, under the key that it would have had there', () => {
    const shell = restored(STEPS);
    shell.play();
    const { key } = open(shell);
    shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'absent' });
    expect(asked(shell)).toEqual(['1 look', '1 keep', '2 pay']);
    expect(open(shell)).toMatchObject({ key, state: 'requested' });
    answer(shell, 'paid');
    expect(open(shell)).toMatchObject({ state: 'in-doubt' });
    shell.give({ type: 'effect-resolved', key: open(shell).key, outcome: 'absent', by: 'ada' });
    expect(asked(shell).at(-1)).toBe('2 tell');
    answer(shell, 'told');
    expect(shell.run.phase).toBe('completed');
  });

  it('asks again after a failure, because there the next attempt may have succeeded', () => {
    const shell = restored(`
- t:
    try:
      - pay: {call: http, with: {method: post, endpoint: 'http://x.test/pay'}}
    catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 3}}}}
`);
    shell.settle();
    shell.give({ type: 'effect-resolved', key: open(shell).key, outcome: 'absent', by: 'ada' });
    refuse(shell);
    shell.play();
    expect(open(shell)).toMatchObject({ state: 'in-doubt' });
  });

  it('asks again about an act that was found absent before, and not begun because the run was paused', () => {
    const shell = begun(STEPS);
    answer(shell, 'seen');
    answer(shell, 'kept');
    const { act, attempt } = open(shell);
    shell.give({ type: 'effect-lost', act, attempt });
    shell.give({ type: 'pause', by: 'ada' });
    shell.give({ type: 'effect-verified', act, verdict: 'absent' });
    shell.livedOn = WHY;
    shell.give({ type: 'resume', by: 'ada' });
    expect(open(shell)).toMatchObject({ state: 'verifying', attempt: 2 });
    shell.give({ type: 'effect-verified', act, verdict: 'absent' });
    expect(asked(shell).at(-1)).toBe('3 pay');
  });

  it('is not verified under a later generation: there the act had another key', () => {
    const shell = begun(STEPS);
    answer(shell, 'seen');
    refuse(shell);
    expect(shell.run.phase).toBe('failed');
    shell.livedOn = WHY;
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    shell.play();
    expect(open(shell)).toMatchObject({ state: 'in-doubt' });
  });
});
