// What a document becomes: numbers, pointers, order, scopes, effect classes, defaults.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import type { Program, Step, StepKind, StepOf } from '../program.ts';
import { ACCEPTED_CALLS } from './accepted-calls.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { flow, HEAD, messages } from './flow-text.ts';

function program(text: string): Program {
  const compiled = compileFlow(text);
  if (!compiled.ok) throw new Error(messages(compiled).join('\n'));
  return compiled.program;
}
const named = (made: Program, name: string): Step => made.steps.find((step) => step.name === name)!;
function first<K extends StepKind['kind']>(kind: K, ...steps: readonly string[]): StepOf<K> {
  return program(flow(...steps)).steps.find((step) => step.kind === kind && step.pc > 0) as StepOf<K>;
}
const warnings = (...steps: readonly string[]): string[] => messages(compileFlow(flow(...steps)));

describe('accepted documents', () => {
  it.each([...ACCEPTED, ...ACCEPTED_CALLS])('%s compiles to steps numbered by their place', (_what, text) => {
    const made = program(text);
    made.steps.forEach((step, pc) => expect(step.pc).toBe(pc));
    for (const step of made.steps) {
      expect(step.parent).toBeLessThan(made.steps.length);
      expect(step.next === -1 || made.steps[step.next]?.parent === step.parent).toBe(true);
    }
  });
});

describe('numbers and pointers', () => {
  const made = program(
    flow(
      '- load: {set: {x: 1}}',
      '- guard:',
      '    try:',
      '      - inner: {set: {x: 1}}',
      '    catch:',
      '      do:',
      '        - repair: {set: {x: 1}}',
      '- each:',
      '    for: {in: .xs}',
      '    do:',
      '      - one: {set: {x: 1}}',
      '- "a/b~c": {fork: {branches: [{left: {set: {x: 1}}}, {right: {set: {x: 1}}}]}}',
    ),
  );

  it('give the root number 0 and the empty pointer', () => {
    expect(made.steps[0]).toEqual({ kind: 'do', pc: 0, pointer: '', name: '', parent: -1, next: -1, line: 2, column: 1, then: { kind: 'continue' }, first: 1 });
  });
  it('are the pointers of the specification', () => {
    expect(made.steps.map((step) => step.pointer).sort()).toEqual(
      [
        '',
        '/do/0/load',
        '/do/1/guard',
        '/do/1/guard/catch/do',
        '/do/1/guard/catch/do/0/repair',
        '/do/1/guard/try',
        '/do/1/guard/try/0/inner',
        '/do/2/each',
        '/do/2/each/do',
        '/do/2/each/do/0/one',
        '/do/3/a~1b~0c',
        '/do/3/a~1b~0c/fork/branches/0/left',
        '/do/3/a~1b~0c/fork/branches/1/right',
      ].sort(),
    );
  });
  it('follow the list: each step knows the next one, the last none, a branch none', () => {
    expect(named(made, 'load').next).toBe(named(made, 'guard').pc);
    expect(named(made, 'a/b~c').next).toBe(-1);
    expect([named(made, 'left').next, named(made, 'right').next]).toEqual([-1, -1]);
  });
  it('put the lists of try, catch and for into a list step of their own', () => {
    const guard = named(made, 'guard') as StepOf<'try'>;
    expect(made.steps[guard.body]).toMatchObject({ kind: 'do', name: 'try', parent: guard.pc, first: named(made, 'inner').pc });
    expect(made.steps[guard.handler ?? -1]).toMatchObject({ kind: 'do', name: 'catch', parent: guard.pc, first: named(made, 'repair').pc });
    expect(named(made, 'inner').parent).toBe(guard.body);
  });
  it('keep the line and column of the name in the text', () => {
    expect(named(made, 'inner')).toMatchObject({ line: 6, column: 11 });
  });
});

