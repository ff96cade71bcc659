// The acts on the world: begun after the commit that asks for them, a bounded number at once, each with its hard deadline.
// I1 Read and idempotent effects that were open are simply performed again; unique and irreversible ones never are without proof (E8).
// I2 Verification begins only after the act's hard deadline: until then the first act may still be under way.
// I3 An answer reaches the run as a command; an answer that comes when its step is over changes nothing but the ledger.
// I4 An error of the remote that is asked proves nothing: neither that the act happened nor that it did not.
// I5 A tenant has at most its share of the places (FairShare of `maxEffects`), so that slow acts of one leave places for the others; who
//    waits is served tenant by tenant, in order within each (R9). What a commit asked for is never refused: the door counts it (accept.ts).
// I6 What is held back (halts.ts) neither begins nor is verified: it is put aside until that changes, or its shard goes. `mayBegin` is asked once
//    more where an executor has waited for a place or a connection.
// I7 Of what an act brings back, what it sent as a secret is masked before anybody sees it.
// I8 What was not sent because our own server was not able to is begun again, and is no attempt of the step.
import type { Json } from '@palace/jq/jq.ts';
import { FairQueue } from '@palace/platform/durable/core/fair-queue.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { ActId, Command, RunEvent, RunFault, Verdict } from '../core/model.ts';
import { isGuarded } from '../core/release.ts';
import { openEffects, type OpenEffect } from '../core/run.ts';
import { standardFault } from '../core/faults.ts';
import type { Mask } from '../core/mask.ts';
import { StepFault } from '../core/turn.ts';
import type { EffectCall, EffectOutcome } from '../executors/executor.ts';
import { notAvailable } from '../executors/not-yet.ts';
import { argumentsAtHand, verifyAtHand, verifyVariables, type AtHand } from './act-arguments.ts';
import type { Effects, EngineParts } from './parts.ts';
import { aboutRun, traceparentOf } from './tracing.ts';
import type { Slot } from './slot.ts';

const FENCE_RETRY_MS = 50;
/** What was not begun because our own database was away. */
const UNREADY_RETRY_MS = 500;
/** A remote that cannot be asked is asked again this often before the step is in doubt. */
const VERIFY_AGAIN_MS = [250, 1_000, 3_000];

interface Job {
  readonly slot: Slot;
  readonly effect: OpenEffect;
  readonly controller: AbortController;
}

/** What waits until something is no longer held back, by run. */
type Aside = Map<Slot, { readonly job: Job; go(): void }[]>;

