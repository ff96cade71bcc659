// The tables of the language: which keys each part may have and which kinds of values they take (OWS 1.0.3, the steps that exist now).
// What OWS has and we do not yet is refused by name with one sentence, never ignored. shape.ts reads the tables.
import type { Field, Shape } from './shape.ts';
import { SUGAR_WORDS, needsKind } from './sugar.ts';

export const STEP_KINDS = ['call', 'do', 'emit', 'for', 'fork', 'listen', 'raise', 'run', 'set', 'switch', 'try', 'wait'] as const;
export type StepKindName = (typeof STEP_KINDS)[number];

const text: Field = { is: ['text'] };
const requiredText: Field = { is: ['text'], required: true };
const expression: Field = { is: ['text'], expression: true };
const flag: Field = { is: ['boolean'] };
const map: Field = { is: ['map'] };
const list: Field = { is: ['list'] };
const requiredList: Field = { is: ['list'], required: true };
const duration: Field = { is: ['text', 'map'] };
const template: Field = { is: ['text', 'map'] };
const any: Field = {};

export const later = (what: string): string => `${what} not available yet.`;

export const EXTERNAL_RESOURCE: Shape = { what: 'an external document', keys: { name: text, endpoint: { is: ['text', 'map'], required: true } } };
const SCHEMA: Shape = {
  what: 'a schema',
  keys: { format: text, document: { is: ['map', 'boolean'] }, resource: { is: ['map'], shape: EXTERNAL_RESOURCE } },
};
const INPUT: Shape = { what: 'an input', keys: { schema: { is: ['map'], shape: SCHEMA }, from: template } };
const OUTPUT: Shape = { what: 'an output', keys: { schema: { is: ['map'], shape: SCHEMA }, as: template } };
const EXPORT: Shape = { what: 'an export', keys: { schema: { is: ['map'], shape: SCHEMA }, as: template } };
export const OUTPUT_FIELD: Field = { is: ['map'], shape: OUTPUT };
export const EXPORT_FIELD: Field = { is: ['map'], shape: EXPORT };
const TIMEOUT: Shape = { what: 'a timeout', keys: { after: { ...duration, required: true } } };

const STEP_COMMON: Readonly<Record<string, Field>> = {
  if: expression,
  input: { is: ['map'], shape: INPUT },
  output: OUTPUT_FIELD,
  export: EXPORT_FIELD,
  timeout: { is: ['text', 'map'], shape: TIMEOUT },
  then: text,
  metadata: map,
};
const STEP_REFUSED: Readonly<Record<string, string>> = Object.fromEntries(SUGAR_WORDS.map((word) => [word, needsKind(word)]));

export const HTTP_WITH: Shape = {
  what: 'the "with" of an http call',
  keys: {
    method: requiredText,
    endpoint: { is: ['text', 'map'], required: true },
    headers: template,
    query: template,
    body: any,
    output: { is: ['text'], oneOf: ['content', 'response', 'raw'] },
    redirect: flag,
  },
};
/** `call: map:1.0.0@default`. */
export const MAP_WITH: Shape = {
  what: 'the "with" of a map',
  keys: {
    items: { is: ['text', 'list'], required: true },
    flow: {
      is: ['map'],
      required: true,
      shape: { what: 'the flow of a map', keys: { namespace: requiredText, name: requiredText, version: requiredText } },
    },
    limit: { is: ['integer', 'text'], required: true },
    input: any,
    onError: { is: ['text'], oneOf: ['stop', 'collect'] },
  },
};
/** What stands under `authentication` is checked in authentication.ts. */
export const ENDPOINT: Shape = { what: 'an endpoint', keys: { uri: requiredText, authentication: map } };

export const OPENAPI_WITH: Shape = {
  what: 'the "with" of an openapi call',
  keys: {
    document: { is: ['map'], required: true, shape: EXTERNAL_RESOURCE },
    operationId: requiredText,
    parameters: map,
    output: { is: ['text'], oneOf: ['content', 'response', 'raw'] },
    redirect: flag,
    authentication: map,
  },
};
export const CATALOG: Shape = {
  what: 'a catalog',
  keys: {
    endpoint: {
      is: ['text', 'map'],
      required: true,
      shape: { what: 'the endpoint of a catalog', keys: { uri: requiredText, authentication: map } },
    },
  },
};

