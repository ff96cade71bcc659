// The shorthand of `kind: palace/v1`: what each word becomes, what it does in a run, what is refused, and where mistakes are shown.
import type { Json } from '@palace/jq/jq.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileFlow } from '../compile.ts';
import { link } from '../link.ts';
import type { Program } from '../program.ts';
import { virtualShell, type Perform, type VirtualShell } from '../virtual-shell.ts';
import { HEAD, messages } from './flow-text.ts';
import { HAS_UPSTREAM, officialErrors } from '../../../../test/official-schema.ts';

const TIMEOUT = 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout';
const USE = 'use: {retries: {shortly: {delay: PT1S, limit: {attempt: {count: 2}}}}}';
const ACT = 'call: http, with: {method: get, endpoint: "https://x.test/"}';
/** Steps under `do:` from line 5 on. */
const short = (...steps: readonly string[]): string => ['kind: palace/v1', HEAD, USE, 'do:', ...steps.map((line) => `  ${line}`)].join('\n');

function compiled(text: string): Extract<ReturnType<typeof compileFlow>, { ok: true }> {
  const result = compileFlow(text);
  if (!result.ok) throw new Error(messages(result).join('\n'));
  return result;
}
const plainSteps = (text: string): Json => (compiled(text).document as { do: Json }).do;

const A = { call: 'http', with: { method: 'get', endpoint: 'https://x.test/' } };
const POLICY = { delay: 'PT1S', backoff: { exponential: {} }, limit: { attempt: { count: 3 } } };

const MEANINGS: readonly (readonly [what: string, step: string, plain: Json])[] = [
  ['retry by name', `- a: {${ACT}, retry: shortly}`, [{ a: { try: [{ a: A }], catch: { retry: 'shortly' } } }]],
  ['retry by number', `- a: {${ACT}, retry: 3}`, [{ a: { try: [{ a: A }], catch: { retry: POLICY } } }]],
  ['retry by policy', `- a: {${ACT}, retry: {delay: PT2S}}`, [{ a: { try: [{ a: A }], catch: { retry: { delay: 'PT2S' } } } }]],
  ['fallback to a map', `- a: {${ACT}, fallback: {n: "\${ .n }"}}`, [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: { n: '${ .n }' } } }] } } }]],
  ['fallback to an expression', `- a: {${ACT}, fallback: "\${ .n }"}`, [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: '${ .n }' } }] } } }]],
  ['fallback to an empty map', `- a: {${ACT}, fallback: {}}`, [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: '${ {} }' } }] } } }]],
  ['fallback to a text', `- a: {${ACT}, fallback: none}`, [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: '${ "none" }' } }] } } }]],
  ['onError with steps', `- a: {${ACT}, onError: [{b: {set: {x: 1}}}]}`, [{ a: { try: [{ a: A }], catch: { do: [{ b: { set: { x: 1 } } }] } } }]],
  ['onError with a way', `- a: {${ACT}, onError: end}`, [{ a: { try: [{ a: A }], catch: { then: 'end' } } }]],
  [
    'retry before a way',
    `- a: {${ACT}, retry: shortly, onError: end}`,
    [{ a: { try: [{ a: { try: [{ a: A }], catch: { retry: 'shortly' } } }], catch: { then: 'end' } } }],
  ],
  [
    'onTimeout alone',
    `- a: {${ACT}, timeout: {after: PT1S}, onTimeout: [{b: {set: {x: 1}}}]}`,
    [{ a: { try: [{ a: { ...A, timeout: { after: 'PT1S' } } }], catch: { errors: { with: { type: TIMEOUT } }, do: [{ b: { set: { x: 1 } } }] } } }],
  ],
  [
    'onTimeout beside onError',
    `- a: {${ACT}, timeout: {after: PT1S}, retry: 3, onTimeout: [{b: {set: {x: 1}}}], onError: [{c: {set: {x: 2}}}]}`,
    [
      {
        a: {
          try: [{ a: { ...A, timeout: { after: 'PT1S' } } }],
          catch: {
            retry: POLICY,
            do: [
              { which: { switch: [{ timeout: { when: `$error.type == "${TIMEOUT}"`, then: 'onTimeout' } }, { other: { then: 'onError' } }] } },
              { onTimeout: { do: [{ b: { set: { x: 1 } } }], then: 'exit' } },
              { onError: { do: [{ c: { set: { x: 2 } } }] } },
            ],
          },
        },
      },
    ],
  ],
  ['onSuccess with steps', `- a: {${ACT}, onSuccess: [{b: {set: {x: 1}}}]}`, [{ a: { do: [{ a: A }, { onSuccess: { do: [{ b: { set: { x: 1 } } }] } }] } }]],
  [
    'onSuccess with steps, beside a fallback',
    `- a: {if: .x, ${ACT}, fallback: {}, onSuccess: [{b: {set: {x: 1}}}], then: end}`,
    [
      {
        a: {
          if: '.x',
          do: [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: '${ {} }' } }], then: 'exit' } } }, { onSuccess: { do: [{ b: { set: { x: 1 } } }] } }],
          then: 'end',
        },
      },
    ],
  ],
  ['onSuccess with a way', `- a: {${ACT}, onSuccess: end}`, [{ a: { ...A, then: 'end' } }]],
  [
    'onSuccess with a way, beside a fallback',
    `- a: {${ACT}, fallback: {}, onSuccess: end}`,
    [{ a: { try: [{ a: A }], catch: { do: [{ fallback: { set: '${ {} }' } }], then: 'continue' }, then: 'end' } }],
  ],
  [
    'what else stands on the step',
    `- a: {if: .x, input: {from: .y}, ${ACT}, output: {as: .z}, export: {as: .w}, metadata: {palace: {effect: read}}, retry: shortly, then: exit}`,
    [
      {
        a: {
          if: '.x',
          try: [{ a: { input: { from: '.y' }, ...A, output: { as: '.z' }, export: { as: '.w' }, metadata: { palace: { effect: 'read' } } } }],
          catch: { retry: 'shortly' },
          then: 'exit',
        },
      },
    ],
  ],
];

