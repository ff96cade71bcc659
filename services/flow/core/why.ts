// Why a run does not go on, in one sentence: facts in, sentence out. Pure; the facts are gathered by ../why.ts.
// I1 What stands in the way of everything comes before what the run itself waits for: a run whose shard has no owner does not "wait for a timer".
// I2 Every cause names since when, and every command that moves it; a command is one that can be typed as it stands.
import type { z } from 'zod';
import type { RunStatus, waitingFor as waitingForShape, whyCause } from '../contract.ts';
import { resumeCommand, shownBy } from './halts.ts';

type Waiting = z.input<typeof waitingForShape>;
export type Cause = z.infer<typeof whyCause>;

export interface OwnerFacts {
  readonly shard: number;
  readonly epoch: number;
  readonly node?: string;
  readonly leaseUntilMs: number;
  /** Engine time of its last renewal. */
  readonly seenMs?: number;
  /** Its process holds its session. */
  readonly alive: boolean;
  /** What the database asks of processes, and the most that a living one reads. */
  readonly minReader: number;
  readonly bestReader: number;
}

export interface OpenAct {
  readonly step: string;
  readonly name: string;
  readonly function: string;
  /** Whom it calls, without what stands behind the path. */
  readonly remote?: string;
  readonly attempt: number;
  readonly sinceMs: number;
  readonly deadlineMs: number;
  readonly state: 'requested' | 'verifying' | 'in-doubt';
}

/** A row that waits to be taken: kind, and engine time of its commit. */
export interface WaitingRow {
  readonly kind: string;
  readonly sentMs: number;
}

export interface WhyFacts {
  /** Engine time. */
  readonly nowMs: number;
  readonly run: {
    readonly id: string;
    readonly tenant: string;
    readonly flow: string;
    readonly version: string;
    readonly status: RunStatus;
    readonly startedMs: number;
    readonly quarantine?: { readonly reason: string; readonly atMs: number };
  };
  /** What the run says of itself (view.ts), what people can do about first; empty when it cannot be read. */
  readonly waiting: readonly Waiting[];
  readonly readable: boolean;
  readonly acts: readonly OpenAct[];
  /** By step: values that an event must have beside its type. */
  readonly correlation: Readonly<Record<string, string>>;
  /** By step: what failed last, of a body that is tried again. */
  readonly faults: Readonly<Record<string, string>>;
  readonly owner: OwnerFacts;
  readonly halt?: { readonly scope: string; readonly level: 'effects' | 'everything'; readonly by: string; readonly sinceMs: number; readonly reason?: string };
  readonly shortage?: string;
  readonly commands: readonly WaitingRow[];
  readonly deliveries: readonly WaitingRow[];
  /** Its first timer. */
  readonly timer?: { readonly id: string; readonly dueMs: number };
  readonly line?: { readonly limit: number; readonly holders: readonly string[]; readonly before: number };
  readonly child?: { readonly id: string; readonly status: RunStatus; readonly text?: string; readonly commands?: readonly string[] };
}

export interface Reason {
  readonly cause: Cause;
  readonly text: string;
  readonly sinceMs: number;
  readonly commands: readonly string[];
}

/** What takes longer is not merely on its way. */
const LATE_MS = 5_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const DOCTOR = 'palace doctor';

/** Undefined for a run that has ended. */
export function reasonOf(facts: WhyFacts): Reason | undefined {
  const { status } = facts.run;
  if (status === 'completed' || status === 'failed' || status === 'cancelled') return undefined;
  return ofTheRun(facts) ?? ofTheGround(facts) ?? ofWhatIsLate(facts) ?? ofWhatItWaitsFor(facts) ?? atWork(facts);
}

