// Runs that live long: when a segment opens, what it carries, and what stops it.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { answer, begun, CALL, endChild, open } from './begun-run.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { RunEvent } from './model.ts';
import { newRun, openTimers, segmentEvents } from './run.ts';
import { nearLimits } from './near-limits.ts';
import { runStatus } from './view.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const LISTENS = `
  - hear: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}, output: {as: '.[0]'}}
  - again: {set: '\${ {n: .n} }', then: hear}
`;

const send = (shell: VirtualShell, n: number, name = 'go') => shell.give({ type: 'signal', id: `s${n}`, name, data: { n } });
const opened = (shell: VirtualShell): Extract<RunEvent, { type: 'segment.opened' }>[] => shell.journal.filter((event) => event.type === 'segment.opened');
/** The size of the state, whatever the length of its numbers. */
const sizeOf = (state: Json): number => JSON.stringify(state).replaceAll(/\d+/g, '0').length;

describe('a run that rests with half of its history used', () => {
  it('goes on in a new segment and lives many times its limit, its events counted without a gap', () => {
    const shell = begun(LISTENS, {}, { historyEvents: 40 });
    for (let n = 0; opened(shell).length < 50; n++) send(shell, n);
    expect(shell.run.seq).toBe(shell.journal.length);
    expect(shell.run.seq).toBeGreaterThan(40 * 20);
    expect(runStatus(shell.run)).toBe('waiting');
    expect(opened(shell).map(({ segment }) => segment)).toEqual(Array.from({ length: 50 }, (_, i) => i + 2));
    expect(shell.run.segment).toEqual({ number: 51, firstSeq: shell.journal.findLastIndex((event) => event.type === 'segment.opened') + 1 });
  });

  it('opens it as the last event of the decision that brought it to rest, with the state of that moment', () => {
    const shell = begun(LISTENS, {}, { historyEvents: 30 });
    let n = 0;
    let decision = send(shell, n);
    while (opened(shell).length === 0) {
      expect(segmentEvents(shell.run)).toBeLessThan(15);
      decision = send(shell, (n += 1));
    }
    const last = decision.events.at(-1);
    expect(last).toMatchObject({ type: 'segment.opened', segment: 2, hash: shell.linked.hash, atMs: shell.nowMs, state: { seq: shell.run.seq - 1 } });
    expect(segmentEvents(shell.run)).toBe(1);
    // A fold from there alone, without the run's row: only its id is taken from elsewhere.
    const alone = newRun(shell.linked, { id: shell.run.id });
    evolve(alone, JSON.parse(JSON.stringify(last)) as RunEvent);
    expect(plain(alone)).toEqual(plain(shell.run));
  });

  it('carries as much after fifty segments as after two', () => {
    const shell = begun(LISTENS, {}, { historyEvents: 40 });
    for (let n = 0; opened(shell).length < 50; n++) send(shell, n);
    const [second, last] = [opened(shell)[1], opened(shell)[49]];
    expect(sizeOf(last?.state ?? null)).toBe(sizeOf(second?.state ?? 0));
  });

  it('carries timers, listens, children and signals that nobody has read; each goes on', () => {
    const shell = begun(
      `
  - all:
      fork:
        branches:
          - nap: {wait: {minutes: 5}}
          - sub: {run: {workflow: {namespace: test, name: child, version: '1.0.0'}}}
          - hear: {listen: {to: {one: {with: {type: x.told}}}}, timeout: {after: {hours: 1}}}
          - late: {do: [{first: {wait: {hours: 2}}}, {then: {listen: {to: {one: {with: {type: agentspalace.signal.early}}}}}}]}
