// listen with foreach: each event is worked on alone and in order while the step listens on; and what every event, raw and `until` mean.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { answer, asked, open, refuse } from './begun-run.ts';
import type { CloudEvent, DecideLimits, RunEvent } from './model.ts';
import { revive, rewound, segmentEvents } from './run.ts';
import { nearLimits } from './near-limits.ts';
import { runStatus, waitingFor } from './view.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const event = (type: string, data: Json, more: { [name: string]: Json } = {}): CloudEvent => ({
  specversion: '1.0',
  id: `${type}-${JSON.stringify(data)}`,
  source: '/test',
  type,
  data,
  ...more,
});

function begun(step: string, limits: Partial<DecideLimits> = {}, after = ''): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - hear: ${step}\n${after}`)), limits);
  shell.give({ type: 'start', input: { room: 7 } });
  return shell;
}
const act = (shell: VirtualShell): number => [...shell.run.listens][0] ?? -1;
const hear = (shell: VirtualShell, type: string, data: Json, more: { [name: string]: Json } = {}) =>
  shell.give({ type: 'event', act: act(shell), event: event(type, data, more) });
const restarted = (shell: VirtualShell): void => void (shell.run = revive(shell.linked, plain(shell.run)));

const CALL = `{call: http, with: {method: post, endpoint: 'http://x.test/work', body: {n: '\${ $item }', i: '\${ $index }', of: '\${ .room }'}}}`;
const WORK = (listen: string, more = ''): string => `{listen: ${listen}, foreach: {do: [{work: ${CALL}}]${more}}}`;
const bodies = (shell: VirtualShell): unknown[] => shell.journal.flatMap((e) => (e.type === 'effect.requested' ? [(e.args as { body: Json }).body] : []));

describe('foreach', () => {
  it('works on the events one by one in order of arrival, and listens on meanwhile', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: {one: {with: {type: stop}}}}}'));
    for (const n of [1, 2, 3]) hear(shell, 'a', n);
    expect(bodies(shell)).toEqual([{ n: 1, i: 0, of: 7 }]);
    answer(shell, 'one');
    expect(bodies(shell).at(-1)).toEqual({ n: 2, i: 1, of: 7 });
    hear(shell, 'a', 4);
    for (const said of ['two', 'three', 'four']) answer(shell, said);
    expect(runStatus(shell.run)).toBe('waiting');
    hear(shell, 'stop', null);
    expect(shell.run).toMatchObject({ phase: 'completed', output: ['one', 'two', 'three', 'four'] });
  });

  it('survives a restart between two items and within one', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: {one: {with: {type: stop}}}}}'));
    for (const n of [1, 2, 3]) hear(shell, 'a', n);
    for (const said of ['one', 'two', 'three']) {
      restarted(shell);
      answer(shell, said);
      restarted(shell);
    }
    hear(shell, 'stop', null);
    expect(shell.run.output).toEqual(['one', 'two', 'three']);
    expect(bodies(shell)).toHaveLength(3);
  });

  it('keeps the outputs as output.as makes them, and exports after each item', () => {
    const more = `, output: {as: '{got: ., item: $item, at: $index}'}, export: {as: '{last: $item, all: [($context.all // [])[], .got]}'}`;
    const shell = begun(WORK('{to: {all: [{with: {type: a}}, {with: {type: b}}]}}', more), {}, `  - then: {set: {c: '\${ $context }', o: '\${ . }'}}`);
    hear(shell, 'b', 'B');
    hear(shell, 'a', 'A');
    answer(shell, 1);
    expect(shell.run.context).toEqual({ last: 'B', all: [1] });
    answer(shell, 2);
    expect(shell.run.output).toEqual({
      c: { last: 'A', all: [1, 2] },
      o: [
        { got: 1, item: 'B', at: 0 },
        { got: 2, item: 'A', at: 1 },
      ],
    });
  });

  it('without a body gives each event as it is read', () => {
    const shell = begun(`{listen: {to: {all: [{with: {type: a}}, {with: {type: b}}]}, read: envelope}, foreach: {output: {as: .type}}}`);
    hear(shell, 'b', 1);
    hear(shell, 'a', 2);
    expect(shell.run.output).toEqual(['b', 'a']);
  });

  it('asks an until in words after each item, over the outputs and the item, and leaves what waits', () => {
    const shell = begun(WORK(`{to: {any: [{with: {type: a}}], until: 'length >= 2 and $item == 2 and $index == 1'}}`));
    for (const n of [1, 2, 3]) hear(shell, 'a', n);
    answer(shell, 'one');
    answer(shell, 'two');
    expect(shell.journal.find((e) => e.type === 'listen.closed')).toMatchObject({ satisfied: true, left: 1 });
    expect(shell.run).toMatchObject({ phase: 'completed', output: ['one', 'two'] });
  });

  it('works off what waits when an event ends the listen', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: {one: {with: {type: stop}}}}}'));
    for (const n of [1, 2]) hear(shell, 'a', n);
    hear(shell, 'stop', null);
    expect(shell.run.listens.size).toBe(0);
    expect(shell.give({ type: 'event', act: 2, event: event('a', 3) }).unused).toBe('The step does not listen any more.');
    answer(shell, 'one');
    answer(shell, 'two');
    expect(shell.run.output).toEqual(['one', 'two']);
  });

  it('ends with the first event where nothing says until when', () => {
    const shell = begun(WORK('{to: {one: {with: {type: a}}}}'));
    hear(shell, 'a', 1);
    expect(shell.run.listens.size).toBe(0);
    answer(shell, 'one');
    expect(shell.run.output).toEqual(['one']);
  });

  it('knows an event again that it is done with, also one that was found by looking back and comes late', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: length >= 900}}'), { bufferedSignals: 1000 });
    shell.checking = false;
    shell.give({ type: 'event', act: act(shell), event: event('a', 0), early: true });
    answer(shell, 0);
    for (let n = 1; n <= 300; n++) {
      hear(shell, 'a', n);
      answer(shell, n);
    }
    restarted(shell);
    expect(hear(shell, 'a', 300).unused).toBe('The step has received this event already.');
    expect(hear(shell, 'a', 0).unused).toBe('The step has received this event already.');
  });

  it('takes a fault of its body as its own: a try around it goes on, and nobody listens any more', () => {
    const shell = begun(`{try: [{inner: ${WORK('{to: {any: [], until: "false"}}')}}], catch: {do: [{caught: {set: {caught: true}}}]}}`);
    hear(shell, 'a', 1);
    hear(shell, 'a', 2);
    refuse(shell);
    expect(shell.run).toMatchObject({ phase: 'completed', output: { caught: true } });
    expect(shell.run.listens.size).toBe(0);
  });

  it('goes on with the very item when a person retries the run, and hears again', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: length >= 2}}'));
    hear(shell, 'a', 1);
    hear(shell, 'a', 2);
    refuse(shell);
    expect(shell.run.phase).toBe('failed');
    shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
    expect(bodies(shell).at(-1)).toMatchObject({ n: 1, i: 0 });
    expect(hear(shell, 'a', 1).unused).toBe('The step has received this event already.');
    answer(shell, 'one');
    answer(shell, 'two');
    expect(shell.run.output).toEqual(['one', 'two']);
  });

  it('is cut short by its timeout and by a cancellation, and gives up its subscription each time', () => {
    const slow = begun(`${WORK('{to: {any: [], until: "false"}}').slice(0, -1)}, timeout: {after: {seconds: 5}}}`);
    hear(slow, 'a', 1);
    slow.play(() => 'silence');
    expect(slow.run.fault).toMatchObject({ status: 408, instance: '/do/0/hear' });
    const cancelled = begun(WORK('{to: {any: [], until: "false"}}'));
    hear(cancelled, 'a', 1);
    cancelled.give({ type: 'cancel', by: 'ada' });
    for (const shell of [slow, cancelled]) expect(shell.types().filter((type) => type === 'listen.closed')).toHaveLength(1);
  });

  it('lives for ever: a segment after the other, with the newest outputs and a bounded state', () => {
    const shell = begun(`{listen: {to: {any: [], until: 'false'}}, foreach: {do: [{note: {set: {n: '\${ $item }'}}}]}}`, {
      historyEvents: 100,
      bufferedSignals: 5,
    });
    shell.checking = false;
    let largest = 0;
    for (let n = 0; n < 400; n++) {
      hear(shell, 'a', n);
      largest = Math.max(largest, JSON.stringify(plain(shell.run)).length);
    }
    expect(shell.run.segment?.number).toBeGreaterThan(10);
    expect(segmentEvents(shell.run)).toBeLessThan(100);
    expect(largest).toBeLessThan(10_000);
    const own = shell.run.acts.get(act(shell))?.own;
    expect(own?.kind === 'listen' ? own.items : undefined).toMatchObject({ done: 400, outputs: [395, 396, 397, 398, 399].map((n) => ({ n })) });
  });

  it('fails when more events wait than may, or larger ones, and says so at half', () => {
    const shell = begun(WORK('{to: {any: [], until: "false"}}'), { bufferedSignals: 4 });
    for (const n of [1, 2]) hear(shell, 'a', n);
    expect(nearLimits(shell.run, shell.limits)).toEqual([{ setting: 'bufferedSignals', used: 2, limit: 4 }]);
    for (const n of [3, 4]) hear(shell, 'a', n);
    expect(shell.run.fault).toMatchObject({ status: 422, instance: '/do/0/hear', detail: expect.stringContaining('4 events waiting for their turn') });
    const large = begun(WORK('{to: {any: [], until: "false"}}'), { payloadBytes: 1000 });
    for (const n of [1, 2, 3]) hear(large, 'a', `${n}${'x'.repeat(400)}`);
    expect(large.run.fault?.detail).toContain('PALACE_FLOW_PAYLOAD_BYTES');
  });

  it('goes back to an item in a fork, without the subscription and the waiting answer of the original', () => {
    const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: length >= 2}}'));
    for (const n of [1, 2]) hear(shell, 'a', n);
    answer(shell, 'one');
    const fork = virtualShell(shell.linked);
    const begin = rewound(shell.run, { from: shell.run.id, toSeq: shell.run.seq, by: 'ada', effects: 'keep', ledger: [], atMs: 9 });
    fork.checking = false;
    fork.give({ type: 'rewind', event: { ...begin, from: 'run_elsewhere' } as Extract<RunEvent, { type: 'run.rewound' }> });
    expect(bodies(fork).at(-1)).toMatchObject({ n: 2, i: 1 });
    answer(fork, 'two again');
    expect(fork.run.output).toEqual(['one', 'two again']);
  });
});

describe('listening to every event', () => {
  it('takes what others publish, of any type, but no signal and no lifecycle event', () => {
    const shell = begun('{listen: {to: {any: []}}}');
    expect(shell.journal.find((e) => e.type === 'listen.opened')).toMatchObject({ filters: [{ attributes: [], correlate: [] }] });
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'event', text: '"hear" waits for events of any type.' }]);
    expect(hear(shell, 'io.serverlessworkflow.workflow.started.v1', null).unused).toBeTypeOf('string');
    shell.give({ type: 'signal', id: 's1', name: 'go', data: null });
    expect(shell.run.signals).toHaveLength(1);
    hear(shell, 'what.ever', 1);
    expect(shell.run.output).toEqual([1]);
  });

  it('by attributes alone, or by a type that is asked in words', () => {
    const bySource = begun(`{listen: {to: {one: {with: {source: /right}}}}}`);
    expect(hear(bySource, 'a', 1).unused).toBeTypeOf('string');
    hear(bySource, 'a', 1, { source: '/right' });
    expect(bySource.run.output).toEqual([1]);
    const byType = begun(`{listen: {to: {one: {with: {type: '\${ startswith("shop.") }'}}}}}`);
    expect(hear(byType, 'house.x', 1).unused).toBeTypeOf('string');
    hear(byType, 'shop.x', 1);
    expect(byType.run.output).toEqual([1]);
  });
});

describe('until', () => {
  it('all of several events, each once, in any order', () => {
    const shell = begun('{listen: {to: {any: [{with: {type: a}}], until: {all: [{with: {type: x}}, {with: {type: y}}]}}}}');
    hear(shell, 'y', 1);
    hear(shell, 'a', 2);
    expect(hear(shell, 'y', 3).unused).toBeTypeOf('string');
    hear(shell, 'x', 4);
    expect(shell.run.output).toEqual([2]);
  });

  it('goes before the filters of the step: what ends it is not heard', () => {
    const shell = begun('{listen: {to: {any: [], until: {one: {with: {type: stop}}}}}}');
    hear(shell, 'a', 1);
    hear(shell, 'stop', 2);
    expect(shell.run.output).toEqual([1]);
  });

  it('shares the correlation of the events that it ends', () => {
    const k = 'correlate: {k: {from: .data.k}}';
    const shell = begun(`{listen: {to: {any: [{with: {type: a}, ${k}}], until: {one: {with: {type: stop}, ${k}}}}}}`);
    hear(shell, 'a', { k: 1, n: 1 });
    expect(hear(shell, 'a', { k: 2 }).unused).toBeTypeOf('string');
    expect(hear(shell, 'stop', { k: 2 }).unused).toBeTypeOf('string');
    hear(shell, 'stop', { k: 1 });
    expect(shell.run.output).toEqual([{ k: 1, n: 1 }]);
  });
});

it('raw gives data as text: JSON as it is written, text and base64 as they came', () => {
  const shell = begun('{listen: {to: {all: [{with: {type: a}}, {with: {type: b}}, {with: {type: c}}]}, read: raw}}');
  hear(shell, 'a', { n: [1] });
  hear(shell, 'b', 'text');
  shell.give({ type: 'event', act: act(shell), event: { specversion: '1.0', id: 'c', source: '/x', type: 'c', data_base64: 'AAEC' } });
  expect(shell.run.output).toEqual(['{"n":[1]}', 'text', 'AAEC']);
});

it('a listen that had enough is over when a person retries what failed after it', () => {
  const shell = begun(`{listen: {to: {one: {with: {type: a}}}}, output: {as: 'if $context.ok then . else error("not yet") end'}}`);
  hear(shell, 'a', 1);
  expect(shell.run.phase).toBe('failed');
  shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
  expect(shell.run.phase).toBe('failed');
  expect(shell.types().filter((type) => type === 'listen.opened')).toHaveLength(1);
});

it('asks the outside world once for each item, under a key of its own', () => {
  const shell = begun(WORK('{to: {any: [{with: {type: a}}], until: length >= 3}}'));
  for (const n of [1, 2, 3]) hear(shell, 'a', n);
  const keys = new Set<string>();
  for (let i = 0; i < 3; i++) {
    keys.add(open(shell).key);
    answer(shell, i);
  }
  expect(keys.size).toBe(3);
  expect(asked(shell)).toHaveLength(3);
});

it('a listen whose events never run out goes on in new segments between two of them', () => {
  const shell = begun(WORK('{to: {any: [], until: "false"}}'), { historyEvents: 100, bufferedSignals: 200 });
  for (let n = 0; n < 60; n++) hear(shell, 'a', n);
  for (let n = 0; n < 60; n++) {
    shell.settle();
    answer(shell, n);
  }
  expect(shell.run.phase).toBe('running');
  expect(shell.run.segment?.number).toBeGreaterThan(5);
  expect(bodies(shell).map((body) => (body as { n: number }).n)).toEqual([...Array(60).keys()]);
});
