// evolve(run, event): what an event makes of the state. Folding a journal through it rebuilds the run (ENGINE E10).
// I1 It evaluates nothing, reads no clock, draws no chance: everything is in the event or in the state.
// I2 It changes the run it is given, in place; the caller owns that run. It throws only on an event that cannot follow (quarantine).
// I3 After a final event only run.retried and run.rewound may follow.
// Called by decide.ts for each event it adds, and by the engine for each event it reads.
import type { Json } from '@palace/jq/jq.ts';
import { actOf, addTimer, assertThat, removeAct, removeChildren, removeTimer, resetData, setData, setEffect, setStage, type Act, type Own } from './acts.ts';
import { dropAnswer, keepAnswer, noteAttempt } from './attempts.ts';
import { listenAdvanced, listenClosed, listenOpened, listenReceived } from './hearing.ts';
import { itemEnded, itemRequested, mapStarted } from './mapping.ts';
import type { EffectIntent, RunEvent, Surroundings } from './model.ts';
import { stepCompleted, stepEntered, stepSkipped } from './progress.ts';
import { restart } from './restart.ts';
import { isAtRest, isEnded, loadState, type Run } from './run.ts';

type Fold<T extends RunEvent['type']> = (run: Run, event: Extract<RunEvent, { type: T }>) => void;