function ofTheRun({ run, readable, acts }: WhyFacts): Reason | undefined {
  if (run.quarantine !== undefined) {
    const { reason, atMs } = run.quarantine;
    return reasonFor('quarantined', `It was set aside because ${reason}; nothing of it is done until it is retried.`, atMs, [
      `palace retry ${run.id}`,
      `palace get events ${run.id}`,
    ]);
  }
  if (readable || acts.length > 0) return undefined;
  const text = `Its flow ${run.flow}@${run.version} cannot be read: the version is gone, damaged, or was written by a newer release.`;
  return reasonFor('program', text, run.startedMs, [`palace get flow ${run.flow}@${run.version}`, DOCTOR]);
}

/** Database, owner, the whole installation. */
function ofTheGround({ nowMs, run, owner, shortage, halt }: WhyFacts): Reason | undefined {
  if (shortage !== undefined) return reasonFor('shortage', `The database is short of room, so that nothing can be kept: ${shortage}`, nowMs, [DOCTOR]);
  const { shard, node, alive, leaseUntilMs, seenMs = leaseUntilMs, minReader, bestReader } = owner;
  if (node === undefined || (!alive && leaseUntilMs < nowMs)) {
    if (bestReader > 0 && bestReader < minReader) {
      const text = `No process may take its shard ${shard}: the database asks for format ${minReader}, and the living processes read up to ${bestReader}. Start the newer release.`;
      return reasonFor('format', text, leaseUntilMs, [DOCTOR]);
    }
    const last = node === undefined ? 'nobody has it' : `its last owner ${node} is gone`;
    return reasonFor('no-owner', `Its shard ${shard} has no owner: ${last}, and no process works on it.`, leaseUntilMs, [DOCTOR, 'palace up']);
  }
  if (leaseUntilMs < nowMs) {
    const text = `The owner of its shard, ${node}, is connected and frozen: no proof of life since ${iso(seenMs)}. Stop that process; another one then takes over.`;
    return reasonFor('frozen-owner', text, seenMs, [DOCTOR]);
  }
  if (halt?.level === 'everything') return held(run, halt, 'The whole installation decides nothing:');
  return undefined;
}

/** Rows that should have been taken by now. */
function ofWhatIsLate({ nowMs, owner, commands, deliveries, timer }: WhyFacts): Reason | undefined {
  const late = ({ sentMs }: WaitingRow): boolean => nowMs - sentMs > LATE_MS;
  const command = commands.find(late);
  if (command !== undefined) {
    const text = `A ${command.kind} for it was kept at ${iso(command.sentMs)}, and the owner ${owner.node} has not taken it yet.`;
    return reasonFor('command', text, command.sentMs, [DOCTOR]);
  }
  const row = deliveries.find(late);
  if (row !== undefined) {
    const what =
      ({ match: 'An event', 'child-ended': 'The end of a sub-flow', 'child-cancel': 'The cancelling by its parent' } as const)[row.kind] ?? `A ${row.kind}`;
    return reasonFor('delivery', `${what} for it was sent at ${iso(row.sentMs)} and is not delivered yet.`, row.sentMs, [DOCTOR]);
  }
  if (timer === undefined || nowMs - timer.dueMs <= LATE_MS) return undefined;
  return reasonFor('overdue-timer', `A timer of it was due at ${iso(timer.dueMs)} and has not fired: its owner ${owner.node} is behind.`, timer.dueMs, [
    DOCTOR,
  ]);
}

function ofWhatItWaitsFor(facts: WhyFacts): Reason | undefined {
  const { run, waiting, acts, halt, line } = facts;
  const [first] = waiting;
  if (first === undefined) return undefined;
  const act = first.kind === 'effect' ? acts.find(({ step, state }) => step === first.step && state !== 'in-doubt') : undefined;
  if (act !== undefined && halt !== undefined) return held(run, halt, `"${act.name}" may not begin:`);
  const others = waiting.length > 1 ? ` (and ${waiting.length - 1} more)` : '';
  const sinceMs = act?.sinceMs ?? Date.parse(first.since);
  const { cause, text, commands } = said(facts, first, act);
  const more = first.kind === 'place' && line !== undefined ? inLine(line) : '';
  return reasonFor(cause, `${text.replace(/\.$/, '')}${more}${others}.`, sinceMs, commands);
}

