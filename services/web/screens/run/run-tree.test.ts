import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../api/run-events.ts';
import { emptyTree, foldEvents } from './run-tree.ts';
import type { RunTree } from './tree-shape.ts';
import { newestOf, runMarks } from './run-marks.ts';
import { standingOf } from './standing.ts';
import { treeRows, type RowState } from './tree-rows.ts';

type Told = Omit<RunEvent, 'seq' | 'at'> & { readonly ms: number };

const told = (events: readonly Told[]): RunEvent[] => events.map(({ ms, ...event }, i) => ({ ...event, seq: i + 1, at: new Date(ms).toISOString() }));
function treeOf(...events: readonly Told[]): RunTree {
  const tree = emptyTree();
  foldEvents(tree, told(events));
  return tree;
}
const event = (ms: number, type: string, data: object, more: object = {}): Told => ({ ms, type, data: { ...data, atMs: ms }, ...more });
const enter = (ms: number, act: number, parent: number, step: string, kind: string, path = ''): Told =>
  event(ms, 'step.entered', { act, parent, path }, { step, kind, name: step.split('/').at(-1) ?? '' });
const done = (ms: number, act: number): Told => event(ms, 'step.completed', { act, to: -1 });
const BEGIN = [event(1_000, 'run.started', { input: {} }), enter(1_000, 1, 0, '', 'do')] as const;

const ALL: RowState = { turned: new Map(), all: true, errorsOnly: false, search: '' };
const shown = (tree: RunTree, state: RowState = ALL): string[] =>
  treeRows(tree.root, state).map(
    ({ node, level }) => `${'  '.repeat(level)}${node.role === 'step' ? node.name : `${node.role}${node.number ?? ''}`} ${node.end ?? 'open'}`,
  );

const FAULT = { type: 'communication', status: 503, detail: 'no' };