`,
      {},
      { historyEvents: 26 },
    );
    send(shell, 1, 'early');
    expect(opened(shell)).toHaveLength(1);
    const act = (name: string): number => [...shell.run.acts.values()].find(({ pc }) => shell.linked.program.steps[pc]?.name === name)?.id ?? 0;
    expect(
      openTimers(shell.run)
        .map(({ purpose }) => purpose)
        .toSorted(),
    ).toEqual(['timeout', 'wait', 'wait']);
    endChild(shell, { output: 'child' });
    shell.give({ type: 'event', act: act('hear'), event: { specversion: '1.0', id: 'e', source: '/x', type: 'x.told', data: 'told' } });
    shell.play();
    expect(shell.run).toMatchObject({ phase: 'completed', output: [{}, 'child', ['told'], [{ n: 1 }]] });
  });

  it('does so paused and resumed, not while it is paused', () => {
    const shell = begun(LISTENS, {}, { historyEvents: 30 });
    shell.give({ type: 'pause', by: 'ada' });
    for (let n = 0; n < 12; n++) shell.give({ type: 'set-context', context: { n }, by: 'ada' });
    expect(opened(shell)).toEqual([]);
    shell.give({ type: 'resume', by: 'ada' });
    expect(opened(shell)).toHaveLength(1);
  });
});

describe('a run without a rest', () => {
  it('fails at the full limit of its segment, naming the setting', () => {
    const busy = begun(
      `
  - hear: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
  - more: {switch: [{yes: {when: '.[0].n < 6', then: hear}}]}
  - b: {set: {n: 1}, then: b}
`,
      {},
      { historyEvents: 60 },
    );
    for (let n = 0; n < 7; n++) send(busy, n);
    busy.settle();
    expect(opened(busy).length).toBeGreaterThan(0);
    expect(busy.run).toMatchObject({ phase: 'failed', fault: { status: 422, detail: expect.stringContaining('PALACE_FLOW_HISTORY_EVENTS') } });
    expect(segmentEvents(busy.run)).toBeLessThan(70);
    expect(busy.run.seq).toBeGreaterThan(70);
  });

  it('does not open a segment while an effect is open or in doubt', () => {
    const post = "{call: http, with: {method: post, endpoint: 'http://x.test/a'}}";
    const shell = begun(
      `  - both: {fork: {branches: [{a: ${post}}, {loop: {do: [${LISTENS.trim().replace('\n  - ', '}, {').replace('- ', '{')}}]}}]}}`,
      {},
      { historyEvents: 60 },
    );
    shell.give({ type: 'effect-lost', act: open(shell).act, attempt: 1 });
    expect(open(shell).state).toBe('in-doubt');
    for (let n = 0; segmentEvents(shell.run) < 40; n++) send(shell, n);
    expect(opened(shell)).toEqual([]);
    shell.give({ type: 'effect-resolved', key: open(shell).key, outcome: 'done', by: 'ada' });
    expect(opened(shell)).toHaveLength(1);
  });

  it('does not carry what grows with its history: answers kept for a try that may repeat are history too', () => {
    const loop = `
  - safe:
      try:
        - pay: {call: http, with: {method: post, endpoint: 'http://x.test/a'}}
        - nap: {wait: {seconds: 1}, then: pay}
      catch: {retry: {delay: {seconds: 1}, limit: {attempt: {count: 3}}}}
`;
    const shell = begun(loop, {}, { historyEvents: 60 });
    shell.play(() => ({ result: 1 }), 2000);
    expect(opened(shell).length).toBeGreaterThan(2);
    expect(shell.run).toMatchObject({ phase: 'failed', fault: { detail: expect.stringContaining('PALACE_FLOW_HISTORY_EVENTS') } });
    expect(sizeOf(opened(shell).at(-1)?.state ?? null)).toBeLessThan(10_000);
  });
});

describe('the warning before the limit', () => {
  it('counts within the segment, and comes only when half went by without a rest', () => {
    const limits = { historyEvents: 40 };
    const resting = begun(LISTENS, {}, limits);
    for (let n = 0; opened(resting).length < 5; n++) {
      send(resting, n);
      expect(nearLimits(resting.run, resting.limits)).toEqual([]);
    }
    const busy = begun(`  - a: ${CALL('a')}\n  - b: {switch: [{more: {when: 'true', then: a}}]}`, {}, limits);
    while (segmentEvents(busy.run) < 30) {
      expect(nearLimits(busy.run, busy.limits)).toEqual([]);
      answer(busy, 1);
    }
    expect(nearLimits(busy.run, busy.limits)).toEqual([{ setting: 'historyEvents', used: segmentEvents(busy.run), limit: 40 }]);
  });
});

describe('the version of a segment', () => {
  const versioned = (steps: string, upgrade = 'upgrade: compatible') =>
    linkFlow(flowOf(steps).replace("version: '1.0.0'}", `version: '1.0.0', metadata: {palace: {${upgrade}}}}`));
  const session = (said: string, name = 'again') => `
  - hear: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}, output: {as: '.[0]'}}
  - ${name}: {set: {said: ${said}, n: '\${ .n }'}, then: hear}
