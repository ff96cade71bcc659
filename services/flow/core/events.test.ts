// listen, emit, signals and sub-flows: what reaches a run from outside, and what it says.
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { endChild } from './begun-run.ts';
import type { CloudEvent, DecideLimits } from './model.ts';
import { revive } from './run.ts';
import { runIdShard } from './run-id.ts';
import { runStatus, waitingFor } from './view.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

function listening(listen: string, limits: Partial<DecideLimits> = {}, input: Json = { room: 7 }): VirtualShell {
  const shell = virtualShell(linkFlow(flowOf(`  - hear: {listen: ${listen}}`)), limits);
  shell.give({ type: 'start', input });
  return shell;
}
const event = (type: string, data: Json, more: { [name: string]: Json } = {}): CloudEvent => ({
  specversion: '1.0',
  id: `${type}-${JSON.stringify(data)}`,
  source: '/test',
  type,
  data,
  ...more,
});
const act = (shell: VirtualShell): number => [...shell.run.listens][0] ?? -1;
const hear = (shell: VirtualShell, heard: CloudEvent) => shell.give({ type: 'event', act: act(shell), event: heard });
let signals = 0;
const signal = (shell: VirtualShell, name: string, data: Json = null) => shell.give({ type: 'signal', id: `s${(signals += 1)}`, name, data });

describe('listen', () => {
  it('to one event yields a list with its data', () => {
    const shell = listening('{to: {one: {with: {type: a.b}}}}');
    expect(runStatus(shell.run)).toBe('waiting');
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'event', name: 'a.b', text: expect.stringContaining('a.b') }]);
    hear(shell, event('a.b', { t: 1 }));
    expect(shell.run).toMatchObject({ phase: 'completed', output: [{ t: 1 }] });
  });

  it('reads whole envelopes when told so', () => {
    const shell = listening('{to: {one: {with: {type: a.b}}}, read: envelope}');
    hear(shell, event('a.b', 1));
    expect(shell.run.output).toMatchObject([{ specversion: '1.0', type: 'a.b', data: 1 }]);
  });

  it('to any of several ends with the first that fits', () => {
    const shell = listening('{to: {any: [{with: {type: a, data: "${ .t > 38 }"}}, {with: {type: b}}]}}');
    expect(hear(shell, event('a', { t: 36 })).unused).toBe('The event does not match the filters of the step.');
    expect(hear(shell, event('a', 'not an object')).unused).toBeTypeOf('string');
    hear(shell, event('a', { t: 39 }));
    expect(shell.run.output).toEqual([{ t: 39 }]);
  });

  it('to all waits for each filter once', () => {
    const shell = listening('{to: {all: [{with: {type: a}}, {with: {type: b}}]}}');
    hear(shell, event('b', 1));
    expect(hear(shell, event('b', 2)).unused).toBeTypeOf('string');
    hear(shell, event('a', 3));
    expect(shell.run.output).toEqual([1, 3]);
  });

  it('compares literal attributes and asks expressions', () => {
    const shell = listening(`{to: {one: {with: {type: a, source: /right, subject: '\${ startswith("x") }', data: {n: 1}}}}}`);
    for (const [source, subject, data] of [
      ['/wrong', 'xy', { n: 1 }],
      ['/right', 'ay', { n: 1 }],
      ['/right', 'xy', { n: 2 }],
    ] as const) {
      expect(hear(shell, event('a', data, { source, subject })).unused).toBeTypeOf('string');
    }
    hear(shell, event('a', { n: 1 }, { source: '/right', subject: 'xy' }));
    expect(shell.run.phase).toBe('completed');
  });

  it('correlates with what it expects, or with the first event', () => {
    const expected = listening('{to: {one: {with: {type: a}, correlate: {room: {from: .data.room, expect: "${ .room }"}}}}}');
    expect(hear(expected, event('a', { room: 8 })).unused).toBeTypeOf('string');
    hear(expected, event('a', { room: 7 }));
    expect(expected.run.phase).toBe('completed');

    const learnt = listening('{to: {all: [{with: {type: a}, correlate: {k: {from: .data.k}}}, {with: {type: b}, correlate: {k: {from: .data.k}}}]}}');
    hear(learnt, event('a', { k: 5 }));
    learnt.run = revive(learnt.linked, plain(learnt.run));
    expect(hear(learnt, event('b', { k: 6 })).unused).toBeTypeOf('string');
    hear(learnt, event('b', { k: 5 }));
    expect(learnt.run.output).toEqual([{ k: 5 }, { k: 5 }]);
  });

  it('until an expression over what it has heard', () => {
    const shell = listening('{to: {any: [{with: {type: a}}], until: "length >= 3"}}');
    for (const n of [1, 2, 3]) hear(shell, event('a', n));
    expect(shell.run.output).toEqual([1, 2, 3]);
  });

  it('takes an event once, by whichever way it came', () => {
    const shell = listening('{to: {any: [{with: {type: a}}], until: "length >= 2"}}');
    hear(shell, event('a', 1));
    expect(hear(shell, event('a', 1)).unused).toBe('The step has received this event already.');
    hear(shell, event('a', 1, { source: '/other' }));
    expect(shell.run.output).toEqual([1, 1]);
  });

  it('until an event, which is not part of the output but is subscribed to', () => {
    const shell = listening('{to: {any: [{with: {type: a}}], until: {one: {with: {type: stop}}}}}');
    expect(shell.journal.find((e) => e.type === 'listen.opened')).toMatchObject({ filters: [{ type: 'a' }, { type: 'stop' }] });
    hear(shell, event('a', 1));
    hear(shell, event('stop', 2));
    expect(shell.run.output).toEqual([1]);
  });

  it('fails when its until cannot be evaluated, and when it hears more than the limit', () => {
    const wrong = listening('{to: {any: [{with: {type: a}}], until: error("until")}}');
    hear(wrong, event('a', 1));
    expect(wrong.run.fault).toMatchObject({ status: 400, instance: '/do/0/hear' });
    const many = listening('{to: {any: [{with: {type: a}}], until: "length < 0"}}', { bufferedSignals: 3 });
    for (const n of [1, 2, 3]) hear(many, event('a', n));
    expect(many.run.fault).toMatchObject({ status: 422, detail: expect.stringContaining('PALACE_FLOW_BUFFERED_SIGNALS') });
  });
});

