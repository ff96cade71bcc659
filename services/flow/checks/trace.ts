// What a played case did, as expectations and people read it: the steps that it took with their times, and what it asked for.
import type { Json } from '@palace/jq/jq.ts';
import type { CloudEvent, RunEvent } from '../core/model.ts';
import { isQuestion, type EffectClass, type Step } from '../core/program.ts';
import { isInner, shortName } from './step-names.ts';
import type { Target } from './model.ts';
import { stepOfAct, type Member } from './world.ts';

export interface Taken {
  readonly step: Step;
  readonly atMs: number;
}

/** The steps that a run entered, in order; the lists inside steps are none. */
export const stepsTaken = (member: Member): Taken[] =>
  member.log.flatMap(({ atMs, event }) => {
    const step = event.type === 'step.entered' ? member.run.linked.program.steps[event.pc] : undefined;
    return step === undefined || isInner(member.run.linked.program, step) ? [] : [{ step, atMs }];
  });

export interface Asked {
  readonly target: Target;
  readonly function: string;
  readonly class: EffectClass | undefined;
  readonly args: Json;
}

/** Every request, each attempt by itself; of sub-flows those that were asked for. */
export const effectsAsked = (members: readonly Member[]): Asked[] =>
  members.flatMap((member) =>
    member.log.flatMap(({ event }): Asked[] => {
      if (event.type !== 'effect.requested') return [];
      const step = stepOfAct(member, event.act);
      if (isQuestion(step, event.function)) return [];
      return [{ target: { flow: member.flow.name, pointer: step.pointer }, function: event.function, class: event.class, args: event.args }];
    }),
  );

export const eventsEmitted = (members: readonly Member[]): CloudEvent[] =>
  members
    .flatMap((member) => member.log.map(({ atMs, event }) => ({ atMs, event })))
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ event }) => (event.type === 'event.emitted' ? [event.event] : []));

/** How often a step was tried: requests of a call, starts of a sub-flow, runs of a try's body; of others, how often it began. */
export function attemptsOf(members: readonly Member[], target: Target): number {
  let began = 0;
  let tried = 0;
  for (const member of members.filter((one) => one.flow.name === target.flow)) {
    const { program } = member.run.linked;
    const bodies = new Set(
      program.steps.filter((step) => program.steps[step.parent]?.pointer === target.pointer && step.pointer === `${target.pointer}/try`).map((step) => step.pc),
    );
    for (const { event } of member.log) {
      if (event.type === 'step.entered' && program.steps[event.pc]?.pointer === target.pointer) began += 1;
      if (event.type === 'step.entered' && bodies.has(event.pc)) tried += 1;
      if (event.type !== 'effect.requested' && event.type !== 'child.requested') continue;
      const step = stepOfAct(member, event.act);
      if (step.pointer === target.pointer && !(event.type === 'effect.requested' && isQuestion(step, event.function))) tried += 1;
    }
  }
  return tried > 0 ? tried : began;
}

export interface TraceLine {
  /** Since the start of the case. */
  readonly afterMs: number;
  /** The short name of the step. */
  readonly step: string;
  readonly says: string;
  readonly isFault: boolean;
}

const MAX_LINES = 200;

/** What the flow's own run did, as lines. */
export function traceOf(member: Member, startMs: number): TraceLine[] {
  const { program } = member.run.linked;
  const lines: TraceLine[] = [];
  for (const { atMs, event } of member.log) {
    const step =
      event.type === 'step.skipped' ? program.steps[event.pc] : event.type !== 'run.failed' && 'act' in event ? member.steps.get(event.act) : undefined;
    const says = sentenceOf(event);
    if (says === undefined || (step !== undefined && isInner(program, step))) continue;
    lines.push({
      afterMs: atMs - startMs,
      step: step === undefined ? '' : shortName(program, step),
      says,
      isFault: /failed|faulted|caught|doubt/.test(event.type),
    });
  }
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES / 2), ...lines.slice(-MAX_LINES / 2)];
}

function sentenceOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step.entered':
      return 'begins';
    case 'step.skipped':
      return 'skipped: its "if" is false';
    case 'switch.chosen':
      return event.case === null ? 'no case holds' : `chooses ${event.case}`;
    case 'effect.requested':
      return `asks ${event.function} (${event.class}), attempt ${event.attempt}`;
    case 'effect.completed':
      return `is answered${event.how === 'performed' ? '' : ` (${event.how})`}`;
    case 'effect.failed':
    case 'step.faulted':
      return `fails: ${faultText(event.fault)}`;
    case 'effect.doubted':
      return event.verifying ? 'nobody knows whether it happened: it is looked for' : 'is in doubt';
    case 'effect.absent':
      return 'did not happen';
    case 'error.caught':
      return event.retryAtMs === undefined ? `catches ${faultText(event.fault)}` : `catches ${faultText(event.fault)} and tries again`;
    case 'listen.received':
      return `hears ${event.event.type}`;
    case 'event.emitted':
      return `emits ${event.event.type}`;
    case 'child.requested':
      return `runs ${event.flow.namespace}/${event.flow.name}`;
    case 'child.ended':
      return event.fault === undefined ? 'its sub-flow ends' : `its sub-flow fails: ${faultText(event.fault)}`;
    case 'step.cancelled':
      return `is cancelled (${event.why})`;
    case 'run.paused':
    case 'run.resumed':
    case 'run.cancelled':
      return `the run is ${event.type.slice(4)}`;
    case 'run.completed':
      return 'the run ends';
    case 'run.failed':
      return `the run fails: ${faultText(event.fault)}`;
    default:
      return undefined;
  }
}

const faultText = ({ title, type, status }: { readonly title?: string; readonly type: string; readonly status: number }): string =>
  `${title ?? type} (${status})`;
