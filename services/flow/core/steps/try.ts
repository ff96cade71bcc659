// try: its body, which faults it takes, when the body runs again and after how long, and its handler.
// I1 `maxAttempts` counts runs of the body, the first included; the run's own budget of retries stands above every policy (R12).
// I2 Jitter is drawn from the position and the attempt, so that a decision taken twice is the same decision.
import type { Json } from '@palace/jq/jq.ts';
import type { Act } from '../acts.ts';
import { positionIn } from '../acts.ts';
import { canonicalErrorType } from '../faults.ts';
import { chance } from '../keys.ts';
import type { RunFault } from '../model.ts';
import type { Duration, ErrorMatch, RetryPolicy, StepOf } from '../program.ts';
import { complete, enter } from '../scopes.ts';
import { emit, faultOf, settingOf, type Turn } from '../turn.ts';
import { fill, holds, placeOf, type Place } from '../variables.ts';

type TryStep = StepOf<'try'>;
type Answer = { readonly caught: true; readonly fault: RunFault; readonly retryInMs?: number } | { readonly caught: false; readonly fault: RunFault };

/** No retry waits longer, whatever its backoff: 24 hours. */
const MAX_DELAY_MS = 86_400_000;

export function nextOfTry(turn: Turn, act: Act, step: TryStep): void {
  if (act.own.kind !== 'try') return;
  if (act.own.caught === undefined) return enter(turn, act, step.body, act.path);
  if (step.handler !== undefined) return enter(turn, act, step.handler, act.path);
  complete(turn, act, undefined, wayOn(act, step));
}

export function endTry(turn: Turn, act: Act, step: TryStep): void {
  complete(turn, act, undefined, wayOn(act, step));
}

const wayOn = (act: Act, step: TryStep) => (act.own.kind === 'try' && act.own.caught !== undefined ? step.catchThen : undefined);

/** Does this try take the fault of its body? An error in its own filter replaces the fault. */
export function catches(turn: Turn, act: Act, step: TryStep, fault: RunFault): Answer {
  try {
    const place: Place = { ...placeOf(turn.run, act), more: { [step.as]: fault as unknown as Json } };
    if (step.match !== undefined && !matches(turn, act, step.match, fault, place)) return { caught: false, fault };
    const error = fault as unknown as Json;
    if (step.when !== undefined && !holds(turn, step.when, error, place)) return { caught: false, fault };
    if (step.exceptWhen !== undefined && holds(turn, step.exceptWhen, error, place)) return { caught: false, fault };
    const retry = step.retry === undefined ? 'no' : retryIn(turn, act, step.retry, fault, place);
    if (typeof retry === 'number') return { caught: true, fault, retryInMs: retry };
    if (retry === 'no' || step.handler !== undefined) return { caught: true, fault };
    // A policy that is used up does not swallow the error.
    return { caught: false, fault: retry === 'budget' ? outOfBudget(turn, fault) : fault };
  } catch (error) {
    return { caught: false, fault: faultOf(error, step.pointer) };
  }
}

export function takeFault(turn: Turn, act: Act, step: TryStep, answer: Extract<Answer, { caught: true }>): void {
  if (act.own.kind !== 'try') return;
  const { nowMs } = turn.env;
  const { fault, retryInMs } = answer;
  const { attempt } = act.own;
  const retryAtMs = retryInMs === undefined ? undefined : nowMs + retryInMs;
  emit(turn, { type: 'error.caught', act: act.id, fault, attempt, ...(retryAtMs !== undefined && { retryAtMs }) });
  if (retryAtMs === undefined) return;
  if (retryAtMs <= nowMs) return enter(turn, act, step.body, act.path);
  emit(turn, { type: 'timer.set', id: `${act.id}.retry.${turn.run.seq}`, act: act.id, purpose: 'retry', dueMs: retryAtMs });
}

function matches(turn: Turn, act: Act, match: ErrorMatch, fault: RunFault, place: Place): boolean {
  for (const [field, template] of Object.entries(match)) {
    const wanted = fill(turn, template, act.input, place);
    const found = fault[field as keyof RunFault];
    if (field === 'type' && typeof wanted === 'string' ? canonicalErrorType(wanted) !== canonicalErrorType(fault.type) : wanted !== found) return false;
  }
  return true;
}

function retryIn(turn: Turn, act: Act, policy: RetryPolicy, fault: RunFault, place: Place): number | 'unwanted' | 'used-up' | 'budget' {
  if (act.own.kind !== 'try') return 'unwanted';
  const error = fault as unknown as Json;
  if (policy.when !== undefined && !holds(turn, policy.when, error, place)) return 'unwanted';
  if (policy.exceptWhen !== undefined && holds(turn, policy.exceptWhen, error, place)) return 'unwanted';
  const { attempt } = act.own;
  if (attempt >= policy.maxAttempts) return 'used-up';
  if (turn.run.retries >= turn.env.limits.retriesPerRun) return 'budget';
  const delayMs = delayOf(turn, act, policy, attempt, place);
  if (policy.maxDurationMs !== undefined && turn.env.nowMs + delayMs - act.atMs > policy.maxDurationMs) return 'used-up';
  return delayMs;
}

function delayOf(turn: Turn, act: Act, policy: RetryPolicy, attempt: number, place: Place): number {
  const ms = (duration: Duration) => durationMs(turn, duration, act.input, place);
  const base = ms(policy.delay);
  const drawn = chance(turn.run.id, positionIn(turn.run.linked.program, act), attempt);
  const factor = policy.backoff === 'constant' ? 1 : policy.backoff === 'linear' ? attempt : 2 ** Math.min(attempt - 1, 40);
  const grown = Math.min(base * factor, MAX_DELAY_MS);
  if (policy.jitter !== undefined) {
    const from = ms(policy.jitter.from);
    return Math.min(Math.round(grown + from + drawn * Math.max(0, ms(policy.jitter.to) - from)), MAX_DELAY_MS);
  }
  return Math.round(policy.backoff === 'exponential' ? grown * drawn : grown);
}

/** Throws ExpressionFault. */
export function durationMs(turn: Turn, duration: Duration, value: Json, place: Place): number {
  if ('ms' in duration) return duration.ms;
  return turn.run.linked.durationMs(
    { template: { t: 'lit', v: fill(turn, duration.template, value, place) } },
    value,
    {},
    turn.env.nowMs,
    turn.env.limits.expressionFuel,
  );
}

function outOfBudget(turn: Turn, fault: RunFault): RunFault {
  const { retriesPerRun } = turn.env.limits;
  return {
    ...fault,
    detail: `${fault.detail ?? fault.title ?? 'The step failed.'} The run has used its ${retriesPerRun} retries (${settingOf('retriesPerRun')}).`,
  };
}
