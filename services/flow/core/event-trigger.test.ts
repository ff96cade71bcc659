// Events that gather until something holds: what is one run's, what ends it, what is given up.
import { describe, expect, it } from 'vitest';
import type { Json } from '@palace/jq/json.ts';
import { gather, isTaken, type EventSchedule, type GatherBounds, type Group, type TriggerEnv } from './event-trigger.ts';
import type { CloudEvent } from './model.ts';
import { flowOf, linkFlow } from './virtual-shell.ts';

const ENV: TriggerEnv = { nowMs: 1_800_000_000_000, fuel: 100_000, runtime: {} };
const MOST: GatherBounds = { events: 100, bytes: 100_000 };
let ids = 0;
const event = (type: string, data: Json): CloudEvent => ({ specversion: '1.0', id: `e${++ids}`, source: '/t', type, data });

interface Told {
  readonly runs: readonly Json[];
  readonly groups: readonly Group[];
  readonly dropped: number;
}

/** All of `events`, one after the other: the data that each run starts with. */
function tell(on: string, events: readonly CloudEvent[], most = MOST): Told {
  const linked = linkFlow(flowOf('  - a: {set: {x: 1}}', `schedule: {on: ${on}}`));
  const schedule = linked.program.schedule as EventSchedule;
  let told: Told = { runs: [], groups: [], dropped: 0 };
  for (const one of events) {
    if (!isTaken(linked, schedule, one, ENV)) continue;
    const { groups, complete, dropped } = gather(linked, schedule, told.groups, one, most, ENV);
    const run = complete?.map(({ data }): Json => data ?? null);
    told = { groups, dropped: told.dropped + dropped, runs: run === undefined ? told.runs : [...told.runs, run] };
  }
  return told;
}
const many = (type: string, ...data: readonly Json[]): CloudEvent[] => data.map((one) => event(type, one));

describe('events that gather until an expression holds', () => {
  it('start a run with all of them, and begin anew', () => {
    expect(
      tell('{any: [{with: {type: a}}, {with: {type: b}}], until: length == 2}', [...many('a', 1), ...many('b', 2), ...many('c', 9), ...many('a', 3, 4, 5)]),
    ).toMatchObject({
      runs: [
        [1, 2],
        [3, 4],
      ],
      groups: [{ events: { 0: { data: 5 } } }],
    });
  });

  it('gather by their correlation', () => {
    const on = '{any: [{with: {type: a}, correlate: {k: {from: .data.k}}}], until: "(map(.n) | add) >= 3"}';
    const events = many('a', { k: 'x', n: 1 }, { k: 'y', n: 1 }, { k: 'y', n: 2 }, { k: 'x', n: 2 });
    expect(tell(on, events).runs).toEqual([
      [
        { k: 'y', n: 1 },
        { k: 'y', n: 2 },
      ],
      [
        { k: 'x', n: 1 },
        { k: 'x', n: 2 },
      ],
    ]);
  });

  it('go on when the expression fails on them', () => {
    expect(tell('{any: [{with: {type: a}}], until: "map(.n) | add | . >= 3"}', many('a', 'text', { n: 3 }))).toMatchObject({ runs: [], dropped: 0 });
    expect(tell('{any: [{with: {type: a}}], until: "def f: f; f"}', many('a', 1))).toMatchObject({ runs: [], dropped: 0 });
  });
});

describe('events that gather until others come', () => {
  const ON = '{any: [{with: {type: a}}], until: {one: {with: {type: end}}}}';

  it('start a run without the one that ends it', () => {
    expect(tell(ON, [...many('a', 1, 2), ...many('end', 0), ...many('a', 3), ...many('end', 0)]).runs).toEqual([[1, 2], [3]]);
  });

  it('start none where nothing came before the end', () => {
    expect(tell(ON, many('end', 0, 0))).toEqual({ runs: [], groups: [], dropped: 0 });
  });

  it('are ended by an event that they take themselves, too: it is no part of them', () => {
    const on = '{any: [{with: {type: a}}], until: {any: [{with: {type: a, data: "${ . > 9 }"}}, {with: {type: end}}]}}';
    expect(tell(on, many('a', 1, 10, 2, 20)).runs).toEqual([[1], [2]]);
  });

  it('wait for all of the ends, each once, and for those of their correlation', () => {
    const k = 'correlate: {k: {from: .data.k}}';
    const on = `{any: [{with: {type: a}, ${k}}], until: {all: [{with: {type: e}, ${k}}, {with: {type: f}, ${k}}]}}`;
    const events = [
      event('a', { k: 1 }),
      event('a', { k: 2 }),
      event('e', { k: 1 }),
      event('e', { k: 1 }),
      event('f', { k: 2 }),
      event('a', { k: 1, late: true }),
      event('f', { k: 1 }),
    ];
    const told = tell(on, events);
    expect(told.runs).toEqual([[{ k: 1 }, { k: 1, late: true }]]);
    expect(told.groups).toMatchObject([{ correlation: { k: 2 }, ends: [1] }]);
  });
});

describe('what gathers', () => {
  it('is bounded in number: the oldest events of a group, the oldest groups', () => {
    expect(
      tell('{any: [{with: {type: a}}], until: {one: {with: {type: end}}}}', [...many('a', 1, 2, 3, 4, 5), ...many('end', 0)], { events: 3, bytes: 100_000 }),
    ).toEqual({
      runs: [[3, 4, 5]],
      groups: [],
      dropped: 2,
    });
    const on = '{any: [{with: {type: a}, correlate: {k: {from: .data}}}], until: length > 9}';
    expect(tell(on, many('a', 1, 2, 3), { events: 2, bytes: 100_000 })).toMatchObject({
      dropped: 1,
      groups: [{ correlation: { k: 2 } }, { correlation: { k: 3 } }],
    });
  });

  it('is bounded in bytes: the newest that fit', () => {
    const told = tell('{any: [{with: {type: a}}], until: length > 9}', many('a', 'x'.repeat(600), 'y'.repeat(600), 'z'.repeat(5_000), 'w'), {
      events: 100,
      bytes: 1_000,
    });
    expect(told).toMatchObject({ dropped: 3, groups: [{ events: { 0: { data: 'w' } } }] });
  });
});
