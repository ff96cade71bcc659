// Every kind of step: how it succeeds, fails, runs out of time, is cancelled and is paused.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { endChild } from './begun-run.ts';
import { openEffects, openTimers } from './run.ts';
import { runStatus, waitingFor } from './view.ts';
import { flowOf, linkFlow, virtualShell, type Answer, type VirtualShell } from './virtual-shell.ts';

interface Kind {
  /** The step's body, inline. */
  readonly body: string;
  /** Brings it to its end from outside; absent: it ends by itself. */
  readonly finish?: (shell: VirtualShell) => void;
  readonly output: Json;
  /** A body of the same kind that fails. */
  readonly wrong: string;
  readonly fault: { readonly status: number; readonly type?: string };
  readonly answer?: Answer;
  /** What the open step keeps outside, and what letting go of it says. */
  readonly letsGo?: string;
}

const EXPRESSION = { status: 400, type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' };
const answerAll = (result: Json) => (shell: VirtualShell) => {
  for (const { act, attempt } of openEffects(shell.run)) shell.give({ type: 'effect-done', act, attempt, result });
};

const KINDS: Readonly<Record<string, Kind>> = {
  set: { body: '{set: {n: "${ .n + 1 }"}}', output: { n: 2 }, wrong: '{set: {n: "${ .n.x }"}}', fault: EXPRESSION },
  switch: {
    body: '{switch: [{a: {when: .n == 1, then: continue}}]}',
    output: { n: 1 },
    wrong: '{switch: [{a: {when: .n.x, then: continue}}]}',
    fault: EXPRESSION,
  },
  raise: {
    body: '{try: [{r: {raise: {error: {type: "https://x.test/e", status: 418}}}}], catch: {do: [{h: {set: {caught: "${ $error.status }"}}}]}}',
    output: { caught: 418 },
    wrong: '{raise: {error: {type: "https://x.test/e", status: 418}}}',
    fault: { status: 418 },
  },
  do: {
    body: '{do: [{a: {set: {n: 5}}}, {b: {set: {n: "${ .n * 2 }"}}}]}',
    output: { n: 10 },
    wrong: '{do: [{a: {set: {n: "${ .n.x }"}}}]}',
    fault: EXPRESSION,
  },
  for: {
    body: '{for: {each: x, in: "${ [3, 4] }"}, do: [{a: {set: {n: "${ .n + $x + $index }"}}}]}',
    output: { n: 9 },
    wrong: '{for: {in: .n}, do: [{a: {set: {n: 1}}}]}',
    fault: EXPRESSION,
  },
  fork: {
    body: '{fork: {branches: [{a: {set: {n: 5}}}, {b: {set: {n: 6}}}]}}',
    output: [{ n: 5 }, { n: 6 }],
    wrong: '{fork: {branches: [{a: {set: {n: "${ .n.x }"}}}, {b: {set: {n: 6}}}]}}',
    fault: EXPRESSION,
  },
  emit: {
    body: '{emit: {event: {with: {type: x.y, id: e1, source: /s, time: "2024-01-01T00:00:00Z", data: "${ .n }"}}}}',
    output: { specversion: '1.0', type: 'x.y', id: 'e1', source: '/s', time: '2024-01-01T00:00:00Z', data: 1 },
    wrong: '{emit: {event: {with: {type: x.y, data: "${ .n.x }"}}}}',
    fault: EXPRESSION,
  },
  wait: {
    body: '{wait: {seconds: 10}}',
    finish: (shell) => shell.give({ type: 'timer', id: openTimers(shell.run).find((timer) => timer.purpose === 'wait')?.id ?? '' }),
    output: { n: 1 },
    wrong: '{wait: "${ .n }"}',
    fault: EXPRESSION,
    letsGo: 'timer.cleared',
  },
  call: {
    body: '{call: http, with: {method: get, endpoint: "http://x.test/"}}',
    finish: answerAll({ ok: 1 }),
    output: { ok: 1 },
    wrong: '{call: http, with: {method: get, endpoint: "http://x.test/{none}"}}',
    fault: EXPRESSION,
  },
  'unique call': {
    body: '{call: http, with: {method: post, endpoint: "http://x.test/"}}',
    finish: answerAll({ ok: 2 }),
    output: { ok: 2 },
    wrong: '{call: http, with: {method: post, endpoint: "http://x.test/", body: "${ .n.x }"}}',
    fault: EXPRESSION,
    letsGo: 'effect.abandoned',
  },
  listen: {
    body: '{listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}',
    finish: (shell) => shell.give({ type: 'signal', id: 's1', name: 'go', data: { by: 'ada' } }),
    output: [{ by: 'ada' }],
    wrong: '{listen: {to: {one: {with: {type: agentspalace.signal.go}}}}, output: {as: .n.x}}',
    fault: EXPRESSION,
    letsGo: 'listen.closed',
  },
  run: {
    body: '{run: {workflow: {namespace: test, name: other, version: 1.0.0, input: {n: "${ .n }"}}}}',
    finish: (shell) => shell.types().includes('child.requested') && endChild(shell, { output: { done: true } }),
    output: { done: true },
    wrong: '{run: {workflow: {namespace: test, name: other, version: 1.0.0, input: {n: "${ .n.x }"}}}}',
    fault: EXPRESSION,
    letsGo: 'child.abandoned',
  },
  try: {
    body: '{try: [{a: {set: {n: 3}}}], catch: {}}',
    output: { n: 3 },
    wrong: '{try: [{a: {set: {n: "${ .n.x }"}}}], catch: {errors: {with: {status: 503}}}}',
    fault: EXPRESSION,
  },
};

const begun = (body: string, more = ''): VirtualShell => {
  const shell = virtualShell(linkFlow(flowOf(`  - one: ${body}\n  - two: {set: {last: '\${ . }'}}`, more)));
  shell.give({ type: 'start', input: { n: 1 } });
  return shell;
};
const timed = (body: string): string => body.replace(/\}$/, ', timeout: {after: {seconds: 3}}}');
const OPEN = Object.entries(KINDS).filter(([, kind]) => kind.finish !== undefined);

