// Extensions: what runs around which step, in which order, what the step keeps, and where errors are said to be.
import type { Json } from '@palace/jq/jq.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFlow } from './compile.ts';
import { messages } from './language/flow-text.ts';
import { commandOf, flow, move } from './random-runs.ts';
import { openTimers, snapshot } from './run.ts';
import { rebase } from './upgrade.ts';
import { flowOf, linkFlow, virtualShell, type Perform, type VirtualShell } from './virtual-shell.ts';

const LOG = '{call: "log:1.0.0@default", with: {at: "${ $task.reference }", say: "${ . }"}}';
const use = (...extensions: readonly string[]): string => `use:\n  extensions:\n${extensions.map((one) => `    - ${one}`).join('\n')}`;
const LOGGING = `logging: {extend: all, before: [{begin: ${LOG}}], after: [{finish: ${LOG}}]}`;

/** What a log call was told: the name of the logging step, the step it stands around, and its input. */
function logged(shell: VirtualShell): string[] {
  return shell.journal.flatMap((event) => {
    if (event.type !== 'effect.requested') return [];
    const { at, say } = event.args as { at: Json; say: Json };
    const entered = shell.journal.find((one) => one.type === 'step.entered' && one.act === event.act);
    const step = entered?.type === 'step.entered' ? shell.linked.program.steps[entered.pc] : undefined;
    return [`${step?.name} ${String(at)} ${JSON.stringify(say)}`];
  });
}
function played(steps: string, more: string, input: Json = { n: 1 }, perform: Perform = () => ({ result: { logged: true } })): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(steps, more)));
  shell.give({ type: 'start', input });
  expect(shell.play(perform)).toBe(true);
  return shell;
}

