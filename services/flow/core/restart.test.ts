// Going back: a run is read again up to an event and goes on from there, as a fork or as itself.
import { describe, expect, it } from 'vitest';
import { answer, asked, begun, open, refuse } from './begun-run.ts';
import { evolve } from './evolve.ts';
import type { LedgerAnswer, RunEvent } from './model.ts';
import { makeRunId } from './run-id.ts';
import { newRun, openTimers, rewound, type Rewind, type Run } from './run.ts';
import { virtualShell, type VirtualShell } from './virtual-shell.ts';

describe('going back', () => {
  const steps = `
  - a: {call: http, with: {method: post, endpoint: 'http://x.test/a'}, export: {as: '{a: .}'}}
  - w: {wait: {seconds: 5}}
  - b: {call: http, with: {method: post, endpoint: 'http://x.test/b', body: '\${ {c: $context, d: .} }'}}
`;
  const lived = (): VirtualShell => {
    const shell = begun(steps, { n: 1 });
    shell.play((effect) => ({ result: effect.key.length }));
    expect(shell.run.phase).toBe('completed');
    return shell;
  };
  const past = (shell: VirtualShell, toSeq: number): Run => {
    const run = newRun(shell.linked, { id: shell.run.id });
    for (const event of shell.journal.slice(0, toSeq)) evolve(run, event);
    return run;
  };
  const fork = (shell: VirtualShell, toSeq: number, how: Partial<Rewind> = {}): VirtualShell => {
    const forked = virtualShell(shell.linked);
    forked.run = newRun(shell.linked, { id: makeRunId(3, 7, new Uint8Array(9).fill(1)) });
    forked.journal.push(rewound(past(shell, toSeq), { from: shell.run.id, toSeq, by: 'ada', effects: 'keep', ledger: [], atMs: 9, ...how }));
    evolve(forked.run, forked.journal[0] as RunEvent);
    forked.settle();
    return forked;
  };
  const seqOf = (shell: VirtualShell, type: RunEvent['type'], n = 0): number =>
    shell.journal.flatMap((e, i) => (e.type === type ? [i + 1] : []))[n] ?? expect.fail(type);

  it('a fork after an event goes on from there under its own id and keys', () => {
    const shell = lived();
    const forked = fork(shell, seqOf(shell, 'timer.set'));
    expect(forked.run.context).toEqual({ a: 22 });
    expect(openTimers(forked.run)).toMatchObject([{ purpose: 'wait', dueMs: forked.nowMs + 5000 }]);
    forked.play();
    expect(asked(forked)).toEqual(['1 b']);
    const key = shell.journal.findLast((e) => e.type === 'effect.requested');
    const own = forked.journal.findLast((e) => e.type === 'effect.requested');
    expect(own).not.toMatchObject({ key: key?.type === 'effect.requested' ? key.key : '' });
    expect(forked.run.phase).toBe('completed');
    expect(forked.run.startedMs).toBe(9);
  });

  it('edits of context and data reach the step that comes next', () => {
    const shell = lived();
    const forked = fork(shell, seqOf(shell, 'step.completed', 1), { context: { a: 'edited' }, input: { data: 'edited' } });
    expect(open(forked).args).toMatchObject({ body: { c: { a: 'edited' }, d: { data: 'edited' } } });
    const first = fork(shell, 1, { input: { n: 2 } });
    expect(first.run.input).toEqual({ n: 2 });
    expect(asked(first)).toEqual(['1 a']);
    const inStep = fork(shell, seqOf(shell, 'effect.requested', 1), { input: 'new' });
    expect(open(inStep).args).toMatchObject({ body: { d: 'new' } });
  });

  it('confirmed acts after that point are answered from the ledger; "dry" answers everything', () => {
    const shell = lived();
    const ledger: LedgerAnswer[] = [
      { position: '/do/0/a#', class: 'unique', state: 'confirmed', result: 'kept' },
      { position: '/do/2/b#', class: 'unique', state: 'in-doubt' },
    ];
    const kept = fork(shell, 1, { ledger });
    kept.play();
    expect(asked(kept)).toEqual([]);
    expect(kept.journal.find((e) => e.type === 'effect.completed')).toMatchObject({ how: 'ledger', result: 'kept' });
    expect(open(kept)).toMatchObject({ state: 'in-doubt' });
    kept.give({ type: 'effect-resolved', key: open(kept).key, outcome: 'absent', by: 'ada' });
    expect(asked(kept)).toEqual(['2 b']);

    const dry = fork(shell, 1, { ledger, effects: 'dry' });
    dry.play();
    expect(asked(dry)).toEqual([]);
    expect(dry.run.phase).toBe('completed');
    expect(dry.journal.flatMap((e) => (e.type === 'effect.completed' ? [e.how] : []))).toEqual(['dry', 'dry']);
    const again = fork(shell, 1, { ledger, effects: 'again' });
    expect(asked(again)).toEqual(['1 a']);
  });

  it('a fork of a fork still knows what the first run did', () => {
    const ledger: LedgerAnswer[] = [{ position: '/do/0/a#', class: 'unique', state: 'confirmed', result: 'kept' }];
    const first = fork(lived(), 1, { ledger });
    const second = fork(first, 1);
    second.play();
    expect(asked(second)).toEqual(['1 b']);
    expect(asked(fork(first, 1, { effects: 'again' }))).toEqual(['1 a']);
  });

  it('a run taken back to a step of its own numbers its acts anew: old answers and old keys meet nothing', () => {
    const shell = begun(steps, { n: 1 });
    const first = open(shell);
    refuse(shell);
    for (let generation = 2; generation <= 3; generation++) {
      const at = seqOf(shell, 'step.entered', 1) - 1;
      const event = rewound(past(shell, at), { from: shell.run.id, toSeq: at, by: 'ada', effects: 'keep', ledger: [], atMs: 9 });
      evolve(shell.run, event);
      shell.journal.push(event);
      shell.settle();
      expect(shell.run.generation).toBe(generation);
      expect(open(shell).key).not.toBe(first.key);
      expect(shell.give({ type: 'effect-done', act: first.act, attempt: 1, result: 'old' }).unused).toBeTypeOf('string');
    }
    expect(new Set(shell.journal.flatMap((e) => (e.type === 'effect.requested' ? [e.key] : []))).size).toBe(3);
    answer(shell, 1);
    const waiting = rewound(past(shell, shell.journal.length), {
      from: shell.run.id,
      toSeq: shell.journal.length,
      by: 'ada',
      effects: 'keep',
      ledger: [],
      atMs: 9,
    });
    const [old] = openTimers(shell.run);
    evolve(shell.run, waiting);
    shell.journal.push(waiting);
    shell.settle();
    expect(shell.give({ type: 'timer', id: old?.id ?? '' }).unused).toBe('The timer is not set any more.');
    shell.play();
    expect(shell.run.phase).toBe('completed');
  });

  it('refuses to go back to an end, or to before the beginning', () => {
    const shell = lived();
    const how = { from: shell.run.id, by: 'ada', effects: 'keep', ledger: [], atMs: 9 } as const;
    expect(() => rewound(past(shell, shell.journal.length), { ...how, toSeq: shell.journal.length })).toThrow('completed');
    expect(() => rewound(past(shell, 0), { ...how, toSeq: 0 })).toThrow(RangeError);
  });

  it('gives up in words what it held: its timer, its subscription, its sub-flow and its unique act', () => {
    const shell = begun(
      `
  - first: {set: {n: 1}}
  - all:
      fork:
        branches:
          - w: {wait: {seconds: 5}}
          - l: {listen: {to: {one: {with: {type: x.y}}}}}
          - r: {run: {workflow: {namespace: test, name: other, version: 1.0.0}}}
          - c: {call: http, with: {method: post, endpoint: 'http://x.test/c'}}
`,
    );
    const at = seqOf(shell, 'step.entered', 1);
    const event = rewound(past(shell, at), { from: shell.run.id, toSeq: at, by: 'ada', effects: 'keep', ledger: [], atMs: 9 });
    const { events } = shell.give({ type: 'rewind', event });
    const types = events.map(({ type }) => type);
    const before = types.slice(0, types.indexOf('run.rewound')).toSorted();
    expect(before).toEqual(['child.abandoned', 'effect.abandoned', 'listen.closed', 'timer.cleared']);
    expect(shell.run.listens.size).toBe(1);
  });

  it('an act in doubt keeps the key under which it may have happened; that of another run only a person can settle', () => {
    const verified = `
  - a: {set: {n: 1}}
  - pay:
      call: http
      with: {method: post, endpoint: 'http://x.test/pay'}
      metadata: {palace: {effect: unique, deadline: PT1S, verify: {with: {method: get, endpoint: 'http://x.test/is'}, happened: '.status == 200', result: '{}'}}}
`;
    const shell = begun(verified);
    const { key } = open(shell);
    const at = seqOf(shell, 'step.entered', 1);
    const doubted = { position: '/do/1/pay#', class: 'unique', state: 'in-doubt' } as const;
    const how = { from: shell.run.id, toSeq: at, by: 'ada', effects: 'keep', atMs: 9 } as const;
    shell.give({ type: 'rewind', event: rewound(past(shell, at), { ...how, ledger: [{ ...doubted, key }] }) });
    expect(open(shell)).toMatchObject({ key, state: 'verifying' });
    expect(open(fork(shell, at, { ledger: [doubted] }))).toMatchObject({ state: 'in-doubt' });
    // What the original knew by key is known to its fork without one.
    expect(open(fork(shell, shell.journal.length))).toMatchObject({ state: 'in-doubt' });
    expect(open(fork(shell, shell.journal.length)).key).not.toBe(key);
  });

  it('may go back as often as people like: the numbers of its acts grow by what is open, not twofold', () => {
    const shell = begun(steps, { n: 1 });
    const at = seqOf(shell, 'step.entered', 1) - 1;
    for (let time = 1; time <= 100; time++) {
      const how = { from: shell.run.id, toSeq: at, by: 'ada', effects: 'keep', ledger: [], atMs: 9 } as const;
      shell.give({ type: 'rewind', event: rewound(past(shell, at), how) });
    }
    expect(shell.run.nextAct).toBeLessThan(400);
  });
});
