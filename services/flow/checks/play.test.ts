// The world that a case describes: answers by step, attempt and instance, times, unknown outcomes, sub-flows, and what comes from outside.
import { describe, expect, test } from 'vitest';
import { flowOf } from '../core/virtual-shell.ts';
import { casesOf, checkTexts, failuresOf } from './testing.ts';

const CALL = `
  - pay:
      call: http
      with: { method: post, endpoint: 'https://pay.example.com/charges', body: { cents: '\${ .cents }' } }`;
const GUARDED = `${CALL}
      metadata:
        palace:
          effect: unique
          deadline: PT10S
          verify:
            with: { method: get, endpoint: '\${ "https://pay.example.com/charges/" + $effect.key }' }
            happened: .status == 200
            result: .body
            absenceFinal: true`;
const RETRIED = `
  - safely:
      try:
        - ask:
            call: http
            with: { method: get, endpoint: 'https://api.example.com/' }
      catch:
        retry: { delay: PT2S, limit: { attempt: { count: 4 } } }`;
const passes = (steps: string, check: string, more?: string): void => expect(failuresOf(casesOf(steps, check, more))).toEqual([]);

describe('stubs', () => {
  test('answer by the name of the step, by names above it, and by its pointer', () => {
    for (const key of ['ask', 'safely/ask', '/do/0/safely/try/0/ask']) {
      passes(RETRIED, `cases: [{ name: a, stubs: { ${key}: { result: { n: 1 } } }, expect: { result: { n: 1 } } }]`);
    }
  });

  test('are not asked what kind of act an openapi call is', () => {
    const steps = `
  - find:
      call: openapi
      with: { document: { endpoint: 'https://pets.example.com/openapi.json' }, operationId: find, parameters: { name: ada } }`;
    passes(steps, `cases: [{ name: a, stubs: { find: { result: { id: 3 } } }, expect: { result: { id: 3 }, attempts: { find: 1 } } }]`);
  });

  test('of a file hold for every case, and a case replaces them step by step', () => {
    passes(
      `${CALL}\n  - say: { set: { paid: '\${ .id }' } }`,
      `
stubs: { pay: { result: { id: a } } }
cases:
  - { name: of the file, expect: { result: { paid: a } } }
  - { name: its own, stubs: { pay: { result: { id: b } } }, expect: { result: { paid: b } } }`,
    );
  });

  test('in a list answer the attempts in order, the last one all later attempts', () => {
    passes(
      RETRIED,
      `
cases:
  - name: the third works
    stubs: { ask: [{ error: 503 }, { error: 500, after: 1s }, { result: yes }] }
    expect: { result: yes, attempts: { ask: 3, safely: 3 }, elapsed: 5s }
  - name: none works
    stubs: { ask: [{ result: unused, when: 'false' }, { error: 503 }] }
    expect: { problem: { type: communication, status: 503 }, attempts: { ask: '>= 4' } }`,
    );
  });

  test('by "each" tell the rounds of a loop apart, each with its own attempts', () => {
    const loop = `
  - all:
      for: { each: n, in: .numbers }
      do:
        - safely:
            try:
              - ask: { call: http, with: { method: get, endpoint: 'https://api.example.com/' }, output: { as: '{ numbers: $input.numbers, got: (($input.got // []) + [ . ]) }' } }
            catch: { retry: { delay: PT1S, limit: { attempt: { count: 3 } } } }`;
    passes(
      loop,
      `
cases:
  - name: three rounds
    input: { numbers: [1, 2, 3] }
    stubs: { ask: { each: [{ result: a }, [{ error: 503 }, { result: b }], { result: c }] } }
    expect: { resultIncludes: { got: [a, b, c] }, attempts: { ask: 4 }, elapsed: 1s }`,
    );
    const [short] = casesOf(loop, 'cases: [{ name: a, input: { numbers: [1, 2] }, stubs: { ask: { each: [{ result: a }] } } }]');
    expect(short?.failures.map(({ message }) => message)).toEqual([
      '/do/0/all/do/0/safely/try/0/ask (http) is asked more often than its stub has entries under "each".',
    ]);
  });

  test('compute a result from the arguments and the attempt, and choose by a condition on them', () => {
    passes(
      CALL,
      `
stubs:
  pay:
    - { when: '.body.cents > 100', error: 402 }
    - { compute: '{ id: ("r-" + (.body.cents | tostring)), attempt: $attempt }' }
cases:
  - { name: small, input: { cents: 7 }, expect: { result: { id: r-7, attempt: 1 } } }
  - { name: large, input: { cents: 700 }, expect: { problem: { status: 402, step: pay } } }`,
    );
  });

  test('never evaluate a result that looks like an expression', () => {
    passes(CALL, `cases: [{ name: a, stubs: { pay: { result: '\${ 1 + 1 }' } }, expect: { result: '\${ 1 + 1 }' } }]`);
  });

  test('of "*" answer whatever has none of its own', () => {
    passes(`${CALL}${RETRIED}`, `cases: [{ name: a, stubs: { '*': { result: any }, pay: { result: paid } }, expect: { result: any, path: [pay, ask] } }]`);
  });

  test('that are missing stop the case and tell everything that was asked at that moment', () => {
    const fork = `
  - both:
      fork:
        branches:
          - one: { call: http, with: { method: get, endpoint: 'https://a.example.com/' } }
          - two: { run: { workflow: { namespace: test, name: other, version: '1.0.0', input: { n: 1 } } } }`;
    const [one] = casesOf(fork, 'cases: [{ name: a }]');
    expect(one?.stubs).toEqual([
      ['# /do/0/both/fork/branches/0/one, line 6: http (read), asked with', '#   method: GET', '#   endpoint: https://a.example.com/', 'one:', '  result: {}'],
      ['# /do/0/both/fork/branches/1/two, line 7: run test/other, asked with', '#   n: 1', 'two:', '  result: {}'],
    ]);
    const pasted = (one?.stubs ?? []).map((lines) => lines.map((line) => `  ${line}`).join('\n')).join('\n');
    passes(fork, `stubs:\n${pasted}\ncases: [{ name: a, expect: { result: [{}, {}] } }]`);
  });
});

