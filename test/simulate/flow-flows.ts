// The flows that the simulator runs: every kind of step, small, with acts on the simulated outside world.
// `http://keyed.sim` honours the key, `http://unkeyed.sim` performs whatever arrives, `http://books.sim` tells what became of a key.
import { createHash } from 'node:crypto';
import { compileFlow } from '@palace/flow/core/compile.ts';
import type { Program } from '@palace/flow/core/program.ts';

export const NAMESPACE = 'sim';
export const VERSION = '1.0.0';
/** So long the patience of a flow that nobody answers lasts; a child that sleeps until then was forgotten by its parent. */
const FORGOTTEN_MS = 900_000;

type Step = Readonly<Record<string, unknown>>;

const call = (name: string, host: string, palace: Step, body: unknown = { token: '${ $workflow.input.token }', step: name }): Step => ({
  [name]: { call: 'http', with: { method: 'post', endpoint: `http://${host}/${name}`, body }, metadata: { palace } },
});
const keyed = (name: string, body?: unknown): Step => call(name, 'keyed.sim', { effect: 'idempotent', deadline: 'PT2S' }, body);
const ABOUT = { token: '${ $workflow.input.token }', step: '${ $task.reference }' };
const read = (name: string): Step => ({
  [name]: { call: 'http', with: { method: 'get', endpoint: `http://keyed.sim/${name}` }, metadata: { palace: { effect: 'read', deadline: 'PT1S' } } },
});
const unkeyed = (name: string): Step => call(name, 'unkeyed.sim', { effect: 'unique', deadline: 'PT2S' });
/** The step learns what kind of act it is before it acts. */
const asking = (name: string): Step => ({
  [name]: {
    call: 'openapi',
    with: { document: { endpoint: 'http://unkeyed.sim' }, operationId: name, parameters: { token: '${ $workflow.input.token }', step: name } },
    metadata: { palace: { deadline: 'PT2S' } },
  },
});
const verified = (name: string, absenceFinal: boolean): Step =>
  call(name, 'unkeyed.sim', {
    effect: 'unique',
    deadline: 'PT1.5S',
    verify: {
      with: { method: 'get', endpoint: '${ "http://books.sim/by-key/" + $effect.key }' },
      happened: '.status == 200',
      result: '{ verified: true }',
      absenceFinal,
    },
  });
const set = (name: string, value: unknown = { [name]: true }): Step => ({ [name]: { set: value } });
const nap = (name: string, milliseconds: number): Step => ({ [name]: { wait: { milliseconds } } });
const signal = (name: string): Step => ({ [name]: { listen: { to: { one: { with: { type: `agentspalace.signal.${name}` } } } } } });
const sub = (name: string, more: Step = {}, run: Step = {}): Step => ({
  [`run-${name}`]: { run: { ...run, workflow: { namespace: NAMESPACE, name, version: VERSION, input: { token: '${ $workflow.input.token }' } } }, ...more },
});
const retrying = (body: Step, count: number): Step => ({
  again: { try: [body], catch: { retry: { delay: { milliseconds: 80 }, backoff: { exponential: {} }, limit: { attempt: { count } } }, do: [set('gave-up')] } },
});
const guarded = (step: Step, name = 'safe'): Step => ({ [name]: { try: [step], catch: { as: 'e', do: [set('caught')] } } });
/** A child for each of four, two at once. */
const map = (name: string, more: Step = {}): Step => ({
  [`map-${name}`]: {
    call: 'map:1.0.0@default',
    with: {
      items: '${ [range(4)] }',
      flow: { namespace: NAMESPACE, name, version: VERSION },
      limit: 2,
      input: { token: '${ $workflow.input.token }', n: '${ $item }' },
      ...more,
    },
  },
});
const after = (step: Step, milliseconds: number): Step => {
  const [name, body] = Object.entries(step)[0] as [string, Step];
  return { [name]: { ...body, timeout: { after: { milliseconds } } } };
};

/** Rests again and again, with a signal or without one: it lives through several segments. */
const session = (said: string): Step[] => [
  guarded(after(signal('go'), 250)),
  { lap: { set: { said, n: '${ ($context.n // 0) + 1 }' }, export: { as: '{n: .n}' } } },
  { more: { switch: [{ again: { when: '$context.n < 16', then: 'safe' } }] } },
  keyed('closed'),
];

interface Flow {
  readonly steps: readonly Step[];
  readonly palace?: Step;
  readonly timeout?: Step;
  readonly schedule?: Step;
  readonly use?: Step;
}

