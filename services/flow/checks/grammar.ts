// The tables of a check file: which keys each part may have and which kinds of values they take. core/language/shape.ts reads them.
import type { Field, Shape } from '../core/language/shape.ts';
import { CASE_ENDS } from './model.ts';

const text: Field = { is: ['text'] };
const map: Field = { is: ['map'] };
const list: Field = { is: ['list'] };
const flag: Field = { is: ['boolean'] };
const expression: Field = { is: ['text'], expression: true };
const anything: Field = {};
/** `0` is a time, too. */
const time: Field = { is: ['text', 'integer'] };
const oneOrMore: Field = { is: ['text', 'list'] };
const oneOf = (...words: readonly string[]): Field => ({ is: ['text'], oneOf: words });

export const CLASSES = ['read', 'idempotent', 'unique', 'irreversible'] as const;
export const WAITING_KINDS = ['signal', 'event', 'timer', 'retry', 'run', 'effect', 'in-doubt', 'paused', 'permit'] as const;

export const CHECK_FILE: Shape = {
  what: 'a check file',
  keys: { flow: text, now: text, runtime: map, variables: map, stubs: map, cases: { is: ['list'], required: true } },
  refused: { document: 'This is a flow; a check file has "cases".' },
};

export const CASE: Shape = {
  what: 'a case',
  keys: {
    name: { is: ['text'], required: true },
    input: anything,
    context: map,
    run: text,
    now: text,
    runtime: map,
    variables: map,
    stubs: map,
    timeline: list,
    stopAt: time,
    expect: map,
  },
};

export const ANSWER: Shape = {
  what: 'an answer',
  keys: {
    when: expression,
    result: anything,
    compute: expression,
    error: { is: ['integer', 'text', 'map'] },
    outcome: oneOf('unknown'),
    verify: oneOf('happened', 'absent', 'unknown'),
    after: time,
  },
};
export const EACH: Shape = { what: 'a stub for each time round', keys: { each: { is: ['list'], required: true } } };

export const ERROR: Shape = {
  what: 'an error',
  keys: { type: text, status: { is: ['integer'] }, title: text, detail: text, reach: oneOf('not-sent', 'answered', 'unknown') },
};

const deed = (what: string, keys: Shape['keys']): Shape => ({ what, keys: { at: time, unused: flag, ...keys } });
/** By the key that says what happens. */
export const DEEDS = {
  signal: deed('a signal', { signal: text, data: anything, to: text }),
  event: deed('an event', { event: map }),
  pause: deed('a pause', { pause: flag }),
  resume: deed('a resume', { resume: flag }),
  cancel: deed('a cancel', { cancel: flag }),
  context: deed('a change of the context', { context: map }),
  resolve: deed('a word about an act in doubt', { resolve: text, outcome: { ...oneOf('done', 'absent'), required: true }, result: anything }),
} as const satisfies Record<string, Shape>;

export const EXPECT: Shape = {
  what: 'an expectation',
  keys: {
    status: oneOf(...CASE_ENDS),
    result: anything,
    resultIncludes: anything,
    that: oneOrMore,
    problem: map,
    path: list,
    visits: oneOrMore,
    avoids: oneOrMore,
    attempts: map,
    effects: list,
    emitted: list,
    elapsed: time,
    context: anything,
    contextIncludes: anything,
    waiting: { is: ['list', 'map'] },
  },
};
export const PROBLEM: Shape = { what: 'a problem', keys: { type: text, status: { is: ['integer'] }, title: text, detail: text, step: text } };
export const EFFECT: Shape = {
  what: 'an effect',
  keys: { step: text, function: text, class: oneOf(...CLASSES), with: anything, count: { is: ['integer', 'text'] } },
};
export const WAITING: Shape = { what: 'what a run waits for', keys: { kind: oneOf(...WAITING_KINDS), name: text, step: text, until: time } };