describe('secrets', () => {
  test('need no values: arguments show where they go', () => {
    const steps = `
  - ask:
      call: http
      with:
        method: get
        endpoint: { uri: 'https://api.example.com/', authentication: { bearer: { token: '\${ $secrets.shop }' } } }
        headers: { x-key: '\${ $secrets.shop }' }`;
    passes(
      steps,
      "cases: [{ name: a, stubs: { ask: { result: 1 } }, expect: { result: 1, effects: [{ with: { headers: { x-key: '[secret shop]' } } }] } }]",
      'use: { secrets: [shop] }',
    );
  });
});

describe('outcomes', () => {
  test('that are unknown are looked for after the deadline, and found', () => {
    passes(
      GUARDED,
      `
cases:
  - name: it happened
    stubs: { pay: { outcome: unknown, after: 1s, verify: happened, result: { id: r-1 } } }
    expect: { result: { id: r-1 }, attempts: { pay: 1 }, elapsed: 10s }
  - name: it did not
    stubs: { pay: [{ outcome: unknown, verify: absent }, { result: { id: r-2 } }] }
    expect: { result: { id: r-2 }, attempts: { pay: 2 }, elapsed: 10s }
  - name: nobody can tell
    stubs: { pay: { error: 504 } }
    expect: { waiting: { kind: in-doubt, step: pay } }
  - name: a person decides
    stubs: { pay: { outcome: unknown } }
    timeline: [{ at: 1h, resolve: pay, outcome: done, result: { id: r-3 } }]
    expect: { result: { id: r-3 }, elapsed: 1h }`,
    );
  });

  test('are known for acts that may simply be repeated', () => {
    passes(RETRIED, 'cases: [{ name: a, stubs: { ask: [{ outcome: unknown }, { result: 1 }] }, expect: { result: 1, elapsed: 2s } }]');
  });

  test('never come after the deadline of the call', () => {
    passes(
      GUARDED,
      `
cases:
  - { name: late, stubs: { pay: { after: 11s, result: 1, } }, expect: { waiting: { kind: in-doubt } } }
  - { name: in time, stubs: { pay: { after: 10s, result: 1 } }, expect: { result: 1, elapsed: 10s } }
  - { name: never, stubs: { pay: { after: never } }, expect: { waiting: { kind: in-doubt } } }`,
    );
    passes(
      "\n  - ask: { call: http, with: { method: get, endpoint: 'https://api.example.com/' } }",
      `
cases:
  - { name: late, stubs: { ask: { after: 1m, result: 1 } }, expect: { problem: { type: timeout, step: ask }, elapsed: 30s } }
  - { name: never, stubs: { ask: { after: never } }, expect: { problem: { type: timeout, step: ask }, elapsed: 30s } }`,
    );
  });

  test('do not reach a step that is over', () => {
    passes(
      `
  - quick:
      try:
        - ask: { call: http, with: { method: get, endpoint: 'https://api.example.com/' }, timeout: { after: PT1S } }
      catch: { errors: { with: { status: 408 } }, do: [{ late: { set: { late: true } } }] }`,
      'cases: [{ name: a, stubs: { ask: { after: 5s, result: 1 } }, expect: { result: { late: true }, elapsed: 1s } }]',
    );
  });
});