const FLOWS: Readonly<Record<string, Flow>> = {
  sequence: {
    steps: [
      set('first', { n: 1 }),
      keyed('seq-one'),
      { each: { for: { each: 'n', in: '[range(3)]' }, do: [keyed('seq-each', { n: '${ $n }' })] } },
      read('seq-read'),
      set('last'),
    ],
  },
  choice: {
    steps: [
      { choose: { switch: [{ long: { when: '$workflow.input.token | length > 6', then: 'slow' } }, { short: { then: 'quick' } }] } },
      nap('slow', 700),
      keyed('quick'),
    ],
  },
  retried: { steps: [retrying(keyed('flaky'), 4), set('done')] },
  forked: {
    steps: [
      { both: { fork: { branches: [keyed('left'), nap('middle', 400), unkeyed('right')] } } },
      { race: { fork: { compete: true, branches: [nap('slow-one', 60_000), keyed('fast-one')] } } },
    ],
  },
  ship: { steps: [keyed('pack'), unkeyed('ship'), set('shipped')] },
  asks: { steps: [retrying(asking('order'), 3), guarded(asking('getOrders')), asking('bill')] },
  charge: { steps: [verified('charge', true), keyed('receipt')] },
  weak: { steps: [verified('weak', false), set('paid')] },
  'charge-again': { steps: [retrying(verified('charge-again', true), 3), keyed('thanks')] },
  'ship-late': { steps: [guarded(after(unkeyed('ship-late'), 300)), nap('pause', 200)] },
  approve: { steps: [signal('go'), keyed('approved')] },
  impatient: { steps: [guarded(after(signal('go'), 3_000)), keyed('after-all')] },
  hears: { steps: [{ hear: { listen: { to: { one: { with: { type: 'sim.told', data: '${ .token == $workflow.input.token }' } } } } } }, keyed('heard')] },
  tells: { steps: [{ tell: { emit: { event: { with: { source: 'https://sim.invalid/', type: 'sim.told', data: { token: '${ .token }' } } } } } }] },
  collects: {
    steps: [guarded(after({ collect: { listen: { to: { any: [{ with: { type: 'sim.many' } }], until: 'length >= 4' } } } }, 15_000)), set('collected')],
  },
  gathers: {
    steps: [
      guarded(
        after(
          {
            gather: {
              listen: { to: { any: [{ with: { type: 'sim.many', data: '${ .n % 4 == 0 }' } }], until: { one: { with: { type: 'agentspalace.signal.go' } } } } },
              foreach: { do: [keyed('gathered', { n: '${ $item.n }', at: '${ $index }' })], output: { as: '$index' }, export: { as: '{at: $index}' } },
            },
          },
          15_000,
        ),
      ),
      set('gathered-all'),
    ],
  },
  ears: {
    steps: [guarded(after({ ear: { listen: { to: { any: [], until: 'length >= 5' } }, foreach: { output: { as: '$index' } } } }, 12_000)), set('heard-all')],
  },
  maps: { steps: [map('ship', { onError: 'collect' }), keyed('mapped')] },
  'maps-again': { steps: [retrying(map('retried'), 3), guarded(after(map('approve'), 2_500)), set('over')] },
  'told-of': { steps: [keyed('told'), retrying(keyed('flaky-told'), 3), nap('a-while', 200)], palace: { lifecycle: 'task' } },
  watches: {
    steps: [
      guarded(after({ watch: { listen: { to: { any: [{ with: { type: 'io.serverlessworkflow.workflow.completed.v1' } }], until: 'length >= 2' } } } }, 15_000)),
      set('watched'),
    ],
  },
  both: {
    steps: [
      {
        all: {
          listen: { to: { all: [{ with: { type: 'sim.told', data: '${ .token == $workflow.input.token }' } }, { with: { type: 'agentspalace.signal.go' } }] } },
        },
      },
    ],
  },
  parent: { steps: [sub('sequence'), sub('approve'), set('raised')] },
  grandparent: { steps: [{ two: { fork: { branches: [sub('parent'), sub('choice')] } } }, sub('ship')] },
  fires: { steps: [sub('ship', {}, { await: false }), sub('retried', {}, { await: false }), set('fired')] },
  hurried: { steps: [guarded(after(sub('sleeper'), 1_500)), { lost: { try: [sub('nowhere')], catch: { do: [set('no-such')] } } }, keyed('hurry')] },
  sleeper: { steps: [nap('sleep', FORGOTTEN_MS)] },
  limited: { steps: [nap('hold', 500), keyed('one-of-two')], palace: { concurrency: { limit: 2 } } },
  'limited-each': { steps: [unkeyed('one-each'), nap('keep', 300)], palace: { concurrency: { limit: 1, key: '.customer' } } },
  'limited-heard': {
    steps: [guarded(after(signal('go'), 1_500)), keyed('in-turn')],
    palace: { concurrency: { limit: 1, key: '.customer' } },
    timeout: { after: { milliseconds: 6_000 } },
  },
  // Acts, waits and ways out around every call, some of them answered before they act. Acts are told apart by the step around which they are.
  extended: {
    use: {
      extensions: [
        {
          told: {
            extend: 'call',
            when: '.n? == null',
            before: [keyed('ext-before', ABOUT)],
            after: [nap('ext-nap', 60), call('ext-after', 'unkeyed.sim', { effect: 'unique', deadline: 'PT2S' }, ABOUT)],
          },
        },
        { counted: { extend: 'call', when: '.n? != null', before: [nap('ext-pause', 30)], after: [read('ext-looked')] } },
        { mocked: { extend: 'call', when: '.mock? == true', before: [{ answer: { set: { mocked: true }, then: 'exit' } }, unkeyed('ext-never')] } },
        { asks: { extend: 'wait', after: [guarded(after(signal('go'), 200))] } },
      ],
    },
    steps: [
      set('first', { mock: false }),
      guarded(unkeyed('ext-act'), 'calm'),
      {
        each: {
          for: { each: 'n', in: '[range(2)]' },
          do: [set('loop', { n: '${ $n }' }), guarded(keyed('ext-each', { n: '${ $n }' }), 'calm-each'), nap('ext-wait', 50)],
        },
      },
      set('second', { mock: true }),
      unkeyed('ext-mocked'),
    ],
  },
  timed: { steps: [nap('short', 100), signal('never')], timeout: { after: { milliseconds: 4_000 } } },
  naps: {
    steps: [{ doze: { wait: '${ { milliseconds: $workflow.input.ms } }' } }, { more: { for: { each: 'n', in: '[range(4)]' }, do: [nap('wink', 150)] } }],
  },
  fails: { steps: [unkeyed('before-it'), keyed('also-before'), { broken: { raise: { error: { type: 'https://sim.invalid/broken', status: 500 } } } }] },
  session: { steps: session('one'), palace: { upgrade: 'compatible' } },
  keeper: {
    steps: [{ both: { fork: { branches: [sub('approve'), { winks: { for: { each: 'n', in: '[range(16)]' }, do: [nap('wink', 120)] } }] } } }, unkeyed('kept')],
  },
  large: { steps: [set('big', { big: '${ [range(14000)] | map("abcde") | join("") }' }), keyed('of-large', { n: 1 })] },
};

