// The runs that a release records, one for each kind of step and for each thing that can happen to a run. `cut` ends what is kept as its
// journal; what follows is how it went on. A new kind of step or event gets its scenario here: test/journals.test.ts asks for it.
import type { Json } from '@palace/jq/jq.ts';
import { makeRunId } from '@palace/flow/core/run-id.ts';
import type { Command, DecideLimits } from '@palace/flow/core/model.ts';
import { newRun, openEffects, rewound } from '@palace/flow/core/run.ts';
import { flowOf, linkFlow, virtualShell, type VirtualShell } from '@palace/flow/core/virtual-shell.ts';

export interface Scenario {
  readonly name: string;
  readonly steps: string;
  /** Of the document, beside `do`. */
  readonly more?: string;
  /** `metadata.palace`. */
  readonly palace?: string;
  readonly input?: Json;
  readonly limits?: Partial<DecideLimits>;
  /** Default: it is started. */
  readonly first?: Command;
  /** Another run takes the place of this one: a fork. */
  readonly fork?: true;
  live(shell: VirtualShell, cut: () => void): void;
}

const FAULT = { type: 'https://x.test/down', status: 503, title: 'Down' };
const PALACE = (effect: string, verify = ''): string => `metadata: {palace: {effect: ${effect}, deadline: PT7S${verify}}}`;
const VERIFY = ", verify: {with: {method: get, endpoint: 'http://x.test/'}, happened: .body.found, result: .body, absenceFinal: true}";
const call = (name: string, effect = 'idempotent', verify = ''): string =>
  `{call: http, with: {method: post, endpoint: 'http://x.test/${name}', body: '\${ . }'}, ${PALACE(effect, verify)}}`;
const hear = (name: string): string => `{listen: {to: {one: {with: {type: agentspalace.signal.${name}}}}}}`;
const CHILD = "namespace: test, name: child, version: '1.0.0'";

const open = (shell: VirtualShell) => {
  const [effect] = openEffects(shell.run);
  if (effect === undefined) throw new Error('no effect is open');
  return { act: effect.act, attempt: effect.attempt };
};
const done = (shell: VirtualShell, result: Json) => shell.give({ type: 'effect-done', ...open(shell), result });
const failed = (shell: VirtualShell, reach: 'not-sent' | 'answered' | 'unknown') => shell.give({ type: 'effect-failed', ...open(shell), fault: FAULT, reach });
const signal = (shell: VirtualShell, name: string, data: Json = null) => shell.give({ type: 'signal', id: `s-${shell.run.seq}`, name, data });
const event = (shell: VirtualShell, type: string, data: Json, early = false) =>
  shell.give({
    type: 'event',
    act: [...shell.run.listens][0] ?? 0,
    event: { specversion: '1.0', id: `e-${shell.run.seq}`, source: '/x', type, data },
    ...(early && { early }),
  });
