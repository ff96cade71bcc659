// Lifecycle events: what others hear of a run and its tasks, when the flow asks for it.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { CALL, answer, refuse } from './begun-run.ts';
import { decide } from './decide.ts';
import type { CloudEvent, Command } from './model.ts';
import { newRun, rewound } from './run.ts';
import { flowOf, linkFlow, LIMITS, virtualShell, type VirtualShell } from './virtual-shell.ts';

interface Watched extends VirtualShell {
  readonly said: CloudEvent[];
}

function watched(steps: string, level: 'workflow' | 'task' | undefined, input: Json = {}): Watched {
  const palace = level === undefined ? '' : `, metadata: {palace: {lifecycle: ${level}}}`;
  const text = flowOf(steps).replace("version: '1.0.0'}", `version: '1.0.0'${palace}}`);
  const shell = Object.assign(virtualShell(linkFlow(text)), { said: [] as CloudEvent[] });
  const give = shell.give.bind(shell);
  shell.give = (command: Command) => {
    const decision = give(command);
    shell.said.push(...(decision.lifecycle ?? []));
    return decision;
  };
  shell.give({ type: 'start', input });
  return shell;
}
/** `task.started /do/0/a` */
const heard = ({ said }: Watched): string[] =>
  said.map(({ type, data }) => `${type.replace('io.serverlessworkflow.', '').replace('.v1', '')} ${String((data as { task?: string }).task ?? '')}`.trimEnd());
const last = ({ said }: Watched, type: string): Json | undefined => said.findLast((event) => event.type === `io.serverlessworkflow.${type}.v1`)?.data;

describe('of the workflow', () => {
  it('are said with the names and data of the specification', () => {
    const shell = watched(`  - a: {set: {n: 1}}`, 'workflow');
    const name = `flow-${shell.run.id}.test`;
    expect(shell.said).toEqual([
      {
        specversion: '1.0',
        id: `${shell.run.id}-1-1`,
        source: '/flows/test/flow',
        type: 'io.serverlessworkflow.workflow.started.v1',
        time: '2023-11-14T22:13:20.000Z',
        subject: shell.run.id,
        datacontenttype: 'application/json',
        data: { name, definition: { name: 'flow', namespace: 'test', version: '1.0.0' }, startedAt: '2023-11-14T22:13:20.000Z' },
      },
      expect.objectContaining({
        id: `${shell.run.id}-${shell.run.seq}-1`,
        type: 'io.serverlessworkflow.workflow.completed.v1',
        data: { name, completedAt: '2023-11-14T22:13:20.000Z', output: { n: 1 } },
      }),
    ]);
  });

  it('tell of a pause, a correlation and a cancellation', () => {
    const shell = watched(`  - a: {listen: {to: {all: [{with: {type: x}, correlate: {k: {from: .data.k}}}]}}}\n  - b: {wait: {hours: 1}}`, 'workflow');
    shell.give({ type: 'pause', by: 'ada' });
    shell.give({ type: 'resume', by: 'ada' });
    shell.give({ type: 'event', act: [...shell.run.listens][0] ?? 0, event: { specversion: '1.0', id: '1', source: '/x', type: 'x', data: { k: 5 } } });
    shell.give({ type: 'cancel', by: 'ada' });
    expect(heard(shell)).toEqual(
      ['started', 'correlation-started', 'suspended', 'resumed', 'correlation-completed', 'cancelled'].map((kind) => `workflow.${kind}`),
    );
    expect(last(shell, 'workflow.correlation-completed')).toMatchObject({ correlationKeys: { k: 5 } });
  });

  it('tell of a fault, and of a person who sends the run on', () => {
    const shell = watched(`  - a: ${CALL('a')}`, 'workflow');
    refuse(shell);
    expect(last(shell, 'workflow.faulted')).toMatchObject({ error: { type: 'https://x.test/failed', status: 503, instance: '/do/0/a' } });
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    answer(shell, 1);
    expect(heard(shell)).toEqual(['workflow.started', 'workflow.faulted', 'workflow.resumed', 'workflow.completed']);
  });

  it('are not said where the flow does not ask, nor by a dry fork; a fork that acts has started', () => {
    expect(watched(`  - a: {set: {n: 1}}`, undefined).said).toEqual([]);
    const shell = watched(`  - a: {wait: {seconds: 1}}\n  - b: {set: {n: 1}}`, 'workflow');
    const forked = (effects: 'keep' | 'dry') => {
      const event = { ...rewound(shell.run, { from: shell.run.id, toSeq: 3, by: 'ada', effects, ledger: [], atMs: 9 }), from: 'run_elsewhere' };
      return decide(newRun(shell.linked, { id: shell.run.id }), { type: 'rewind', event }, { nowMs: 9, limits: LIMITS });
    };
    expect(forked('dry').lifecycle).toBeUndefined();
    expect(forked('keep').lifecycle?.map(({ type }) => type)).toEqual(['io.serverlessworkflow.workflow.started.v1']);
  });
});

