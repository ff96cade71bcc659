// Mistakes in `schedule` and in its settings: each with everything that is said about it.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { HEAD, messages } from './flow-text.ts';

const STEPS = 'do: [{a: {set: {x: 1}}}]';
const withPalace = (settings: string): string => HEAD.replace('}', `, metadata: {palace: {schedule: ${settings}}}}`);

const MISTAKES: readonly (readonly [what: string, lines: readonly string[], said: readonly string[]])[] = [
  ['none of its kinds', [HEAD, 'schedule: {}', STEPS], ['2:1 /schedule | Say "cron", "every", "after" or "on".']],
  [
    'two of its kinds',
    [HEAD, 'schedule: {every: PT1H, cron: "0 0 * * *"}', STEPS],
    ['2:1 /schedule | Only one of "cron", "every", "after" or "on" can stand here.'],
  ],
  [
    'an unknown key',
    [HEAD, 'schedule: {evry: PT1H}', STEPS],
    ['2:1 /schedule | Say "cron", "every", "after" or "on".', '2:12 /schedule/evry | Unknown key "evry" in a schedule. | Did you mean "every"?'],
  ],
  ['a date that never comes', [HEAD, 'schedule: {cron: "0 0 30 2 *"}', STEPS], ['2:18 /schedule/cron | "0 0 30 2 *" never comes: no month has such a day.']],
  [
    'a wrong field',
    [HEAD, 'schedule: {cron: "0 25 * * *"}', STEPS],
    ['2:18 /schedule/cron | "25" is no hour. | It is 0 to 23, a range like 0-23, or * with a step like */2.'],
  ],
  [
    'a zone that nobody knows',
    [withPalace('{zone: Europe/Atlantis}'), 'schedule: {cron: "0 0 * * *"}', STEPS],
    [
      `1:112 /document/metadata/palace/schedule/zone | There is no time zone "Europe/Atlantis". | Write it as in the IANA list: Europe/Berlin, America/New_York, UTC.`,
    ],
  ],
  [
    'a zone for an interval',
    [withPalace('{zone: Europe/Berlin}'), 'schedule: {every: PT1H}', STEPS],
    ['1:106 /document/metadata/palace/schedule/zone | A zone goes with "cron" only. | Intervals are the same everywhere.'],
  ],
  [
    'an unknown way to catch up',
    [withPalace('{catchUp: some}'), 'schedule: {every: PT1H}', STEPS],
    ['1:115 /document/metadata/palace/schedule/catchUp | "catchUp" must be "all", "last" or "skip".'],
  ],
  [
    'settings of no schedule',
    [withPalace('{catchUp: all}'), STEPS],
    ['1:95 /document/metadata/palace/schedule | There is no schedule that these settings could be of. | Write "schedule:" beside "do:".'],
  ],
  ['too many runs', [HEAD, 'schedule: {every: PT0.5S}', STEPS], ['2:19 /schedule/every | A schedule starts at most one run a second. | Write PT1S or more.']],
  [
    'an interval that has to be evaluated',
    [HEAD, 'schedule: {after: "${ .pause }"}', STEPS],
    ['2:19 /schedule/after | This duration must be fixed, not an expression. | Write it like PT30S.'],
  ],
  ['read without events', [HEAD, 'schedule: {every: PT1H, read: data}', STEPS], ['2:25 /schedule/read | "read" goes with "on" only.']],
  [
    'until beside all',
    [HEAD, 'schedule: {on: {all: [{with: {type: a}}], until: length > 1}}', STEPS],
    ['2:43 /schedule/on/until | "until" goes with "any" only.'],
  ],
  [
    'until of a run that is not there',
    [HEAD, 'schedule: {on: {any: [{with: {type: a}}], until: length > $context.n}}', STEPS],
    ['2:59 /schedule/on/until | Expression: $context is not defined. | Known here: $workflow, $runtime.'],
  ],
  [
    'until an event of any type',
    [HEAD, 'schedule: {on: {any: [{with: {type: a}}], until: {one: {with: {source: /shop}}}}}', STEPS],
    [
      '2:50 /schedule/on/until | An event that starts a flow is known by its type, in words. | Write "with: {type: ...}". Every event there is would start the flow without an end.',
    ],
  ],
  [
    'a signal',
    [HEAD, 'schedule: {on: {one: {with: {type: agentspalace.signal.go}}}}', STEPS],
    ['2:22 /schedule/on/one | A signal is sent to a run; it cannot start one. | Use the type of an event.'],
  ],
  [
    'events of every type',
    [HEAD, 'schedule: {on: {any: [{with: {type: a}}, {with: {source: /shop}}]}}', STEPS],
    [
      '2:22 /schedule/on/any | An event that starts a flow is known by its type, in words. | Write "with: {type: ...}". Every event there is would start the flow without an end.',
    ],
  ],
  [
    'a type that has to be evaluated',
    [HEAD, 'schedule: {on: {one: {with: {type: "${ startswith(\\"a.\\") }"}}}}', STEPS],
    [
      '2:22 /schedule/on/one | An event that starts a flow is known by its type, in words. | Write "with: {type: ...}". Every event there is would start the flow without an end.',
    ],
  ],
  [
    'no event at all',
    [HEAD, 'schedule: {on: {any: []}}', STEPS],
    ['2:22 /schedule/on/any | Name at least one event. | Write "- with: {type: ...}". Every event is meant by "any: []" under "to" alone.'],
  ],
  [
    'a filter that asks for the run',
    [HEAD, 'schedule: {on: {one: {with: {type: a, data: "${ .id == $context.id }"}}}}', STEPS],
    ['2:56 /schedule/on/one/with/data | Expression: $context is not defined. | Known here: $workflow, $runtime.'],
  ],
  [
    'an input schema that refuses every run',
    [HEAD, 'schedule: {every: PT1H}', 'input: {schema: {document: {type: object, required: [order]}}}', STEPS],
    [
      '2:1 /schedule | The input schema refuses what the schedule starts the flow with: "order" is missing. | A run that a time starts has the input {"scheduledAt": "2026-01-31T09:00:00.000Z"} and nothing else.',
    ],
  ],
];

describe('mistakes in a schedule', () => {
  it.each(MISTAKES)('are named by line, column and sentence: %s', (_what, lines, said) => {
    const compiled = compileFlow(lines.join('\n'));
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)).toEqual(said);
  });
});