function endChild(shell: VirtualShell, nth: number, said: { output: Json } | { fault: typeof FAULT }): void {
  const asked = shell.journal.filter((one) => one.type === 'child.requested')[nth];
  if (asked?.type !== 'child.requested') throw new Error('no child was asked for');
  shell.give({ type: 'child-ended', act: asked.act, child: asked.run, ...said });
}
const later = (shell: VirtualShell, ms = 60_000): void => void (shell.nowMs += ms);

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'call',
    steps: `
  - read: {call: http, with: {method: get, endpoint: 'http://x.test/read'}, output: {as: .body}, export: {as: '{read: .}'}}
  - pay: ${call('pay', 'unique')}
  - tell: ${call('tell')}
  - nap: {wait: {seconds: 1}}`,
    input: { n: 1 },
    live(shell, cut) {
      done(shell, { status: 200, body: { n: 2 } });
      cut();
      done(shell, { paid: true });
      done(shell, { told: true });
      shell.play();
    },
  },
  {
    name: 'call-in-doubt',
    steps: `
  - verified: ${call('verified', 'unique', VERIFY)}
  - asked: ${call('asked', 'irreversible')}`,
    live(shell, cut) {
      failed(shell, 'unknown');
      shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'absent' });
      failed(shell, 'unknown');
      shell.give({ type: 'effect-verified', act: open(shell).act, verdict: 'happened', result: { found: true } });
      shell.give({ type: 'effect-lost', ...open(shell) });
      cut();
      const [effect] = openEffects(shell.run);
      shell.give({ type: 'effect-resolved', key: effect?.key ?? '', outcome: 'done', result: { seen: true }, by: 'ada' });
    },
  },
  {
    name: 'call-openapi',
    steps: `
  - op: {call: openapi, with: {document: {endpoint: 'http://x.test/api'}, operationId: op, parameters: {n: '\${ .n }'}}}`,
    input: { n: 1 },
    live(shell, cut) {
      done(shell, 'unique');
      cut();
      done(shell, { paid: true });
    },
  },
  {
    name: 'do-set-switch',
    steps: `
  - list: {do: [{inner: {set: {n: '\${ .n + 1 }'}, export: {as: '{n: .n}'}}}, {skipped: {if: 'false', set: {n: 0}}}, {nap: {wait: {seconds: 1}}}]}
  - pick: {switch: [{again: {when: '$context.n < 3', then: list}}, {otherwise: {then: last}}]}
  - never: {set: {n: -1}}
  - last: {set: {n: '\${ $context.n }'}}`,
    input: { n: 0 },
    live(shell, cut) {
      later(shell, 1_000);
      shell.give({ type: 'timer', id: [...shell.run.timers.keys()][0] ?? '' });
      cut();
      shell.play();
    },
  },
  {
    name: 'emit',
    steps: `
  - say: {emit: {event: {with: {source: 'https://x.test/', type: x.said, data: {n: '\${ .n }'}}}}}
  - nap: {wait: {seconds: 1}}`,
    input: { n: 1 },
    live(shell, cut) {
      cut();
      shell.play();
    },
  },
  {
    name: 'for',
    steps: `
  - each: {for: {each: x, in: '[3, 4, 5]', at: i}, while: '$x < 5', do: [{work: ${call('work')}}]}`,
    live(shell, cut) {
      done(shell, { first: true });
      cut();
      done(shell, { second: true });
    },
  },
  {
    name: 'fork',
    steps: `
  - both: {fork: {branches: [{one: ${call('one')}}, {two: ${hear('two')}}]}}
  - race: {fork: {compete: true, branches: [{slow: {wait: {hours: 1}}}, {lost: ${call('lost', 'unique')}}, {quick: ${hear('quick')}}]}}`,
    live(shell, cut) {
      done(shell, { one: true });
      cut();
      signal(shell, 'two', 2);
      signal(shell, 'quick', 3);
    },
  },
  {
    name: 'listen',
    steps: `
  - all: {listen: {to: {all: [{with: {type: x.a}, correlate: {k: {from: .data.k}}}, {with: {type: x.b}, correlate: {k: {from: .data.k}}}]}}, timeout: {after: {minutes: 5}}}
  - any: {listen: {to: {any: [{with: {type: x.c}}], until: '. | length > 1'}}}`,
    live(shell, cut) {
      event(shell, 'x.a', { k: 1 }, true);
      cut();
      event(shell, 'x.b', { k: 2 });
      event(shell, 'x.b', { k: 1 });
      event(shell, 'x.c', { n: 1 });
      event(shell, 'x.c', { n: 2 });
    },
  },
  {
    name: 'listen-foreach',
    steps: `
  - hear: {listen: {to: {any: [{with: {type: x.a}}], until: {one: {with: {type: x.stop}}}}}, foreach: {item: x, do: [{work: ${call('work')}}], output: {as: '{got: .}'}, export: {as: '{last: $index}'}}}`,
    live(shell, cut) {
      for (const n of [1, 2, 3]) event(shell, 'x.a', n);
      done(shell, 'one');
      cut();
      done(shell, 'two');
      event(shell, 'x.stop', null);
      done(shell, 'three');
    },
  },
  {
    name: 'map',
    steps: `
  - each: {call: 'map:1.0.0@default', with: {items: '\${ [range(4)] }', limit: 2, onError: collect, input: '\${ if $index == 2 then error("no") else {n: $item} end }', flow: {${CHILD}}}}`,
    live(shell, cut) {
      endChild(shell, 1, { output: 'b' });
      cut();
      endChild(shell, 0, { fault: FAULT });
      endChild(shell, 2, { output: 'd' });
    },
  },
  {
    name: 'raise',
    steps: `
  - safe: {try: [{caught: {raise: {error: {type: 'https://x.test/caught', status: 409}}}}], catch: {as: e, do: [{nap: {wait: {seconds: 1}}}]}}
  - broken: {raise: {error: {type: 'https://x.test/broken', status: 418, detail: '\${ "n is \\($workflow.input.n)" }'}}}`,
    input: { n: 7 },
    live(shell, cut) {
      cut();
      shell.play();
    },
  },
  {
    name: 'run-flow',
    steps: `
  - aside: {run: {await: false, workflow: {${CHILD}, input: {n: 1}}}}
  - sub: {run: {workflow: {${CHILD}, input: {n: '\${ .n? }'}}}, timeout: {after: {minutes: 5}}}
  - left: {try: [{gone: {run: {workflow: {${CHILD}}}, timeout: {after: {seconds: 1}}}}], catch: {as: e, do: [{late: {set: {status: '\${ $e.status }'}}}]}}`,
    live(shell, cut) {
      cut();
      endChild(shell, 1, { output: { n: 2 } });
      later(shell, 1_000);
      shell.play();
    },
  },
  {
    name: 'run-script',
    steps: `
  - script: {run: {script: {language: javascript, code: 'return 1', arguments: ['\${ .n }']}, return: all}}`,
    input: { n: 1 },
    live(shell, cut) {
      cut();
      done(shell, { code: 0, stdout: '1', stderr: '' });
    },
  },
  {
    name: 'try',
    steps: `
  - safe: {try: [{pay: ${call('pay', 'unique')}}, {work: ${call('work')}}], catch: {as: error, retry: {delay: {seconds: 1}, backoff: {exponential: {}}, limit: {attempt: {count: 3}}}, do: [{note: {set: {was: '\${ $error.status }'}}}]}}`,
    live(shell, cut) {
      done(shell, { paid: true });
      failed(shell, 'answered');
      cut();
      shell.play((_effect, performed) => (performed < 9 ? { fault: FAULT, reach: 'answered' } : { result: null }));
    },
  },
  {
    name: 'wait-timeouts',
    steps: `
  - safe: {try: [{slow: {do: [{nap: {wait: {hours: 3}}}], timeout: {after: {seconds: 2}}}}], catch: {do: [{late: {set: {late: true}}}]}}
  - last: {wait: {days: 2}}`,
    more: 'timeout: {after: {days: 1}}',
    live(shell, cut) {
      cut();
      shell.play();
    },
  },
  {
    name: 'extensions',
    steps: `
  - a: ${call('a')}
  - b: {set: {mock: true}}
  - c: ${call('c')}`,
    more: `use:\n  extensions:\n    - around: {extend: call, when: '.mock? != true', before: [{begin: {set: {begun: true}}}], after: [{finish: {wait: {seconds: 1}}}]}\n    - mocked: {extend: call, when: '.mock? == true', before: [{answer: {set: {mocked: true}, then: exit}}]}`,
    live(shell, cut) {
      cut();
      done(shell, { a: 1 });
      shell.play();
    },
  },
  {
    name: 'lifecycle',
    steps: `
  - a: ${hear('go')}
  - b: {set: {n: 1}}`,
    palace: 'lifecycle: task',
    live(shell, cut) {
      cut();
      signal(shell, 'go');
    },
  },
  {
    name: 'schedule',
    steps: `
  - day: {set: {day: '\${ .scheduledAt[:10] }'}}
  - nap: {wait: {seconds: 1}}`,
    more: 'schedule: {every: PT1H}',
    input: { scheduledAt: '2026-03-01T02:30:00.000Z' },
    live(shell, cut) {
      cut();
      shell.play();
    },
  },
  {
    name: 'secrets',
    steps: `
  - a: {call: http, with: {method: get, endpoint: 'http://x.test/', headers: {X-Key: '\${ $secrets.key }'}}}`,
    more: 'use: {secrets: [key]}',
    live(shell, cut) {
      cut();
      done(shell, { status: 200 });
    },
  },
  {
    name: 'environment',
    steps: `
  - wait: ${hear('go')}
  - say: {set: {region: '\${ $variables.region }', size: '\${ $variables.size // 3 }'}}`,
    first: { type: 'start', input: {}, environment: 'staging', variables: { region: 'eu' } },
    live(shell, cut) {
      cut();
      shell.give({ type: 'signal', id: 's1', name: 'go', data: null });
      shell.play();
    },
  },
  {
    name: 'queued',
    steps: `
  - a: ${hear('go')}`,
    palace: 'concurrency: {limit: 1, key: .customer}',
    input: { customer: 'c1' },
    first: { type: 'start', input: { customer: 'c1' }, by: 'ada', queued: { permit: 'test/flow/"c1"' } },
    live(shell, cut) {
      signal(shell, 'go', 'early');
      shell.give({ type: 'set-context', context: { set: 'early' }, by: 'ada' });
      cut();
      later(shell);
      shell.give({ type: 'begin' });
    },
  },
  {
    name: 'steered',
    steps: `
  - a: ${hear('go')}
  - b: ${call('b', 'unique')}`,
    live(shell, cut) {
      shell.give({ type: 'pause', by: 'ada', reason: 'look' });
      signal(shell, 'go');
      cut();
      shell.give({ type: 'resume', by: 'ada' });
      shell.give({ type: 'cancel', by: 'ada', reason: 'enough' });
    },
  },
  {
    name: 'retried',
    steps: `
  - a: ${call('a', 'unique')}
  - b: ${call('b')}`,
    live(shell, cut) {
      done(shell, { a: 1 });
      failed(shell, 'answered');
      later(shell);
      shell.give({ type: 'retry', by: 'ada', effects: 'keep', ledger: [] });
      cut();
      done(shell, { b: 1 });
    },
  },
  {
    name: 'forked',
    fork: true,
    steps: `
  - a: ${call('a', 'unique')}
  - b: ${call('b')}`,
    live(shell, cut) {
      cut();
      done(shell, { a: 1 });
      done(shell, { b: 1 });
    },
  },
  {
    name: 'segments',
    steps: `
  - hear: ${hear('go')}
  - again: {switch: [{more: {when: '.[0].n < 12', then: hear}}]}
  - last: {wait: {seconds: 1}}`,
    limits: { historyEvents: 60 },
    live(shell, cut) {
      for (let n = 1; n < 8; n++) signal(shell, 'go', { n });
      cut();
      for (let n = 8; n < 13; n++) signal(shell, 'go', { n });
      shell.play();
    },
  },
];

export function beginning({ steps, more = '', palace, input = {}, limits = {}, first, fork }: Scenario): VirtualShell {
  const text = flowOf(steps, more);
  const linked = linkFlow(palace === undefined ? text : text.replace("version: '1.0.0'}", `version: '1.0.0', metadata: {palace: {${palace}}}}`));
  const shell = virtualShell(linked, limits);
  shell.give(first ?? { type: 'start', input });
  if (fork === undefined) return shell;
  const forked = virtualShell(linked, limits);
  forked.run = newRun(linked, { id: makeRunId(3, 7, new Uint8Array(9).fill(1)) });
  const { run } = shell;
  forked.give({ type: 'rewind', event: rewound(run, { from: run.id, toSeq: run.seq, by: 'ada', effects: 'keep', ledger: [], atMs: shell.nowMs }) });
  return forked;
}