describe('what comes from outside', () => {
  const LISTEN = `
  - hear:
      listen: { to: { one: { with: { type: agentspalace.signal.go } } } }
      timeout: { after: PT1H }
      output: { as: '.[0]' }`;

  test('happens at its time, or as soon as the run waits', () => {
    passes(
      LISTEN,
      `
cases:
  - { name: at a time, timeline: [{ at: 10m, signal: go, data: { n: 1 } }], expect: { result: { n: 1 }, elapsed: 10m } }
  - { name: at once, timeline: [{ signal: go, data: { n: 2 } }], expect: { result: { n: 2 }, elapsed: 0 } }
  - { name: never, expect: { problem: { type: timeout, step: hear }, elapsed: 1h } }
  - { name: on the last moment, timeline: [{ at: 1h, signal: go }], expect: { result: null, elapsed: 1h } }`,
    );
  });

  test('pauses, resumes and cancels', () => {
    const waits = '\n  - rest: { wait: { seconds: 10 } }\n  - last: { set: { over: true } }';
    passes(
      waits,
      `
cases:
  - { name: paused, timeline: [{ at: 1s, pause: true }], expect: { status: paused, avoids: last } }
  - { name: resumed, timeline: [{ at: 1s, pause: true }, { at: 1m, resume: true }], expect: { result: { over: true }, elapsed: 1m } }
  - { name: cancelled, timeline: [{ at: 3s, cancel: true }], expect: { status: cancelled, elapsed: 3s, avoids: last } }
  - { name: stopped, stopAt: 5s, expect: { waiting: { kind: timer, step: rest, until: 10s }, elapsed: 5s } }`,
    );
  });

  test('reaches listens also when it came shortly before, and no longer than the look-back', () => {
    const late = `
  - rest: { wait: { seconds: 30 } }
  - hear: { listen: { to: { one: { with: { type: shop.paid, data: '\${ .order == "O-1" }' } } } }, timeout: { after: PT1S }, output: { as: '.[0].order' } }`;
    passes(
      late,
      `
cases:
  - { name: before, timeline: [{ at: 1s, event: { type: shop.paid, data: { order: O-1 } } }], expect: { result: O-1, elapsed: 30s } }
  - { name: of another order, timeline: [{ at: 1s, unused: true, event: { type: shop.paid, data: { order: O-2 } } }], expect: { problem: { type: timeout } } }`,
    );
    passes(
      late.replace('seconds: 30', 'minutes: 2'),
      'cases: [{ name: too long ago, timeline: [{ at: 1s, unused: true, event: { type: shop.paid, data: { order: O-1 } } }], expect: { problem: { type: timeout } } }]',
    );
  });

  test('is missed when nothing used it, unless that is meant', () => {
    const check = (more: string): string => `cases: [{ name: a, timeline: [{ at: 1s, signal: other${more} }], expect: { problem: { type: timeout } } }]`;
    expect(failuresOf(casesOf(LISTEN, check('')))).toEqual(['1 The signal was not used: No step heard it.']);
    expect(failuresOf(casesOf(LISTEN, check(', unused: true')))).toEqual([]);
    expect(failuresOf(casesOf(LISTEN, check('').replace('other', 'go, unused: true').replace('problem: { type: timeout }', 'result: null')))).toEqual([
      '1 The signal was used; "unused: true" says it is not.',
    ]);
  });

  test('changes the context, which a case may also begin with', () => {
    passes(
      "\n  - rest: { wait: { seconds: 1 } }\n  - tell: { set: { a: '${ $context.a }', b: '${ $context.b }' } }",
      'cases: [{ name: a, context: { a: 1 }, timeline: [{ at: 500ms, context: { a: 1, b: 2 } }], expect: { result: { a: 1, b: 2 }, context: { a: 1, b: 2 } } }]',
    );
  });
});