describe('an extension', () => {
  it('runs before and after the steps of its kind, with what came in and what went out', () => {
    const shell = played("  - a: {set: {m: '${ .n + 1 }'}}\n  - b: {set: {k: '${ .m + 1 }'}, output: {as: '{k: .k, more: true}'}}", use(LOGGING));
    expect(logged(shell)).toEqual(['begin /do/0/a {"n":1}', 'finish /do/0/a {"m":2}', 'begin /do/1/b {"m":2}', 'finish /do/1/b {"k":3,"more":true}']);
    expect(shell.run.output).toEqual({ k: 3, more: true });
  });

  it('of all steps stands around those that hold others as well, and never around its own', () => {
    const shell = played("  - a: {do: [{b: {for: {in: '[1]'}, do: [{c: {set: {x: 1}}}]}}]}", use(LOGGING));
    expect(logged(shell).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'begin /do/0/a',
      'begin /do/0/a/do/0/b',
      'begin /do/0/a/do/0/b/do/0/c',
      'finish /do/0/a/do/0/b/do/0/c',
      'finish /do/0/a/do/0/b',
      'finish /do/0/a',
    ]);
  });

  it.each([
    ['set', ['/do/0/a']],
    ['composite', ['/do/1/b', '/do/2/c']],
    ['wait', ['/do/1/b/do/0/d']],
    ['emit', []],
  ])('of %s extends those alone', (extend, around) => {
    const steps =
      "  - a: {set: {x: 1}}\n  - b: {do: [{d: {wait: PT1S}}]}\n  - c: {fork: {branches: [{e: {raise: {error: {type: 'https://x.test/e', status: 500}}, if: 'false'}}]}}";
    const shell = played(steps, use(`x: {extend: ${extend}, before: [{begin: ${LOG}}]}`));
    expect(logged(shell).map((line) => line.split(' ')[1])).toEqual(around);
  });

  it('stands outside of those written after it', () => {
    const one = (name: string): string => `${name}: {extend: set, before: [{${name}-in: ${LOG}}], after: [{${name}-out: ${LOG}}]}`;
    const shell = played('  - a: {set: {x: 1}}', use(one('outer'), one('inner')));
    expect(logged(shell).map((line) => line.split(' ')[0])).toEqual(['outer-in', 'inner-in', 'inner-out', 'outer-out']);
  });

  it('applies where its condition holds, which sees the step that it is about and its input', () => {
    const when = `'$task.call == "http" and ($task.with.endpoint | startswith("https://mocked.test/")) and .n == 1'`;
    const steps =
      '  - a: {call: http, with: {method: get, endpoint: "https://mocked.test/x"}}\n  - b: {call: http, with: {method: get, endpoint: "https://real.test/"}}';
    const mock = `mock: {extend: call, when: ${when}, before: [{answer: {set: {mocked: true}, then: exit}}]}`;
    const shell = played(steps, use(mock), { n: 1 }, (effect) => ({ result: { asked: (effect.args as { endpoint: string }).endpoint } }));
    expect(shell.types().filter((type) => type === 'effect.requested')).toHaveLength(1);
    expect(shell.run.output).toEqual({ asked: 'https://real.test/' });
    expect(played(steps.split('\n')[0] ?? '', use(mock)).run.output).toEqual({ mocked: true });
    expect(played(steps.split('\n')[0] ?? '', use(mock), { n: 2 }).run.output).toEqual({ logged: true });
  });

  it('that exits before the step stands for it, with what is after it left out and the way of the step kept', () => {
    const mock = `mock: {extend: wait, before: [{two: {do: [{inner: {set: {x: 1}, then: exit}}]}}, {answer: {set: {m: "\${ .x }"}, then: exit}}, {not: {set: {m: 2}}}], after: [{finish: ${LOG}}]}`;
    const shell = played('  - a: {wait: PT1H, then: c}\n  - b: {set: {at: b}}\n  - c: {set: {at: c, m: "${ .m }"}}', use(mock));
    expect(shell.run.output).toEqual({ at: 'c', m: 1 });
    expect(logged(shell)).toEqual([]);
    expect(shell.types()).not.toContain('timer.set');
  });

  it.each([
    ["{switch: [{x: {when: '.n == 1', then: c}}, {y: {then: b}}]}", 'c'],
    ['{set: {n: 2}, then: c}', 'c'],
    ['{set: {n: 2}}', 'b'],
    ['{set: {at: a}, then: end}', 'a'],
    ['{set: {at: a}, then: exit}', 'a'],
    ["{try: [{x: {raise: {error: {type: 'https://x.test/e', status: 500}}}}], catch: {then: c}}", 'c'],
    ["{set: {n: 2}, if: 'false', then: c}", 'b'],
  ])('lets %s go on as it would without it', (step, at) => {
    const others = '\n  - b: {set: {at: b}, then: end}\n  - c: {set: {at: c}, then: end}';
    const around = use(`x: {extend: all, before: [{begin: ${LOG}}], after: [{finish: ${LOG}}]}`);
    for (const more of ['', around]) expect(played(`  - a: ${step}${others}`, more).run.output).toMatchObject({ at });
  });

  it('is not run for a step that is skipped', () => {
    expect(logged(played("  - a: {if: 'false', set: {x: 1}}", use(LOGGING)))).toEqual([]);
  });

  it('runs again for each turn, each attempt and each jump back, under positions of its own', () => {
    const steps =
      "  - a: {for: {in: '[1, 2]'}, do: [{b: {set: {i: '${ ($context.i // 0) + 1 }'}, export: {as: '{i: .i}'}}}]}\n  - again: {switch: [{more: {when: '$context.i < 4', then: a}}, {done: {then: end}}]}";
    const shell = played(steps, use(`log: {extend: set, before: [{begin: ${LOG}}]}`));
    const keys = shell.journal.flatMap((event) => (event.type === 'effect.requested' ? [event.key] : []));
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(4);
    const tried = "  - a: {try: [{b: {call: 'x:1.0.0@default'}}], catch: {retry: {limit: {attempt: {count: 2}}}}}";
    const failing: Perform = ({ function: name }) =>
      name.startsWith('log') ? { result: null } : { fault: { type: 'https://x.test/e', status: 500 }, reach: 'answered' };
    const twice = played(
      tried,
      use("log: {extend: try, before: [{begin: {call: 'log:1.0.0@default'}}]}", 'each: {extend: call, before: [{begin: {set: {x: 1}}}]}'),
      null,
      failing,
    );
    expect(twice.run).toMatchObject({ phase: 'failed', fault: { instance: '/do/0/a/try/0/b' } });
    const names = twice.journal.flatMap((event) => (event.type === 'step.entered' ? [twice.linked.program.steps[event.pc]?.pointer] : []));
    expect(names.filter((pointer) => pointer === '/do/0/a/try/0/b/extensions/each/before/0/begin')).toHaveLength(2);
    expect(names.filter((pointer) => pointer === '/do/0/a/extensions/log/before/0/begin')).toHaveLength(1);
  });

  it('is branch by branch in a fork, whose outputs stay those of its branches', () => {
    const shell = played(
      '  - a: {fork: {branches: [{b: {set: {x: 1}}}, {c: {set: {x: 2}}}]}}',
      use(`log: {extend: set, before: [{begin: ${LOG}}], after: [{finish: ${LOG}}]}`),
    );
    expect(shell.run.output).toEqual([{ x: 1 }, { x: 2 }]);
    expect(logged(shell)).toHaveLength(4);
  });

  it('sees what the step came to in the steps after it', () => {
    const after =
      "{keep: {set: {was: '${ $task.input }', came: '${ $task.output }', name: '${ $task.name }', kind: '${ $task.definition | keys[0] }'}, export: {as: .}}}";
    const shell = played("  - a: {set: {m: '${ .n + 1 }'}}", use(`x: {extend: set, after: [${after}]}`));
    expect(shell.run.context).toEqual({ was: { n: 1 }, came: { m: 2 }, name: 'a', kind: 'set' });
    expect(shell.run.output).toEqual({ m: 2 });
  });

  it('fails at its own step, outside of a try that it extends and inside of one around the step', () => {
    const bad = "x: {extend: set, before: [{check: {raise: {error: {type: 'https://x.test/forbidden', status: 403}}}}]}";
    const shell = played('  - a: {set: {x: 1}}', use(bad));
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 403, instance: '/do/0/a/extensions/x/before/0/check' } });
    const failed = shell.linked.program.steps.find((step) => step.pointer === shell.run.fault?.instance);
    expect(failed).toMatchObject({ name: 'check', line: 4 });
    expect(played('  - t: {try: [{a: {set: {x: 1}}}], catch: {do: [{h: {wait: PT1S, output: {as: $error.status}}}]}}', use(bad)).run.output).toBe(403);
  });

  it('keeps its state over a snapshot, a retry by a person, and does not let an open step move to a version with other extensions', () => {
    const text = flowOf(
      '  - a: {wait: PT1H, then: end}\n  - b: {set: {at: b}}',
      use("x: {extend: wait, after: [{fail: {raise: {error: {type: 'https://x.test/e', status: 500}}, if: '$context.mended != true'}}]}"),
    );
    const shell = virtualShell(linkFlow(text));
    shell.give({ type: 'start', input: { n: 1 } });
    const other = linkFlow(text.replace(/use:[^]*?\ndo:/, 'do:'));
    expect(rebase(snapshot(shell.run), shell.linked.program, shell.linked.program)).toEqual(snapshot(shell.run));
    expect(rebase(snapshot(shell.run), shell.linked.program, other.program)).toBeUndefined();
    shell.play();
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { instance: '/do/0/a/extensions/x/after/0/fail' } });
    expect(rebase(snapshot(shell.run), shell.linked.program, shell.linked.program)).toEqual(snapshot(shell.run));
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    shell.give({ type: 'set-context', context: { mended: true }, by: 'ada' });
    shell.play();
    expect(shell.run.phase).toBe('failed');
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    shell.play();
    expect(shell.journal.filter((event) => event.type === 'timer.fired')).toHaveLength(1);
  });

  it('costs a program one frame a step, and is bounded with all other steps', () => {
    const before = Array.from({ length: 40 }, (_, i) => `{s${i}: {set: {x: 1}}}`).join(', ');
    const steps = Array.from({ length: 400 }, (_, i) => `  - a${i}: {wait: PT1S}`).join('\n');
    const result = compileFlow(flowOf(steps, use(`x: {extend: wait, before: [${before}]}`)));
    expect(result.ok ? [] : result.errors[0]?.message).toMatch(/^The document has more than 10000 steps/);
  });
});