const FOLDS: { readonly [T in RunEvent['type']]: Fold<T> } = {
  'run.queued': (run, event) => {
    assertThat(run.phase === 'new', 'a run is queued before it starts');
    run.phase = 'queued';
    run.input = event.input;
    run.depth = event.depth ?? 0;
    run.startedMs = event.atMs;
    run.place = { permit: event.permit, atMs: event.atMs };
    surround(run, event);
  },
  'run.started': (run, event) => {
    assertThat(run.phase === (event.input === undefined ? 'queued' : 'new'), 'a run starts once');
    run.phase = 'running';
    run.place = undefined;
    run.input = event.input ?? run.input;
    run.depth = event.depth ?? run.depth;
    run.startedMs = event.atMs;
    surround(run, event);
    if (run.linked.program.timeout !== undefined) run.unarmed.add(0);
  },
  'step.entered': stepEntered,
  'step.skipped': stepSkipped,
  'step.completed': stepCompleted,
  'switch.chosen': () => {},
  'for.started': (run, event) => {
    const act = actOf(run, event.act);
    const own = ownOf(act, 'for');
    own.items = event.items;
    own.index = -1;
    setStage(run, act, 'next');
  },
  'for.advanced': (run, event) => {
    ownOf(actOf(run, event.act), 'for').index = event.index;
  },
  'effect.requested': (run, event) => {
    const act = actOf(run, event.act);
    const { attempt, atMs } = event;
    noteAttempt(run, act, attempt);
    ownOf(act, 'call').intent = undefined;
    setEffect(run, act, { act: act.id, pc: act.pc, attempt, ...intentIn(event), atMs, state: 'requested' });
    setStage(run, act, 'waiting');
  },
  'effect.classified': (run, event) => {
    const act = actOf(run, event.act);
    setEffect(run, act, undefined);
    ownOf(act, 'call').class = event.class;
    setStage(run, act, 'enter');
  },
  'effect.completed': (run, event) => {
    const act = actOf(run, event.act);
    setEffect(run, act, undefined);
    ownOf(act, 'call').intent = undefined;
    if (event.key !== undefined) keepAnswer(run, act, { state: 'confirmed', key: event.key, result: event.result });
    setData(act, event.result);
    setStage(run, act, 'done');
  },
  'effect.failed': (run, event) => {
    const act = actOf(run, event.act);
    setEffect(run, act, undefined);
    faultAct(run, act, event.fault);
  },
  'effect.doubted': (run, event) => {
    const act = actOf(run, event.act);
    const own = ownOf(act, 'call');
    const state = event.verifying ? ('verifying' as const) : ('in-doubt' as const);
    assertThat(own.effect !== undefined || event.intent !== undefined, 'a doubt needs an intent');
    if (event.intent === undefined) setEffect(run, act, { ...(own.effect as NonNullable<typeof own.effect>), state });
    else setEffect(run, act, { ...event.intent, act: act.id, pc: act.pc, attempt: event.attempt, atMs: event.atMs, state });
    noteAttempt(run, act, event.attempt);
    setStage(run, act, 'waiting');
  },
  'effect.absent': (run, event) => {
    const act = actOf(run, event.act);
    const own = ownOf(act, 'call');
    assertThat(own.effect !== undefined, 'only an open effect can be absent');
    const intent = intentIn(own.effect);
    setEffect(run, act, undefined);
    dropAnswer(run, act);
    own.intent = intent;
    setStage(run, act, 'again');
  },
  'effect.abandoned': (run, event) => {
    const act = actOf(run, event.act);
    setEffect(run, act, undefined);
    keepAnswer(run, act, { state: 'in-doubt', key: event.key });
  },
  'timer.set': (run, event) => {
    const { id, act, purpose, dueMs } = event;
    addTimer(run, { id, act, purpose, dueMs });
    if (purpose === 'wait') setStage(run, actOf(run, act), 'waiting');
  },
  'timer.cleared': (run, event) => {
    removeTimer(run, event.id);
  },
  'timer.fired': timerFired,
  'listen.opened': listenOpened,
  'listen.received': listenReceived,
  'listen.advanced': listenAdvanced,
  'listen.closed': listenClosed,
  'signal.received': (run, event) => {
    run.signals.push(signalEvent(run.id, event));
  },
  'event.emitted': (run, event) => {
    const act = actOf(run, event.act);
    setData(act, event.event as Json);
    setStage(run, act, 'done');
  },
  'map.started': mapStarted,
  'child.requested': (run, event) => {
    const act = actOf(run, event.act);
    if (act.own.kind === 'map') return itemRequested(run, act, act.own, event);
    const own = ownOf(act, 'run');
    own.requests += 1;
    noteAttempt(run, act, own.requests);
    if (event.await) own.child = event.run;
    setStage(run, act, event.await ? 'waiting' : 'done');
  },
  'child.abandoned': (run, event) => {
    const act = actOf(run, event.act);
    if (act.own.kind === 'map') act.own.running.delete(event.index ?? -1);
    else ownOf(act, 'run').child = undefined;
  },
  'child.ended': (run, event) => {
    const act = actOf(run, event.act);
    if (act.own.kind === 'map') {
      if (itemEnded(run, act, act.own, event)) return;
      return faultAct(run, act, event.fault);
    }
    ownOf(act, 'run').child = undefined;
    if (event.fault !== undefined) return faultAct(run, act, event.fault);
    setData(act, event.output ?? null);
    setStage(run, act, 'done');
  },
  'error.caught': (run, event) => {
    const act = actOf(run, event.act);
    const own = ownOf(act, 'try');
    removeChildren(run, act);
    resetData(act);
    if (event.retryAtMs === undefined) {
      own.caught = event.fault;
      own.kept = undefined;
      return setStage(run, act, 'next');
    }
    own.attempt += 1;
    own.base = own.peak;
    run.retries += 1;
    setStage(run, act, 'waiting');
  },
  'step.faulted': (run, event) => faultAct(run, actOf(run, event.act), event.fault),
  'step.cancelled': (run, event) => removeAct(run, actOf(run, event.act)),
  'context.changed': (run, event) => {
    run.context = event.context;
  },
  'run.paused': (run, event) => {
    assertThat(run.phase === 'running', 'only a running run pauses');
    run.phase = 'paused';
    run.paused = { by: event.by, atMs: event.atMs, ...(event.reason !== undefined && { reason: event.reason }) };
  },
  'run.resumed': (run) => {
    assertThat(run.phase === 'paused', 'only a paused run resumes');
    run.phase = 'running';
    run.paused = undefined;
  },
  'run.completed': (run, event) => {
    run.phase = 'completed';
    run.output = event.output;
    endRun(run, event.atMs);
  },
  'run.cancelled': (run, event) => {
    run.phase = 'cancelled';
    endRun(run, event.atMs);
  },
  'run.failed': (run, event) => {
    run.phase = 'failed';
    run.fault = event.fault;
    run.failedAct = event.act;
    run.endedMs = event.atMs;
    run.timers.clear();
    for (const act of run.acts.values()) act.timers = [];
    for (const id of run.effects) ownOf(actOf(run, id), 'call').effect = undefined;
    run.effects.clear();
  },
  'run.retried': (run, event) => {
    assertThat(run.phase === 'failed', 'only a failed run is retried');
    run.generation = event.generation;
    restart(run, event.effects, event.ledger);
  },
  'run.rewound': (run, event) => {
    const { seq, segment, nextAct, generation } = run;
    loadState(run, event.state, nextAct - 1);
    run.seq = seq;
    run.segment = segment;
    // The past knows nothing of generations that came after it; a key must never come back.
    run.generation = event.from === run.id ? Math.max(generation + 1, event.generation) : event.generation;
    if (event.from !== run.id) {
      run.startedMs = event.atMs;
      withoutKeys(run);
    }
    restart(run, event.effects, event.ledger);
    if (event.queued === undefined) return;
    run.phase = 'queued';
    run.place = { permit: event.queued.permit, atMs: event.atMs };
  },
  'segment.opened': segmentOpened,
};