describe.each(Object.entries(KINDS))('%s', (_, kind) => {
  it('hands its output to the next step', () => {
    const shell = begun(kind.body);
    kind.finish?.(shell);
    expect(shell.run.fault).toBeUndefined();
    expect(shell.run).toMatchObject({ phase: 'completed', output: { last: kind.output } });
    expect(shell.run.acts.size).toBe(0);
    expect(runStatus(shell.run)).toBe('completed');
  });

  it('fails the run with the place and kind of its fault', () => {
    const shell = begun(kind.wrong);
    kind.finish?.(shell);
    expect(shell.run.phase).toBe('failed');
    expect(shell.run.fault).toMatchObject(kind.fault);
    expect(shell.run.fault?.instance).toMatch(/^\/do\/0\/one/);
    expect(openTimers(shell.run)).toEqual([]);
  });

  it('does nothing while the run is paused, and ends after it is resumed', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(
          `  - zero: {listen: {to: {one: {with: {type: agentspalace.signal.first}}}}, output: {as: '{n: 1}'}}\n  - one: ${kind.body}\n  - two: {set: {last: '\${ . }'}}`,
        ),
      ),
    );
    shell.give({ type: 'start', input: {} });
    shell.give({ type: 'pause', by: 'ada', reason: 'lunch' });
    expect(shell.give({ type: 'signal', id: 's0', name: 'first', data: null }).events.map((e) => e.type)).toEqual(['listen.received', 'listen.closed']);
    expect(runStatus(shell.run)).toBe('paused');
    expect(waitingFor(shell.run)[0]).toMatchObject({ kind: 'paused', command: `palace resume ${shell.run.id}` });
    shell.give({ type: 'resume', by: 'ada' });
    kind.finish?.(shell);
    expect(shell.run).toMatchObject({ phase: 'completed', output: { last: kind.output } });
  });
});