describe('then', () => {
  it('marks a jump to an earlier step', () => {
    const made = program(flow('- a: {set: {x: 1}, then: c}', '- b: {set: {x: 1}, then: end}', '- c: {set: {x: 1}, then: b}'));
    expect([named(made, 'a').then, named(made, 'c').then, named(made, 'b').then]).toEqual([
      { kind: 'goto', pc: 3, back: false },
      { kind: 'goto', pc: 2, back: true },
      { kind: 'end' },
    ]);
  });
  it('counts a jump to itself as back', () => {
    expect(first('set', '- a: {set: {x: 1}, if: .again, then: a}').then).toEqual({ kind: 'goto', pc: 1, back: true });
  });
  it('warns of a step that nothing leads to', () => {
    expect(warnings('- a: {set: {x: 1}, then: c}', '- b: {set: {x: 1}}', '- c: {set: {x: 1}}')).toEqual([
      '4:5 /do/1 | The step "b" is never reached. | Lead to it by "then", or remove it.',
    ]);
  });
  it('knows that a condition, a case or a catch may lead on', () => {
    expect(
      warnings(
        '- a: {set: {x: 1}, if: .x, then: end}',
        '- b: {switch: [{c: {when: .x, then: d}}], then: end}',
        '- c: {try: [{x: {set: {x: 1}}}], catch: {then: e}, then: end}',
        '- d: {wait: PT1S, then: c}',
        '- e: {set: {x: 1}}',
      ),
    ).toEqual([]);
  });
  it('takes a raise and a default case as the end of the way', () => {
    expect(warnings('- a: {switch: [{c: {then: c}}]}', '- b: {set: {x: 1}}', '- c: {raise: {error: {type: /x, status: 400}}}', '- d: {set: {x: 1}}')).toEqual([
      '4:5 /do/1 | The step "b" is never reached. | Lead to it by "then", or remove it.',
      '6:5 /do/3 | The step "d" is never reached. | Lead to it by "then", or remove it.',
    ]);
  });
});

describe('calls', () => {
  const classOf = (method: string): string | undefined => first('call', `- a: {call: http, with: {method: ${method}, endpoint: "https://example.com"}}`).effect;

  it.each([
    ['get', 'read'],
    ['HEAD', 'read'],
    ['options', 'read'],
    ['put', 'idempotent'],
    ['delete', 'idempotent'],
    ['post', 'unique'],
    ['patch', 'unique'],
    ['"${ .m }"', 'unique'],
  ])('by %s are %s', (method, effect) => {
    expect(classOf(method)).toBe(effect);
  });
  it('of catalog functions have the class that the step says, or none in the program', () => {
    expect(first('call', '- a: {call: "f:1.0.0@default"}')).toMatchObject({
      function: 'f:1.0.0@default',
      with: { t: 'lit', v: {} },
      deadlineMs: 30_000,
    });
    expect(first('call', '- a: {call: "f:1.0.0@default", metadata: {palace: {effect: read, deadline: PT2M}}}')).toMatchObject({
      effect: 'read',
      deadlineMs: 120_000,
    });
  });
  it('have their method in capitals and their address as parts', () => {
    expect(first('call', '- a: {call: http, with: {method: get, endpoint: "https://x.example/{id}/y?z={z}"}}').with).toEqual({
      t: 'obj',
      entries: [
        ['method', { t: 'lit', v: 'GET' }],
        ['endpoint', { t: 'uri', parts: ['https://x.example/', { name: 'id' }, '/y?z=', { name: 'z' }] }],
      ],
    });
  });
  it('without anything to fill in are one literal', () => {
    expect(
      first('call', '- a: {call: http, with: {method: post, endpoint: {uri: "https://x.example"}, body: {a: [1]}, output: response, redirect: false}}').with,
    ).toEqual({
      t: 'lit',
      v: { method: 'POST', endpoint: 'https://x.example', body: { a: [1] }, output: 'response', redirect: false },
    });
  });
});

describe('values and expressions', () => {
  it('keep the same expression once', () => {
    expect(program(flow('- a: {set: {x: "${ .a }", y: "${ .a }"}}', '- b: {set: {x: "${ .a }", y: "${.a}"}}')).expressions).toEqual([' .a ', '.a']);
  });
  it('stay text where text is text, with a warning when it looks like an expression', () => {
    expect(first('set', '- a: {set: {x: .customer}}').value).toEqual({ t: 'lit', v: { x: '.customer' } });
    expect(warnings('- a: {set: {x: .customer, y: $context.id, z: "...", w: .5 percent, v: $5}}')).toEqual([
      '3:18 /do/0/a/set/x | This stays text but looks like an expression. | Write ${ .customer } if its value is meant.',
      '3:32 /do/0/a/set/y | This stays text but looks like an expression. | Write ${ $context.id } if its value is meant.',
    ]);
  });
  it('turn a list written in place into the expression that builds it', () => {
    const made = program(flow('- a:', '    for: {in: [{n: 1, t: "a \\"b\\" \\\\(c)"}, {n: "${ .x # comment }"}]}', '    do: [{b: {set: {x: 1}}}]'));
    expect(made.expressions[(named(made, 'a') as StepOf<'for'>).in]).toBe('[{"n":1,"t":"a \\"b\\" \\\\(c)"},{"n":( .x # comment \n)}]');
  });
});