`;
  const until = (shell: VirtualShell, segments: number): void => {
    for (let n = shell.journal.length; opened(shell).length < segments; n++) send(shell, n);
  };
  const lives = (linked: ReturnType<typeof linkFlow>): VirtualShell => {
    const shell = virtualShell(linked, { historyEvents: 30 });
    shell.give({ type: 'start', input: {} });
    return shell;
  };
  const said = (shell: VirtualShell): Json => [...shell.run.acts.values()][0]?.data ?? null;

  it('is the run’s own, although there is a newer one, unless the flow asks for it', () => {
    const shell = lives(linkFlow(flowOf(session('one'))));
    shell.newest = versioned(session('two'));
    until(shell, 2);
    expect(opened(shell).map(({ hash }) => hash)).toEqual([shell.linked.hash, shell.linked.hash]);
    expect(said(shell)).toMatchObject({ said: 'one' });
  });

  it('is the newest one when both ask for it and the open steps are found in it', () => {
    const shell = lives(versioned(session('one')));
    until(shell, 1);
    const newest = versioned(`${session('two')}  - more: {do: [{inner: {set: {n: 1}}}]}\n`);
    shell.newest = newest;
    until(shell, 2);
    expect(opened(shell).map(({ hash }) => hash)).toEqual([shell.linked.hash, newest.hash]);
    send(shell, 9_999);
    expect(said(shell)).toEqual({ said: 'two', n: 9_999 });
    until(shell, 4);
    expect(shell.run.linked.hash).toBe(newest.hash);
  });

  it.each([
    ['does not ask for it any more', session('two'), 'concurrency: {limit: 1}'],
    ['has another step there', session('two').replace('- hear:', '- hark:').replace('then: hear', 'then: hark'), undefined],
    ['hears something else', session('two').replace('signal.go', 'signal.come'), undefined],
  ])('stays the run’s own when the newest one %s', (_, steps, palace) => {
    const shell = lives(versioned(session('one')));
    shell.newest = versioned(steps, palace);
    until(shell, 2);
    expect(new Set(opened(shell).map(({ hash }) => hash))).toEqual(new Set([shell.linked.hash]));
    expect(said(shell)).toMatchObject({ said: 'one' });
  });

  it('is looked up before anything is written: the decision asks for it and leaves the segment to the next command', () => {
    const { run, ...shell } = lives(versioned(session('one')));
    const env = { nowMs: shell.nowMs, limits: shell.limits };
    expect(decide(run, { type: 'open-segment' }, env)).toEqual({ events: [], more: false, unused: 'No segment is due.' });
    let decision = decide(run, { type: 'continue' }, env);
    for (let n = 0; decision.segmentDue === undefined; n++) {
      expect(decision.events.map(({ type }) => type)).not.toContain('segment.opened');
      decision = decide(run, { type: 'signal', id: `s${n}`, name: 'go', data: { n } }, env);
    }
    expect(decide(run, { type: 'open-segment' }, env)).toMatchObject({ events: [{ type: 'segment.opened', hash: shell.linked.hash }], more: false });
  });
});
