// Random flows under random commands: what must hold for every run, whatever happens to it and in whatever order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Linked } from './link.ts';
import type { ActId, DecideLimits } from './model.ts';
import { evolve } from './evolve.ts';
import { hasWork, isEnded, newRun, openEffects, openTimers, revive, rewound, snapshot } from './run.ts';
import { commandOf, flow, ledgerOf, move, start, type Move } from './random-runs.ts';
import { makeRunId } from './run-id.ts';
import { failureOf } from './failure.ts';
import { rebase } from './upgrade.ts';
import { runStatus, waitingFor } from './view.ts';
import { linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const SEED = Number(process.hrtime.bigint() % 2_147_483_647n);

// ---- what must hold ----
function checkHolds(shell: VirtualShell): void {
  const timers = new Set<string>();
  const listens = new Set<ActId>();
  const children = new Set<string>();
  const guarded = new Set<ActId>();
  const requested = new Map<string, string>();
  const confirmed = new Set<string>();
  for (const event of shell.journal) {
    if (event.type === 'timer.set') timers.add(event.id);
    else if (event.type === 'timer.cleared' || event.type === 'timer.fired') expect(timers.delete(event.id), `timer ${event.id} was set`).toBe(true);
    else if (event.type === 'listen.opened') listens.add(event.act);
    else if (event.type === 'listen.closed') expect(listens.delete(event.act)).toBe(true);
    else if (event.type === 'child.requested' && event.await) children.add(`${event.act} ${event.index ?? ''}`);
    else if (event.type === 'child.abandoned') expect(children.delete(`${event.act} ${event.index ?? ''}`)).toBe(true);
    else if (event.type === 'child.ended') {
      // An item whose input could not be made ends without having begun.
      const begun = children.delete(`${event.act} ${event.index ?? ''}`);
      expect(begun || (event.index !== undefined && event.fault !== undefined)).toBe(true);
    } else if (event.type === 'effect.requested') {
      expect(confirmed.has(event.key), 'a confirmed unique act is asked for again under its key').toBe(false);
      if (event.position === undefined) continue;
      expect(requested.get(event.key) ?? event.position, 'one key, one position').toBe(event.position);
      requested.set(event.key, event.position);
      guarded.add(event.act);
    } else if (event.type === 'effect.doubted') guarded.add(event.act);
    else if (event.type === 'effect.completed') {
      guarded.delete(event.act);
      if (event.key !== undefined) confirmed.add(event.key);
    } else if (event.type === 'effect.failed' || event.type === 'effect.absent' || event.type === 'effect.abandoned') guarded.delete(event.act);
  }
  expect([...timers].sort(), 'timer rows').toEqual(
    openTimers(shell.run)
      .map((t) => t.id)
      .sort(),
  );
  expect([...listens].sort(), 'subscriptions').toEqual([...shell.run.listens].sort());
  expect([...children].sort(), 'children').toEqual(
    [...shell.run.acts.values()]
      .flatMap(({ id, own }) =>
        own.kind === 'map' ? [...own.running.keys()].map((index) => `${id} ${index}`) : own.kind === 'run' && own.child !== undefined ? [`${id} `] : [],
      )
      .sort(),
  );
  const open = openEffects(shell.run)
    .filter((e) => e.class === 'unique' || e.class === 'irreversible')
    .map((e) => e.act);
  expect([...guarded].sort(), 'intents').toEqual(open.sort());
}

function checkView(shell: VirtualShell): void {
  const status = runStatus(shell.run);
  const waiting = waitingFor(shell.run);
  if (status === 'waiting' || status === 'paused') expect(waiting.length, `a ${status} run says for what`).toBeGreaterThan(0);
  if (isEnded(shell.run)) expect(waiting).toEqual([]);
  expect(failureOf(shell.run, shell.journal) !== undefined).toBe(status === 'failed');
}

function play(shell: VirtualShell, moves: readonly Move[]): void {
  for (const next of moves) {
    if (next.kind === 'revive') {
      shell.run = revive(shell.run.linked, plain(shell.run));
      continue;
    }
    const command = commandOf(shell, next);
    if (command === undefined) continue;
    const ended = isEnded(shell.run);
    const decision = shell.give(command);
    expect(decision.more).toBe(hasWork(shell.run));
    if (decision.events.length === 0 && command.type !== 'continue') expect(decision.unused).toBeTypeOf('string');
    if (ended && command.type !== 'retry') expect(decision.events, `${command.type} after the end`).toEqual([]);
    // A turn of the engine goes on until the bound; sometimes the next command comes in between.
    if (decision.more && next.pick % 3 !== 0) shell.give({ type: 'continue' });
    if (shell.journal.length > 1200) return;
  }
}

const bounds = fc.constantFrom(1, 2, 7, 1000);
/** The short one is half used at every rest but the first ones: segment after segment. */
const histories = fc.constantFrom(600, 50);
const options = { seed: SEED, numRuns: 150, endOnFailure: true };

describe(`random flows under random commands (seed ${SEED})`, () => {
  it('fold to the live state, revive, hold nothing that they let go, and repeat no unique act', () => {
    fc.assert(
      fc.property(
        flow,
        start,
        fc.array(move, { minLength: 10, maxLength: 80 }),
        bounds,
        histories,
        (source, first, moves, eventsPerDecision, historyEvents) => {
          const shell = virtualShell(linkFlow(source), { eventsPerDecision, historyEvents, retriesPerRun: 5 });
          shell.give(first);
          play(shell, moves);
          checkHolds(shell);
          checkView(shell);
        },
      ),
      options,
    );
  });

  it('make the same of a command whether they were revived from a snapshot or lived through it', () => {
    fc.assert(
      fc.property(
        flow,
        start,
        fc.array(move, { minLength: 5, maxLength: 30 }),
        fc.array(move, { minLength: 5, maxLength: 30 }),
        (source, first, before, after) => {
          const linked = linkFlow(source);
          const live = virtualShell(linked, { historyEvents: 600 });
          live.checking = false;
          live.give(first);
          play(live, before);
          const revived = virtualShell(linked, { historyEvents: 600 });
          revived.checking = false;
          revived.run = revive(linked, plain(live.run));
          revived.journal.push(...live.journal);
          const lived = after.filter((m) => m.kind !== 'revive');
          play(live, lived);
          play(revived, lived);
          expect(revived.journal).toEqual(live.journal);
          expect(plain(revived.run)).toEqual(plain(live.run));
        },
      ),
      { ...options, numRuns: 80 },
    );
  });

  it('can be forked after every event: the fork goes on, and asks for no confirmed unique act', () => {
    fc.assert(
      fc.property(
        flow,
        start,
        fc.array(move, { minLength: 5, maxLength: 40 }),
        fc.nat(),
        fc.constantFrom('keep' as const, 'dry' as const),
        (source, first, moves, at, effects) => {
          const linked = linkFlow(source);
          const shell = virtualShell(linked, { historyEvents: 400 });
          shell.checking = false;
          shell.give(first);
          play(
            shell,
            moves.filter((m) => m.kind !== 'revive'),
          );
          const toSeq = 1 + (at % shell.journal.length);
          const past = newRun(linked, { id: shell.run.id });
          for (const event of shell.journal.slice(0, toSeq)) evolve(past, event);
          if (past.phase === 'completed' || past.phase === 'cancelled') return;
          const ledger = ledgerOf(shell.journal);
          const before = JSON.stringify(snapshot(past));
          const queued = at % 3 === 0 ? { queued: { permit: 'test/random' } } : {};
          const event = { ...rewound(past, { from: past.id, toSeq, by: 'ada', effects, ledger, atMs: 5 }), ...queued };
          expect(JSON.stringify(snapshot(past)), 'the past is not changed').toBe(before);
          const fork = virtualShell(linked, { historyEvents: 400 });
          fork.run = newRun(linked, { id: makeRunId(3, 2_000, new Uint8Array(9)) });
          fork.journal.push(event);
          evolve(fork.run, event);
          fork.give({ type: 'begin' });
          fork.play(() => ({ result: { n: 9 } }), 60);
          const confirmed = new Set(ledger.filter((answer) => answer.state === 'confirmed').map((answer) => answer.position));
          for (const made of fork.journal) {
            if (made.type !== 'effect.requested') continue;
            expect(effects, 'a dry fork performs nothing').toBe('keep');
            if (made.position !== undefined) expect(confirmed.has(made.position), made.position).toBe(false);
          }
          if (effects === 'dry') expect(fork.types().filter((type) => type === 'event.emitted' || type === 'child.requested')).toEqual([]);
        },
      ),
      { ...options, numRuns: 80 },
    );
  });

  it('go on with a newer version, wherever they rest, as they would have gone on with their own', () => {
    let moved = 0;
    fc.assert(
      fc.property(flow, fc.array(move, { minLength: 1, maxLength: 30 }), fc.array(move, { minLength: 5, maxLength: 40 }), (source, before, after) => {
        const older = linkFlow(optedIn(source, []));
        const newer = linkFlow(optedIn(source, [{ more: { set: { n: 0 } } }, { still: { do: [{ more: { set: { n: 0 } } }] } }]));
        const lived = virtualShell(older, { historyEvents: 400 });
        lived.checking = false;
        lived.give({ type: 'start', input: { n: 1 } });
        play(lived, before);
        const [stays, goes] = [inNewSegment(lived, undefined), inNewSegment(lived, newer)];
        if (stays === undefined || goes === undefined) return;
        moved += 1;
        expect(goes.run.linked.hash).toBe(newer.hash);
        const moves = after.filter((m) => m.kind !== 'revive');
        for (const shell of [stays, goes]) play(shell, moves);
        expect(sinceSegment(goes)).toEqual(sinceSegment(stays));
        expect(rebase(plain(stays.run), older.program, newer.program)).toEqual(plain(goes.run));
      }),
      { ...options, numRuns: 120 },
    );
    expect(moved, 'runs that moved').toBeGreaterThan(5);
  });
});

/** A flow that takes newer versions, and ends before the steps that the newer one has more: those give other numbers to all that follow. */
function optedIn(source: string, more: readonly unknown[]): string {
  const text = JSON.parse(source) as { document: object; do: unknown[] };
  const document = { ...text.document, metadata: { palace: { upgrade: 'compatible' } } };
  return JSON.stringify({ ...text, document, do: [...text.do, { fin: { set: '${ . }', then: 'end' } }, ...more] });
}

/** The same life at the beginning of a segment; undefined when the run does not rest. */
function inNewSegment(lived: VirtualShell, newest: Linked | undefined): VirtualShell | undefined {
  const take = (from: VirtualShell, limits: Partial<DecideLimits>): VirtualShell =>
    Object.assign(virtualShell(lived.linked, limits), { run: revive(from.run.linked, plain(from.run)), journal: [...from.journal], nowMs: from.nowMs, newest });
  const opening = take(lived, { historyEvents: 1 });
  opening.give({ type: 'continue' });
  return opening.journal.at(-1)?.type === 'segment.opened' ? take(opening, { historyEvents: 400 }) : undefined;
}

/** With pointers for the numbers of steps, and sources for those of the expressions in filters. */
function sinceSegment({ journal, run }: VirtualShell): unknown {
  const named = ['pc', 'then', 'to', 'onward'];
  const pointer = (pc: unknown): unknown => (typeof pc === 'number' && pc >= 0 ? run.linked.program.steps[pc]?.pointer : pc);
  const { expressions } = run.linked.program;
  const spelled = (filters: unknown): unknown =>
    JSON.parse(JSON.stringify(filters), (name, value: unknown) => (name === 'e' && typeof value === 'number' ? expressions[value] : value));
  const readable = (key: string, value: unknown): unknown => (named.includes(key) ? pointer(value) : key === 'filters' ? spelled(value) : value);
  return journal
    .slice(journal.findLastIndex((event) => event.type === 'segment.opened') + 1)
    .map((event) => Object.fromEntries(Object.entries(event).map(([key, value]) => [key, readable(key, value)])));
}
