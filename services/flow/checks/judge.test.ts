// Expectations: each passes when it holds, and says what differs when it does not. And which branches the cases took.
import { describe, expect, test } from 'vitest';
import { flowOf } from '../core/virtual-shell.ts';
import { diffLines, isPart } from './matching.ts';
import { casesOf, checkTexts, failuresOf } from './testing.ts';

const STEPS = `
  - size:
      switch:
        - large: { when: .n > 10, then: review }
        - small: { then: note }
  - review: { call: http, with: { method: post, endpoint: 'https://a.example.com/', body: { n: '\${ .n }' } }, output: { as: $input } }
  - note:
      emit: { event: { with: { type: test.noted, data: { n: '\${ .n }' } } } }
      export: { as: '{ noted: .n }' }
      output: { as: '{ n: $input.n, ok: true }' }`;
const failing = (expectation: string, n = 20): string[] =>
  failuresOf(casesOf(STEPS, `cases:\n  - name: a\n    input: { n: ${n} }\n    stubs: { review: {} }\n    expect: ${expectation}`));

describe('an expectation', () => {
  test.each([
    '{ result: { n: 20, ok: true } }',
    '{ result: { ok: true, n: 20 } }',
    '{ resultIncludes: { ok: true } }',
    "{ that: '.n == 20' }",
    "{ that: ['.ok', '$context.noted == $input.n', '$problem == null'] }",
    '{ context: { noted: 20 } }',
    '{ contextIncludes: {} }',
    '{ path: [size, review, note] }',
    '{ path: [size, ..., note] }',
    '{ path: [..., review, ...] }',
    '{ path: [...] }',
    '{ visits: review, avoids: [] }',
    '{ attempts: { review: 1, note: 1 } }',
    '{ effects: [{ step: review, function: http, class: unique, with: { method: POST, body: { n: 20 } }, count: 1 }] }',
    '{ effects: [{ with: { body: { n: 21 } }, count: 0 }] }',
    '{ emitted: [{ type: test.noted, data: { n: 20 } }] }',
    '{ elapsed: 0 }',
    '{ elapsed: < 1s }',
    '{ status: completed }',
    '{}',
  ])('%s holds', (expectation) => {
    expect(failing(expectation)).toEqual([]);
  });

  test.each([
    ['{ result: { n: 20 } }', '5 The result differs.'],
    ['{ resultIncludes: { ok: false } }', '5 The result does not include what was expected.'],
    ["{ that: '.n == 21' }", '5 It does not hold that .n == 21: it is false.'],
    ["{ that: '.n' }", '5 It does not hold that .n: it is 20.'],
    ["{ that: '.n | keys' }", expect.stringMatching(/^5 It does not hold that \.n \| keys: .+has no keys/)],
    ['{ context: {} }', '5 The context differs.'],
    ['{ path: [size, note] }', '5 Another path was taken.'],
    ['{ path: [size, ..., review] }', '5 Another path was taken.'],
    ['{ path: [review, ...] }', '5 Another path was taken.'],
    ['{ avoids: review }', '5 review was visited.'],
    ['{ attempts: { review: 2 } }', '5 review was tried once; 2 expected.'],
    ["{ attempts: { review: '2..3' } }", '5 review was tried once; 2..3 expected.'],
    ['{ effects: [] }', '5 No effect was expected.'],
    ['{ effects: [{ step: review, with: { body: { n: 21 } } }] }', '5 The effect was asked for not once; at least once expected.'],
    ['{ effects: [{ class: read }] }', '5 The effect was asked for not once; at least once expected.'],
    ['{ effects: [{ step: review, count: 2 }] }', '5 The effect was asked for once; 2 expected.'],
    ['{ emitted: [] }', '5 Other events were emitted: 1; 0 expected.'],
    ['{ emitted: [{ data: { n: 21 } }] }', '5 Other events were emitted: 1; 1 expected.'],
    ['{ elapsed: 1s }', '5 It took 0s; 1s expected.'],
    ['{ status: failed }', '5 The run completed; "failed" was expected.'],
    ['{ problem: { status: 500 } }', '5 The run completed; "failed" was expected.'],
    ['{ waiting: { kind: signal } }', '5 The run completed; it should wait.'],
  ])('%s does not', (expectation, failure) => {
    expect(failing(expectation)).toContainEqual(failure);
  });

  test('of a step that was not reached fails', () => {
    expect(failing('{ visits: review }', 5)).toEqual(['5 review was not visited.']);
  });

  test('of a problem is compared part by part', () => {
    const raises =
      "\n  - stop: { raise: { error: { type: 'https://shop.example.com/sold-out', status: 409, title: Sold out, detail: 'There are none left.' } } }";
    const of = (problem: string): string[] => failuresOf(casesOf(raises, `cases: [{ name: a, expect: { problem: ${problem} } }]`));
    expect(of('{ type: https://shop.example.com/sold-out, status: 409, title: Sold out, detail: none left, step: stop }')).toEqual([]);
    expect(of('{ type: runtime, status: 500, title: Gone, detail: some left }')).toEqual(
      ['type', 'status', 'title', 'detail'].map((part) => `1 The ${part} of the problem differs.`),
    );
  });

  test('that is not written is that the run completes', () => {
    const [waits] = casesOf('\n  - hear: { listen: { to: { one: { with: { type: agentspalace.signal.go } } } } }', 'cases: [{ name: a }]');
    expect(waits?.failures).toMatchObject([
      { message: 'The run still waits; "completed" was expected.', details: ['"hear" waits for the signal go. (/do/0/hear)'] },
    ]);
    const [fails] = casesOf('\n  - stop: { raise: { error: { type: runtime, status: 500, title: Broken } } }', 'cases: [{ name: a }]');
    expect(fails?.failures).toMatchObject([{ message: 'The run failed; "completed" was expected.', details: ['/do/0/stop (line 3): Broken (500).'] }]);
    expect(fails?.trace.map(({ step, says }) => `${step} ${says}`)).toEqual(['stop begins', 'stop fails: Broken (500)', ' the run fails: Broken (500)']);
  });
});