describe('sub-flows', () => {
  const PARENT = flowOf(`
  - part:
      run: { workflow: { namespace: test, name: child, version: latest, input: { n: '\${ .n }' } } }
      timeout: { after: PT1H }`);
  const CHILD = (version: string, endpoint: string): string =>
    flowOf(`\n  - ask: { call: http, with: { method: get, endpoint: '${endpoint}' }, output: { as: '{ n: $input.n, got: . }' } }`)
      .replace('name: flow', 'name: child')
      .replace("version: '1.0.0'", `version: '${version}'`);

  test('are real runs of the newest version among the files, whose steps have stubs and are seen', () => {
    const { files } = checkTexts({
      'flow.yaml': PARENT,
      'old.yaml': CHILD('1.9.0', 'https://old.example.com/'),
      'new.yaml': CHILD('1.10.0', 'https://new.example.com/'),
      'flow.check.yaml': `
cases:
  - name: a
    input: { n: 5 }
    stubs: { 'test/child#ask': { result: yes, after: 3s } }
    expect:
      result: { n: 5, got: yes }
      elapsed: 3s
      visits: test/child#ask
      effects: [{ step: test/child#ask, with: { endpoint: https://new.example.com/ }, count: 1 }]`,
    });
    expect(failuresOf(files.flatMap((file) => file.cases))).toEqual([]);
  });

  test('are answered by a stub of their step, which stands before their file', () => {
    const { files } = checkTexts({
      'flow.yaml': PARENT,
      'child.yaml': CHILD('1.0.0', 'https://a.example.com/'),
      'flow.check.yaml': `
cases:
  - { name: result, stubs: { part: { result: 7, after: 1m } }, expect: { result: 7, elapsed: 1m } }
  - { name: error, stubs: { part: { error: { type: runtime, detail: broken } } }, expect: { problem: { type: runtime, detail: broken, step: part } } }
  - { name: never, stubs: { part: { after: never } }, expect: { problem: { type: timeout }, elapsed: 1h } }`,
    });
    expect(failuresOf(files.flatMap((file) => file.cases))).toEqual([]);
  });

  test('that fail, fail their step', () => {
    const { files } = checkTexts({
      'flow.yaml': PARENT,
      'child.yaml': CHILD('1.0.0', 'https://a.example.com/'),
      'flow.check.yaml': "cases: [{ name: a, stubs: { 'test/child#ask': { error: 404 } }, expect: { problem: { status: 404, step: part } } }]",
    });
    expect(failuresOf(files.flatMap((file) => file.cases))).toEqual([]);
  });

  test('hear signals that are sent to them, and no others', () => {
    const files = {
      'flow.yaml': PARENT,
      'child.yaml': flowOf("\n  - hear: { listen: { to: { one: { with: { type: agentspalace.signal.go } } } }, output: { as: '.[0]' } }").replace(
        'name: flow',
        'name: child',
      ),
    };
    const failures = (deed: string): string[] =>
      failuresOf(
        checkTexts({
          ...files,
          'flow.check.yaml': `cases: [{ name: a, timeline: [{ at: 1s, signal: go, data: 3${deed} }], expect: { result: 3, elapsed: 1s } }]`,
        }).files.flatMap((file) => file.cases),
      );
    expect(failures(', to: test/child')).toEqual([]);
    expect(failures('')).toContain('1 The signal was not used: No step heard it.');
  });

  test('hear what their parent emits', () => {
    const { files } = checkTexts({
      'flow.yaml': flowOf(`
  - both:
      fork:
        branches:
          - part: { run: { workflow: { namespace: test, name: child, version: latest } } }
          - say: { emit: { event: { with: { type: test.said, data: { n: 3 } } } }, output: { as: .data } }`),
      'child.yaml': flowOf("\n  - hear: { listen: { to: { one: { with: { type: test.said } } } }, output: { as: '.[0]' } }").replace(
        'name: flow',
        'name: child',
      ),
      'flow.check.yaml': 'cases: [{ name: a, expect: { result: [{ n: 3 }, { n: 3 }], emitted: [{ type: test.said }] } }]',
    });
    expect(failuresOf(files.flatMap((file) => file.cases))).toEqual([]);
  });
});