describe('retries', () => {
  const retry = (policy: string): unknown => first('try', '- a:', '    try: [{b: {set: {x: 1}}}]', `    catch: {retry: ${policy}}`).retry;

  it('are bounded when they name no limit', () => {
    expect(retry('{}')).toEqual({ delay: { ms: 1_000 }, backoff: 'constant', maxAttempts: 10 });
  });
  it('keep what they name', () => {
    expect(retry('{delay: {milliseconds: 5}, backoff: {linear: {}}, jitter: {from: PT1S, to: PT2S}, limit: {attempt: {count: 3}, duration: PT1M}}')).toEqual({
      delay: { ms: 5 },
      backoff: 'linear',
      jitter: { from: { ms: 1_000 }, to: { ms: 2_000 } },
      maxAttempts: 3,
      maxDurationMs: 60_000,
    });
  });
  it('compare standard errors in their one spelling', () => {
    const match = (type: string): unknown => first('try', '- a:', '    try: [{b: {set: {x: 1}}}]', `    catch: {errors: {with: {type: "${type}"}}}`).match;
    for (const host of ['open-workflow-specification.org', 'serverlessworkflow.io']) {
      for (const path of ['spec/1.0.0/errors', 'dsl/errors/types']) {
        expect(match(`https://${host}/${path}/communication`)).toEqual({
          type: { t: 'lit', v: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication' },
        });
      }
    }
    expect(match('https://example.com/own')).toEqual({ type: { t: 'lit', v: 'https://example.com/own' } });
  });
});

describe('times', () => {
  it.each([
    ['PT10S', 10_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['PT1H30M', 5_400_000],
    ['PT0.25S', 250],
    ['P1DT1S', 86_401_000],
    ['{hours: 1, seconds: 2}', 3_602_000],
  ])('%s is %d ms', (text, ms) => {
    expect(first('wait', `- a: {wait: ${text}}`).duration).toEqual({ ms });
  });
  it.each(['P', 'PT', '10', 'P1H', 'PT1D', 'P1S', '-PT1S', 'pt1s', 'PT1S ', 'P1Y', 'P1D1W'])('"%s" is refused', (text) => {
    expect(compileFlow(flow(`- a: {wait: "${text}"}`)).ok).toBe(false);
  });
});

describe('the whole flow', () => {
  it('has its identity, limits and reusable parts in the program', () => {
    const made = program(
      [
        HEAD.replace('}', ', title: T, metadata: {palace: {concurrency: {limit: 2, key: .c}, upgrade: compatible}}}'),
        'timeout: t',
        'use: {timeouts: {t: {after: PT9S}}}',
        'input: {from: .order}',
        'output: {as: .sum}',
        'do: [{a: {set: {x: 1}}}]',
      ].join('\n'),
    );
    expect(made).toMatchObject({ format: 1, namespace: 'shop', name: 'orders', version: '1.0.0', title: 'T', timeout: { ms: 9_000 }, upgrade: 'compatible' });
    expect(program(`${HEAD}\ndo: [{a: {set: {x: 1}}}]`)).not.toHaveProperty('upgrade');
    expect([made.concurrency?.limit, made.expressions[made.concurrency?.key ?? -1], made.input.from, made.output.as]).toEqual([
      2,
      '.c',
      { t: 'jq', e: 1 },
      { t: 'jq', e: 2 },
    ]);
  });
  it('has the same canonical text for the same content, however written', () => {
    const json = compileFlow(
      JSON.stringify({ do: [{ a: { set: { x: 1 } } }], document: { version: '1.0.0', name: 'orders', namespace: 'shop', dsl: '1.0.3' } }),
    );
    const yaml = compileFlow(`# comment\n${HEAD}\ndo:\n  - a:\n      set:\n        "x": 0x1\n`);
    expect(json.ok && json.canonical).toBe('{"do":[{"a":{"set":{"x":1}}}],"document":{"dsl":"1.0.3","name":"orders","namespace":"shop","version":"1.0.0"}}');
    expect(yaml.ok && yaml.canonical).toBe(json.ok && json.canonical);
  });
});
