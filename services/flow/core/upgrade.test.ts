// From one version to another: which states find a place in it, and that nothing of them means another thing there.
import { describe, expect, it } from 'vitest';
import { begun, open } from './begun-run.ts';
import type { RunEvent } from './model.ts';
import { revive } from './run.ts';
import { rebase } from './upgrade.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const HEAR = '{listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}';
const SAY = '{set: {n: 1}}';
const NAP = '{wait: {minutes: 1}}';

interface Case {
  readonly from: string;
  readonly to: string;
}

const list = (...steps: string[]): string => steps.map((step) => `  - ${step}`).join('\n');
const fork = (...branches: string[]): string => list(`f: {fork: {branches: [${branches.map((step) => `{${step}}`).join(', ')}]}}`);
const anyOf = (...types: string[]): string =>
  list(`h: {listen: {to: {any: [${types.map((type) => `{with: {type: ${type}}}`).join(', ')}], until: 'length > 2'}}}`);

const FINDS: readonly (readonly [what: string, steps: Case])[] = [
  ['the same steps', { from: list(`a: ${HEAR}`), to: list(`a: ${HEAR}`) }],
  ['more steps behind', { from: list(`a: ${HEAR}`), to: list(`a: ${HEAR}`, `b: ${SAY}`) }],
  ['fewer steps behind', { from: list(`a: ${HEAR}`, `b: ${SAY}`), to: list(`a: ${HEAR}`) }],
  ['another kind of step behind', { from: list(`a: ${HEAR}`, `b: ${SAY}`), to: list(`a: ${HEAR}`, `b: ${NAP}`) }],
  [
    'other content of what is open, and other numbers for what is within',
    {
      from: list(`a: {do: [{b: {do: [{c: ${NAP}}]}}]}`),
      to: list(
        "a: {if: 'true', do: [{b: {timeout: {after: PT1H}, do: [{c: {wait: {hours: 9}}}]}}, {x: {do: [{y: {set: {n: 1}}}]}}]}",
        'z: {do: [{y: {set: {n: 1}}}]}',
      ),
    },
  ],
  [
    'the same branches with other steps in them',
    { from: fork(`a: ${NAP}`, `b: {do: [{c: ${HEAR}}]}`), to: fork(`a: ${NAP}`, `b: {do: [{c: ${HEAR}}, {d: ${SAY}}]}`) },
  ],
  ['a filter that looks at more of the same event', { from: anyOf('x.a', 'x.b'), to: anyOf("x.a, data: '${ .n > 1 }'", 'x.b') }],
  [
    'a loop and a try around it',
    {
      from: list(`l: {for: {in: '[1, 2]'}, do: [{t: {try: [{a: ${HEAR}}], catch: {}}}]}`),
      to: list(`l: {for: {each: other, in: '[1]'}, do: [{t: {try: [{a: ${HEAR}}, {b: ${SAY}}], catch: {as: e}}}]}`),
    },
  ],
];

const FINDS_NOT: readonly (readonly [what: string, steps: Case])[] = [
  ['the open step under another name', { from: list(`a: ${HEAR}`), to: list(`b: ${HEAR}`) }],
  ['the open step further down', { from: list(`a: ${HEAR}`), to: list(`new: ${SAY}`, `a: ${HEAR}`) }],
  ['another kind of step', { from: list(`a: ${HEAR}`), to: list(`a: ${NAP}`) }],
  ['another kind of scope', { from: list(`a: {do: [{b: ${HEAR}}]}`), to: list(`a: {for: {in: '[1]'}, do: [{b: ${HEAR}}]}`) }],
  ['another event to hear', { from: list(`a: ${HEAR}`), to: list(`a: ${HEAR.replace('signal.go', 'signal.come')}`) }],
  ['the events in another order', { from: anyOf('x.a', 'x.b'), to: anyOf('x.b', 'x.a') }],
  ['one event more', { from: anyOf('x.a'), to: anyOf('x.a', 'x.b') }],
  ['one branch more', { from: fork(`a: ${NAP}`), to: fork(`a: ${NAP}`, `b: ${NAP}`) }],
  ['one branch fewer', { from: fork(`a: ${NAP}`, `b: ${SAY}`), to: fork(`a: ${NAP}`) }],
];

const moved = ({ from, to }: Case): ReturnType<typeof rebase> => {
  const [older, newer] = [linkFlow(flowOf(from)), linkFlow(flowOf(to))];
  const shell = virtualShell(older);
  shell.give({ type: 'start', input: {} });
  const state = plain(shell.run);
  const found = rebase(state, older.program, newer.program);
  expect(plain(shell.run), 'the state is not changed').toEqual(state);
  if (found !== undefined) expect(rebase(found, newer.program, older.program), 'and back again').toEqual(state);
  return found;
};

describe('the state of a run', () => {
  it.each(FINDS)('has a place in a version with %s', (_, steps) => {
    const state = moved(steps);
    expect(state).toBeDefined();
    const newer = linkFlow(flowOf(steps.to));
    const run = revive(newer, state ?? null);
    for (const act of run.acts.values()) expect(newer.program.steps[act.pc]?.parent).toBe(run.acts.get(act.parent)?.pc ?? -1);
  });

  it.each(FINDS_NOT)('has none in a version with %s', (_, steps) => {
    expect(moved(steps)).toBeUndefined();
  });

  it('takes along what is open outside: the effect under its key, with the number of its step there', () => {
    const call = "{call: http, with: {method: post, endpoint: 'http://x.test/a'}}";
    const shell = begun(list(`a: {do: [{b: ${call}}]}`));
    const newer = linkFlow(flowOf(list(`a: {do: [{b: ${call}}]}`, `z: ${SAY}`)));
    const before = open(shell);
    shell.run = revive(newer, rebase(plain(shell.run), shell.linked.program, newer.program) ?? null);
    expect(open(shell)).toEqual({ ...before, pc: before.pc + 1 });
    expect(newer.program.steps[open(shell).pc]?.pointer).toBe('/do/0/a/do/0/b');
  });

  it('never meets a position again that it had before: paths name no number of a step', () => {
    // In the newer version the middle list has the number that the inner one has in the older; both are gone through again and again.
    const inner =
      "{do: [{pay: {call: http, with: {method: post, endpoint: 'http://x.test/a'}}}, {nap: {wait: PT1M}}, {more: {switch: [{yes: {when: .more, then: pay}}]}}]}";
    const middle = `{do: [{c: ${inner}}, {lap: {set: {n: 1}, then: c}}]}`;
    const versioned = (...more: string[]) =>
      linkFlow(flowOf(list(`a: {do: [{b: ${middle}}]}`, ...more)).replace("'1.0.0'}", "'1.0.0', metadata: {palace: {upgrade: compatible}}}"));
    const shell = virtualShell(versioned(), { historyEvents: 40 });
    shell.give({ type: 'start', input: {} });
    shell.newest = versioned(`z: ${SAY}`);
    let paid = 0;
    shell.play(() => ({ result: { more: (paid += 1) % 6 !== 0 } }), 100);
    const keys = shell.journal.flatMap((event: RunEvent) => (event.type === 'effect.requested' ? [event.key] : []));
    expect(hashes(shell)).toEqual(new Set([shell.newest.hash]));
    expect(keys.length).toBeGreaterThan(20);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

const hashes = (shell: VirtualShell): Set<string> => new Set(shell.journal.flatMap((event) => (event.type === 'segment.opened' ? [event.hash] : [])));