const EMIT: Shape = {
  what: 'an emit',
  keys: { event: { is: ['map'], required: true, shape: { what: 'an event', keys: { with: { is: ['map'], required: true } } } } },
};
const FOR: Shape = { what: 'a for', keys: { each: text, in: { is: ['text', 'list'], required: true, expression: true }, at: text } };
const FORK: Shape = { what: 'a fork', keys: { branches: requiredList, compete: flag } };
const LISTEN: Shape = { what: 'a listen', keys: { to: { is: ['map'], required: true }, read: { is: ['text'], oneOf: ['data', 'envelope', 'raw'] } } };
const ITERATOR: Shape = {
  what: 'a foreach',
  keys: { item: text, at: text, do: list, output: { is: ['map'], shape: OUTPUT }, export: { is: ['map'], shape: EXPORT } },
};
const PROCESS: Readonly<Record<string, Field>> = { arguments: list, environment: map, stdin: text };
const RUN: Shape = {
  what: 'a run',
  keys: {
    workflow: {
      is: ['map'],
      shape: { what: 'a workflow to run', keys: { namespace: requiredText, name: requiredText, version: requiredText, input: map } },
    },
    script: {
      is: ['map'],
      shape: {
        what: 'a script',
        keys: { language: requiredText, code: text, source: { is: ['map'], shape: EXTERNAL_RESOURCE }, ...PROCESS },
      },
    },
    shell: { is: ['map'], shape: { what: 'a shell command', keys: { command: requiredText, ...PROCESS } } },
    container: {
      is: ['map'],
      shape: {
        what: 'a container',
        keys: {
          image: requiredText,
          name: text,
          command: text,
          volumes: map,
          ...PROCESS,
          lifetime: {
            is: ['map'],
            shape: {
              what: 'the lifetime of a container',
              keys: { cleanup: { is: ['text'], required: true, oneOf: ['always', 'never', 'eventually'] }, after: duration },
            },
          },
          pullPolicy: { is: ['text'], oneOf: ['ifNotPresent', 'always', 'never'] },
        },
        refused: { ports: 'A container of a step has no ports: it is a command that ends, and nobody could rely on reaching it.' },
      },
    },
    await: flag,
    return: { is: ['text'], oneOf: ['stdout', 'stderr', 'code', 'all', 'none'] },
  },
};
export const RETRY: Shape = {
  what: 'a retry policy',
  keys: {
    when: expression,
    exceptWhen: expression,
    delay: duration,
    backoff: { is: ['map'], shape: { what: 'a backoff', keys: { constant: map, linear: map, exponential: map } } },
    limit: {
      is: ['map'],
      shape: {
        what: 'a retry limit',
        keys: {
          attempt: {
            is: ['map'],
            shape: {
              what: 'an attempt limit',
              keys: { count: { is: ['integer'] }, duration },
            },
          },
          duration,
        },
      },
    },
    jitter: { is: ['map'], shape: { what: 'a jitter', keys: { from: { ...duration, required: true }, to: { ...duration, required: true } } } },
  },
};
const ERROR_FILTER: Shape = { what: 'an error filter', keys: { type: text, status: { is: ['integer'] }, instance: text, title: text, detail: text } };
export const ERROR: Shape = {
  what: 'an error',
  keys: { type: requiredText, status: { is: ['integer'], required: true }, instance: text, title: text, detail: text },
};
const CATCH: Shape = {
  what: 'a catch',
  keys: {
    errors: { is: ['map'], shape: { what: 'the errors of a catch', keys: { with: { is: ['map'], required: true, shape: ERROR_FILTER } } } },
    as: text,
    when: expression,
    exceptWhen: expression,
    retry: { is: ['text', 'map'], shape: RETRY },
    do: list,
    then: text,
  },
};
export const SWITCH_CASE: Shape = { what: 'a case of a switch', keys: { when: expression, then: requiredText } };

const kind = (what: string, keys: Readonly<Record<string, Field>>, refused: Readonly<Record<string, string>> = {}): Shape => ({
  what,
  keys: { ...keys, ...STEP_COMMON },
  refused: { ...STEP_REFUSED, ...refused },
});
export const STEP_SHAPES: Readonly<Record<StepKindName, Shape>> = {
  call: kind('a call step', { call: requiredText, with: map }),
  do: kind('a do step', { do: requiredList }),
  emit: kind('an emit step', { emit: { is: ['map'], shape: EMIT } }),
  for: kind('a for step', { for: { is: ['map'], shape: FOR }, while: expression, do: requiredList }),
  fork: kind('a fork step', { fork: { is: ['map'], shape: FORK } }),
  listen: kind('a listen step', { listen: { is: ['map'], shape: LISTEN }, foreach: { is: ['map'], shape: ITERATOR } }),
  raise: kind('a raise step', { raise: { is: ['map'], shape: { what: 'a raise', keys: { error: { is: ['text', 'map'], required: true, shape: ERROR } } } } }),
  run: kind('a run step', { run: { is: ['map'], shape: RUN } }),
  set: kind('a set step', { set: { is: ['map', 'text'] } }),
  switch: kind('a switch step', { switch: requiredList }),
  try: kind('a try step', { try: requiredList, catch: { is: ['map'], required: true, shape: CATCH } }),
  wait: kind('a wait step', { wait: duration }),
};