describe('the tree', () => {
  test('has the steps of the document, without the lists that hold them', () => {
    const tree = treeOf(...BEGIN, enter(1_001, 2, 1, '/do/0/all', 'do'), enter(1_001, 3, 2, '/do/0/all/do/0/one', 'set'), done(1_005, 3), done(1_006, 2));
    expect(shown(tree)).toEqual(['run open', '  all done', '    one done']);
    expect(tree.steps).toBe(2);
  });

  test('has a lap for each item of a loop', () => {
    const lap = (ms: number, act: number, index: number): Told[] => [
      event(ms, 'for.advanced', { act: 2, index }),
      enter(ms, act, 2, '/do/0/each/do', 'do', `.${index}`),
      enter(ms, act + 1, act, '/do/0/each/do/0/put', 'set', `.${index}`),
      done(ms + 1, act + 1),
      done(ms + 1, act),
    ];
    const tree = treeOf(
      ...BEGIN,
      enter(1_001, 2, 1, '/do/0/each', 'for'),
      event(1_001, 'for.started', { act: 2, items: [1, 2] }),
      ...lap(1_002, 3, 0),
      ...lap(1_004, 5, 1),
    );
    expect(shown(tree)).toEqual(['run open', '  each open', '    lap1 done', '      put done', '    lap2 done', '      put done']);
    expect(tree.nodes.get(2)).toMatchObject({ items: 2, laps: 2 });
  });

  test('shows attempts once there is more than one, and what was caught', () => {
    const body = (ms: number, act: number): Told[] => [enter(ms, act, 2, '/do/0/safe/try', 'do'), enter(ms, act + 1, act, '/do/0/safe/try/0/call', 'call')];
    const fail = (ms: number, act: number): Told[] => [
      event(ms, 'effect.requested', { act, attempt: 1, key: 'k', class: 'read', function: 'http' }),
      event(ms + 5, 'effect.failed', { act, attempt: 1, fault: FAULT }),
    ];
    const begin = [...BEGIN, enter(1_001, 2, 1, '/do/0/safe', 'try'), ...body(1_001, 3)];
    expect(shown(treeOf(...begin))).toEqual(['run open', '  safe open', '    call open']);
    const tree = treeOf(
      ...begin,
      ...fail(1_002, 4),
      event(1_007, 'error.caught', { act: 2, fault: FAULT, attempt: 1, retryAtMs: 1_107 }),
      event(1_007, 'timer.set', { id: '2.retry', act: 2, purpose: 'retry', dueMs: 1_107 }),
      event(1_107, 'timer.fired', { id: '2.retry' }),
      ...body(1_107, 5),
    );
    expect(shown(tree)).toEqual(['run open', '  safe open', '    attempt1 failed', '      call failed', '    attempt2 open', '      call open']);
    expect(tree.nodes.get(4)).toMatchObject({ caught: true, fault: FAULT, effect: { state: 'failed' } });
    expect(tree.nodes.get(2)?.waits).toEqual([{ kind: 'retry', fromMs: 1_007, toMs: 1_107, untilMs: 1_107 }]);
  });

  test('follows an act in doubt until a person settles it', () => {
    const begin = [
      ...BEGIN,
      enter(1_001, 2, 1, '/do/0/pay', 'call'),
      event(1_001, 'effect.requested', { act: 2, attempt: 1, key: 'k', class: 'unique', function: 'http' }),
    ];
    const doubted = [...begin, event(2_000, 'effect.doubted', { act: 2, attempt: 1, verifying: false, why: 'no answer' })];
    expect(treeOf(...doubted).nodes.get(2)).toMatchObject({ effect: { state: 'in-doubt', doubt: 'no answer' }, waits: [{ kind: 'doubt', toMs: undefined }] });
    const settled = treeOf(...doubted, event(9_000, 'effect.completed', { act: 2, attempt: 1, key: 'k', result: null, how: 'resolved' }), done(9_000, 2));
    expect(settled.nodes.get(2)).toMatchObject({ end: 'done', effect: { state: 'confirmed', how: 'resolved' }, waits: [{ kind: 'doubt', toMs: 9_000 }] });
  });

  test('a retry opens what was open when the run failed', () => {
    const failed = [
      ...BEGIN,
      enter(1_001, 2, 1, '/do/0/ask', 'call'),
      event(1_002, 'effect.failed', { act: 2, attempt: 1, fault: FAULT }),
      event(1_002, 'run.failed', { act: 2, fault: FAULT }),
    ];
    expect(shown(treeOf(...failed))).toEqual(['run failed', '  ask failed']);
    const tree = treeOf(
      ...failed,
      event(5_000, 'run.retried', { generation: 2 }),
      event(5_000, 'effect.requested', { act: 2, attempt: 2, key: 'k', class: 'read', function: 'http' }),
    );
    expect(shown(tree)).toEqual(['run open', '  ask open']);
    expect(tree.root.waits).toEqual([{ kind: 'ended', fromMs: 1_002, toMs: 5_000, untilMs: undefined }]);
    expect(tree.nodes.get(2)?.waits).toEqual(tree.root.waits);
  });

  test('going back to a step keeps what happened after it, as past', () => {
    const rewound: Told = event(9_000, 'run.rewound', { from: 'run', toSeq: 4 }, { open: [{ act: 1, parent: 0, path: '', step: '', name: '', kind: 'do' }] });
    const tree = treeOf(
      ...BEGIN,
      enter(1_001, 2, 1, '/do/0/one', 'set'),
      done(1_002, 2),
      enter(1_002, 3, 1, '/do/1/two', 'set'),
      done(1_003, 3),
      event(1_003, 'run.completed', { output: 1 }),
      rewound,
      enter(9_000, 5, 4, '/do/1/two', 'set'),
    );
    expect(shown(tree)).toEqual(['run open', '  one done', '  two done', '  two open']);
    expect([...tree.nodes.values()].map(({ id, past }) => [id, past])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [3, true],
      [5, false],
    ]);
  });

  test('a fork begins with what was open in the original', () => {
    const open = [
      { act: 1, parent: 0, path: '', step: '', name: '', kind: 'do' },
      { act: 2, parent: 1, path: '', step: '/do/1/all', name: 'all', kind: 'do' },
    ];
    const tree = treeOf(event(5_000, 'run.rewound', { from: 'another', toSeq: 9 }, { open }), enter(5_000, 3, 2, '/do/1/all/do/0/put', 'set'));
    expect(shown(tree)).toEqual(['run open', '  all open', '    put open']);
  });

  test('the sub-flows of a map are its children', () => {
    const tree = treeOf(
      ...BEGIN,
      enter(1_001, 2, 1, '/do/0/many', 'map'),
      event(1_001, 'map.started', { act: 2, items: [1, 2], limit: 2 }),
      event(1_001, 'child.requested', { act: 2, run: 'run_a', index: 0, await: true }),
      event(1_001, 'child.requested', { act: 2, run: 'run_b', index: 1, await: true }),
      event(1_009, 'child.ended', { act: 2, index: 1, fault: FAULT }),
    );
    expect(shown(tree)).toEqual(['run open', '  many open', '    child1 open', '    child2 failed']);
  });

  test('events that are told twice, and those of a newer release, change nothing', () => {
    const tree = emptyTree();
    const events = told([...BEGIN, event(1_001, 'moon.risen', { act: 1 }), enter(1_002, 2, 1, '/do/0/one', 'set')]);
    expect(foldEvents(tree, events)).toBe(true);
    expect(foldEvents(tree, events)).toBe(false);
    expect(shown(tree)).toEqual(['run open', '  one open']);
  });

  test('an act whose beginning is not kept any more stands below the run', () => {
    const tree = treeOf(event(1_000, 'effect.completed', { act: 77, attempt: 1, result: 1 }), done(1_001, 77));
    expect(shown(tree)).toEqual(['run open', '   done']);
  });
});