export function createEffects(parts: EngineParts): Effects {
  const queue = new FairQueue<Job>();
  const waiting = new FairShare(parts.settings.maxWaitingEffects);
  const underWay = new FairShare(parts.settings.maxEffects);
  const mayBegin = (tenant: string): boolean => underWay.admits(tenant);
  const aside: Aside = new Map();
  let active = 0;

  function begin(slot: Slot, effect: OpenEffect): void {
    if (slot.inFlight.has(effect.act)) return;
    const controller = new AbortController();
    slot.inFlight.set(effect.act, controller);
    enqueue({ slot, effect, controller });
    pump();
  }

  const isWanted = ({ slot, effect, controller }: Job): boolean => !slot.gone && slot.inFlight.get(effect.act) === controller;

  function putAside(job: Job, go: () => void): void {
    const known = aside.get(job.slot);
    if (known === undefined) aside.set(job.slot, [{ job, go }]);
    else known.push({ job, go });
  }

  /** True when it may act now; otherwise `go` is called when that has changed. */
  function mayAct(job: Job, go: () => void): boolean {
    const answer = parts.halts.mayAct(job.slot.row);
    if (answer === 'no') putAside(job, go);
    else if (answer === 'unsure') parts.scheduler.after(FENCE_RETRY_MS, go);
    return answer === 'yes';
  }

  function enqueue(job: Job): void {
    queue.push(job.slot.tenant, job);
    waiting.take(job.slot.tenant);
  }

  function pump(): void {
    while (underWay.room > 0) {
      const job = queue.shift(mayBegin);
      if (job === undefined) return;
      const { tenant } = job.slot;
      waiting.give(tenant);
      if (!isWanted(job)) continue;
      // Past our own deadline nothing new begins: another owner may be at work (E2).
      // A drained shard's reads are the next owner's; a unique act whose intent is committed is performed, or it would end in doubt.
      if (parts.draining.has(job.slot.shard) && !isGuarded(job.effect)) {
        job.slot.inFlight.delete(job.effect.act);
        continue;
      }
      if (!mayAct(job, () => goOn(job))) continue;
      // Before the fence is looked at: whoever stands still between here and the act finds its time used up (I2).
      const untilMs = parts.scheduler.nowMs() + job.effect.deadlineMs;
      if (parts.node().fence(job.slot.shard) === undefined) {
        parts.scheduler.after(FENCE_RETRY_MS, () => goOn(job));
        continue;
      }
      active += 1;
      underWay.take(tenant);
      void perform(job, untilMs).finally(() => {
        active -= 1;
        underWay.give(tenant);
        pump();
      });
    }
  }

  function goOn(job: Job): void {
    enqueue(job);
    pump();
  }

  async function perform(job: Job, untilMs: number): Promise<void> {
    const { slot, effect } = job;
    slot.actsUntilMs.set(effect.act, untilMs);
    let heldBack = false;
    const mayBegin = (): boolean => {
      heldBack = parts.halts.mayAct(slot.row) !== 'yes';
      return !heldBack;
    };
    const outcome = await execute(parts, job, untilMs, mayBegin);
    if (!isWanted(job)) return;
    // It waited inside for a place or a connection, and nothing of it has left.
    if (heldBack && !outcome.ok && outcome.reach === 'not-sent') return goOn(job);
    // Its place is free meanwhile; the step's own timeout goes on.
    if (!outcome.ok && outcome.unready === true) return void parts.scheduler.after(UNREADY_RETRY_MS, () => goOn(job));
    slot.inFlight.delete(effect.act);
    parts.metrics.effects.add(1, { class: effect.class, outcome: outcome.ok ? 'done' : outcome.reach });
    parts.push(slot, { command: commandOf(effect, outcome) });
  }

  function verifyLater(slot: Slot, effect: OpenEffect): void {
    const controller = new AbortController();
    slot.inFlight.set(effect.act, controller);
    // Another owner may have begun it until the moment we took over.
    const untilMs = slot.actsUntilMs.get(effect.act) ?? slot.sinceMs + effect.deadlineMs;
    const job: Job = { slot, effect, controller };
    const go = (): void => {
      if (!isWanted(job) || !mayAct(job, go)) return;
      void verify(parts, slot, effect, controller.signal).then((found) => {
        if (!isWanted(job)) return;
        if (found === 'held back') return go();
        slot.inFlight.delete(effect.act);
        const { verdict, result } = found;
        parts.push(slot, { command: { type: 'effect-verified', act: effect.act, verdict, ...(result !== undefined && { result }) } });
      });
    };
    parts.scheduler.after(Math.max(0, untilMs - parts.scheduler.nowMs()), go);
  }

  function haltsChanged(): void {
    const waited = [...aside.values()].flat();
    aside.clear();
    for (const { job, go } of waited) if (isWanted(job)) go();
  }

  /** A shard that is handed over waits for none of them: its next owner finds what is open. */
  function leaveAside(shard: number): void {
    for (const [slot, waits] of aside) {
      if (slot.shard !== shard) continue;
      aside.delete(slot);
      for (const { job } of waits) if (isWanted(job)) slot.inFlight.delete(job.effect.act);
    }
  }

  function prune(slot: Slot): void {
    if (slot.inFlight.size === 0) return;
    const open = new Set<ActId>(openEffects(slot.run).map((e) => e.act));
    for (const [act, controller] of slot.inFlight) {
      if (open.has(act)) continue;
      slot.inFlight.delete(act);
      controller.abort();
    }
  }

  function abandon(slot: Slot): void {
    aside.delete(slot);
    for (const controller of slot.inFlight.values()) controller.abort();
    slot.inFlight.clear();
  }

  return {
    begin,
    verifyLater,
    prune,
    abandon,
    haltsChanged,
    leaveAside,
    aside: (tenant) => [...aside].filter(([slot]) => slot.tenant === tenant).length,
    running: () => active,
    waiting,
    nowMs: () => parts.scheduler.nowMs(),
  };
}