describe.each(OPEN)('an open %s', (_, kind) => {
  it('says what the run waits for', () => {
    const shell = begun(kind.body);
    expect(['waiting', 'running']).toContain(runStatus(shell.run));
    expect(waitingFor(shell.run)).toHaveLength(1);
    expect(waitingFor(shell.run)[0]).toMatchObject({ step: '/do/0/one', since: '2023-11-14T22:13:20.000Z' });
  });

  it('is cut short by its timeout, and lets go of what it holds', () => {
    const shell = begun(timed(kind.body));
    const timeout = openTimers(shell.run).find((timer) => timer.purpose === 'timeout');
    expect(timeout?.dueMs).toBe(shell.nowMs + 3000);
    shell.give({ type: 'timer', id: timeout?.id ?? '' });
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 408, instance: '/do/0/one' } });
    if (kind.letsGo !== undefined) expect(shell.types()).toContain(kind.letsGo);
    expect(openEffects(shell.run)).toEqual([]);
    const late = shell.journal.length;
    kind.finish?.(shell);
    expect(shell.journal).toHaveLength(late);
  });

  it('forgets its timeout when it is in time', () => {
    const shell = begun(timed(kind.body));
    kind.finish?.(shell);
    expect(openTimers(shell.run).filter((timer) => timer.purpose === 'timeout')).toEqual([]);
    expect(shell.run.phase).toBe('completed');
  });

  it('is let go of when the run is cancelled', () => {
    const shell = begun(kind.body);
    shell.give({ type: 'cancel', by: 'ada', reason: 'enough' });
    expect(shell.run.phase).toBe('cancelled');
    expect(shell.journal.at(-1)).toMatchObject({ type: 'run.cancelled', by: 'ada', reason: 'enough' });
    if (kind.letsGo !== undefined) expect(shell.types()).toContain(kind.letsGo);
    expect(shell.give({ type: 'cancel', by: 'ada' })).toMatchObject({ events: [], unused: 'The run has ended: cancelled.' });
  });

  it('keeps what happens during a pause, and goes on from it', () => {
    const shell = begun(kind.body);
    shell.give({ type: 'pause', by: 'ada' });
    kind.finish?.(shell);
    expect(shell.run.phase).toBe('paused');
    expect(shell.types().filter((type) => type === 'step.completed')).toEqual([]);
    shell.give({ type: 'resume', by: 'ada' });
    expect(shell.run).toMatchObject({ phase: 'completed', output: { last: kind.output } });
  });

  it('begins anew when a sibling failed the run and a person retries it', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - both:
      fork:
        branches:
          - one: ${kind.body}
          - other: {call: http, with: {method: get, endpoint: http://x.test/other}}
`),
      ),
    );
    shell.give({ type: 'start', input: { n: 1 } });
    const other = openEffects(shell.run).find((effect) => JSON.stringify(effect.args).includes('other'));
    shell.give({ type: 'effect-failed', act: other?.act ?? -1, attempt: 1, fault: { type: 'x', status: 500 }, reach: 'answered' });
    expect(shell.run.phase).toBe('failed');
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    expect(shell.run).toMatchObject({ phase: 'running', generation: 2 });
    const again = openEffects(shell.run).find((effect) => JSON.stringify(effect.args).includes('other'));
    expect(again).toMatchObject({ attempt: 2 });
    expect(again?.key).not.toBe(other?.key);
    shell.give({ type: 'effect-done', act: again?.act ?? -1, attempt: 2, result: 'fine' });
    kind.finish?.(shell);
    expect(shell.run).toMatchObject({ phase: 'completed', output: [kind.output, 'fine'] });
  });
});
