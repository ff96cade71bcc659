// The life of a run as people steer it: bounds, pause, cancel, retry, fork, limits, and what a run shows of itself.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { answer, asked, begun, CALL, FAULT, open, refuse } from './begun-run.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { LedgerAnswer } from './model.ts';
import { newRun, openEffects, openTimers } from './run.ts';
import { failureOf } from './failure.ts';
import { settingOf } from './turn.ts';
import { nearLimits } from './near-limits.ts';
import { runStatus } from './view.ts';
import { flowOf, linkFlow, LIMITS, plain, virtualShell } from './virtual-shell.ts';

describe('a list of steps', () => {
  it.each([
    ['continue', '  - a: {set: {x: 1}, then: continue}\n  - b: {set: {x: 2}}', { x: 2 }],
    ['end', '  - a: {do: [{b: {set: {x: 1}, then: end}}, {c: {set: {x: 2}}}]}\n  - d: {set: {x: 3}}', { x: 1 }],
    ['exit', '  - a: {do: [{b: {set: {x: 1}, then: exit}}, {c: {set: {x: 2}}}]}\n  - d: {set: {y: "${ .x }"}}', { y: 1 }],
    ['a name', '  - a: {set: {x: 1}, then: c}\n  - b: {set: {x: 2}}\n  - c: {set: {y: "${ .x }"}}', { y: 1 }],
    ['if', '  - a: {if: "false", set: {x: 1}}\n  - b: {if: .n == null, set: {y: 2}}', { y: 2 }],
    ['if at its end', '  - a: {set: {x: 1}}\n  - b: {if: "false", set: {x: 2}}', { x: 1 }],
  ])('goes on by "%s"', (_, steps, output) => {
    expect(begun(steps).run).toMatchObject({ phase: 'completed', output });
  });

  it('hands data, context and variables on in the order of the specification', () => {
    const shell = begun(
      `
  - one:
      input: {from: '{raw: $task.input, n: .n}'}
      set: {seen: '\${ $input }', task: '\${ $task.name + $task.reference }', flow: '\${ $workflow.input.n }', by: '\${ $runtime.name }'}
      output: {as: '{out: ., in: $input.n}'}
      export: {as: '{kept: $output.in, at: $task.startedAt.epoch.milliseconds}'}
  - two: {set: {context: '\${ $context }', last: '\${ . }', id: '\${ $workflow.id }'}}
`,
      { n: 3 },
    );
    expect(shell.run.output).toEqual({
      context: { kept: 3, at: shell.nowMs },
      id: shell.run.id,
      last: { in: 3, out: { seen: { raw: { n: 3 }, n: 3 }, task: 'one/do/0/one', flow: 3, by: 'AgentsPalace' } },
    });
  });

  it('checks the schemas of inputs, outputs and contexts, and names the field', () => {
    const schema = '{document: {type: object, required: [n], properties: {n: {type: number}}}}';
    for (const step of [
      `{input: {schema: ${schema}}, set: {n: 1}}`,
      `{output: {schema: ${schema}}, set: {m: 1}}`,
      `{export: {as: ., schema: ${schema}}, set: {m: 1}}`,
    ]) {
      const shell = begun(`  - a: ${step}`, { n: 'text' });
      expect(shell.run.fault, step).toMatchObject({
        status: 400,
        type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation',
        instance: '/do/0/a',
      });
    }
    expect(begun('  - a: {set: {n: 1}}', {}, {}, `output: {as: '{m: 1}', schema: ${schema}}`).run.phase).toBe('failed');
    expect(begun('  - a: {set: {m: 1}}', {}, {}, `input: {schema: ${schema}}`).run.fault).toMatchObject({ status: 400 });
    expect(begun('  - a: {set: {m: "${ . }"}}', { n: 2 }, {}, `input: {from: .n}\noutput: {as: '{final: .m}'}`).run.output).toEqual({ final: 2 });
  });

  it('loops over its items with while, each and at, and hands data from one to the next', () => {
    const shell = begun(
      `
  - each:
      for: {each: x, at: i, in: '\${ .items }'}
      while: $x < 4
      do: [{a: {set: {sum: '\${ (.sum // 0) + $x * $i }', items: []}}}]
`,
      { items: [1, 2, 3, 4, 5] },
    );
    expect(shell.run.output).toEqual({ sum: 8, items: [] });
  });

  it('races its branches: the first to finish wins, the others are cancelled', () => {
    const shell = begun(`
  - race:
      fork:
        compete: true
        branches:
          - slow: ${CALL('slow', 'post')}
          - fast: ${CALL('fast')}
          - sub: {run: {workflow: {namespace: test, name: other, version: 1.0.0}}}
`);
    const fast = openEffects(shell.run)[1];
    shell.give({ type: 'effect-done', act: fast?.act ?? -1, attempt: 1, result: 'fast' });
    expect(shell.run).toMatchObject({ phase: 'completed', output: 'fast' });
    expect(shell.journal.flatMap((e) => (e.type === 'step.cancelled' ? [e.why] : []))).toEqual(['compete', 'compete']);
    expect(shell.types()).toEqual(expect.arrayContaining(['effect.abandoned', 'child.abandoned']));
  });
});