function commandOf(effect: OpenEffect, outcome: EffectOutcome): Command {
  return outcome.ok
    ? { type: 'effect-done', act: effect.act, attempt: effect.attempt, result: outcome.result }
    : { type: 'effect-failed', act: effect.act, attempt: effect.attempt, fault: outcome.fault, reach: outcome.reach };
}

async function execute(parts: EngineParts, { slot, effect, controller: { signal } }: Job, untilMs: number, mayBegin: () => boolean): Promise<EffectOutcome> {
  const executor = parts.executors.get(effect.function);
  if (executor === undefined) return notAvailable(effect.function);
  const span = parts.span(`effect ${effect.function}`, {
    parent: traceparentOf(slot.id),
    attributes: { 'palace.run_id': slot.id, 'palace.flow': slot.row.flow, 'palace.effect_class': effect.class, 'palace.attempt': effect.attempt },
  });
  try {
    const atHand = await argumentsAtHand(parts, slot, effect, untilMs);
    // Reading secrets may have taken a while.
    if (!mayBegin()) throw new StepFault(standardFault('runtime', HELD_BACK));
    const answer = await executor({
      mayBegin,
      ...callOf(slot, effect, atHand, signal, span.traceparent),
      deadlineMs: Math.max(0, untilMs - parts.scheduler.nowMs()),
    });
    const outcome = masked(answer, atHand.mask);
    span.end(outcome.ok ? undefined : { error: outcome.fault.detail ?? outcome.fault.title });
    return outcome;
  } catch (error) {
    span.end({ error });
    if (error instanceof StepFault) return { ok: false, fault: error.fault, reach: 'not-sent' };
    parts.log.error('an executor threw; its outcome counts as unknown', { error, ...aboutRun(slot.row) });
    return { ok: false, fault: standardFault('runtime', 'The step failed inside the server.'), reach: 'unknown' };
  }
}

/** I6. */
const masked = (outcome: EffectOutcome, mask: Mask): EffectOutcome =>
  outcome.ok ? { ...outcome, result: mask.json(outcome.result) } : { ...outcome, fault: mask.json({ ...outcome.fault }) as unknown as RunFault };

function callOf(slot: Slot, effect: OpenEffect, { args, mask }: AtHand, signal: AbortSignal, traceparent: string): EffectCall {
  const step = slot.run.linked.program.steps[effect.pc];
  return {
    tenant: slot.tenant,
    run: slot.id,
    flow: slot.row.flow,
    key: effect.key,
    attempt: effect.attempt,
    class: effect.class,
    args,
    mask,
    ...(step?.kind === 'call' && step.code !== undefined && { code: step.code }),
    deadlineMs: effect.deadlineMs,
    signal,
    traceparent,
  };
}

const HELD_BACK = 'The act is held back.';

interface Finding {
  readonly verdict: Verdict;
  readonly result?: Json;
}

async function verify(parts: EngineParts, slot: Slot, effect: OpenEffect, signal: AbortSignal): Promise<Finding | 'held back'> {
  for (const pauseMs of VERIFY_AGAIN_MS) {
    if (parts.halts.mayAct(slot.row) !== 'yes') return 'held back';
    const found = await look(parts, slot, effect, signal);
    if (found !== 'no answer') return found;
    await new Promise<void>((resolve) => parts.scheduler.after(pauseMs, resolve));
    if (slot.gone || signal.aborted) break;
  }
  if (parts.halts.mayAct(slot.row) !== 'yes') return 'held back';
  const last = signal.aborted ? 'no answer' : await look(parts, slot, effect, signal);
  return last === 'no answer' ? { verdict: 'unknown' } : last;
}

