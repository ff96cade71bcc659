// call: an act on the outside world. Its arguments are settled here; the shell performs it after the commit (ENGINE E8).
// I1 A unique or irreversible act is requested only when its position is not known to have happened, or to be in doubt.
// I2 A repetition of the same request (it was certainly absent) takes its arguments from the first intent.
// I3 No secret stands in an intent: a visible text is in its place (secrets.ts).
// I4 An act keeps its key until it is certain what became of it, also when the run goes back and its generation rises.
import type { Act } from '../acts.ts';
import { positionIn } from '../acts.ts';
import { knownAnswer } from '../attempts.ts';
import { argsHash, effectKey } from '../keys.ts';
import type { EffectIntent } from '../model.ts';
import { checkSize } from '../payload.ts';
import type { StepOf } from '../program.ts';
import { isGuarded } from '../release.ts';
import { stepAt } from '../run.ts';
import { argumentsShown } from '../secrets.ts';
import { emit, type Turn } from '../turn.ts';
import { placeOf } from '../variables.ts';

type Call = StepOf<'call'>;

export function beginCall(turn: Turn, act: Act, step: Call): void {
  const { run, env } = turn;
  const own = act.own.kind === 'call' ? act.own : undefined;
  const attempt = (own?.attempt ?? 0) + 1;
  if (run.mode === 'dry') {
    const result = run.ledger.get(positionIn(run.linked.program, act))?.result ?? null;
    return emit(turn, { type: 'effect.completed', act: act.id, attempt, result, how: 'dry', atMs: env.nowMs });
  }
  const guarded = isGuarded({ class: step.effect });
  const known = guarded ? knownAnswer(run, act) : undefined;
  const key = effectKey(run.id, run.generation, step.pointer, act.path, 0);
  if (known?.state === 'confirmed') {
    return emit(turn, { type: 'effect.completed', act: act.id, attempt, key, result: known.result ?? null, how: 'ledger', atMs: env.nowMs });
  }
  // I4: what may have happened is asked about, and if need be repeated, under the key that it may have happened under.
  const intent = intentOf(turn, act, step, known?.key ?? key);
  if (known !== undefined) {
    // Of an act of the run that this one is a fork of only a person can tell: both may go on with it.
    const verifying = known.key !== undefined && step.verify !== undefined;
    return emit(turn, {
      type: 'effect.doubted',
      act: act.id,
      attempt,
      key: intent.key,
      verifying,
      why: known.key === undefined ? 'The run that this one is a fork of may have done it.' : 'An earlier try of this step may have happened.',
      intent,
      atMs: env.nowMs,
    });
  }
  request(turn, act, attempt, intent);
}

/** It certainly did not happen: the same request, one attempt later. */
export function requestAgain(turn: Turn, act: Act, step: Call): void {
  if (act.own.kind !== 'call') return;
  const { intent, attempt } = act.own;
  request(turn, act, attempt + 1, intent ?? intentOf(turn, act, step, effectKey(turn.run.id, turn.run.generation, step.pointer, act.path, 0)));
}

function intentOf(turn: Turn, act: Act, step: Call, key: string): EffectIntent {
  const { args, seen } = argumentsShown(turn, step.with, act.input, placeOf(turn.run, act));
  checkSize(turn, args, 'arguments of the call');
  const { effect, function: name, deadlineMs } = step;
  return { key, class: effect, function: name, args, argsHash: argsHash(args), deadlineMs, ...(seen !== undefined && { seen }) };
}

function request(turn: Turn, act: Act, attempt: number, intent: EffectIntent): void {
  const position = isGuarded(intent) ? { position: positionIn(turn.run.linked.program, act) } : {};
  emit(turn, { type: 'effect.requested', act: act.id, attempt, ...position, ...intent, atMs: turn.env.nowMs });
}

/** The step's `verify` can be asked what became of an act whose outcome is unknown. */
export function isVerifiable(turn: Turn, act: Act): boolean {
  const step = stepAt(turn.run, act);
  return step.kind === 'call' && step.verify !== undefined;
}

export function isAbsenceFinal(turn: Turn, act: Act): boolean {
  const step = stepAt(turn.run, act);
  return step.kind === 'call' && step.verify?.absenceFinal === true;
}
