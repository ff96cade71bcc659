// The world of one case: a virtual clock, the run and its sub-flows, what is due, and what comes from outside. No server, no socket.
// I1 Everything is decided by the real decide; only time, answers and other runs' ends come from here.
// I2 The same case gives the same play: what is due at the same moment happens in the order answers, timeline, timers, oldest first.
// I3 It ends: the events of all runs together are bounded, and time only goes on to what is due.
// I4 As the executors, an answer never comes after the deadline of its call, and what was not answered by then has an unknown outcome.
import type { Json } from '@palace/jq/jq.ts';
import { VERSION } from '@palace/platform/release.ts';
import { actOf } from '../core/acts.ts';
import { decide } from '../core/decide.ts';
import type { ActId, CloudEvent, Command, DecideEnv, Decision, RunEvent } from '../core/model.ts';
import type { Step } from '../core/program.ts';
import { makeRunId } from '../core/run-id.ts';
import { isEnded, newRun, openTimers, type OpenTimer, type Run } from '../core/run.ts';
import { namedVariables } from '../core/surroundings.ts';
import type { KnownFlow } from './library.ts';
import type { Case } from './model.ts';

const MAX_EVENTS = 100_000;

export interface WorldSettings {
  readonly limits: DecideEnv['limits'];
  /** Events published so long before a listen began still reach it. */
  readonly lookBackMs: number;
}

export interface Logged {
  readonly atMs: number;
  readonly event: RunEvent;
}

/** One run of the case: the flow's own, or that of a sub-flow. */
export interface Member {
  readonly run: Run;
  readonly flow: KnownFlow;
  readonly log: Logged[];
  readonly steps: Map<ActId, Step>;
  /** Every timer that was set, by its id. */
  readonly timers: Map<string, Pick<OpenTimer, 'act' | 'purpose'>>;
  readonly parent: { readonly member: Member; readonly act: ActId; readonly awaited: boolean } | undefined;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** The bound on events was reached, or the case cannot go on: the sentence says why. */
export class PlayStopped extends Error {
  override readonly name = 'PlayStopped';
}

/** Of the flow's own run, so that what is drawn from its id is the same in every play. */
export const ROOT_ID = makeRunId(0, 0, new Uint8Array(9));

type Beginning = { readonly parent?: Member['parent']; readonly depth?: number; readonly context?: Json | undefined };
type Tell = (member: Member, event: RunEvent) => void;

export class World {
  nowMs: number;
  readonly startMs: number;
  readonly members: Member[] = [];
  readonly #runtime: Json;
  readonly #variables: Case['variables'];
  readonly #settings: WorldSettings;
  readonly #due: Due[] = [];
  readonly #published: { readonly atMs: number; readonly event: CloudEvent }[] = [];
  #untold: { readonly member: Member; readonly event: RunEvent }[] = [];
  #orders = 0;
  #events = 0;

  constructor(startMs: number, runtime: Json, variables: Case['variables'], settings: WorldSettings) {
    this.nowMs = startMs;
    this.startMs = startMs;
    this.#runtime = runtime;
    this.#variables = variables;
    this.#settings = settings;
  }