describe('the rows', () => {
  const tree = treeOf(
    ...BEGIN,
    enter(1_001, 2, 1, '/do/0/all', 'do'),
    enter(1_001, 3, 2, '/do/0/all/do/0/one', 'set'),
    event(1_002, 'step.faulted', { act: 3, fault: FAULT }),
    enter(1_002, 4, 1, '/do/1/other', 'set'),
  );

  test('are those that are open', () => {
    expect(shown(tree, { ...ALL, turned: new Map([[2, false]]) })).toEqual(['run open', '  all open', '  other open']);
    expect(shown(tree, { ...ALL, all: false })).toEqual(['run open', '  all open', '  other open']);
  });

  test('are only those that failed, or that are searched for, with what they stand in', () => {
    expect(shown(tree, { ...ALL, errorsOnly: true })).toEqual(['run open', '  all open', '    one failed']);
    expect(shown(tree, { ...ALL, search: 'OTHER' })).toEqual(['run open', '  other open']);
    expect(shown(tree, { ...ALL, search: 'nothing' })).toEqual(['run open']);
  });
});

test('the picture of the flow tells how its steps stand, of all instances together', () => {
  const words = { duration: (ms: number) => `${ms} ms`, times: (count: number) => `${count} times` };
  const tree = treeOf(
    ...BEGIN,
    enter(1_001, 2, 1, '/do/0/one', 'set'),
    done(1_004, 2),
    enter(1_004, 3, 1, '/do/1/again', 'set'),
    done(1_005, 3),
    enter(1_005, 4, 1, '/do/1/again', 'call'),
    event(1_005, 'listen.opened', { act: 4, filters: [] }),
  );
  expect([...runMarks(tree.root, words)]).toEqual([
    ['/do/0/one', { status: 'completed', note: '3 ms' }],
    ['/do/1/again', { status: 'waiting', note: '2 times' }],
  ]);
  expect(newestOf(tree.root, '/do/1/again')?.id).toBe(4);
  expect(standingOf(tree.root)).toBe('waiting');
});

test('ten thousand steps are folded and laid out in a moment', () => {
  const steps = Array.from({ length: 10_000 }, (_, i) => [enter(i, i + 2, 1, `/do/${i}/s${i}`, 'set'), done(i + 1, i + 2)]).flat();
  const events = told([...BEGIN, ...steps]);
  const began = performance.now();
  const tree = emptyTree();
  foldEvents(tree, events);
  expect(treeRows(tree.root, ALL)).toHaveLength(10_001);
  expect(performance.now() - began).toBeLessThan(1_000);
});