export const LISTEN_TO: Shape = { what: 'the "to" of a listen', keys: { one: map, any: list, all: list, until: { is: ['text', 'map'], expression: true } } };
export const LISTEN_UNTIL: Shape = { what: 'the "until" of a listen', keys: { one: map, any: list, all: list } };
export const EVENT_FILTER: Shape = { what: 'an event filter', keys: { with: { is: ['map'], required: true }, correlate: map } };
export const CORRELATION: Shape = { what: 'a correlation', keys: { from: { ...expression, required: true }, expect: text } };

const PALACE_VERIFY: Shape = {
  what: 'a verify',
  keys: {
    with: { is: ['map'], required: true, shape: HTTP_WITH },
    happened: { ...expression, required: true },
    result: { ...expression, required: true },
    absenceFinal: flag,
  },
};
export const PALACE_STEP: Shape = {
  what: 'metadata.palace of a call step',
  keys: {
    effect: { is: ['text'], oneOf: ['read', 'idempotent', 'unique', 'irreversible'] },
    verify: { is: ['map'], shape: PALACE_VERIFY },
    deadline: duration,
  },
};
export const PALACE_RUN: Shape = {
  what: 'metadata.palace of a run step',
  keys: { effect: { is: ['text'], oneOf: ['read', 'idempotent', 'unique', 'irreversible'] }, deadline: duration },
};
export const PALACE_DOCUMENT: Shape = {
  what: 'metadata.palace of the document',
  keys: {
    concurrency: { is: ['map'], shape: { what: 'a concurrency limit', keys: { limit: { is: ['integer'], required: true }, key: expression } } },
    upgrade: { is: ['text'], oneOf: ['compatible'] },
    lifecycle: { is: ['text'], oneOf: ['workflow', 'task'] },
    retention: { is: ['map'], shape: { what: 'how long runs are kept', keys: { completed: duration, failed: duration } } },
    schedule: {
      is: ['map'],
      shape: { what: 'the settings of a schedule', keys: { zone: text, catchUp: { is: ['text'], oneOf: ['all', 'last', 'skip'] }, paused: flag } },
    },
  },
};

/** What `extend` may say: kinds of steps, `composite` for those that only hold others, `all`. */
const EXTENDABLE = ['call', 'composite', 'emit', 'for', 'listen', 'raise', 'run', 'set', 'switch', 'try', 'wait', 'all'];
export const EXTENSION: Shape = {
  what: 'an extension',
  keys: { extend: { is: ['text'], required: true, oneOf: EXTENDABLE }, when: expression, before: list, after: list },
};

const SCHEDULE: Shape = {
  what: 'a schedule',
  keys: { cron: text, every: duration, after: duration, on: map, read: { is: ['text'], oneOf: ['data', 'envelope'] } },
};
export const SCHEDULE_ON: Shape = {
  what: 'the "on" of a schedule',
  keys: { one: map, any: list, all: list, until: { is: ['text', 'map'], expression: true } },
};

const DOCUMENT: Shape = {
  what: 'the document',
  keys: { dsl: requiredText, namespace: requiredText, name: requiredText, version: requiredText, title: text, summary: text, tags: map, metadata: map },
};
const USE: Shape = {
  what: '"use"',
  keys: { errors: map, retries: map, timeouts: map, authentications: map, secrets: list, extensions: list, functions: map, catalogs: map },
};
export const ROOT: Shape = {
  what: 'a flow',
  keys: {
    document: { is: ['map'], required: true, shape: DOCUMENT },
    input: { is: ['map'], shape: INPUT },
    use: { is: ['map'], shape: USE },
    schedule: { is: ['map'], shape: SCHEDULE },
    do: requiredList,
    timeout: { is: ['text', 'map'], shape: TIMEOUT },
    output: { is: ['map'], shape: OUTPUT },
    evaluate: {
      is: ['map'],
      shape: { what: '"evaluate"', keys: { language: { is: ['text'], oneOf: ['jq'] }, mode: { is: ['text'], oneOf: ['strict'] } } },
    },
  },
};
export const TIMEOUT_SHAPE = TIMEOUT;
