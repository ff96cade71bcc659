// try, catch and retry: who takes a fault, how often and when the body runs again, and what the handler sees.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endChild } from './begun-run.ts';
import { openTimers } from './run.ts';
import { waitingFor } from './view.ts';
import { flowOf, linkFlow, virtualShell, type VirtualShell } from './virtual-shell.ts';
import type { DecideLimits } from './model.ts';

function begun(caught: string, limits: Partial<DecideLimits> = {}, body = "{call: http, with: {method: get, endpoint: 'http://x.test/'}}"): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - safe:\n      try:\n        - act: ${body}\n      catch: ${caught}`)), limits);
  shell.give({ type: 'start', input: { n: 1 } });
  return shell;
}
const failing =
  (status: number, type = 'https://open-workflow-specification.org/spec/1.0.0/errors/communication') =>
  () => ({ fault: { type, status, title: 'Down' }, reach: 'answered' as const });
/** Milliseconds between a fault and the next body. */
function delays(shell: VirtualShell): number[] {
  let nowMs = shell.nowMs;
  return shell.journal.flatMap((event) => {
    if (event.type === 'effect.failed') nowMs = event.atMs;
    return event.type === 'error.caught' && event.retryAtMs !== undefined ? [event.retryAtMs - nowMs] : [];
  });
}

describe('a try', () => {
  it.each([
    ['{errors: {with: {status: 503}}}', 503, true],
    ['{errors: {with: {status: 503}}}', 500, false],
    ['{errors: {with: {title: "${ \\"Do\\" + \\"wn\\" }"}}}', 503, true],
    ['{errors: {with: {type: "https://open-workflow-specification.org/dsl/errors/types/communication"}}}', 500, true],
    ['{errors: {with: {type: "https://serverlessworkflow.io/spec/1.0.0/errors/communication"}}}', 500, true],
    ['{errors: {with: {type: "https://open-workflow-specification.org/spec/1.0.0/errors/timeout"}}}', 500, false],
    ['{errors: {with: {instance: /do/0/safe/try/0/act}}}', 500, true],
    ['{errors: {with: {title: Up}}}', 500, false],
    ['{when: "$error.status >= 500"}', 503, true],
    ['{when: "$error.status >= 500"}', 404, false],
    ['{exceptWhen: "$error.status == 404"}', 404, false],
    ['{exceptWhen: "$error.status == 404"}', 500, true],
    ['{as: problem, when: "$problem.status == 500"}', 500, true],
    ['{}', 500, true],
  ])('with the filter %s takes a fault of status %i: %s', (caught, status, taken) => {
    const shell = begun(caught);
    shell.play(failing(status));
    expect(shell.run.phase).toBe(taken ? 'completed' : 'failed');
    if (taken) expect(shell.run.output).toEqual({ n: 1 });
    else expect(shell.run.fault).toMatchObject({ status, instance: '/do/0/safe/try/0/act' });
  });

  it('hands the error to its handler, whose output becomes the step’s', () => {
    const shell = begun('{as: problem, do: [{note: {set: {was: "${ $problem }", n: "${ .n }"}}}]}');
    shell.play(failing(503));
    expect(shell.run).toMatchObject({ phase: 'completed', output: { n: 1, was: { status: 503, title: 'Down', instance: '/do/0/safe/try/0/act' } } });
  });

  it('lets a fault of its handler go up, to an outer try', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - outer:
      try:
        - inner:
            try: [{a: {raise: {error: {type: 'https://x.test/first', status: 500}}}}]
            catch: {do: [{b: {raise: {error: {type: 'https://x.test/second', status: 501}}}}]}
      catch: {do: [{c: {set: {type: '\${ $error.type }'}}}]}
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    expect(shell.run).toMatchObject({ phase: 'completed', output: { type: 'https://x.test/second' } });
  });

  it('replaces the fault by the fault of its own filter', () => {
    const shell = begun('{when: error("filter")}');
    shell.play(failing(503));
    expect(shell.run.fault).toMatchObject({ status: 400, instance: '/do/0/safe', detail: expect.stringContaining('filter') });
  });

  it('goes where catch.then says when it caught, and on when it did not', () => {
    const flow = (step: string) =>
      linkFlow(
        flowOf(`
  - safe:
      try: [{a: ${step}}]
      catch: {then: repair}
  - fine: {set: {how: fine}, then: end}
  - repair: {set: {how: repaired}}