describe('of tasks', () => {
  it('tell of each task as it begins and ends, with its pointer, and of no list that only holds steps', () => {
    const shell = watched(`  - a: {set: {n: 1}}\n  - b: {for: {in: '[1]'}, do: [{c: {set: {m: 2}}}]}\n  - d: {if: 'false', set: {x: 1}}`, 'task');
    expect(heard(shell)).toEqual([
      'workflow.started',
      ...['created', 'started', 'completed'].map((kind) => `task.${kind} /do/0/a`),
      ...['created', 'started'].map((kind) => `task.${kind} /do/1/b`),
      ...['created', 'started', 'completed'].map((kind) => `task.${kind} /do/1/b/do/0/c`),
      'task.completed /do/1/b',
      'workflow.completed',
    ]);
    expect(last(shell, 'task.completed')).toEqual({
      workflow: `flow-${shell.run.id}.test`,
      task: '/do/1/b',
      completedAt: '2023-11-14T22:13:20.000Z',
      output: { m: 2 },
    });
    expect(new Set(shell.said.map(({ id }) => id)).size).toBe(shell.said.length);
  });

  it('tell of a retry, of the fault on its way out, and of siblings that are cut short', () => {
    const body = `{both: {fork: {branches: [{slow: {wait: {hours: 1}}}, {call: ${CALL('x')}}]}}}`;
    const shell = watched(
      `  - safe: {try: [${body}], catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 2}}}, do: [{last: {set: {n: 1}}}]}}`,
      'task',
    );
    refuse(shell);
    const after = heard(shell).slice(heard(shell).indexOf('task.faulted /do/0/safe/try/0/both/fork/branches/1/call'));
    expect(after).toEqual([
      'task.faulted /do/0/safe/try/0/both/fork/branches/1/call',
      'task.cancelled /do/0/safe/try/0/both/fork/branches/0/slow',
      'task.retried /do/0/safe',
      'task.faulted /do/0/safe/try/0/both',
    ]);
  });

  it('end with their run: around the fault as faulted, beside it as cancelled', () => {
    const shell = watched(`  - both: {fork: {branches: [{slow: {wait: {hours: 1}}}, {call: ${CALL('x')}}]}}`, 'task');
    refuse(shell);
    expect(heard(shell).slice(-4)).toEqual([
      'task.faulted /do/0/both/fork/branches/1/call',
      'task.faulted /do/0/both',
      'task.cancelled /do/0/both/fork/branches/0/slow',
      'workflow.faulted',
    ]);
    const cancelled = watched(`  - a: {do: [{b: {wait: {hours: 1}}}]}`, 'task');
    cancelled.give({ type: 'pause', by: 'ada' });
    cancelled.give({ type: 'cancel', by: 'ada' });
    expect(heard(cancelled).slice(-6)).toEqual([
      'task.suspended /do/0/a',
      'task.suspended /do/0/a/do/0/b',
      'workflow.suspended',
      'task.cancelled /do/0/a',
      'task.cancelled /do/0/a/do/0/b',
      'workflow.cancelled',
    ]);
  });
});