describe('a bounded decision', () => {
  it('stops with more to do, and the rest is the same as in one go', () => {
    const steps = `  - each:\n      for: {in: '[range(50)]'}\n      do: [{a: {set: {n: '\${ (.n // 0) + 1 }'}}}]`;
    const whole = begun(steps);
    const parts = virtualShell(linkFlow(flowOf(steps)), { eventsPerDecision: 7 });
    expect(parts.give({ type: 'start', input: {} }).more).toBe(true);
    expect(runStatus(parts.run)).toBe('running');
    parts.settle();
    expect(parts.journal).toEqual(whole.journal);
    expect(parts.run.output).toEqual({ n: 50 });
  });

  it('gives up a run whose history is full, naming the setting; nobody can catch that', () => {
    const shell = begun('  - a: {try: [{b: {set: {n: 1}, then: b}}], catch: {}}', {}, { historyEvents: 300 });
    shell.settle();
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 422, detail: expect.stringContaining('PALACE_FLOW_HISTORY_EVENTS') } });
    expect(shell.run.seq).toBeLessThan(310);
  });

  it('refuses what is too wide, too deep or too large, and lets the flow catch that', () => {
    const deep = (n: number): string => (n === 0 ? '{set: {n: 1}}' : `{do: [{d${n}: ${deep(n - 1)}}]}`);
    const branches = Array.from({ length: 5 }, (_, i) => `{b${i}: {set: {n: ${i}}}}`).join(', ');
    for (const [step, setting] of [
      [`{fork: {branches: [${branches}]}}`, 'fanOut'],
      [deep(12), 'nesting'],
      ['{set: {n: "${ [range(1000)] }"}}', 'payloadBytes'],
      ['{set: {n: 1}, export: {as: "[range(1000)]"}}', 'payloadBytes'],
      ['{set: {n: "${ [range(100000)] | length }"}}', 'budget'],
    ] as const) {
      const limits = { fanOut: 4, nesting: 10, payloadBytes: 1000, expressionFuel: 1000 };
      const shell = begun(`  - a: ${step}`, {}, limits);
      expect(shell.run.phase, setting).toBe('failed');
      if (setting !== 'budget') expect(shell.run.fault?.detail).toContain(settingOf(setting));
      else expect(shell.run.fault).toMatchObject({ status: 400 });
      expect(begun(`  - t: {try: [{a: ${step}}], catch: {do: [{h: {set: {status: '\${ $error.status }'}}}]}}`, {}, limits).run.output).toMatchObject({
        status: setting === 'budget' ? 400 : 422,
      });
    }
  });

  it('ends a run that is over its own timeout', () => {
    const shell = begun('  - a: {wait: {hours: 1}}', {}, {}, 'timeout: {after: {minutes: 5}}');
    expect(
      openTimers(shell.run)
        .map((t) => t.purpose)
        .sort(),
    ).toEqual(['run-timeout', 'wait']);
    shell.play();
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 408 }, failedAct: 0 });
    expect(openTimers(shell.run)).toEqual([]);
  });
});