/** Second versions, published while the storm is on: the steps have other numbers than in the first. */
const LATER_FLOWS: Readonly<Record<string, Flow>> = {
  session: { steps: [...session('two'), { last: { do: [set('later')] } }], palace: { upgrade: 'compatible' } },
};

/** What starts by itself; each version is published once (flow-schedules.ts). */
const SCHEDULED_FLOWS: Readonly<Record<string, readonly Flow[]>> = {
  ticks: [
    { steps: [set('tick')], schedule: { every: { milliseconds: 1_300 } } },
    { steps: [nap('tock', 40)], schedule: { cron: '*/2 * * * * *' } },
    // More often than they end: the line fills up, and times wait for room in it.
    { steps: [nap('hold', 5_000)], schedule: { every: { seconds: 1 } }, palace: { concurrency: { limit: 1 } } },
  ],
  chain: [{ steps: [nap('link', 300)], schedule: { after: { seconds: 1 } } }],
  // As with the last ticks.
  told: [{ steps: [nap('heard', 1_500)], schedule: { on: { one: { with: { type: 'sim.many' } } } }, palace: { concurrency: { limit: 1 } } }],
};

export interface SimulatedFlow {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly program: Program;
}

function compiled(name: string, version: string, { steps, palace, timeout, schedule, use }: Flow): SimulatedFlow {
  const document = { dsl: '1.0.3', namespace: NAMESPACE, name, version, ...(palace !== undefined && { metadata: { palace } }) };
  const result = compileFlow(
    JSON.stringify({
      document,
      ...(timeout !== undefined && { timeout }),
      ...(schedule !== undefined && { schedule }),
      ...(use !== undefined && { use }),
      do: steps,
    }),
  );
  if (!result.ok) throw new Error(`The flow ${name} does not compile: ${JSON.stringify(result.errors)}`);
  return { name, version, hash: createHash('sha256').update(result.canonical).digest('hex'), program: result.program };
}

const published = (flows: Readonly<Record<string, Flow>>, version: string): ReadonlyMap<string, SimulatedFlow> =>
  new Map(Object.entries(flows).map(([name, flow]) => [name, compiled(name, version, flow)]));

export const PUBLISHED = published(FLOWS, VERSION);
export const LATER = published(LATER_FLOWS, '1.1.0');
/** By name, in the order of their publication. */
export const SCHEDULED: ReadonlyMap<string, readonly SimulatedFlow[]> = new Map(
  Object.entries(SCHEDULED_FLOWS).map(([name, versions]) => [name, versions.map((flow, i) => compiled(name, `${i + 1}.0.0`, flow))]),
);
export const EVERY_VERSION: readonly SimulatedFlow[] = [...PUBLISHED.values(), ...LATER.values(), ...[...SCHEDULED.values()].flat()];
/** Starts by clients; pairs (hears, both) need their teller and children their parents. */
/** Those that wait for their place. */
export const LIMITED = Object.keys(FLOWS).filter((name) => name.startsWith('limited'));
export const STARTED = Object.keys(FLOWS).filter((name) => !['hears', 'both', 'tells', 'sleeper', 'large'].includes(name));
