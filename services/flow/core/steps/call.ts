// call: an act on the outside world. Its arguments are settled here; the shell performs it after the commit (ENGINE E8).
// I1 A unique or irreversible act is requested only when its position is not known to have happened, or to be in doubt.
// I2 A repetition of the same request (it was certainly absent) takes its arguments from the first intent.
// I3 No secret stands in an intent: a visible text is in its place (secrets.ts).
// I4 An act keeps its key until it is certain what became of it, also when the run goes back and its generation rises.
// I5 Of a run that may have lived on elsewhere no guarded act is requested before it is certain that it did not happen there. Under a later
//    generation only a person can tell: there it had another key.
// I6 The intent of an act has its class. A step that cannot know it asks first, by a read under a key of its own: when the answer is
//    lost, it is asked again, and nothing is in doubt.
import type { Act } from '../acts.ts';
import { actOf, positionIn, stepOf } from '../acts.ts';
import { knownAnswer } from '../attempts.ts';
import { classOf } from '../effect-class.ts';
import { argsHash, effectKey } from '../keys.ts';
import type { ActId, EffectIntent } from '../model.ts';
import { checkSize } from '../payload.ts';
import type { EffectClass, StepOf, Template } from '../program.ts';
import { isGuarded } from '../release.ts';
import { stepAt } from '../run.ts';
import { argumentsShown } from '../secrets.ts';
import { emit, type Turn } from '../turn.ts';
import { placeOf } from '../variables.ts';

type Call = StepOf<'call'>;

/** The act of a step instance has ordinal 0. */
const QUESTION = 1;

export function beginCall(turn: Turn, act: Act, step: Call): void {
  const { run, env } = turn;
  const own = act.own.kind === 'call' ? act.own : undefined;
  const attempt = (own?.attempt ?? 0) + 1;
  if (run.mode === 'dry') {
    const result = run.ledger.get(positionIn(run.linked.program, act))?.result ?? null;
    return emit(turn, { type: 'effect.completed', act: act.id, attempt, result, how: 'dry', atMs: env.nowMs });
  }
  const found = own?.class ?? (step.ask === undefined ? classOf(step) : undefined);
  // Of a step that asks: what stands in the ledger was a guarded act.
  const known = found === undefined || isGuarded({ class: found }) ? knownAnswer(run, act) : undefined;
  if (found === undefined && known === undefined) return request(turn, act, attempt, questionOf(turn, act, step));
  const key = effectKey(run.id, run.generation, step.pointer, act.path, 0);
  if (known?.state === 'confirmed') {
    return emit(turn, { type: 'effect.completed', act: act.id, attempt, key, result: known.result ?? null, how: 'ledger', atMs: env.nowMs });
  }
  // I4: what may have happened is asked about, and if need be repeated, under the key that it may have happened under.
  const intent = intentOf(turn, act, step, known?.key ?? key, found ?? known?.class ?? classOf(step));
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
  if (!askedAbout(turn, act, step, attempt, intent)) request(turn, act, attempt, intent);
}

/** I5 */
function askedAbout(turn: Turn, act: Act, step: Call, attempt: number, intent: EffectIntent): boolean {
  const { run, env } = turn;
  if (env.livedOn === undefined || !isGuarded(intent)) return false;
  const verifying = run.generation === 1 && step.verify !== undefined;
  emit(turn, { type: 'effect.doubted', act: act.id, attempt, key: intent.key, verifying, why: env.livedOn, intent, atMs: env.nowMs });
  return true;
}

/** It certainly did not happen: the same request, one attempt later. */
export function requestAgain(turn: Turn, act: Act, step: Call): void {
  if (act.own.kind !== 'call') return;
  const { intent, attempt } = act.own;
  const key = effectKey(turn.run.id, turn.run.generation, step.pointer, act.path, 0);
  const same = intent ?? intentOf(turn, act, step, key, act.own.class ?? classOf(step));
  // Whoever found it absent in an earlier decision (the run was paused) may have done so before the run was restored.
  const isFresh = turn.events.some((event) => event.type === 'effect.absent' && event.act === act.id);
  if (isFresh || !askedAbout(turn, act, step, attempt + 1, same)) request(turn, act, attempt + 1, same);
}

function intentOf(turn: Turn, act: Act, step: Call, key: string, effect: EffectClass): EffectIntent {
  return intentWith(turn, act, { key, class: effect, function: step.function, deadlineMs: step.deadlineMs }, step.with);
}

/** What kind of act will this be? */
function questionOf(turn: Turn, act: Act, step: Call): EffectIntent {
  const { ask = { function: step.function, with: step.with } } = step;
  const key = effectKey(turn.run.id, turn.run.generation, step.pointer, act.path, QUESTION);
  return intentWith(turn, act, { key, class: 'read', function: ask.function, deadlineMs: step.deadlineMs }, ask.with);
}

function intentWith(turn: Turn, act: Act, about: Pick<EffectIntent, 'key' | 'class' | 'function' | 'deadlineMs'>, template: Template): EffectIntent {
  const { args, seen } = argumentsShown(turn, template, act.input, placeOf(turn.run, act));
  checkSize(turn, args, 'arguments of the call');
  return { ...about, args, argsHash: argsHash(args), ...(seen !== undefined && { seen }) };
}

/** The open effect is the question, not the act. */
export function isAsking(turn: Turn, { act }: { readonly act: ActId }): boolean {
  const { own, pc } = actOf(turn.run, act);
  const step = stepOf(turn.run.linked.program, pc);
  return step.kind === 'call' && step.ask !== undefined && own.kind === 'call' && own.effect?.function === step.ask.function;
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