describe('a person', () => {
  it('changes the context between two steps', () => {
    const shell = begun(`  - a: ${CALL('a')}\n  - b: {set: {saw: '\${ $context.x }'}}`);
    shell.give({ type: 'set-context', context: { x: 5 }, by: 'ada' });
    answer(shell, null);
    expect(shell.run.output).toEqual({ saw: 5 });
    expect(shell.give({ type: 'set-context', context: {}, by: 'ada' }).unused).toBeTypeOf('string');
  });

  it('retries a failed run at the step that failed, in a new generation; what was done stays done', () => {
    const shell = begun(`  - a: ${CALL('a', 'post')}\n  - l:\n      for: {in: '[1, 2]'}\n      do: [{b: ${CALL('b')}}]\n  - c: {set: {x: '\${ . }'}}`);
    answer(shell, 'A');
    answer(shell, 'B1');
    refuse(shell);
    expect(shell.run.phase).toBe('failed');
    const before = open(begun(`  - a: ${CALL('a')}`)).key;
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    expect(asked(shell)).toEqual(['1 a', '1 b', '1 b', '2 b']);
    expect(shell.run.generation).toBe(2);
    expect(open(shell).key).not.toBe(before);
    answer(shell, 'B2');
    expect(shell.run).toMatchObject({ phase: 'completed', output: { x: 'B2' } });
    expect(shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] }).unused).toBe('Only a failed run can be retried.');
  });

  it('retries with the ledger: confirmed acts are answered, open ones stay in doubt, and "again" repeats only the confirmed', () => {
    const steps = `  - both:\n      timeout: {after: {seconds: 1}}\n      do: [{a: ${CALL('a', 'post')}}, {b: ${CALL('b', 'post')}}]`;
    const ledger: LedgerAnswer[] = [
      { position: '/do/0/both/do/0/a#', class: 'unique', state: 'confirmed', result: 'A' },
      { position: '/do/0/both/do/1/b#', class: 'unique', state: 'in-doubt' },
    ];
    for (const [effects, expected] of [
      ['keep', ['1 a', '1 b']],
      ['again', ['1 a', '1 b']],
    ] as const) {
      const shell = begun(steps);
      answer(shell, 'A');
      shell.play(() => 'silence');
      expect(shell.run.fault).toMatchObject({ status: 408, instance: '/do/0/both' });
      shell.give({ type: 'retry', by: 'ada', effects, ledger });
      expect(asked(shell)).toEqual(expected);
      expect(open(shell)).toMatchObject({ state: 'in-doubt', class: 'unique' });
      expect(openTimers(shell.run).map((t) => t.purpose)).toEqual(['timeout']);
    }
  });

  it('retries a loop whose timeout cut an iteration short with that iteration, a try with its body, a fork with its branches', () => {
    const loop = begun(`  - l:\n      timeout: {after: {seconds: 9}}\n      for: {in: '[1, 2, 3]'}\n      do: [{b: ${CALL('b')}, c: 1}]`.replace(', c: 1', ''));
    answer(loop, 'first');
    loop.play(() => 'silence');
    expect(loop.run.fault).toMatchObject({ status: 408 });
    loop.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    loop.play(() => ({ result: 'again' }));
    expect(loop.run).toMatchObject({ phase: 'completed', output: 'again' });
    expect(loop.journal.flatMap((e) => (e.type === 'for.advanced' ? [e.index] : []))).toEqual([0, 1, 1, 2]);

    for (const body of [
      `{try: [{b: ${CALL('b')}}], catch: {}, timeout: {after: {seconds: 9}}}`,
      `{fork: {branches: [{b: ${CALL('b')}}, {c: {set: {n: 1}}}]}, timeout: {after: {seconds: 9}}}`,
    ]) {
      const shell = begun(`  - a: ${body}`);
      shell.play(() => 'silence');
      expect(shell.run.fault).toMatchObject({ status: 408 });
      shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
      answer(shell, 'late');
      expect(shell.run.phase, body).toBe('completed');
    }
  });

  it('retries with "again" also what a try had confirmed in an earlier body', () => {
    const shell = begun(`  - t: {try: [{a: ${CALL('a', 'post')}}, {b: ${CALL('b')}}], catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 2}}}}}`);
    shell.play((effect) => (effect.class === 'unique' ? { result: 'A' } : { fault: FAULT, reach: 'answered' }));
    expect(asked(shell)).toEqual(['1 a', '1 b', '2 b']);
    const ledger: LedgerAnswer[] = [{ position: '/do/0/t/try/0/a#', class: 'unique', state: 'confirmed', result: 'A' }];
    shell.give({ type: 'retry', by: 'ada', effects: 'again', ledger });
    shell.play(() => ({ fault: FAULT, reach: 'answered' }));
    // Only the step that failed was open: the step before it keeps its result until the body runs once more.
    expect(asked(shell).slice(3)).toEqual(['3 b', '4 a']);
  });

  it('is told of a timeout only when the step was not done in time, pause or not', () => {
    const shell = begun(`  - a: ${CALL('a').replace(/\}$/, ', timeout: {after: {seconds: 9}}}')}`);
    const [timer] = openTimers(shell.run);
    shell.give({ type: 'pause', by: 'ada' });
    answer(shell, 'in time');
    shell.give({ type: 'timer', id: timer?.id ?? '' });
    shell.give({ type: 'resume', by: 'ada' });
    expect(shell.run).toMatchObject({ phase: 'completed', output: 'in time' });
  });

  it('cannot start twice, resume what runs, or pause what is paused', () => {
    const shell = begun(`  - a: ${CALL('a')}`);
    expect(shell.give({ type: 'start', input: 1 }).unused).toBeTypeOf('string');
    expect(shell.give({ type: 'resume', by: 'ada' }).unused).toBe('The run is not paused.');
    shell.give({ type: 'pause', by: 'ada' });
    expect(shell.give({ type: 'pause', by: 'ada' }).unused).toBe('The run is paused already.');
    shell.give({ type: 'cancel', by: 'ada' });
    expect(shell.run.phase).toBe('cancelled');
    const fresh = virtualShell(linkFlow(flowOf('  - a: {set: {n: 1}}')));
    expect(runStatus(fresh.run)).toBe('pending');
    expect(fresh.give({ type: 'signal', id: 's', name: 'x', data: null }).unused).toBe('The run has not started.');
    fresh.give({ type: 'cancel', by: 'ada' });
    expect(fresh.run.phase).toBe('cancelled');
  });
});

