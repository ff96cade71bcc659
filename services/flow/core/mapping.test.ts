// map: a sub-flow for each item, at most so many at once, results in order, and what becomes of it when something goes wrong.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.ts';
import type { Decision, DecideLimits, RunFault } from './model.ts';
import { revive, rewound } from './run.ts';
import { runIdShard } from './run-id.ts';
import { nearLimits } from './near-limits.ts';
import { waitingFor } from './view.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const FAULT: RunFault = { type: 'https://x.test/bad', status: 418, title: 'Bad' };
const FLOW = 'flow: {namespace: shop, name: bill, version: 1.0.0}';
const STEP = (more: string, frame = ''): string => `{call: 'map:1.0.0@default', with: {items: '\${ .items }', ${FLOW}, ${more}}${frame}}`;

function begun(step: string, items: Json, limits: Partial<DecideLimits> = {}): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - each: ${step}`)), limits);
  shell.give({ type: 'start', input: { items, most: 2 } });
  return shell;
}
const requested = (shell: VirtualShell) => shell.journal.flatMap((e) => (e.type === 'child.requested' ? [e] : []));
const running = (shell: VirtualShell): number[] => [...shell.run.acts.values()].flatMap(({ own }) => (own.kind === 'map' ? [...own.running.keys()] : []));
function end(shell: VirtualShell, index: number, said: { output: Json } | { fault: RunFault }): Decision {
  const child = requested(shell).findLast((e) => e.index === index);
  if (child === undefined) throw new Error(`item ${index} was not begun`);
  return shell.give({ type: 'child-ended', act: child.act, child: child.run, ...said });
}

describe('a map', () => {
  it('runs at most so many at once and gives the results in the order of the items', () => {
    const shell = begun(STEP('limit: 2'), ['a', 'b', 'c', 'd']);
    expect(running(shell)).toEqual([0, 1]);
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'run', text: expect.stringContaining('0 of 4 items are done, 2 under way') }]);
    end(shell, 1, { output: 'B' });
    expect(running(shell)).toEqual([0, 2]);
    shell.run = revive(shell.linked, plain(shell.run));
    end(shell, 2, { output: 'C' });
    end(shell, 3, { output: 'D' });
    expect(running(shell)).toEqual([0]);
    end(shell, 0, { output: 'A' });
    expect(shell.run).toMatchObject({ phase: 'completed', output: ['A', 'B', 'C', 'D'] });
    expect(requested(shell).map(({ input, index }) => [input, index])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 3],
    ]);
    expect(new Set(requested(shell).map(({ run }) => run)).size).toBe(4);
    for (const { run, depth } of requested(shell)) expect([runIdShard(run), depth]).toEqual([runIdShard(shell.run.id), 1]);
  });

  it('makes the input of each item when its turn comes, and takes its limit from an expression', () => {
    const shell = begun(STEP(`limit: '\${ .most }', input: {n: '\${ $item }', at: '\${ $index }', of: '\${ .items | length }'}`), [5, 6, 7]);
    expect(requested(shell).map(({ input }) => input)).toEqual([
      { n: 5, at: 0, of: 3 },
      { n: 6, at: 1, of: 3 },
    ]);
  });

  it('of nothing is over at once', () => {
    expect(begun(STEP('limit: 2'), []).run).toMatchObject({ phase: 'completed', output: [] });
  });

  it('stops with the first that fails, lets go of the others, and says which it was', () => {
    const shell = begun(STEP('limit: 3'), [1, 2, 3, 4]);
    const asked = requested(shell);
    end(shell, 1, { fault: FAULT });
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { status: 418, instance: '/do/0/each' } });
    expect(shell.journal.flatMap((e) => (e.type === 'child.abandoned' ? [e.run] : []))).toEqual([asked[0]?.run, asked[2]?.run]);
    expect(failureOf(shell.run, shell.journal)?.child?.id).toBe(asked[1]?.run);
    expect(end(shell, 2, { output: 1 }).unused).toBeTypeOf('string');
  });

  it('collects outputs and errors alike when told so, those of its own input too', () => {
    const shell = begun(STEP(`limit: 3, onError: collect, input: '\${ if $index == 1 then error("no input") else $item end }'`), [1, 2, 3]);
    expect(running(shell)).toEqual([0, 2]);
    end(shell, 0, { fault: FAULT });
    end(shell, 2, { output: 'three' });
    expect(shell.run.output).toMatchObject([
      { error: { status: 418 } },
      { error: { status: 400, detail: expect.stringContaining('no input') } },
      { output: 'three' },
    ]);
  });

  it('begins other children when a try repeats it', () => {
    const shell = virtualShell(
      linkFlow(flowOf(`  - safe: {try: [{each: ${STEP('limit: 2')}}], catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 2}}}}}`)),
    );
    shell.give({ type: 'start', input: { items: [1, 2] } });
    end(shell, 0, { fault: FAULT });
    shell.play();
    expect(running(shell)).toEqual([0, 1]);
    expect(new Set(requested(shell).map(({ run }) => run)).size).toBe(4);
    end(shell, 0, { output: 'x' });
    end(shell, 1, { output: 'y' });
    expect(shell.run.output).toEqual(['x', 'y']);
  });

  it('keeps the results that it has when a person retries the run', () => {
    const shell = begun(STEP('limit: 2'), [1, 2, 3]);
    end(shell, 0, { output: 'one' });
    end(shell, 1, { fault: FAULT });
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    expect(running(shell)).toEqual([1, 2]);
    expect(new Set(requested(shell).map(({ run }) => run)).size).toBe(5);
    end(shell, 2, { output: 'three' });
    end(shell, 1, { output: 'two' });
    expect(shell.run.output).toEqual(['one', 'two', 'three']);
  });

  it('lets go of its children when it is cancelled, overdue, or beaten by a sibling', () => {
    const slow = begun(STEP('limit: 2', ', timeout: {after: {seconds: 5}}'), [1, 2, 3]);
    slow.play();
    expect(slow.run.fault?.status).toBe(408);
    const cancelled = begun(STEP('limit: 2'), [1, 2, 3]);
    cancelled.give({ type: 'cancel', by: 'ada' });
    const beaten = virtualShell(linkFlow(flowOf(`  - race: {fork: {compete: true, branches: [{each: ${STEP('limit: 2')}}, {fast: {wait: {seconds: 1}}}]}}`)));
    beaten.give({ type: 'start', input: { items: [1, 2, 3] } });
    beaten.play();
    expect(beaten.run.phase).toBe('completed');
    for (const shell of [slow, cancelled, beaten]) expect(shell.types().filter((type) => type === 'child.abandoned')).toHaveLength(2);
  });

  it('of a fork takes over the results and begins the rest under names of its own; of a dry one it begins nothing', () => {
    const shell = begun(STEP('limit: 2'), [1, 2, 3]);
    end(shell, 1, { output: 'two' });
    const forked = (effects: 'keep' | 'dry'): VirtualShell => {
      const fork = virtualShell(shell.linked);
      fork.checking = false;
      const begin = rewound(shell.run, { from: shell.run.id, toSeq: shell.run.seq, by: 'ada', effects, ledger: [], atMs: 9 });
      fork.give({ type: 'rewind', event: { ...begin, from: 'run_elsewhere' } });
      return fork;
    };
    const fork = forked('keep');
    expect(running(fork)).toEqual([0, 2]);
    expect(requested(fork).map(({ run }) => run)).not.toContain(requested(shell)[0]?.run);
    const dry = forked('dry');
    expect(dry.run).toMatchObject({ phase: 'completed', output: [null, 'two', null] });
    expect(requested(dry)).toEqual([]);
  });

  it('says at half how many items it has, and refuses more than it may have, with a way out', () => {
    const near = begun(STEP('limit: 1'), [1, 2, 3], { fanOut: 6 });
    expect(nearLimits(near.run, near.limits)).toEqual([{ setting: 'fanOut', used: 3, limit: 6 }]);
    const many = begun(STEP('limit: 1'), [1, 2, 3], { fanOut: 2 });
    expect(many.run.fault?.detail).toContain('Cut the list into lists of at most 2 and map over them in a loop');
    expect(many.run.fault?.detail).toContain('PALACE_FLOW_FAN_OUT');
    expect(requested(many)).toEqual([]);
  });

  it.each([
    ['limit: 2', { a: 1 }, '"items" of a map must be a list, not an object.'],
    ['limit: 2', null, '"items" of a map must be a list, not null.'],
    [`limit: '\${ 0.5 }'`, [1], '"limit" of a map must be a whole number from 1 on.'],
    [`limit: '\${ -1 }'`, [1], '"limit" of a map must be a whole number from 1 on.'],
  ])('with %s over %j is a fault of the step', (more, items, detail) => {
    expect(begun(STEP(more), items).run.fault).toMatchObject({ status: 400, instance: '/do/0/each', detail });
  });

  it('bounds its results together, and runs that run each other', () => {
    const shell = begun(STEP('limit: 2'), [1, 2, 3], { payloadBytes: 1000 });
    end(shell, 0, { output: 'x'.repeat(600) });
    end(shell, 1, { output: 'y'.repeat(600) });
    expect(shell.run.fault?.detail).toContain('The results of the map are larger than 1000 bytes together.');
    const deep = virtualShell(linkFlow(flowOf(`  - each: ${STEP('limit: 2')}`)), { nesting: 3 });
    deep.give({ type: 'start', input: { items: [1] }, depth: 3 });
    expect(deep.run.fault?.detail).toContain('PALACE_FLOW_NESTING');
  });

  it('stands still while its run is paused, and what ends then counts', () => {
    const shell = begun(STEP('limit: 1'), [1, 2]);
    shell.give({ type: 'pause', by: 'ada' });
    end(shell, 0, { output: 'one' });
    expect(running(shell)).toEqual([]);
    shell.give({ type: 'resume', by: 'ada' });
    end(shell, 1, { output: 'two' });
    expect(shell.run.output).toEqual(['one', 'two']);
  });

  it('goes on in a new segment while its children run', () => {
    const shell = begun(STEP('limit: 2'), [...Array(40).keys()], { historyEvents: 60 });
    for (let i = 0; i < 40; i++) end(shell, i, { output: i });
    expect(shell.run.segment?.number).toBeGreaterThan(1);
    expect(shell.run.output).toEqual([...Array(40).keys()]);
  });
});

it('a loop has a bound of its own and says so at half', () => {
  const loop = (items: number, iterations: number): VirtualShell => {
    const shell = virtualShell(linkFlow(flowOf(`  - each: {for: {in: '[range(${items})]'}, do: [{nap: {wait: {seconds: 1}}}]}`)), { iterations });
    shell.give({ type: 'start', input: null });
    return shell;
  };
  const near = loop(5, 10);
  expect(nearLimits(near.run, near.limits)).toEqual([{ setting: 'iterations', used: 5, limit: 10 }]);
  expect(nearLimits(loop(4, 10).run, near.limits)).toEqual([]);
  expect(loop(11, 10).run.fault).toMatchObject({
    status: 422,
    instance: '/do/0/each',
    detail: 'The loop has 11 items; one loop may have 10. Let sub-flows loop over parts of the list. The setting is PALACE_FLOW_ITERATIONS.',
  });
});
