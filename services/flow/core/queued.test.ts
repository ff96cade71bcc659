// A run that must wait for its place under a concurrency limit: what it is until it begins, and that nothing of it is done before.
import { describe, expect, it } from 'vitest';
import { FAULT } from './begun-run.ts';
import { evolve } from './evolve.ts';
import type { Command, RunEvent } from './model.ts';
import { makeRunId } from './run-id.ts';
import { newRun, openTimers, rewound } from './run.ts';
import { runStatus, waitingFor } from './view.ts';
import { flowOf, linkFlow, virtualShell, type VirtualShell } from './virtual-shell.ts';

const PERMIT = 'test/flow/"c1"';
const LIMITED = flowOf(
  `
  - hear: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
  - out: {set: {seen: '\${ . }', context: '\${ $context }', input: '\${ $workflow.input }', at: '\${ $workflow.startedAt.epoch.milliseconds }'}}
`,
  'timeout: {after: {seconds: 60}}',
).replace('{dsl:', '{metadata: {palace: {concurrency: {limit: 2, key: .customer}}}, dsl:');

function queued(): VirtualShell {
  const shell = virtualShell(linkFlow(LIMITED));
  shell.give({ type: 'start', input: { customer: 'c1' }, depth: 2, queued: { permit: PERMIT } });
  return shell;
}

const SIGNAL: Command = { type: 'signal', id: 's1', name: 'go', data: 'early' };
const unused = (shell: VirtualShell, command: Command): string | undefined => shell.give(command).unused;

describe('a queued run', () => {
  it('is pending, has its input, and says for which flow and key it waits, and since when', () => {
    const shell = queued();
    expect(shell.journal).toEqual([{ type: 'run.queued', input: { customer: 'c1' }, depth: 2, permit: PERMIT, atMs: shell.nowMs }]);
    expect(shell.run).toMatchObject({ phase: 'queued', input: { customer: 'c1' }, depth: 2 });
    expect(runStatus(shell.run)).toBe('pending');
    expect(waitingFor(shell.run)).toEqual([
      {
        kind: 'place',
        step: '',
        name: 'test/flow',
        key: 'c1',
        since: new Date(shell.nowMs).toISOString(),
        text: 'Waits for its place among the runs of test/flow with the key "c1": at most 2 at a time.',
      },
    ]);
  });

  it('does nothing by itself: it arms no timeout and enters no step, whatever time passes', () => {
    const shell = queued();
    shell.nowMs += 3_600_000;
    shell.settle();
    expect(shell.types()).toEqual(['run.queued']);
    expect(openTimers(shell.run)).toEqual([]);
  });

  it('begins with what it was started with; its start and its timeout count from then', () => {
    const shell = queued();
    shell.nowMs += 3_600_000;
    shell.give({ type: 'begin' });
    expect(shell.journal[1]).toEqual({ type: 'run.started', atMs: shell.nowMs });
    expect(shell.run).toMatchObject({ phase: 'running', startedMs: shell.nowMs, input: { customer: 'c1' }, depth: 2, place: undefined });
    expect(openTimers(shell.run)).toMatchObject([{ purpose: 'run-timeout', dueMs: shell.nowMs + 60_000 }]);
    expect(unused(shell, { type: 'begin' })).toBe('The run does not wait for a place.');
  });

  it('keeps the signals that come before it begins, and the context that somebody sets', () => {
    const shell = queued();
    shell.give(SIGNAL);
    shell.give({ type: 'set-context', context: { set: 'before' }, by: 'ada' });
    expect(shell.run.phase).toBe('queued');
    shell.nowMs += 5;
    shell.give({ type: 'begin' });
    expect(shell.run.output).toEqual({ seen: ['early'], context: { set: 'before' }, input: { customer: 'c1' }, at: shell.nowMs });
  });

  it('keeps no more signals than a run may', () => {
    const shell = queued();
    for (let i = 0; i < shell.limits.bufferedSignals; i++) shell.give({ ...SIGNAL, id: `s${i}` });
    expect(unused(shell, { ...SIGNAL, id: 'last' })).toContain('PALACE_FLOW_BUFFERED_SIGNALS');
  });

  it('is ended by a cancel, and then never begins', () => {
    const shell = queued();
    shell.give({ type: 'cancel', by: 'ada' });
    expect(shell.types()).toEqual(['run.queued', 'run.cancelled']);
    expect(waitingFor(shell.run)).toEqual([]);
    expect(unused(shell, { type: 'begin' })).toBe('The run does not wait for a place.');
  });

  it.each<[Command, string]>([
    [{ type: 'pause', by: 'ada' }, 'The run waits for its place; it has not begun.'],
    [{ type: 'resume', by: 'ada' }, 'The run is not paused.'],
    [{ type: 'retry', by: 'ada', effects: 'keep', ledger: [] }, 'Only a failed run can be retried.'],
    [{ type: 'start', input: {} }, 'The run has started already.'],
    [{ type: 'timer', id: '0.run-timeout.1' }, 'The timer is not set any more.'],
    [{ type: 'effect-done', act: 1, attempt: 1, result: null }, 'The step does not wait for this effect any more.'],
  ])('has no use for %j', (command, why) => {
    const shell = queued();
    expect(unused(shell, command)).toBe(why);
    expect(shell.run.phase).toBe('queued');
  });

  it('can be the beginning of a fork, which is a start with other input', () => {
    const shell = queued();
    const fork = newRun(shell.linked, { id: makeRunId(3, 7, new Uint8Array(9)) });
    evolve(fork, rewound(shell.run, { from: shell.run.id, toSeq: 1, by: 'ada', effects: 'keep', ledger: [], atMs: 9, input: { customer: 'c2' } }));
    expect(fork).toMatchObject({ phase: 'running', input: { customer: 'c2' }, startedMs: 9, place: undefined });
  });
});

