// What each command makes of a run: facts are journaled at once, also while the run is paused; what follows from them is drain's.
// I1 A command never throws on what the shell may send: what finds nothing to do says why (`unused`), for the shell to record.
// I2 An answer counts only for the act and attempt that asked; late answers change nothing.
import type { Json } from '@palace/jq/jq.ts';
import { actOf, type Act, type OpenEffect } from './acts.ts';
import { isEffectClass } from './effect-class.ts';
import { signalEvent } from './evolve.ts';
import { fail } from './failing.ts';
import { standardFault } from './faults.ts';
import type { ActId, Command, RunFault } from './model.ts';
import { fits } from './payload.ts';
import { isGuarded, releaseRun } from './release.ts';
import { isEnded, openEffect, stepAt } from './run.ts';
import { isSegmentDue } from './segments.ts';
import { isAbsenceFinal, isAsking, isVerifiable } from './steps/call.ts';
import { hasHeard, hear, offer } from './steps/listen.ts';
import { itemOf, tooLargeTogether } from './steps/map.ts';
import { emit, limitFault, settingOf, type Turn } from './turn.ts';

/** Undefined: it was used. */
type Outcome = string | undefined;
type Handle<T extends Command['type']> = (turn: Turn, command: Extract<Command, { type: T }>) => Outcome;

