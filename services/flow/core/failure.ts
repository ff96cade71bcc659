// Why a run failed, as people see it: the place in the document, what the step was given, its attempts, the sub-flow behind it.
// I1 Attempts are those since the last time that somebody sent the run back (retry, fork): earlier ones are in the history.
import type { z } from 'zod';
import type { failure } from '../contract.ts';
import type { Act } from './acts.ts';
import type { ActId, RunEvent, RunFault } from './model.ts';
import { stepAt, type Run } from './run.ts';

type Failure = z.input<typeof failure>;
type Attempt = Failure['attempts'][number];

const MAX_ATTEMPTS = 50;
const iso = (ms: number): string => new Date(ms).toISOString();

/** `events`: the run's journal, or the end of it; the attempts of the failed step are found there. */
export function failureOf(run: Run, events: readonly RunEvent[]): Failure | undefined {
  if (run.phase !== 'failed' || run.fault === undefined) return undefined;
  const act = run.failedAct === undefined || run.failedAct === 0 ? undefined : run.acts.get(run.failedAct);
  const child = act === undefined ? undefined : failedChild(act, events);
  return {
    ...placeOf(run, run.fault, act),
    input: act === undefined ? run.input : inputShown(act, events),
    attempts: act === undefined ? [] : attemptsOf(act, events),
    ...(child !== undefined && { child: { id: child, command: `palace get run ${child}` } }),
    cause: causeOf(run.fault),
  };
}

/** The step; or what the document says of the run as a whole, which no step stands for. */
function placeOf(run: Run, fault: RunFault, act: Act | undefined): Pick<Failure, 'step' | 'name' | 'line' | 'column'> {
  const { program } = run.linked;
  const step = act === undefined ? undefined : stepAt(run, act);
  const pointer = step === undefined || step.pointer === '' ? (fault.instance ?? '') : step.pointer;
  const { line, column } = (step?.pointer === pointer ? step : program.places?.[pointer]) ?? {};
  return {
    step: pointer,
    name: step === undefined || step.name === '' ? program.name : step.name,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
}

/** What the step was given, resolved: the arguments of a call, otherwise its input. */
function inputShown(act: Act, events: readonly RunEvent[]) {
  const asked = events.findLast((event) => event.type === 'effect.requested' && event.act === act.id);
  return asked?.type === 'effect.requested' ? asked.args : act.input;
}

/** The run of the sub-flow that failed, when that is why the step did. */
function failedChild(act: Act, events: readonly RunEvent[]): string | undefined {
  const last = events.findLast((event) => (event.type === 'child.requested' || event.type === 'child.ended') && event.act === act.id);
  if (last?.type !== 'child.ended' || last.fault === undefined) return undefined;
  const asked = events.findLast((event) => event.type === 'child.requested' && event.act === act.id && event.index === last.index);
  return asked?.type === 'child.requested' ? asked.run : undefined;
}

/** All instances of the failed position: a try enters its body anew for each attempt. */
function attemptsOf(failed: Act, events: readonly RunEvent[]): Attempt[] {
  let attempts: Attempt[] = [];
  let beganMs = failed.atMs;
  const open = new Map<number, Attempt>();
  const acts = new Set<number>([failed.id]);
  const begin = (act: number, attempt: number, atMs: number): Attempt => {
    const one = { attempt, startedAt: iso(atMs) };
    open.set(act, one);
    attempts.push(one);
    return one;
  };
  for (const event of events) {
    if (event.type === 'run.retried' || event.type === 'run.rewound') {
      attempts = [];
      open.clear();
      beganMs = event.atMs;
    } else if (event.type === 'step.entered' && event.pc === failed.pc && event.path === failed.path) {
      acts.add(event.act);
      if (failed.own.kind !== 'call') begin(event.act, attempts.length + 1, event.atMs);
    } else if (event.type === 'effect.requested' && acts.has(event.act)) begin(event.act, event.attempt, event.atMs);
    else {
      const end = faultIn(event);
      if (end === undefined || !acts.has(end.act)) continue;
      // A step that was sent back begins anew without being entered.
      const one = open.get(end.act) ?? (event.type === 'step.faulted' && attempts.length === 0 ? begin(end.act, 1, beganMs) : undefined);
      if (one !== undefined) Object.assign(one, { ...(end.atMs !== undefined && { endedAt: iso(end.atMs) }), error: causeOf(end.fault) });
      open.delete(end.act);
    }
  }
  return attempts.slice(-MAX_ATTEMPTS);
}

function faultIn(event: RunEvent): { readonly act: ActId; readonly fault: RunFault; readonly atMs?: number } | undefined {
  if (event.type === 'effect.failed' || event.type === 'step.faulted') return event;
  return event.type === 'child.ended' && event.fault !== undefined ? { act: event.act, fault: event.fault } : undefined;
}

/** One sentence. */
function causeOf(fault: RunFault): string {
  const kind = fault.title ?? fault.type;
  const said = fault.detail === undefined || fault.detail === '' ? `${kind} (${fault.status})` : `${kind} (${fault.status}): ${fault.detail}`;
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
