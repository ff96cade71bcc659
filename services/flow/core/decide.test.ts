import { describe, expect, it } from 'vitest';
import { flowOf, linkFlow, virtualShell } from './virtual-shell.ts';

describe('a run', () => {
  it('passes data through set, switch and call to its output', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - double: {set: {n: '\${ .n * 2 }'}}
  - pick:
      switch:
        - big: {when: .n > 10, then: fetch}
        - small: {then: end}
  - never: {set: {wrong: true}}
  - fetch:
      call: http
      with: {method: get, endpoint: 'http://sample/{n}'}
      output: {as: '{got: ., was: $input.n}'}
`),
      ),
    );
    shell.give({ type: 'start', input: { n: 7 } });
    expect(shell.play((effect) => ({ result: { args: effect.args } }))).toBe(true);
    expect(shell.run.fault).toBeUndefined();
    expect(shell.run.phase).toBe('completed');
    expect(shell.run.output).toMatchObject({ was: 14 });
    expect(shell.types()).toEqual([
      'run.started',
      'step.entered',
      'step.entered',
      'step.completed',
      'step.entered',
      'switch.chosen',
      'step.completed',
      'step.entered',
      'effect.requested',
      'effect.completed',
      'step.completed',
      'run.completed',
    ]);
  });

  it('repeats a body until it succeeds, with rising attempts under one key', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - steady:
      try:
        - fetch: {call: http, with: {method: get, endpoint: http://sample/}}
      catch:
        errors: {with: {status: 503}}
        retry: {delay: {seconds: 1}, backoff: {exponential: {}}, limit: {attempt: {count: 5}}}
`),
      ),
    );
    const seen: string[] = [];
    shell.give({ type: 'start', input: {} });
    shell.play((effect, performed) => {
      seen.push(`${effect.key}/${effect.attempt}`);
      if (performed < 3) return { fault: { type: 'x', status: 503 }, reach: 'answered' };
      return { result: 'ok' };
    });
    expect(shell.run).toMatchObject({ phase: 'completed', output: 'ok' });
    expect(new Set(seen.map((s) => s.split('/')[0])).size).toBe(1);
    expect(seen.map((s) => s.split('/')[1])).toEqual(['1', '2', '3']);
  });

  it('fails with the pointer of a raised error', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - inner:
      do:
        - stop: {raise: {error: {type: 'https://x.test/e', status: 418, title: Teapot}}}
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    expect(shell.run.phase).toBe('failed');
    expect(shell.run.fault).toEqual({ type: 'https://x.test/e', status: 418, title: 'Teapot', instance: '/do/0/inner/do/0/stop' });
  });

  it('folds to the same state when one object is input, output and context at once', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - first: {set: '\${ $context }'}
  - second:
      try:
        - same: {set: '\${ $context }', input: {from: '{n: 1}'}}
        - hold: {wait: {seconds: 1}}
      catch: {}
`),
      ),
    );
    // The shell compares the fold with the live state after every decision.
    shell.give({ type: 'start', input: {} });
    expect(shell.play()).toBe(true);
    expect(shell.run).toMatchObject({ phase: 'completed', output: {} });
  });
});