describe('extensions that only look on', () => {
  const seen = (shell: VirtualShell): Json => {
    const { phase, output, context, fault, retries, generation } = shell.run;
    const keys = shell.journal.flatMap((event) => (event.type === 'effect.requested' ? [event.key] : []));
    const due = openTimers(shell.run).map((timer) => timer.dueMs);
    // A path tells how deep the list was that jumped back, frames counted: keys and jitter are other ones from there on.
    const jumped = shell.journal.some((event) => event.type === 'step.entered' && event.path.includes('~'));
    // Ids of events hold the number of the act.
    return JSON.parse(
      JSON.stringify({ phase, output, context, fault, retries, generation, asked: keys.length, timers: due.length, ...(!jumped && { keys, due }) }).replaceAll(
        /"id":"[\w-]{22}"/g,
        '"id":""',
      ),
    ) as Json;
  };

  it('change nothing of any run: outputs, errors, keys of effects and timers are those of the flow without them', () => {
    const look = [{ look: { set: { saw: '${ $task.name }' } } }];
    fc.assert(
      fc.property(flow, fc.array(move, { maxLength: 25 }), (text, moves) => {
        // Which branch comes first is not promised, and depends on how many steps each has.
        fc.pre(!text.includes('"fork"'));
        const { use: _use, ...document } = JSON.parse(text) as { [key: string]: Json };
        const watched = {
          ...document,
          use: {
            extensions: [{ one: { extend: 'all', before: look, after: look } }, { two: { extend: 'all', when: '$task.reference != null', before: look } }],
          },
        };
        const runs = [document, watched].map((one) => {
          const shell = virtualShell(linkFlow(JSON.stringify(one)), { nesting: 1000, historyEvents: one === document ? 300 : 3000 });
          for (const command of [{ type: 'start', input: { n: 1 } } as const, ...moves]) {
            const given = 'type' in command ? command : ['stale', 'nonsense', 'revive'].includes(command.kind) ? undefined : commandOf(shell, command);
            if (given !== undefined) shell.give(given);
            shell.settle();
          }
          return seen(shell);
        });
        // A loop without end meets the limit on its history sooner with more steps in it.
        fc.pre(!JSON.stringify(runs[0]).includes('PALACE_FLOW_HISTORY_EVENTS'));
        expect(runs[1]).toEqual(runs[0]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a mistake in an extension', () => {
  const said = (extension: string): string[] => messages(compileFlow(flowOf('  - a: {set: {x: 1}}', use(extension))));
  it.each([
    [
      'x: {extend: cal}',
      '4:19 /use/extensions/0/x/extend | "extend" must be "call", "composite", "emit", "for", "listen", "raise", "run", "set", "switch", "try", "wait" or "all". | Did you mean "call"?',
    ],
    ['x: {before: [{b: {set: {y: 1}}}]}', '4:7 /use/extensions/0/x | An extension needs "extend".'],
    ['x: {extend: all, befor: []}', '4:24 /use/extensions/0/x/befor | Unknown key "befor" in an extension. | Did you mean "before"?'],
    ['x', '4:7 /use/extensions/0 | An extension is one name with its body under it. | For example: "- logging: {extend: call, before: [...]}".'],
    ['x: {extend: all, before: []}', '4:32 /use/extensions/0/x/before | A list of steps needs at least one step.'],
    [
      'x: {extend: wait, before: [{b: {seet: {y: 1}}}]}',
      '4:39 /use/extensions/0/x/before/0/b/seet | The step "b" does not say what it does. | Did you mean "set"?',
    ],
    [
      'x: {extend: wait, when: "$item > 1", before: [{b: {set: {y: 1}}}]}',
      '4:32 /use/extensions/0/x/when | Expression: $item is not defined. | Did you mean "$runtime"?',
    ],
    [
      'x: {extend: set, before: [{b: {set: {y: 1}, then: a}}]}',
      '4:57 /use/extensions/0/x/before/0/b/then | There is no step "a" in this list. | Did you mean "b"?',
    ],
    ['x: {extend: set}', '4:10 /use/extensions/0/x | The extension "x" does nothing. | Give it steps under "before" or "after".'],
  ])('is named where it stands: %s', (extension, message) => {
    expect(said(extension).map((one) => one.replace(/Known here.*|Did you mean "\$.*/, 'Did you mean "$runtime"?'))).toContain(message);
  });

  it('is named once, however many steps it stands around', () => {
    const steps = Array.from({ length: 20 }, (_, i) => `  - a${i}: {set: {x: 1}}`).join('\n');
    expect(messages(compileFlow(flowOf(steps, use('x: {extend: set, before: [{b: {set: {y: "${ .x | nope }"}}}]}'))))).toHaveLength(1);
  });

  it('of two with one name is refused', () => {
    expect(messages(compileFlow(flowOf('  - a: {set: {x: 1}}', use(LOGGING, LOGGING))))).toEqual([
      expect.stringContaining('Two extensions are named "logging".'),
    ]);
  });
});