function surround(run: Run, { environment, variables }: Surroundings): void {
  run.environment = environment ?? run.environment;
  run.variables = variables ?? run.variables;
}

/** The original may go on with its acts under these keys; a fork must not. */
function withoutKeys(run: Run): void {
  for (const [position, { key: _key, ...answer }] of run.ledger) run.ledger.set(position, answer);
}

export function evolve(run: Run, event: RunEvent): void {
  assertThat(!isEnded(run) || event.type === 'run.retried' || event.type === 'run.rewound', `${event.type} after the end`);
  (FOLDS[event.type] as Fold<RunEvent['type']>)(run, event as never);
  run.seq += 1;
}

/** The state is that of the run already, or (when the fold begins here) all there is of it. */
function segmentOpened(run: Run, event: Extract<RunEvent, { type: 'segment.opened' }>): void {
  const before = run.phase === 'new' ? undefined : { seq: run.seq, number: run.segment?.number ?? 1 };
  assertThat(event.hash === run.linked.hash, 'a segment is folded with its own program');
  loadState(run, event.state);
  assertThat(before === undefined || (run.seq === before.seq && event.segment === before.number + 1), 'a segment follows the one before');
  assertThat(isAtRest(run), 'a segment opens while the run rests');
  run.segment = { number: event.segment, firstSeq: run.seq + 1 };
}

function ownOf<K extends Own['kind']>(act: Act, kind: K): Extract<Own, { kind: K }> {
  assertThat(act.own.kind === kind, `act ${act.id} is no ${kind}`);
  return act.own as Extract<Own, { kind: K }>;
}

/** The intent alone, out of an event or an open effect. */
function intentIn({ key, class: effect, function: name, args, argsHash, deadlineMs, seen }: EffectIntent): EffectIntent {
  return { key, class: effect, function: name, args, argsHash, deadlineMs, ...(seen !== undefined && { seen }) };
}

function timerFired(run: Run, event: Extract<RunEvent, { type: 'timer.fired' }>): void {
  const timer = removeTimer(run, event.id);
  if (timer.purpose === 'run-timeout') {
    run.overdue = true;
    return;
  }
  const act = actOf(run, timer.act);
  if (timer.purpose === 'wait') setStage(run, act, 'done');
  else if (timer.purpose === 'retry') setStage(run, act, 'again');
  // What is done or failed already only waits to be told so: it was in time.
  else if (act.stage !== 'done' && act.stage !== 'faulted') {
    act.failedIn = act.stage;
    setStage(run, act, 'overdue');
  }
}

function faultAct(run: Run, act: Act, fault: Act['fault']): void {
  // A timeout has noted already in what the act was interrupted.
  if (act.stage !== 'overdue') act.failedIn = act.stage;
  act.fault = fault;
  if (act.own.kind === 'call' && act.own.effect !== undefined) setEffect(run, act, undefined);
  run.unarmed.delete(act.id);
  setStage(run, act, 'faulted');
}

/** A signal as the event that listens see: addressed to this run alone. */
export function signalEvent(run: string, signal: { readonly id: string; readonly name: string; readonly data: Json; readonly atMs: number }) {
  return {
    specversion: '1.0' as const,
    id: signal.id,
    source: `/runs/${run}`,
    type: `agentspalace.signal.${signal.name}`,
    time: new Date(signal.atMs).toISOString(),
    data: signal.data,
  };
}

function endRun(run: Run, atMs: number): void {
  run.endedMs = atMs;
  run.ending = undefined;
  run.place = undefined;
  for (const set of [run.acts, run.timers, run.ready, run.effects, run.listens, run.unarmed, run.ledger]) set.clear();
  run.signals = [];
}