const HANDLES: { readonly [T in Command['type']]: Handle<T> } = {
  start(turn, { input, depth, queued, environment, variables, by }) {
    if (turn.run.phase !== 'new') return 'The run has started already.';
    const first = {
      input,
      ...(depth !== undefined && depth > 0 && { depth }),
      ...(by !== undefined && { by }),
      ...(environment !== undefined && { environment }),
      ...(variables !== undefined && { variables }),
      atMs: turn.env.nowMs,
    };
    emit(turn, queued === undefined ? { type: 'run.started', ...first } : { type: 'run.queued', ...first, ...queued });
    return undefined;
  },
  begin(turn) {
    if (turn.run.phase !== 'queued') return 'The run does not wait for a place.';
    emit(turn, { type: 'run.started', atMs: turn.env.nowMs });
    return undefined;
  },
  continue: () => undefined,
  'open-segment': ({ run, env }) => (isSegmentDue(run, env.limits) ? undefined : 'No segment is due.'),
  'effect-done': (turn, { act, attempt, result }) =>
    withEffect(turn, act, attempt, (effect) => (isAsking(turn, effect) ? classified(turn, effect, result) : effectDone(turn, effect, result))),
  'effect-failed': (turn, { act, attempt, fault, reach }) =>
    withEffect(turn, act, attempt, (effect) => {
      if (reach === 'unknown' && isGuarded(effect)) return doubt(turn, effect, fault.detail ?? fault.title ?? 'The outcome of the call is unknown.');
      return effectFailed(turn, effect, fault);
    }),
  'effect-verified': (turn, { act, verdict, result }) =>
    withEffect(turn, act, undefined, (effect) => {
      if (effect.state !== 'verifying') return 'Nobody asked whether this effect happened.';
      if (verdict === 'happened') return effectDone(turn, effect, result ?? null, 'verified');
      if (verdict === 'absent' && isAbsenceFinal(turn, actOf(turn.run, act))) return effectAbsent(turn, effect);
      const why =
        verdict === 'absent'
          ? 'It was not found, and the remote does not promise that it will not appear later.'
          : 'The remote could not tell whether it happened.';
      emit(turn, { type: 'effect.doubted', act, attempt: effect.attempt, key: effect.key, verifying: false, why, atMs: turn.env.nowMs });
      return undefined;
    }),
  'effect-resolved'(turn, { key, outcome, result, by }) {
    const effect = [...turn.run.effects].map((id) => openEffect(turn.run, id)).find((one) => one?.key === key);
    if (effect === undefined || effect.state === 'requested') return 'No effect of this run with that key is in doubt.';
    return outcome === 'done' ? effectDone(turn, effect, result ?? null, 'resolved', by) : effectAbsent(turn, effect, by);
  },
  'effect-lost': (turn, { act, attempt }) =>
    withEffect(turn, act, attempt, (effect) => {
      if (!isGuarded(effect)) return 'This effect is simply performed again.';
      if (effect.state !== 'requested') return 'It is known already that the outcome of this effect is unknown.';
      return doubt(turn, effect, 'The server stopped while the call was under way.');
    }),
  timer(turn, { id }) {
    if (!turn.run.timers.has(id)) return 'The timer is not set any more.';
    emit(turn, { type: 'timer.fired', id, atMs: turn.env.nowMs });
    return undefined;
  },
  signal(turn, { id, name, data }) {
    const { run, env } = turn;
    if (!isOpen(turn)) return ended(turn);
    const signal = { id, name, data, atMs: env.nowMs };
    if (!fits(data, env.limits.payloadBytes)) return `The signal is larger than ${env.limits.payloadBytes} bytes (${settingOf('payloadBytes')}).`;
    if (offer(turn, signalEvent(run.id, signal))) return undefined;
    if (run.signals.length >= env.limits.bufferedSignals)
      return `The run keeps ${run.signals.length} signals that nobody has read (${settingOf('bufferedSignals')}).`;
    emit(turn, { type: 'signal.received', ...signal });
    return undefined;
  },
  event(turn, { act, event, early }) {
    const listening = turn.run.listens.has(act);
    if (!listening) return 'The step does not listen any more.';
    if (hasHeard(actOf(turn.run, act), event)) return 'The step has received this event already.';
    return hear(turn, actOf(turn.run, act), event, early) ? undefined : 'The event does not match the filters of the step.';
  },
  'child-ended'(turn, { act, child, output, fault }) {
    const waiting = turn.run.acts.get(act);
    const index = itemOf(waiting, child);
    // A step that was begun again waits for another run than the one that it left.
    const awaited = index !== undefined || (waiting?.own.kind === 'run' && waiting.own.child === child);
    if (waiting === undefined || !awaited) return 'The step does not wait for that run any more.';
    const step = stepAt(turn.run, waiting);
    const instance = step.pointer;
    const item = index === undefined ? {} : { index };
    const said = fault ?? (fits(output ?? null, turn.env.limits.payloadBytes) ? undefined : tooLarge(turn, 'output of the sub-flow'));
    const together = said === undefined ? tooLargeTogether(turn, waiting, output ?? null) : undefined;
    if (together !== undefined) fail(turn, waiting, { ...together, instance });
    else if (said !== undefined) emit(turn, { type: 'child.ended', act, ...item, fault: { ...said, instance } });
    else emit(turn, { type: 'child.ended', act, ...item, output: step.kind === 'run' && step.silent === true ? null : (output ?? null) });
    return undefined;
  },
  pause(turn, { by, reason }) {
    if (turn.run.phase === 'queued') return 'The run waits for its place; it has not begun.';
    if (turn.run.phase !== 'running') return turn.run.phase === 'paused' ? 'The run is paused already.' : ended(turn);
    emit(turn, { type: 'run.paused', by, ...(reason !== undefined && { reason }), atMs: turn.env.nowMs });
    return undefined;
  },
  resume(turn, { by }) {
    if (turn.run.phase !== 'paused') return 'The run is not paused.';
    emit(turn, { type: 'run.resumed', by, atMs: turn.env.nowMs });
    return undefined;
  },
  cancel(turn, { by, reason }) {
    if (isEnded(turn.run)) return ended(turn);
    releaseRun(turn);
    emit(turn, { type: 'run.cancelled', by, ...(reason !== undefined && { reason }), atMs: turn.env.nowMs });
    return undefined;
  },
  retry(turn, { by, effects, ledger }) {
    const { run } = turn;
    if (run.phase !== 'failed') return 'Only a failed run can be retried.';
    emit(turn, { type: 'run.retried', by, generation: run.generation + 1, effects, ledger, atMs: turn.env.nowMs });
    return undefined;
  },
  rewind(turn, { event }) {
    // What it holds now is given up in words: subscriptions, timers, children and the ledger hear of nothing else.
    if (isOpen(turn)) releaseRun(turn);
    emit(turn, event);
    return undefined;
  },
  'set-context'(turn, { context, by }) {
    if (!isOpen(turn)) return ended(turn);
    if (!fits(context, turn.env.limits.payloadBytes)) return `The context is larger than ${turn.env.limits.payloadBytes} bytes (${settingOf('payloadBytes')}).`;
    emit(turn, { type: 'context.changed', context, by });
    return undefined;
  },
};