describe('a fork that must wait', () => {
  const steps = `
  - first: {call: http, with: {method: get, endpoint: 'http://x.test/first'}}
  - second: {call: http, with: {method: get, endpoint: 'http://x.test/second'}, timeout: {after: {seconds: 5}}}
`;
  function forked(): VirtualShell {
    const original = virtualShell(linkFlow(flowOf(steps)));
    original.give({ type: 'start', input: {} });
    original.play(({ args }) => ((args as { endpoint: string }).endpoint.endsWith('second') ? { fault: FAULT, reach: 'answered' } : { result: 1 }));
    expect(original.run.phase).toBe('failed');
    const shell = virtualShell(original.linked);
    shell.run = newRun(original.linked, { id: makeRunId(3, 7, new Uint8Array(9)) });
    const how = { from: original.run.id, toSeq: original.run.seq, by: 'ada', effects: 'keep', ledger: [], atMs: 9 } as const;
    const event: RunEvent = { ...rewound(original.run, how), queued: { permit: 'test/flow' } };
    shell.give({ type: 'rewind', event });
    return shell;
  }

  it('is queued with the state that it goes on from', () => {
    const shell = forked();
    expect(runStatus(shell.run)).toBe('pending');
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'place', name: 'test/flow', since: new Date(9).toISOString() }]);
    expect(shell.types()).toEqual(['run.rewound']);
    expect(openTimers(shell.run)).toEqual([]);
  });

  it('goes on from there when it has its place', () => {
    const shell = forked();
    shell.nowMs += 3_600_000;
    shell.give({ type: 'begin' });
    expect(shell.journal.map(({ type }) => type)).toEqual(['run.rewound', 'run.started', 'timer.set', 'effect.requested']);
    expect(openTimers(shell.run)).toMatchObject([{ purpose: 'timeout', dueMs: shell.nowMs + 5_000 }]);
    shell.play();
    expect(shell.run.phase).toBe('completed');
  });

  it('holds nothing that a cancel would have to let go of', () => {
    const shell = forked();
    shell.give({ type: 'cancel', by: 'ada' });
    expect(shell.types()).toEqual(['run.rewound', 'run.cancelled']);
  });
});