describe('a signal', () => {
  it('answers the step that waits for it, and says how it is sent', () => {
    const shell = listening('{to: {one: {with: {type: agentspalace.signal.approve}}}}');
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'signal', name: 'approve', command: `palace signal ${shell.run.id} approve` }]);
    expect(signal(shell, 'approve', { by: 'ada' }).events.map((e) => e.type)).toEqual(['listen.received', 'listen.closed', 'step.completed', 'run.completed']);
    expect(shell.run.output).toEqual([{ by: 'ada' }]);
  });

  it('that comes before its step is kept for it, and only once', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - wait: {wait: {seconds: 1}}
  - one: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
  - two: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    expect(signal(shell, 'go', 1).events.map((e) => e.type)).toEqual(['signal.received']);
    shell.play();
    expect(runStatus(shell.run)).toBe('waiting');
    expect(shell.run.signals).toEqual([]);
    signal(shell, 'go', 2);
    expect(shell.run.output).toEqual([2]);
  });

  it('reaches every open listen that takes it', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - both:
      fork:
        branches:
          - a: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
          - b: {listen: {to: {one: {with: {type: agentspalace.signal.go}}}}}
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    signal(shell, 'go', 1);
    expect(shell.run.output).toEqual([[1], [1]]);
  });

  it('is not kept without bound, nor when it is too large, nor after the end', () => {
    const shell = listening('{to: {one: {with: {type: agentspalace.signal.go}}}}', { bufferedSignals: 2, payloadBytes: 1000 });
    expect([signal(shell, 'x').unused, signal(shell, 'x').unused]).toEqual([undefined, undefined]);
    expect(signal(shell, 'x').unused).toContain('PALACE_FLOW_BUFFERED_SIGNALS');
    expect(signal(shell, 'go', 'x'.repeat(2000)).unused).toContain('PALACE_FLOW_PAYLOAD_BYTES');
    signal(shell, 'go');
    expect(signal(shell, 'go').unused).toBe('The run has ended: completed.');
  });
});