function said({ run, nowMs, correlation, faults, line, child }: WhyFacts, first: Waiting, act: OpenAct | undefined): Omit<Reason, 'sinceMs'> {
  const own = first.command === undefined ? [] : [first.command];
  const cancel = `palace cancel ${run.id}`;
  switch (first.kind) {
    case 'effect':
      return { cause: 'effect', text: act === undefined ? first.text : underWay(act, nowMs), commands: [cancel] };
    case 'in-doubt':
      return {
        cause: 'in-doubt',
        text: first.text,
        commands: own.flatMap((one) => [one.replace('done|absent', 'done'), one.replace('done|absent', 'absent')]),
      };
    case 'event': {
      const values = correlation[first.step];
      return { cause: 'event', text: values === undefined ? first.text : `${first.text.replace(/\.$/, '')}, with ${values}`, commands: [...own, cancel] };
    }
    case 'retry': {
      const fault = faults[first.step];
      const missing = fault !== undefined && /is not available yet\.|has no function/.test(fault);
      const text = fault === undefined ? first.text : `${first.text.replace(/\.$/, '')}, after: ${fault}`;
      return { cause: missing ? 'function' : 'retry', text, commands: [cancel] };
    }
    case 'run': {
      const name = first.name ?? '';
      const below = child?.text === undefined ? '' : `, which is ${child.status}: ${child.text}`;
      return { cause: 'child', text: `${first.text.replace(/\.$/, '')}${below}`, commands: [`palace why ${child?.id ?? name}`, ...(child?.commands ?? [])] };
    }
    case 'place':
      return { cause: 'place', text: first.text, commands: [...(line?.holders.slice(0, 3) ?? []).map((id) => `palace why ${id}`), cancel] };
    default:
      return { cause: first.kind, text: first.text, commands: own.length > 0 ? own : [cancel] };
  }
}

function underWay({ name, function: called, remote, attempt, sinceMs, deadlineMs, state }: OpenAct, nowMs: number): string {
  const whom = remote === undefined ? called : `${called}, ${remote}`;
  const until = sinceMs + deadlineMs;
  if (state === 'verifying') return `Finds out whether "${name}" (${whom}) took place, since ${iso(sinceMs)}.`;
  const end =
    until < nowMs ? `its deadline of ${deadlineMs} ms is past, so it waited for its turn or is being begun again` : `until ${iso(until)} at the latest`;
  return `Performs "${name}" (${whom}), attempt ${attempt}, since ${iso(sinceMs)}, ${end}.`;
}

function inLine({ limit, holders, before }: NonNullable<WhyFacts['line']>): string {
  if (holders.length < limit) return `; ${limit - holders.length} of the places are free, and it is number ${before + 1} in line: its owner gives them out`;
  return `; it is number ${before + 1} in line, and ${holders.slice(0, 3).join(', ')}${holders.length > 3 ? ', ...' : ''} ${holders.length === 1 ? 'has the place' : 'have the places'}`;
}

function held(run: WhyFacts['run'], { scope, by, sinceMs, reason }: NonNullable<WhyFacts['halt']>, what: string): Reason {
  const why = reason === undefined ? '' : ` (${reason})`;
  return reasonFor('halt', `${what} it is held back by ${shownBy(by, run.tenant)} since ${iso(sinceMs)}${why}.`, sinceMs, [resumeCommand(scope)]);
}

function atWork({ run, owner }: WhyFacts): Reason {
  if (run.status === 'pending') return reasonFor('start', `It is kept and begins when ${owner.node} takes it.`, run.startedMs, [`palace cancel ${run.id}`]);
  return reasonFor('working', `It waits for nothing: ${owner.node} decides its next step.`, run.startedMs, [`palace get events ${run.id}`, DOCTOR]);
}

const reasonFor = (cause: Cause, text: string, sinceMs: number, commands: readonly string[]): Reason => ({ cause, text, sinceMs, commands });
