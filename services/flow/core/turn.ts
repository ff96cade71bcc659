// One decision under way: the run, what it may know, the events so far. Every part of the deciding half works on a Turn.
// I1 An event is folded the moment it is added: the next thought sees the run as it then is.
import { evolve } from './evolve.ts';
import { standardFault } from './faults.ts';
import { ExpressionFault } from './link.ts';
import { lifecycleOf } from './lifecycle.ts';
import type { CloudEvent, DecideEnv, RunEvent, RunFault } from './model.ts';
import type { Run } from './run.ts';

export interface Turn {
  readonly run: Run;
  readonly env: DecideEnv;
  readonly events: RunEvent[];
  /** What others hear of them, when the flow asks for it. */
  readonly lifecycle: CloudEvent[];
}

export function emit(turn: Turn, event: RunEvent): void {
  turn.events.push(event);
  if (turn.run.linked.program.lifecycle !== undefined) turn.lifecycle.push(...lifecycleOf(turn.run, event, turn.env.nowMs));
  evolve(turn.run, event);
}

/** A fault met while a step was evaluated; `guarded` callers turn it into an event. With an `instance` it keeps its place. */
export class StepFault extends Error {
  readonly fault: RunFault;
  constructor(fault: RunFault) {
    super(fault.detail ?? fault.title ?? fault.type);
    this.name = 'StepFault';
    this.fault = fault;
  }
}

/** The fault that an exception stands for; everything else is a broken invariant and is thrown on. */
export function faultOf(error: unknown, instance: string): RunFault {
  if (error instanceof StepFault) return { ...error.fault, instance: error.fault.instance ?? instance };
  if (error instanceof ExpressionFault) {
    const source = error.source.length > 200 ? `${error.source.slice(0, 200)}…` : error.source;
    return standardFault('expression', source === '' ? error.message : `${error.message} In: ${source}`, instance);
  }
  throw error;
}

/** What is thrown inside has its place there, wherever it is caught: for parts of the document that no step stands for. */
export function placed<T>(instance: string, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    throw new StepFault(faultOf(error, instance));
  }
}

export const LIMIT_ERROR = 'urn:agentspalace:error:limit';

/** The variable by which the operator sets it. */
export const settingOf = (setting: keyof DecideEnv['limits']): string => `PALACE_FLOW_${setting.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

/** A limit of the installation (R16). `setting` is the name of the field in DecideLimits. */
export function limitFault(setting: keyof DecideEnv['limits'], detail: string): RunFault {
  return { type: LIMIT_ERROR, status: 422, title: 'A limit was reached', detail: `${detail} The setting is ${settingOf(setting)}.` };
}