describe('the shorthand', () => {
  it.each(MEANINGS)('%s is written out as OWS', (_what, step, plain) => {
    expect(plainSteps(short(step))).toEqual(plain);
  });

  it.each([
    ['a do step', '- a: {do: [{b: {set: {x: 1}, retry: 2}}]}', '/do/0/a/do/0/b/try'],
    ['a for step', '- a: {for: {in: .n}, do: [{b: {set: {x: 1}, retry: 2}}]}', '/do/0/a/do/0/b/try'],
    ['a branch', '- a: {fork: {branches: [{b: {set: {x: 1}, retry: 2}}]}}', '/do/0/a/fork/branches/0/b/try'],
    ['a try step', '- a: {try: [{b: {set: {x: 1}, retry: 2}}], catch: {}}', '/do/0/a/try/0/b/try'],
    ['a handler', '- a: {try: [{b: {set: {x: 1}}}], catch: {do: [{b: {set: {x: 1}, retry: 2}}]}}', '/do/0/a/catch/do/0/b/try'],
    ['a shorthand handler', '- a: {set: {x: 1}, onError: [{b: {set: {x: 1}, retry: 2}}]}', '/do/0/a/catch/do/0/b/try'],
    ['what follows success', '- a: {set: {x: 1}, onSuccess: [{b: {set: {x: 1}, retry: 2}}]}', '/do/0/a/do/1/onSuccess/do/0/b/try'],
  ])('is known in %s', (_where, step, pointer) => {
    expect(compiled(short(step)).program.steps.map((one) => one.pointer)).toContain(pointer);
  });

  it('leaves data alone that only looks like it', () => {
    const step = '- a: {set: {retry: 3, onError: x, fallback: {retry: 1}}}';
    expect(plainSteps(short(step))).toEqual([{ a: { set: { retry: 3, onError: 'x', fallback: { retry: 1 } } } }]);
  });

  it('is gone from what is stored, which reads back as the same flow', () => {
    for (const [, step] of MEANINGS) {
      const first = compiled(short(step));
      const again = compiled(first.rewritten ?? '');
      expect(first.document).not.toHaveProperty('kind');
      expect(again.canonical).toBe(first.canonical);
      expect(again.rewritten).toBeUndefined();
      expect(parse(first.rewritten ?? '')).toEqual(first.document);
    }
  });

  it('without a word of it in the file, only loses its mark', () => {
    const text = short('- a: {set: {x: 1}}');
    expect(compiled(text).canonical).toBe(compiled(text.replace('kind: palace/v1\n', '')).canonical);
  });

  it.skipIf(!HAS_UPSTREAM)('is stored as what the official schema accepts', () => {
    const check = officialErrors();
    for (const [what, step] of MEANINGS) expect([what, check(compiled(short(step)).rewritten ?? '')]).toEqual([what, []]);
  });
});