export function give(turn: Turn, command: Command): Outcome {
  return (HANDLES[command.type] as Handle<Command['type']>)(turn, command as never);
}

const isOpen = ({ run: { phase } }: Turn): boolean => phase === 'running' || phase === 'paused' || phase === 'queued';

function ended(turn: Turn): string {
  return turn.run.phase === 'new' ? 'The run has not started.' : `The run has ended: ${turn.run.phase}.`;
}

function withEffect(turn: Turn, act: ActId, attempt: number | undefined, use: (effect: OpenEffect) => Outcome): Outcome {
  const effect = openEffect(turn.run, act);
  if (effect === undefined) return 'The step does not wait for this effect any more.';
  if (attempt !== undefined && attempt !== effect.attempt) return `This answers attempt ${attempt}; the step is at attempt ${effect.attempt}.`;
  return use(effect);
}

/** The ledger's key, for classes that the ledger keeps. */
const keyOf = (effect: OpenEffect): { key?: string } => (isGuarded(effect) ? { key: effect.key } : {});

function effectDone(turn: Turn, effect: OpenEffect, result: Json, how: 'performed' | 'verified' | 'resolved' = 'performed', by?: string): Outcome {
  const { act, attempt } = effect;
  const small = fits(result, turn.env.limits.payloadBytes);
  if (!small && !isGuarded(effect)) return effectFailed(turn, effect, tooLarge(turn, 'result of the call'));
  // It happened, whatever the size of its answer: the ledger must say so before the step fails.
  emit(turn, {
    type: 'effect.completed',
    act,
    attempt,
    ...keyOf(effect),
    result: small ? result : null,
    how,
    ...(by !== undefined && { by }),
    atMs: turn.env.nowMs,
  });
  if (!small) fail(turn, actOf(turn.run, act), { ...tooLarge(turn, 'result of the call'), instance: stepAt(turn.run, actOf(turn.run, act)).pointer });
  return undefined;
}

/** The answer to the read that a step asks before its act. */
function classified(turn: Turn, effect: OpenEffect, result: Json): Outcome {
  if (!isEffectClass(result)) return effectFailed(turn, effect, standardFault('runtime', 'What kind of act the call is was not found out.'));
  emit(turn, { type: 'effect.classified', act: effect.act, class: result, atMs: turn.env.nowMs });
  return undefined;
}

function effectFailed(turn: Turn, effect: OpenEffect, fault: RunFault): Outcome {
  const { pointer } = stepAt(turn.run, actOf(turn.run, effect.act) satisfies Act);
  emit(turn, {
    type: 'effect.failed',
    act: effect.act,
    attempt: effect.attempt,
    ...keyOf(effect),
    fault: { ...fault, instance: pointer },
    atMs: turn.env.nowMs,
  });
  return undefined;
}

function doubt(turn: Turn, effect: OpenEffect, why: string): Outcome {
  if (effect.state !== 'requested') return 'It is known already that the outcome of this effect is unknown.';
  const verifying = isVerifiable(turn, actOf(turn.run, effect.act));
  emit(turn, { type: 'effect.doubted', act: effect.act, attempt: effect.attempt, key: effect.key, verifying, why, atMs: turn.env.nowMs });
  return undefined;
}

function effectAbsent(turn: Turn, effect: OpenEffect, by?: string): Outcome {
  emit(turn, { type: 'effect.absent', act: effect.act, attempt: effect.attempt, ...keyOf(effect), ...(by !== undefined && { by }), atMs: turn.env.nowMs });
  return undefined;
}

const tooLarge = (turn: Turn, what: string): RunFault => limitFault('payloadBytes', `The ${what} is larger than ${turn.env.limits.payloadBytes} bytes.`);