  begin(flow: KnownFlow, id: string, input: Json, { parent, depth, context }: Beginning = {}): Member {
    const run = newRun(flow.linked, { id, startedMs: this.nowMs, ...(parent !== undefined && { parent: parent.member.run.id }) });
    const member: Member = { run, flow, log: [], steps: new Map(), timers: new Map(), parent };
    this.members.push(member);
    // It begins, and no more: the context of the case is there before the first step.
    const one = { ...this.#settings.limits, eventsPerDecision: 1 };
    const { program } = flow.linked;
    const variables = program.variables === undefined ? {} : { variables: namedVariables(program, this.#variables) };
    this.#decide(member, { type: 'start', input, ...(depth !== undefined && { depth }), ...variables }, one);
    if (context !== undefined) this.#decide(member, { type: 'set-context', context, by: 'check' }, one);
    this.give(member, { type: 'continue' });
    return member;
  }

  /** Why it found nothing to do; undefined when it was used. */
  give(member: Member, command: Command): string | undefined {
    let decision = this.#decide(member, command);
    const { unused } = decision;
    while (decision.more || decision.segmentDue === true) decision = this.#decide(member, { type: decision.segmentDue === true ? 'open-segment' : 'continue' });
    return unused;
  }

  #decide(member: Member, command: Command, limits = this.#settings.limits): Decision {
    const decision = decide(member.run, command, { nowMs: this.nowMs, limits, runtimeVersion: VERSION, runtimeMetadata: this.#runtime });
    this.#events += decision.events.length;
    if (this.#events > MAX_EVENTS) throw new PlayStopped(`The case did not end within ${MAX_EVENTS} events.`);
    for (const event of decision.events) {
      member.log.push({ atMs: this.nowMs, event });
      const step = event.type === 'step.entered' ? member.run.linked.program.steps[event.pc] : undefined;
      if (event.type === 'step.entered' && step !== undefined) member.steps.set(event.act, step);
      if (event.type === 'timer.set') member.timers.set(event.id, event);
      this.#untold.push({ member, event });
    }
    return decision;
  }

  publish(event: CloudEvent): void {
    this.#published.push({ atMs: this.nowMs, event });
    for (const member of this.members) for (const act of [...member.run.listens]) this.#offer(member, act, event);
  }

  #offer(member: Member, act: ActId, event: CloudEvent): void {
    if (!isEnded(member.run) && member.run.listens.has(act)) this.give(member, { type: 'event', act, event });
  }

  /** Tells the events that were not told yet; those between runs find their way by themselves. */
  tell(onEvent: Tell): void {
    // It grows while it is read.
    for (const { member, event } of this.#untold) {
      if (event.type === 'event.emitted') this.publish(event.event);
      else if (event.type === 'listen.opened') this.#lookBack(member, event.act);
      else onEvent(member, event);
    }
    this.#untold = [];
  }

  #lookBack(member: Member, act: ActId): void {
    const sinceMs = this.nowMs - this.#settings.lookBackMs;
    for (const { atMs, event } of [...this.#published]) if (atMs >= sinceMs) this.#offer(member, act, event);
  }

  /** Happens at that moment, which is an answer. */
  at(atMs: number, happen: () => void): void {
    this.#due.push({ atMs, order: this.#orders++, happen });
  }

  /** The moment of the next answer; Infinity for none. */
  nextAnswerMs(): number {
    return this.#nextDue()?.atMs ?? Infinity;
  }

  nextTimerMs(): number {
    return this.#nextTimer()?.dueMs ?? Infinity;
  }

  /** Goes on to the next answer. */
  answer(): void {
    const next = this.#nextDue();
    if (next === undefined) return;
    this.#due.splice(this.#due.indexOf(next), 1);
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.happen();
  }

  /** Goes on to the next timer. */
  fire(): void {
    const next = this.#nextTimer();
    if (next === undefined) return;
    this.nowMs = Math.max(this.nowMs, next.dueMs);
    this.give(next.member, { type: 'timer', id: next.id });
  }

  #nextTimer(): { readonly member: Member; readonly id: string; readonly dueMs: number } | undefined {
    let next: { readonly member: Member; readonly id: string; readonly dueMs: number } | undefined;
    for (const member of this.members)
      for (const { id, dueMs } of openTimers(member.run)) if (next === undefined || dueMs < next.dueMs) next = { member, id, dueMs };
    return next;
  }

  #nextDue(): Due | undefined {
    let next: Due | undefined;
    for (const one of this.#due) if (next === undefined || one.atMs < next.atMs || (one.atMs === next.atMs && one.order < next.order)) next = one;
    return next;
  }
}

/** The step of an act, also of one that is over. */
export function stepOfAct(member: Member, act: ActId): Step {
  return member.steps.get(act) ?? (member.run.linked.program.steps[actOf(member.run, act).pc] as Step);
}