describe('a case', () => {
  test('gives the same every time it is played', () => {
    const jittered = RETRIED.replace('delay: PT2S', 'delay: PT2S, backoff: { exponential: {} }');
    const check = 'cases: [{ name: a, stubs: { ask: [{ error: 503 }, { error: 503 }, { result: 1 }] }, expect: { result: 2 } }]';
    const play = (): unknown => casesOf(jittered, check).map(({ elapsedMs, trace }) => ({ elapsedMs, trace }));
    expect(play()).toEqual([{ elapsedMs: expect.any(Number), trace: expect.arrayContaining([expect.anything()]) }]);
    expect(play()).toEqual(play());
  });

  test('that never ends is stopped', () => {
    const [one] = casesOf('\n  - a: { set: { n: 1 } }\n  - b: { set: { n: 2 }, then: a }', 'cases: [{ name: a }]');
    expect(one?.failures[0]?.message).toMatch(/^The run failed|did not end within/);
    const [waiting] = casesOf('\n  - a: { wait: { seconds: 1 } }\n  - b: { set: { n: 2 }, then: a }', 'cases: [{ name: a }]');
    expect(waiting?.failures.map(({ message }) => message)).toEqual(['The case did not end within 100000 events.']);
  });

  test('has the clock that it names', () => {
    passes(
      "\n  - tell: { set: { at: '${ now | todate }', id: '${ $runtime.metadata.site }' } }",
      'cases: [{ name: a, now: 2026-02-28T23:59:00Z, runtime: { site: x }, expect: { result: { at: 2026-02-28T23:59:00Z, id: x } } }]',
    );
  });

  test('of a flow with a schedule is one run, whose input stands in for the time or the event', () => {
    passes(
      "\n  - day: { set: { day: '${ .scheduledAt[:10] }' } }",
      'cases: [{ name: a, input: { scheduledAt: "2026-03-01T02:30:00.000Z" }, expect: { result: { day: "2026-03-01" } } }]',
      'schedule: { cron: 0 2 * * * }',
    );
    const told = casesOf(
      "\n  - took: { set: { n: '${ .[0].n }' } }",
      'cases: [{ name: a, input: [{ n: 1 }], timeline: [{ event: { type: a.b, data: { n: 2 } } }], expect: { result: { n: 1 } } }]',
      'schedule: { on: { one: { with: { type: a.b } } } }',
    );
    // An event of the timeline is for the run: it starts no second one.
    expect(failuresOf(told)).toEqual(['1 The event was not used: No step heard it.']);
  });

  test('whose input the server would refuse says so, or expects it', () => {
    const schema = 'input: { schema: { document: { type: object, required: [id] } } }';
    expect(failuresOf(casesOf('\n  - a: { set: { n: 1 } }', 'cases: [{ name: a }, { name: b, expect: { status: refused } }]', schema))).toEqual([
      expect.stringMatching(/^1 The start is refused before the run begins: .*id/),
    ]);
  });
});

describe('variables', () => {
  const steps = "\n  - say: { set: { region: '${ $variables.region }', size: '${ $variables.size // 1 }' } }";

  test('are those of the file, and of a case beside them', () => {
    passes(
      steps,
      `
variables: { region: eu }
cases:
  - { name: of the file, expect: { result: { region: eu, size: 1 } } }
  - { name: its own, variables: { region: us, size: 2 }, expect: { result: { region: us, size: 2 } } }`,
    );
  });

  test('that are missing refuse the start, as the server would', () => {
    expect(failuresOf(casesOf(steps, 'cases: [{ name: a }, { name: b, expect: { status: refused } }]'))).toEqual([
      '1 The start is refused before the run begins: The flow uses the variable "region"; give it a value under "variables"',
    ]);
  });

  test('are there for sub-flows too', () => {
    const sub = flowOf(steps).replace('name: flow', 'name: sub');
    const { files, broken } = checkTexts({
      'flow.yaml': flowOf('\n  - go: { run: { workflow: { namespace: test, name: sub, version: 1.0.0 } } }'),
      'sub.yaml': sub,
      'flow.check.yaml': 'cases: [{ name: a, variables: { region: eu }, expect: { result: { region: eu, size: 1 } } }]',
    });
    expect([broken, failuresOf(files.flatMap((file) => file.cases))]).toEqual([[], []]);
  });
});