describe('a difference', () => {
  test('is shown where it is, with what stands around it', () => {
    const many = Array.from({ length: 30 }, (_, n) => n);
    const lines = diffLines({ a: many, b: 1, gone: true }, { a: many.with(15, 99), b: 1, come: { x: null } });
    expect(lines.map(({ sign, text }) => `${sign}${text}`)).toEqual([
      ' …',
      '     13',
      '     14',
      '-    15',
      '+    99',
      '     16',
      '     17',
      ' …',
      '   ]',
      '   "b": 1',
      '-  "gone": true',
      '+  "come": {"x":null}',
      ' }',
    ]);
  });

  test('of a part counts only what was expected', () => {
    expect(isPart({ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2, d: 3 }], e: 4 } })).toBe(true);
    expect(isPart({ a: [1] }, { a: [1, 2] })).toBe(false);
    expect(isPart({ toString: 1 }, {})).toBe(false);
    expect(isPart({}, [])).toBe(false);
    expect(diffLines({ a: 1 }, { a: 2, b: 3 }, true).map(({ sign, text }) => `${sign}${text}`)).toEqual([' {', '-  "a": 1', '+  "a": 2', ' }']);
  });
});

describe('branches', () => {
  const BRANCHES = `
  - maybe: { if: .n > 0, set: { n: '\${ .n }' } }
  - size:
      switch:
        - large: { when: .n > 10, then: continue }
        - small: { when: .n > 5, then: continue }
  - safely:
      try:
        - ask: { call: http, with: { method: get, endpoint: 'https://a.example.com/' }, timeout: { after: PT1S } }
      catch:
        retry: { delay: PT1S, limit: { attempt: { count: 2 } } }
        do: [{ note: { set: { failed: true } } }]`;
  const untaken = (cases: string): string[] => {
    const { coverage } = checkTexts({ 'flow.yaml': flowOf(BRANCHES, 'timeout: { after: PT1M }'), 'flow.check.yaml': `cases:\n${cases}` });
    expect(coverage[0]).toMatchObject({ path: 'flow.yaml', flow: 'test/flow', branches: 9 });
    expect(coverage[0]?.taken).toBe(9 - (coverage[0]?.untaken.length ?? 0));
    return coverage.flatMap((flow) => flow.untaken.map(({ line, pointer, what }) => `${line} ${pointer} ${what}`));
  };

  test('that no case takes are told by pointer and line', () => {
    expect(untaken("  - { name: a, input: { n: 20 }, stubs: { '*': {} } }")).toEqual([
      '4 /do/0/maybe "if" is false',
      '5 /do/1/size the case small',
      '5 /do/1/size no case holds',
      '9 /do/2/safely it is tried again',
      '9 /do/2/safely an error is caught',
      '11 /do/2/safely/try/0/ask its timeout',
      '2 /timeout the timeout of the run',
    ]);
  });

  test('are taken by all cases together', () => {
    expect(
      untaken(`  - { name: a, input: { n: 20 }, stubs: { '*': {} } }
  - { name: b, input: { n: 0 }, stubs: { ask: { after: 2s } }, expect: { result: { failed: true } } }
  - { name: c, input: { n: 7 }, stubs: { ask: { error: 503 } }, timeline: [{ at: 1ms, pause: true }], expect: { problem: { type: timeout } } }`),
    ).toEqual([]);
  });
});
