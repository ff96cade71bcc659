// For tests: random flows of every kind of step, and random commands for their runs.
import type { Json } from '@palace/jq/jq.ts';
import fc from 'fast-check';
import type { Command, LedgerAnswer, RunEvent } from './model.ts';
import { openEffects, openTimers } from './run.ts';
import type { VirtualShell } from './virtual-shell.ts';

type Body = { [key: string]: unknown };
// ---- flows ----
const usually = <T>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary: common }, { weight: 1, arbitrary: rare });
const expressions = usually(
  fc.constantFrom('${ . }', '${ {n: ((.n? // 0) + 1)} }', '${ [1, 2] }', '${ $context }', '${ $task.name }', '${ $workflow.id }', 'text'),
  fc.constant('${ error("no") }'),
);
const condition = usually(fc.constantFrom('true', 'true', '(.n? // 0) < 3'), fc.constantFrom('false', '$context.on == true', 'error("if")'));

function leaf(): fc.Arbitrary<Body> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ set: expressions.filter((e) => e.startsWith('$')) }) },
    { weight: 8, arbitrary: callStep() },
    { weight: 1, arbitrary: fc.constant({ raise: { error: { type: 'https://x.test/e', status: 418 } } }) },
    { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom({ seconds: 5 }, { seconds: 0 }, 'PT1M') }) },
    { weight: 1, arbitrary: fc.constant({ emit: { event: { with: { type: 'x.happened', data: '${ . }' } } } }) },
    { weight: 2, arbitrary: listenStep() },
    { weight: 2, arbitrary: MAPS },
    {
      weight: 1,
      arbitrary: fc
        .record({ await: fc.boolean() })
        .map(({ await: wait }) => ({ run: { workflow: { namespace: 'test', name: 'child', version: '1.0.0' }, await: wait } })),
    },
  );
}

function callStep(): fc.Arbitrary<Body> {
  const verify = { with: { method: 'get', endpoint: 'http://x.test/' }, happened: 'true', result: '.', absenceFinal: true };
  return fc
    .record({ effect: fc.constantFrom('read', 'idempotent', 'unique', 'irreversible'), verified: fc.boolean(), args: expressions })
    .map(({ effect, verified, args }) => ({
      call: 'http',
      with: { method: 'post', endpoint: 'http://x.test/', body: args },
      metadata: { palace: { effect, ...(verified && effect !== 'read' && { verify }) } },
    }));
}

function listenStep(): fc.Arbitrary<Body> {
  const one = fc.constantFrom('a', 'b').map((name) => ({ with: { type: `agentspalace.signal.${name}` } }));
  const two = [{ with: { type: 'agentspalace.signal.a' } }, { with: { type: 'agentspalace.signal.b', data: '${ .n > 1 }' } }];
  return fc.oneof(
    one.map((filter) => ({ listen: { to: { one: filter } } })),
    fc.constant({ listen: { to: { any: two } } }),
    fc.constant({ listen: { to: { all: two } } }),
    fc.constant({ listen: { to: { any: two, until: 'length > 1' } } }),
    fc.constant({ listen: { to: { any: two, until: { one: { with: { type: 'agentspalace.signal.b', data: '${ .n == 2 }' } } } } } }),
  );
}

/** With and without a body; ended by words, by an event, by the first. */
function foreachStep(depth: number): fc.Arbitrary<Body> {
  return fc
    .record({
      listen: listenStep(),
      do: fc.option(steps(depth, true), { nil: undefined }),
      output: fc.option(usually(fc.constant('{got: $item, n: $index}'), fc.constant('error("item")')), { nil: undefined }),
      export: fc.option(fc.constant('{on: $index}'), { nil: undefined }),
    })
    .map(({ listen, do: body, output, export: as }) => ({
      ...listen,
      foreach: {
        ...(body !== undefined && { do: body }),
        ...(output !== undefined && { output: { as: output } }),
        ...(as !== undefined && { export: { as } }),
      },
    }));
}

const MAPS = fc
  .record({
    items: fc.constantFrom<unknown>([1, 2, 3], [], '${ [range(5)] }', '${ . }'),
    limit: fc.constantFrom(1, 2, 9),
    input: fc.option(usually(fc.constant('${ {n: $item, at: $index} }'), fc.constant('${ if $index == 1 then error("input") else . end }')), {
      nil: undefined,
    }),
    onError: fc.constantFrom('stop', 'collect'),
  })
  .map(({ input, ...given }) => ({
    call: 'map:1.0.0@default',
    with: { ...given, ...(input !== undefined && { input }), flow: { namespace: 'test', name: 'child', version: '1.0.0' } },
  }));