`),
      );
    for (const [step, how] of [
      ['{set: {n: 1}}', 'fine'],
      ['{raise: {error: {type: "https://x.test/e", status: 500}}}', 'repaired'],
    ] as const) {
      const shell = virtualShell(flow(step));
      shell.give({ type: 'start', input: null });
      expect(shell.run.output).toEqual({ how });
    }
  });

  it('cancels what runs beside the fault below it', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - safe:
      try:
        - both:
            fork:
              branches:
                - slow: {wait: {hours: 1}}
                - unsure: {call: http, with: {method: post, endpoint: http://x.test/}}
                - bad: {raise: {error: {type: 'https://x.test/e', status: 500}}}
      catch: {do: [{h: {set: {done: true}}}]}
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    expect(shell.run).toMatchObject({ phase: 'completed', output: { done: true } });
    expect(openTimers(shell.run)).toEqual([]);
    expect(shell.types().filter((t) => t === 'step.cancelled' || t === 'timer.cleared' || t === 'effect.abandoned')).toEqual([
      'timer.cleared',
      'step.cancelled',
      'effect.abandoned',
      'step.cancelled',
    ]);
  });
});

describe('a retry', () => {
  it('ends an attempt that takes longer than its limit, the first included, and tries again', () => {
    const shell = begun('{retry: {delay: {seconds: 1}, limit: {attempt: {count: 3, duration: PT5S}}}}');
    const beganMs = shell.nowMs;
    shell.play((_effect, performed) => (shell.nowMs < beganMs + 12_000 ? 'silence' : { result: { performed } }));
    expect(shell.run).toMatchObject({ phase: 'completed' });
    const timeouts = shell.journal.flatMap((event) => (event.type === 'timer.set' && event.purpose === 'timeout' ? [event.dueMs - beganMs] : []));
    expect(timeouts).toEqual([5_000, 11_000, 17_000]);
    const caught = shell.journal.flatMap((event) => (event.type === 'error.caught' ? [event.fault] : []));
    expect(caught).toHaveLength(2);
    expect(caught[0]).toMatchObject({ status: 408, instance: '/do/0/safe/try', detail: 'The attempt did not end within the limit of its retry policy.' });
    expect(openTimers(shell.run)).toEqual([]);
  });

  it('fails with the timeout after the last attempt, and when its catch does not take timeouts', () => {
    const policy = 'retry: {delay: {seconds: 1}, limit: {attempt: {count: 2, duration: PT5S}}}';
    const used = begun(`{${policy}}`);
    used.play(() => 'silence');
    expect(used.run).toMatchObject({ phase: 'failed', fault: { status: 408 }, retries: 1 });
    const other = begun(`{errors: {with: {status: 503}}, ${policy}}`);
    other.play(() => 'silence');
    expect(other.run).toMatchObject({ phase: 'failed', fault: { status: 408 }, retries: 0 });
  });

  it('limits its attempts, not its handler, and not a body that ends in time', () => {
    const slow = begun('{do: [{h: {wait: PT1H}}], retry: {delay: {seconds: 1}, limit: {attempt: {count: 1, duration: PT5S}}}}');
    slow.play(() => 'silence');
    expect(slow.run.phase).toBe('completed');
    const quick = begun('{retry: {limit: {attempt: {duration: PT5S}}}}');
    quick.play();
    expect(quick.run.phase).toBe('completed');
    expect(quick.types()).toContain('timer.cleared');
  });

  it.each([
    ['{delay: {seconds: 2}}', [2000, 2000, 2000]],
    ['{delay: {seconds: 2}, backoff: {linear: {}}}', [2000, 4000, 6000]],
    ['{delay: "${ {seconds: .n} }"}', [1000, 1000, 1000]],
    ['{delay: {seconds: 0}}', [0, 0, 0]],
  ])('of %s waits %j', (retry, expected) => {
    const shell = begun(`{retry: {limit: {attempt: {count: 4}}, ${retry.slice(1)}}`);
    shell.play(failing(503));
    expect(delays(shell)).toEqual(expected);
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 503 } });
  });

  it('with exponential backoff draws from nothing to the doubled delay, the same for the same run', () => {
    const again = (): number[] => {
      const shell = begun('{retry: {delay: {seconds: 10}, backoff: {exponential: {}}, limit: {attempt: {count: 6}}}}');
      shell.play(failing(503));
      return delays(shell);
    };
    const first = again();
    expect(first).toEqual(again());
    expect(first).toHaveLength(5);
    first.forEach((ms, i) => expect(ms, `attempt ${i + 1}`).toBeLessThanOrEqual(10_000 * 2 ** i));
    expect(new Set(first).size).toBe(5);
  });

  it('with jitter adds something between its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), (from, more) => {
        const shell = begun(`{retry: {delay: {seconds: 1}, jitter: {from: {seconds: ${from}}, to: {seconds: ${from + more}}}, limit: {attempt: {count: 4}}}}`);
        shell.play(failing(503));
        for (const ms of delays(shell)) {
          expect(ms).toBeGreaterThanOrEqual(1000 + from * 1000);
          expect(ms).toBeLessThanOrEqual(1000 + (from + more) * 1000);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('counts the first attempt; then the handler runs, or the fault goes on', () => {
    const handled = begun('{do: [{h: {set: {gave: up}}}], retry: {delay: {seconds: 1}, limit: {attempt: {count: 3}}}}');
    let performed = 0;
    handled.play(() => ((performed += 1), failing(503)()));
    expect(performed).toBe(3);
    expect(handled.run).toMatchObject({ phase: 'completed', output: { gave: 'up' } });
    expect(handled.journal.flatMap((e) => (e.type === 'error.caught' ? [e.attempt] : []))).toEqual([1, 2, 3]);
  });

  it('ends with the duration of all attempts together', () => {
    const shell = begun('{retry: {delay: {seconds: 4}, limit: {attempt: {count: 100}, duration: {seconds: 10}}}}');
    shell.play(failing(503));
    expect(delays(shell)).toEqual([4000, 4000]);
    expect(shell.run.phase).toBe('failed');
  });

  it('happens only when its own condition wants it', () => {
    for (const [condition, attempts] of [
      ['when: $error.status == 503', 3],
      ['when: $error.status == 404', 1],
      ['exceptWhen: $error.status == 503', 1],
    ] as const) {
      const shell = begun(`{retry: {${condition}, delay: {seconds: 1}, limit: {attempt: {count: 3}}}}`);
      shell.play(failing(503));
      expect(
        shell.types().filter((type) => type === 'effect.requested'),
        condition,
      ).toHaveLength(attempts);
      expect(shell.run.phase).toBe('failed');
    }
  });

  it('stops when the run has used its budget, and says so', () => {
    const shell = begun('{retry: {delay: {seconds: 1}, limit: {attempt: {count: 100}}}}', { retriesPerRun: 4 });
    shell.play(failing(503));
    expect(shell.types().filter((type) => type === 'effect.requested')).toHaveLength(5);
    expect(shell.run.fault).toMatchObject({ status: 503, detail: expect.stringContaining('PALACE_FLOW_RETRIES_PER_RUN') });
  });

  it('that waits is visible, survives a pause, and ends with the run', () => {
    const shell = begun('{retry: {delay: {hours: 1}}}');
    shell.play(failing(503), 1);
    const [timer] = openTimers(shell.run);
    shell.give({ type: 'cancel', by: 'ada' });
    expect(timer?.purpose).toBe('retry');
    expect(openTimers(shell.run)).toEqual([]);

    const paused = begun('{retry: {delay: {hours: 1}}}');
    const { act, attempt } =
      [...paused.run.effects]
        .map((id) => paused.run.acts.get(id))
        .flatMap((a) => (a?.own.kind === 'call' && a.own.effect !== undefined ? [a.own.effect] : []))[0] ?? expect.fail('no effect');
    paused.give({ type: 'effect-failed', act, attempt, ...failing(503)() });
    expect(waitingFor(paused.run)[0]).toMatchObject({ kind: 'retry', step: '/do/0/safe', until: new Date(paused.nowMs + 3_600_000).toISOString() });
    paused.give({ type: 'pause', by: 'ada' });
    paused.give({ type: 'timer', id: openTimers(paused.run)[0]?.id ?? '' });
    expect(paused.types().filter((type) => type === 'effect.requested')).toHaveLength(1);
    paused.give({ type: 'resume', by: 'ada' });
    expect(paused.types().filter((type) => type === 'effect.requested')).toHaveLength(2);
  });

  it('gives each repetition of a sub-flow a child of its own', () => {
    const shell = begun(
      '{retry: {delay: {seconds: 0}, limit: {attempt: {count: 3}}}}',
      {},
      '{run: {workflow: {namespace: test, name: other, version: 1.0.0}}}',
    );
    const children: string[] = [];
    for (let i = 0; i < 3; i++) {
      const asked = shell.journal.findLast((e) => e.type === 'child.requested');
      if (asked?.type !== 'child.requested') return expect.fail('no child');
      children.push(asked.run);
      endChild(shell, { fault: { type: 'https://x.test/e', status: 500 } });
    }
    expect(new Set(children).size).toBe(3);
    expect(shell.run.phase).toBe('failed');
  });
});