/** Asks the remote by the step's own `verify`: did the act with this key take place? */
async function look(parts: EngineParts, slot: Slot, effect: OpenEffect, signal: AbortSignal): Promise<Finding | 'no answer'> {
  const step = slot.run.linked.program.steps[effect.pc];
  const executor = parts.executors.get('http');
  if (step?.kind !== 'call' || step.verify === undefined || executor === undefined) return { verdict: 'unknown' };
  try {
    const { args, mask } = await verifyAtHand(parts, slot, effect, step.verify, parts.scheduler.nowMs() + effect.deadlineMs);
    const asking: Json = { ...(args as Record<string, Json>), output: 'response' };
    const mayBegin = (): boolean => parts.halts.mayAct(slot.row) === 'yes';
    const answer = masked(await executor({ mayBegin, ...callOf(slot, effect, { args: asking, mask }, signal, traceparentOf(slot.id)), class: 'read' }), mask);
    if (!answer.ok && answer.reach !== 'answered') return 'no answer';
    const response = answer.ok ? (answer.result as { statusCode: number; content: Json }) : { statusCode: answer.fault.status, content: null };
    const seen: Json = { status: response.statusCode, body: response.content };
    const options = { variables: verifyVariables(parts, slot, effect), nowMs: parts.node().timeMs() };
    const happened = slot.run.linked.expr(step.verify.happened).first(seen, options);
    if (happened === true) return { verdict: 'happened', result: slot.run.linked.expr(step.verify.result).first(seen, options) ?? null };
    if (isAskedAgain(response.statusCode)) return 'no answer';
    return { verdict: happened === false && tellsOfAbsence(response.statusCode) ? 'absent' : 'unknown' };
  } catch (error) {
    parts.log.warn('a verification failed; the effect stays in doubt', { error, ...aboutRun(slot.row) });
    return { verdict: 'unknown' };
  }
}

/** The remote could not look just now. */
const isAskedAgain = (status: number): boolean => status >= 500 || status === 429 || status === 408 || status === 425;

/** I4: only an answer about the act proves its absence. `.status == 200` is false for a refused credential, too. */
const tellsOfAbsence = (status: number): boolean => (status >= 200 && status < 300) || status === 404 || status === 410;

/** After a load: what was open goes on, by class. */
export function continueEffects(parts: EngineParts, slot: Slot): void {
  const { effects } = parts;
  for (const effect of openEffects(slot.run)) {
    if (effect.state === 'verifying') effects.verifyLater(slot, effect);
    else if (effect.state === 'requested') {
      if (!isGuarded(effect) || parts.halts.neverBegan(slot.row, effect.atMs)) effects.begin(slot, effect);
      else slot.queue.push({ command: { type: 'effect-lost', act: effect.act, attempt: effect.attempt } });
    }
  }
}

/** After a commit: what its events ask for. */
export function followEvents(effects: Effects, slot: Slot, events: readonly RunEvent[]): void {
  let ended = false;
  let open: Map<ActId, OpenEffect> | undefined;
  for (const event of events) {
    if (event.type === 'effect.requested' || (event.type === 'effect.doubted' && event.verifying)) {
      open ??= new Map(openEffects(slot.run).map((e) => [e.act, e]));
      const effect = open.get(event.act);
      if (effect === undefined) continue;
      // An act that the run let go of may be under way for as long as it might have been had it just begun (I2).
      if (event.type === 'effect.doubted' && event.intent !== undefined) slot.actsUntilMs.set(event.act, effects.nowMs() + effect.deadlineMs);
      if (effect.state === 'verifying') effects.verifyLater(slot, effect);
      else if (effect.state === 'requested') effects.begin(slot, effect);
    } else if (
      event.type === 'step.cancelled' ||
      event.type === 'step.faulted' ||
      event.type === 'run.cancelled' ||
      event.type === 'run.failed' ||
      event.type === 'run.completed' ||
      event.type === 'run.rewound'
    )
      ended = true;
  }
  if (ended) effects.prune(slot);
}