function steps(depth: number, directives: boolean): fc.Arbitrary<{ [name: string]: Body }[]> {
  const body = depth === 0 ? leaf() : fc.oneof({ weight: 2, arbitrary: leaf() }, { weight: 3, arbitrary: scope(depth - 1, directives) });
  return fc
    .array(fc.record({ body, frame: frame(directives) }), { minLength: 1, maxLength: 3 })
    .map((list) => list.map(({ body: b, frame: f }, i) => ({ [`s${i}`]: { ...b, ...f } })));
}

function frame(directives: boolean): fc.Arbitrary<Body> {
  const rare = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  return fc
    .record({
      if: rare(condition),
      timeout: rare(fc.constantFrom({ after: { seconds: 3 } }, { after: { minutes: 2 } })),
      export: rare(fc.constant({ as: '{on: true}' })),
      output: rare(usually(fc.constant('{out: .}'), fc.constant('error("out")')).map((as) => ({ as }))),
      input: rare(fc.constant({ from: '{n: 1}' })),
      then: directives ? rare(usually(fc.constantFrom('exit', 'continue', 's0'), fc.constant('end'))) : fc.constant(undefined),
    })
    .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
}

function scope(depth: number, directives: boolean): fc.Arbitrary<Body> {
  const list = steps(depth, true);
  const retry = fc.option(
    fc.constantFrom(
      { delay: { seconds: 1 }, limit: { attempt: { count: 3 } } },
      { delay: { seconds: 0 }, limit: { attempt: { count: 2 } } },
      { delay: { seconds: 2 }, backoff: { exponential: {} } },
    ),
    { nil: undefined },
  );
  return fc.oneof(
    { weight: 1, arbitrary: list.map((inner) => ({ do: inner })) },
    {
      weight: 2,
      arbitrary: fc
        .record({ list, while: fc.option(condition, { nil: undefined }) })
        .map(({ list: inner, while: w }) => ({ for: { in: '${ [1, 2, 3] }' }, do: inner, ...(w !== undefined && { while: w }) })),
    },
    { weight: 3, arbitrary: foreachStep(depth) },
    { weight: 3, arbitrary: fc.record({ branches: steps(depth, false), compete: fc.boolean() }).map((fork) => ({ fork })) },
    {
      weight: 4,
      arbitrary: fc
        .record({ body: list, handler: fc.option(list, { nil: undefined }), retry })
        .map(({ body, handler, retry: r }) => ({ try: body, catch: { ...(handler !== undefined && { do: handler }), ...(r !== undefined && { retry: r }) } })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ when: condition, then: fc.constantFrom('end', 'exit', 'continue', ...(directives ? ['s0'] : [])) })
        .map(({ when, then }) => ({ switch: [{ first: { when, then } }] })),
    },
  );
}

/** What stands around steps: something that runs beside them, something that takes their place, something that fails. */
const extensions = fc
  .array(
    fc.record({
      extend: fc.constantFrom('all', 'call', 'composite', 'for', 'try', 'switch', 'set', 'wait', 'listen', 'run'),
      when: fc.option(condition, { nil: undefined }),
      before: fc.option(steps(0, true), { nil: undefined }),
      after: fc.option(steps(0, true), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map((list) => list.map((one, i) => ({ [`e${i}`]: Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) })));

/** Documents; linked in the property, so that a counterexample shows the flow as written. */
export const flow = fc
  .record({
    list: steps(2, true),
    timeout: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant({ after: { minutes: 1 } }) }),
    around: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: extensions }),
  })
  .map(({ list, timeout, around }) =>
    JSON.stringify({
      document: { dsl: '1.0.3', namespace: 'test', name: 'random', version: '1.0.0' },
      ...(timeout !== undefined && { timeout }),
      ...(around !== undefined && { use: { extensions: around } }),
      do: list,
    }),
  );

// ---- commands ----
const PERMIT = { permit: 'test/random' };
/** At work, or waiting for its place at first. */
export const start: fc.Arbitrary<Command> = fc
  .option(fc.constant(PERMIT), { nil: undefined })
  .map((queued) => ({ type: 'start', input: { n: 1 }, ...(queued !== undefined && { queued }) }));