describe('evolve', () => {
  it('throws on events that cannot follow, so that a broken journal is set aside', () => {
    const shell = begun('  - a: {set: {n: 1}}');
    for (const event of [
      { type: 'run.paused', by: 'ada', atMs: 1 },
      { type: 'effect.completed', act: 2, attempt: 1, result: 1, how: 'performed', atMs: 1 },
    ] as const) {
      expect(() => evolve(shell.run, event)).toThrow('Broken invariant');
    }
    const run = newRun(shell.linked, { id: shell.run.id });
    expect(() => evolve(run, { type: 'step.completed', act: 9, to: -1, atMs: 1 })).toThrow('there is no act 9');
    expect(() => evolve(run, { type: 'timer.fired', id: 'x', atMs: 1 })).toThrow('there is no timer x');
  });

  it('does not depend on the moment: the same commands at the same times give the same journal', () => {
    const journal = (): Json => {
      const shell = begun(`  - a: ${CALL('a')}\n  - b: {emit: {event: {with: {type: x.y}}}}`);
      answer(shell, 1);
      return [plain(shell.run), JSON.parse(JSON.stringify(shell.journal)) as Json];
    };
    expect(journal()).toEqual(journal());
  });
});

describe('a failed run', () => {
  it('shows the step, its place in the file, its resolved input, its attempts and the cause', () => {
    const shell = begun(`  - safe:\n      try:\n        - get: ${CALL('a')}\n      catch: {retry: {delay: {seconds: 2}, limit: {attempt: {count: 3}}}}`);
    const startMs = shell.nowMs;
    shell.play(() => ({ fault: FAULT, reach: 'answered' }));
    const iso = (ms: number): string => new Date(startMs + ms).toISOString();
    expect(failureOf(shell.run, shell.journal)).toEqual({
      step: '/do/0/safe/try/0/get',
      name: 'get',
      line: 5,
      column: 11,
      input: { method: 'GET', endpoint: 'http://x.test/a' },
      cause: 'Down (503): no answer.',
      attempts: [1, 2, 3].map((attempt) => ({
        attempt,
        startedAt: iso((attempt - 1) * 2000),
        endedAt: iso((attempt - 1) * 2000),
        error: 'Down (503): no answer.',
      })),
    });
    expect(failureOf(begun('  - a: {set: {n: 1}}').run, [])).toBeUndefined();
  });
});

describe('limits', () => {
  it('are announced when half of them is used', () => {
    const shell = begun(`  - a: ${CALL('a')}`);
    for (const id of ['s1', 's2']) shell.give({ type: 'signal', id, name: 'x', data: null });
    expect(nearLimits(shell.run, LIMITS)).toEqual([]);
    expect(nearLimits(shell.run, { ...LIMITS, bufferedSignals: 4 })).toEqual([{ setting: 'bufferedSignals', used: 2, limit: 4 }]);
  });
});

describe('the size of a run', () => {
  it('does not grow with its history', () => {
    const sizeAfter = (laps: number): number => {
      const shell = virtualShell(linkFlow(flowOf(`  - a: ${CALL('a')}\n  - b: {switch: [{more: {when: 'true', then: a}}]}`)));
      shell.checking = false;
      shell.give({ type: 'start', input: {} });
      for (let i = 0; i < laps; i++)
        decide(shell.run, { type: 'effect-done', act: open(shell).act, attempt: 1, result: { lap: 1 } }, { nowMs: shell.nowMs, limits: LIMITS });
      return JSON.stringify(plain(shell.run)).length;
    };
    expect(sizeAfter(2000) - sizeAfter(20)).toBeLessThan(40);
  });
});