describe('emit', () => {
  it('completes the event: id, source and time', () => {
    const shell = virtualShell(linkFlow(flowOf(`  - say: {emit: {event: {with: {type: x.y, data: {n: '\${ .n }'}}}}}`)));
    shell.give({ type: 'start', input: { n: 4 } });
    expect(shell.run.output).toEqual({
      specversion: '1.0',
      type: 'x.y',
      data: { n: 4 },
      source: '/flows/test/flow',
      time: '2023-11-14T22:13:20.000Z',
      id: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(shell.journal.find((e) => e.type === 'event.emitted')).toMatchObject({ event: shell.run.output });
  });

  it('gives each emission an id of its own', () => {
    const shell = virtualShell(
      linkFlow(
        flowOf(`
  - each:
      for: {in: '[range(5)]'}
      do: [{say: {emit: {event: {with: {type: x.y}}}}}]
`),
      ),
    );
    shell.give({ type: 'start', input: null });
    expect(new Set(shell.journal.flatMap((e) => (e.type === 'event.emitted' ? [e.event.id] : []))).size).toBe(5);
  });

  const said = (given: string, input: Json = { n: 4 }): VirtualShell => {
    const shell = virtualShell(linkFlow(flowOf(`  - say: {emit: {event: {with: ${given}}}}`)));
    shell.give({ type: 'start', input });
    return shell;
  };

  it('takes every attribute of the schema as it is given, and leaves out what has no value', () => {
    const given = `{type: x.y, id: '\${ "i\\(.n)" }', source: 'https://x.test/s', time: 2026-01-31T12:00:00Z, subject: s, datacontenttype: text/plain, dataschema: 'https://x.test/schema', region: eu, part: 3, last: true, none: '\${ null }', data: '\${ null }'}`;
    expect(said(given).run.output).toEqual({
      specversion: '1.0',
      type: 'x.y',
      id: 'i4',
      source: 'https://x.test/s',
      time: '2026-01-31T12:00:00Z',
      subject: 's',
      datacontenttype: 'text/plain',
      dataschema: 'https://x.test/schema',
      region: 'eu',
      part: 3,
      last: true,
      data: null,
    });
  });

  it.each([
    [`type: '\${ .n }'`, 'The "type" of an event to emit must be text that is not empty.'],
    [`type: '\${ null }'`, 'An event to emit needs a "type" that is text.'],
    [`type: a, id: '\${ .n }'`, 'The "id" of an event to emit must be text that is not empty.'],
    [`type: a, source: '\${ "a b" }'`, 'The "source" of an event to emit must be an address or path without white space.'],
    [`type: a, time: '\${ "yesterday" }'`, 'The "time" of an event to emit must be a time like 2026-01-31T12:00:00Z.'],
    [`type: a, dataschema: '\${ "<x>" }'`, 'The "dataschema" of an event to emit must be an address or path without white space.'],
    [`type: a, subject: '\${ "x" * 1001 }'`, 'The "subject" of an event to emit must be at most 1000 characters long.'],
    [`type: a, specversion: '\${ "0.3" }'`, 'The "specversion" of an event to emit must be "1.0".'],
    [`type: a, part: '\${ 0.5 }'`, 'The "part" of an event to emit must be text, a whole number, true or false.'],
    [`type: a, part: '\${ [1] }'`, 'The "part" of an event to emit must be text, a whole number, true or false.'],
    [`type: '\${ "agentspalace.signal.go" }'`, 'Events of the type "agentspalace.signal.go" are said by the engine alone.'],
    [`type: '\${ "io.serverlessworkflow.task.started.v1" }'`, 'Events of the type "io.serverlessworkflow.task.started.v1" are said by the engine alone.'],
  ])('refuses what no event may have: %s', (given, detail) => {
    const shell = said(`{${given}}`);
    expect(shell.run.fault).toMatchObject({ status: 400, instance: '/do/0/say', detail });
    expect(shell.types()).not.toContain('event.emitted');
  });
});

describe('a sub-flow', () => {
  const flow = (wait: boolean) =>
    linkFlow(flowOf(`  - sub: {run: {workflow: {namespace: shop, name: refund, version: 2.0.0, input: {n: '\${ .n }'}}, await: ${wait}}}`));

  it('begins in the shard of its parent, one level deeper, and its output comes back', () => {
    const shell = virtualShell(flow(true));
    shell.give({ type: 'start', input: { n: 1 }, depth: 2 });
    const asked = shell.journal.find((e) => e.type === 'child.requested');
    expect(asked).toMatchObject({ flow: { namespace: 'shop', name: 'refund', version: '2.0.0' }, input: { n: 1 }, await: true, depth: 3 });
    if (asked?.type !== 'child.requested') return;
    expect(runIdShard(asked.run)).toBe(runIdShard(shell.run.id));
    expect(waitingFor(shell.run)).toMatchObject([{ kind: 'run', name: asked.run }]);
    endChild(shell, { output: 'done' });
    expect(shell.run.output).toBe('done');
    expect(endChild(shell, { output: 'again' }).unused).toBeTypeOf('string');
  });

  it('that fails is a fault of the step', () => {
    const shell = virtualShell(flow(true));
    shell.give({ type: 'start', input: { n: 1 } });
    endChild(shell, { fault: { type: 'https://x.test/e', status: 500, instance: '/do/3/deep' } });
    expect(shell.run.fault).toEqual({ type: 'https://x.test/e', status: 500, instance: '/do/0/sub' });
  });

  it('that is not awaited lets its parent go on with its input', () => {
    const shell = virtualShell(flow(false));
    shell.give({ type: 'start', input: { n: 1 } });
    expect(shell.run).toMatchObject({ phase: 'completed', output: { n: 1 } });
    expect(shell.types()).not.toContain('child.abandoned');
  });

  it('cannot be nested deeper than the limit', () => {
    const shell = virtualShell(flow(true), { nesting: 5 });
    shell.give({ type: 'start', input: { n: 1 }, depth: 5 });
    expect(shell.run.fault).toMatchObject({ status: 422, detail: expect.stringContaining('PALACE_FLOW_NESTING') });
  });
});