export type Move = { readonly kind: string; readonly pick: number; readonly value: Json };
const KINDS: readonly (readonly [number, readonly string[]])[] = [
  [10, ['done', 'timer']],
  [6, ['continue', 'signal', 'answered', 'unknown', 'lost', 'retry']],
  [4, ['happened', 'absent', 'cannot-tell', 'resolve-done', 'resolve-absent', 'child', 'resume', 'revive', 'not-sent', 'begin']],
  [2, ['child-fault', 'retry-again', 'set-context', 'stale', 'nonsense', 'pause']],
  [1, ['cancel']],
];
export const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(...KINDS.map(([weight, kinds]) => ({ weight: weight * kinds.length, arbitrary: fc.constantFrom(...kinds) }))),
  pick: fc.nat(20),
  value: fc.constantFrom<Json[]>(null, 1, { n: 2 }, ['x'], 'text'),
});

const FAULT = { type: 'https://x.test/failed', status: 500 };

export function commandOf(shell: VirtualShell, { kind, pick, ...given }: Move): Command | undefined {
  // A value of its own for each command, as from the network: two answers are never the same object.
  const value = structuredClone(given.value);
  const effects = openEffects(shell.run);
  const effect = effects[pick % Math.max(1, effects.length)];
  const timers = openTimers(shell.run);
  const timer = timers[pick % Math.max(1, timers.length)];
  const waiting = [...shell.run.acts.values()].flatMap(({ id, own }) => {
    const children = own.kind === 'map' ? [...own.running.values()] : own.kind === 'run' && own.child !== undefined ? [own.child] : [];
    return children.map((one) => ({ act: id, child: one }));
  });
  const child = waiting[pick % Math.max(1, waiting.length)];
  const of = effect === undefined ? undefined : { act: effect.act, attempt: effect.attempt };
  switch (kind) {
    case 'done':
      return of && { type: 'effect-done', ...of, result: value };
    case 'answered':
    case 'not-sent':
    case 'unknown':
      return of && { type: 'effect-failed', ...of, fault: FAULT, reach: kind };
    case 'lost':
      return of && { type: 'effect-lost', ...of };
    case 'happened':
    case 'absent':
      return of && { type: 'effect-verified', act: of.act, verdict: kind, result: value };
    case 'cannot-tell':
      return of && { type: 'effect-verified', act: of.act, verdict: 'unknown' };
    case 'resolve-done':
    case 'resolve-absent':
      return effect && { type: 'effect-resolved', key: effect.key, outcome: kind === 'resolve-done' ? 'done' : 'absent', by: 'ada', result: value };
    case 'timer':
      return timer && { type: 'timer', id: timer.id };
    case 'signal':
      return { type: 'signal', id: `sig${shell.journal.length}.${pick}`, name: pick % 2 === 0 ? 'a' : 'b', data: value };
    case 'child':
      return child && { type: 'child-ended', ...child, output: value };
    case 'child-fault':
      return child && { type: 'child-ended', ...child, fault: FAULT };
    case 'retry':
    case 'retry-again':
      return { type: 'retry', by: 'ada', effects: kind === 'retry' ? 'keep' : 'again', ledger: ledgerOf(shell.journal) };
    case 'set-context':
      return { type: 'set-context', context: value, by: 'ada' };
    case 'stale':
      return { type: 'effect-done', act: pick + 1, attempt: 99, result: value };
    case 'nonsense':
      return [
        { type: 'timer', id: 'no.such.1' },
        { type: 'start', input: value },
        { type: 'event', act: pick, event: { specversion: '1.0', id: 'e', source: '/x', type: 'x.y' } },
        { type: 'child-ended', act: pick, child: 'none' },
        { type: 'effect-resolved', key: 'none', outcome: 'done', by: 'ada' },
        { type: 'effect-verified', act: pick, verdict: 'happened' },
      ][pick % 6] as Command;
    case 'revive':
      return undefined;
    case 'begin':
      return { type: 'begin' };
    default:
      return { type: kind as 'pause' | 'resume' | 'cancel', by: 'ada' };
  }
}

/** As the engine keeps it: the last word on each guarded position. */
export function ledgerOf(journal: readonly RunEvent[]): LedgerAnswer[] {
  const byKey = new Map<string, LedgerAnswer>();
  for (const event of journal) {
    if (event.type === 'effect.requested' && event.position !== undefined)
      byKey.set(event.key, { position: event.position, class: event.class, state: 'in-doubt' });
    const known = 'key' in event && event.key !== undefined ? byKey.get(event.key) : undefined;
    if (known === undefined || !('key' in event) || event.key === undefined) continue;
    if (event.type === 'effect.completed' && event.how !== 'ledger') byKey.set(event.key, { ...known, state: 'confirmed', result: event.result });
    else if (event.type === 'effect.failed' || event.type === 'effect.absent') byKey.delete(event.key);
  }
  return [...byKey.values()];
}