describe('any flow in shorthand', () => {
  const value = fc.constantFrom<Json>({ x: 1 }, '${ .n }', 'text', 3, null, [], [1], {});
  const steps = (depth: number): fc.Arbitrary<Json> =>
    fc.array(body(depth), { minLength: 1, maxLength: 2 }).map((list) => list.map((one, i) => ({ [`s${i}`]: one })));
  const way = (depth: number): fc.Arbitrary<Json> =>
    fc.oneof(fc.constantFrom<Json>('s0', 'exit', 'end', 'continue'), depth === 0 ? fc.constant<Json>('end') : steps(depth - 1));
  function body(depth: number): fc.Arbitrary<Json> {
    const own = fc.oneof(
      fc.constant({ set: { x: 1 } }),
      fc.constant({ call: 'x:1.0.0@default' }),
      ...(depth === 0
        ? []
        : [
            steps(depth - 1).map((list) => ({ do: list })),
            steps(depth - 1).map((list) => ({ for: { in: '[1, 2]' }, do: list })),
            steps(depth - 1).map((list) => ({ try: list, catch: { retry: 'shortly' } })),
          ]),
    );
    const words = fc.record(
      {
        if: fc.constant('.n == 1'),
        then: fc.constantFrom('exit', 'end'),
        output: fc.constant({ as: '.' }),
        retry: fc.constantFrom<Json>(2, 'shortly', { delay: 'PT2S' }),
        onError: way(depth),
        onTimeout: way(depth),
        onSuccess: way(depth),
        fallback: value,
      },
      { requiredKeys: [] },
    );
    return fc.tuple(own, words, fc.nat(), fc.nat()).map(([kind, more, a, b]) => {
      const all = Object.entries(more);
      return { ...kind, timeout: { after: 'PT1S' }, ...Object.fromEntries([a, b].flatMap((n) => (all.length === 0 ? [] : [all[n % all.length]!]))) } as Json;
    });
  }

  it('that is accepted is the flow that it is written out as, step for step, each where its author wrote it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(steps(2), (list) => {
        const result = compileFlow(`${short().replace(/do:$/, '')}do: ${JSON.stringify(list)}`);
        if (!result.ok) {
          for (const { line, path } of result.errors) expect([line, path.startsWith('/do')]).toEqual([4, true]);
          return;
        }
        accepted += 1;
        const again = compiled(result.rewritten ?? '');
        const withoutPlaces = ({ steps: all, ...rest }: Program): Json =>
          JSON.parse(JSON.stringify({ ...rest, steps: all.map(({ line: _l, column: _c, ...one }) => one) })) as Json;
        expect(withoutPlaces(again.program)).toEqual(withoutPlaces(result.program));
        expect(again.canonical).toBe(result.canonical);
        expect(JSON.stringify(result.document)).not.toMatch(/"(onError|onTimeout|onSuccess)":\[|"kind"/);
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

const played = (text: string, perform: Perform, input: Json = { n: 1 }): VirtualShell => {
  const shell = virtualShell(link(compiled(text).program, ''));
  shell.give({ type: 'start', input });
  shell.play(perform);
  return shell;
};
const failing = (times: number): Perform => {
  let asked = 0;
  return () => {
    if (++asked > times) return { result: { ok: asked } };
    return { fault: { type: 'https://x.test/down', status: 503, title: 'Down' }, reach: 'answered' };
  };
};
const silent: Perform = () => 'silence';

describe('a run of a flow in shorthand', () => {
  it('tries again as often as was said, and then fails at the step itself', () => {
    expect(played(short(`- a: {${ACT}, retry: 3}`), failing(2)).run).toMatchObject({ phase: 'completed', output: { ok: 3 } });
    expect(played(short(`- a: {${ACT}, retry: 3}`), failing(3)).run).toMatchObject({ phase: 'failed', fault: { status: 503, instance: '/do/0/a/try/0/a' } });
  });

  it('falls back only after the last attempt, from what the step was given', () => {
    const text = short(`- a: {input: {from: '{m: 2}'}, ${ACT}, retry: 2, fallback: {was: "\${ . }", why: "\${ $error.title }"}}`);
    expect(played(text, failing(1)).run.output).toEqual({ ok: 2 });
    expect(played(text, failing(2)).run.output).toEqual({ was: { n: 1 }, why: 'Down' });
  });

  it.each(['[]', '0', 'false', 'null', '[1, [2]]', '"a \\\\(b) \\" c"', '"}"', '{}'])('falls back to %s', (value) => {
    expect(played(short(`- a: {${ACT}, fallback: ${value}}`), failing(9)).run.output).toEqual(parse(value));
  });

  it('tells a timeout from other errors', () => {
    const text = short(
      `- a: {${ACT}, timeout: {after: PT5S}, onTimeout: [{b: {set: {how: late}}}], onError: [{c: {set: {how: "\${ $error.title }"}}}]}`,
      '- z: {set: {how: "${ .how }", after: true}}',
    );
    expect(played(text, silent).run.output).toEqual({ how: 'late', after: true });
    expect(played(text, failing(1)).run.output).toEqual({ how: 'Down', after: true });
    expect(played(text, failing(0)).run.output).toEqual({ how: null, after: true });
  });

  it('lets other errors pass an onTimeout that stands alone, also after attempts', () => {
    const text = short(`- a: {${ACT}, retry: 2, timeout: {after: PT5S}, onTimeout: [{b: {set: {how: late}}}]}`);
    expect(played(text, failing(9)).run).toMatchObject({ phase: 'failed', fault: { status: 503 } });
    const late = played(text, silent);
    expect(late.run.output).toEqual({ how: 'late' });
    expect(late.types().filter((type) => type === 'effect.requested')).toHaveLength(2);
  });

  it('runs onSuccess after success alone, and its errors are its own', () => {
    const text = short(`- a: {${ACT}, fallback: {how: none}, onSuccess: [{b: {set: {got: "\${ .ok }"}}}]}`);
    expect(played(text, failing(0)).run.output).toEqual({ got: 1 });
    expect(played(text, failing(1)).run.output).toEqual({ how: 'none' });
    const bad = short(`- a: {${ACT}, retry: 3, fallback: {}, onSuccess: [{b: {raise: {error: {type: "https://x.test/e", status: 500}}}}]}`);
    const run = played(bad, failing(0));
    expect(run.run).toMatchObject({ phase: 'failed', fault: { type: 'https://x.test/e' } });
    expect(run.types().filter((type) => type === 'effect.requested')).toHaveLength(1);
  });

  it.each([
    ['onError: c', 0, 'b'],
    ['onError: c', 1, 'c'],
    ['retry: 2, onError: c', 2, 'c'],
    ['onSuccess: c', 0, 'c'],
    ['onSuccess: c, fallback: {}', 0, 'c'],
    ['onSuccess: c, fallback: {}', 1, 'b'],
    ['onSuccess: c, onError: end', 1, 'a'],
    ['fallback: {}, then: c', 0, 'c'],
    ['fallback: {}, then: c', 1, 'c'],
    ['onError: c, then: d', 0, 'd'],
    ['onError: c, then: d', 1, 'c'],
    ['if: false, fallback: {}, onSuccess: [{s: {set: {x: 1}}}]', 0, 'b'],
  ])('with %s and %i errors goes on at %s', (words, errors, name) => {
    const steps = ['b', 'c', 'd'].map((one) => `- ${one}: {set: {at: ${one}}, then: end}`);
    const shell = played(short(`- a: {${ACT}, ${words.replace('if: false', 'if: "false"')}}`, ...steps), failing(errors));
    expect(shell.run.phase).toBe('completed');
    expect((shell.run.output as { at?: string }).at ?? 'a').toBe(name);
  });
});

const REFUSED: readonly (readonly [step: string, message: string])[] = [
  [`- a: {${ACT}, retry: [1]}`, '"retry" must be the name of a policy, a policy, or a number of attempts, not a list.'],
  [`- a: {${ACT}, retry: 1.5}`, '"retry" must be the name of a policy, a policy, or a number of attempts, not a number.'],
  [`- a: {${ACT}, retry: 0}`, 'The number of attempts must be 1 to 10000.'],
  [`- a: {${ACT}, retry: shorty}`, 'There is no retry policy "shorty" in use.retries.'],
  [`- a: {${ACT}, retry: {dely: PT1S}}`, 'Unknown key "dely" in a retry policy.'],
  [`- a: {${ACT}, onError: {do: []}}`, '"onError" must be a list of steps, or the name of the step to go on with, not a map.'],
  [`- a: {${ACT}, onError: []}`, 'A list of steps needs at least one step.'],
  [`- a: {${ACT}, onError: nowhere}`, 'There is no step "nowhere" in this list.'],
  [`- a: {${ACT}, onTimeout: end}`, '"onTimeout" needs a "timeout" of the same step.'],
  [`- a: {${ACT}, onError: end, fallback: 1}`, '"fallback" and "onError" say two things of the same error.'],
  [`- a: {${ACT}, onSuccess: end, then: exit}`, '"onSuccess" and "then" both say where the step goes on.'],
  [`- a: {${ACT}, timeout: {after: PT1S}, onTimeout: end, fallback: 1}`, '"onTimeout" beside "onError" or "fallback" needs both as lists of steps.'],
  [`- a: {${ACT}, onError: end, onSuccess: [{b: {set: {x: 1}}}]}`, '"onError" cannot jump while "onSuccess" has steps of its own.'],
  ['- a: {switch: [{b: {then: end}}], retry: 2}', '"retry" cannot stand on a switch step: its cases can jump to other steps of the list.'],
  [
    '- a: {try: [{b: {set: {x: 1}}}], catch: {then: end}, fallback: 1}',
    '"fallback" cannot stand on this try step: its "catch" can jump to other steps of the list.',
  ],
  [`- a: {${ACT}, fallback: ["\${ .x }"]}`, 'A "fallback" that is a list cannot hold expressions.'],
  [`- a: {${ACT}, fallback: {}, onSuces: end}`, 'Unknown key "onSuces" in a call step.'],
];

describe('a mistake in a flow in shorthand', () => {
  it.each(REFUSED)('%s is refused', (step, message) => {
    const result = compileFlow(short(step));
    expect(result.ok ? [] : result.errors.map((one) => one.message)).toContain(message);
    for (const place of result.ok ? [] : result.errors) expect(place.line).toBe(5);
  });

  it('is shown where the author wrote it, not where the shorthand put it', () => {
    const text = short(
      '- a:',
      `    ${ACT.replace(', with', '\n      with')}`,
      '    retry: 3',
      '    onSuccess:',
      '      - b:',
      '          set: {x: "${ .x | nope }"}',
      '    onError:',
      '      - c:',
      '          seet: {x: 1}',
    );
    expect(messages(compileFlow(text))).toEqual([
      '11:31 /do/0/a/onSuccess/0/b/set/x | Expression: nope/0 is not defined.',
      '14:13 /do/0/a/onError/0/c/seet | The step "c" does not say what it does. | Did you mean "set"?',
    ]);
  });

  it('gives each step the line that it was written on', () => {
    const text = short('- a:', '    set: {x: 1}', '    retry: 3', '    fallback:', '      x: 2');
    const lines = Object.fromEntries(compiled(text).program.steps.map(({ pointer, line }) => [pointer, line]));
    expect(lines).toMatchObject({ '/do/0/a': 5, '/do/0/a/try/0/a': 5, '/do/0/a/catch/do/0/fallback': 8 });
  });

  it('another kind, and shorthand without its kind, are refused by name', () => {
    expect(messages(compileFlow(short('- a: {set: {x: 1}}').replace('palace/v1', 'palace/v2')))).toEqual([
      '1:7 /kind | "kind" must be "palace/v1". | Did you mean "palace/v1"?',
    ]);
    expect(messages(compileFlow(short('- a: {set: {x: 1}, retry: 2}').replace('kind: palace/v1\n', '')))).toEqual([
      '4:22 /do/0/a/retry | The shorthand "retry" needs "kind: palace/v1" at the top of the file.',
    ]);
  });

  it('a document that is too deep once it is written out is refused', () => {
    let steps = '{a: {set: {x: 1}}}';
    for (let i = 0; i < 13; i++) steps = `{a: {do: [${steps}], fallback: {}, onSuccess: [{s: {set: {x: 1}}}]}}`;
    const result = compileFlow(short(`- ${steps}`));
    expect(result.ok ? [] : result.errors.map((one) => one.message)).toEqual([
      'The document is too large or nested too deep once its shorthand is written out.',
    ]);
  });
});
