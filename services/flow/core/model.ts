// The life of one run: its state, the commands it can be given, the events it is made of. Pure data; all of it is JSON.
// decide(run, command, env) -> events (and the run evolved by them); evolve(run, event) alone rebuilds the same run from the journal.
// I1 Events hold results (values, branch, jitter, engine time): folding never evaluates an expression (ENGINE E10).
// I2 The journal's order is the order of `seq`, from 1, without gap (R4).
// I3 A final event (run.completed, run.failed, run.cancelled) is followed only by run.retried or run.rewound.
// I4 A position (pointer + path) is performed at most once per generation; its effect key is H(run, generation, position, 0) (E9).
// I5 The format number stands in each journal entry and snapshot. A new event, and another meaning of one, raise READS_FORMAT; decide makes
//    them only where that format is written (formatToWrite).
// I6 A run is a chain of segments; segment.opened is the first event of one and holds the whole state: a fold can begin there (E11).
import type { Json } from '@palace/jq/jq.ts';
import type { Linked } from './link.ts';
import type { EffectClass, EventFilter, FlowReference, Pc } from './program.ts';

/** Written by every node until an upgrade is finished. */
export const JOURNAL_FORMAT = 1;
/** The newest that this release reads: JOURNAL_FORMAT, or one more that is written after the upgrade (ENGINE E10). */
export const READS_FORMAT = 1;

/** `minReader`: what the database says that every node reads. */
export function formatToWrite(minReader: number, formats = { writes: JOURNAL_FORMAT, reads: READS_FORMAT }): number {
  return Math.min(formats.reads, Math.max(formats.writes, minReader));
}

export interface RunFault {
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly instance?: string;
}

/** CloudEvents 1.0, JSON form. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly data?: Json;
  readonly [extension: string]: Json | undefined;
}

export type ActId = number;
export type TimerPurpose = 'wait' | 'timeout' | 'retry' | 'run-timeout';

/** How an effect that may or may not have happened is settled. */
export type Verdict = 'happened' | 'absent' | 'unknown';

// ---- commands: what the shell tells a run ----
export type Command =
  /** `depth`: how many runs stand above this one (`child.requested` says it). `queued`: it is written now and begins when it has its place. `by`: who asked. */
  | ({ readonly type: 'start'; readonly input: Json; readonly depth?: number; readonly queued?: Queued; readonly by?: string } & Surroundings)
  /** A queued run has its place. */
  | { readonly type: 'begin' }
  /** Go on after a bounded decision stopped in the middle (`Decision.more`). */
  | { readonly type: 'continue' }
  /** After `Decision.segmentDue`: the newest version has been looked up (`DecideEnv.newest`), the segment may open. */
  | { readonly type: 'open-segment' }
  | { readonly type: 'effect-done'; readonly act: ActId; readonly attempt: number; readonly result: Json }
  /** `sent: false`: the remote certainly did not act. `sent: true` with `answered`: it answered with an error. Otherwise unknown. */
  | {
      readonly type: 'effect-failed';
      readonly act: ActId;
      readonly attempt: number;
      readonly fault: RunFault;
      readonly reach: 'not-sent' | 'answered' | 'unknown';
    }
  /** The shell looked (after the hard deadline): what it found. */
  | { readonly type: 'effect-verified'; readonly act: ActId; readonly verdict: Verdict; readonly result?: Json }
  /** A person settles an effect in doubt. */
  | { readonly type: 'effect-resolved'; readonly key: string; readonly outcome: 'done' | 'absent'; readonly result?: Json; readonly by: string }
  /** After a restart: this unique or irreversible effect was open; its outcome is unknown. */
  | { readonly type: 'effect-lost'; readonly act: ActId; readonly attempt: number }
  | { readonly type: 'timer'; readonly id: string }
  | { readonly type: 'signal'; readonly id: string; readonly name: string; readonly data: Json }
  /** `early`: found by looking back, so that it may come by the other way too, however late. */
  | { readonly type: 'event'; readonly act: ActId; readonly event: CloudEvent; readonly early?: true }
  | { readonly type: 'child-ended'; readonly act: ActId; readonly child: string; readonly output?: Json; readonly fault?: RunFault }
  | { readonly type: 'pause'; readonly by: string; readonly reason?: string }
  | { readonly type: 'resume'; readonly by: string }
  | { readonly type: 'cancel'; readonly by: string; readonly reason?: string }
  /** Re-enters the steps that were open when the run failed; raises the generation. */
  | { readonly type: 'retry'; readonly by: string; readonly effects: 'keep' | 'again'; readonly ledger: readonly LedgerAnswer[] }
  /** Back to an earlier state (retry from a step), or the beginning of a run with another's state (fork). */
  | { readonly type: 'rewind'; readonly event: Rewound }
  | { readonly type: 'set-context'; readonly context: Json; readonly by: string };

/** Where a run lives, for ever: its secrets are those of this environment, and the variables are those that its flow names, as they were. */
export interface Surroundings {
  /** Absent: the default one. */
  readonly environment?: string;
  readonly variables?: { readonly [name: string]: Json };
}

/** What a run waits for before it begins: a place under this concurrency limit. */
export interface Queued {
  readonly permit: string;
}

/** A confirmed effect of the original (or of the generation before), by position. */
export interface LedgerAnswer {
  /** pointer + '#' + path */
  readonly position: string;
  /** Of an act of this very run: under it the remote knows the act. Absent for acts of the run that this one is a fork of. */
  readonly key?: string;
  readonly class: EffectClass;
  readonly state: 'confirmed' | 'in-doubt';
  readonly result?: Json;
}

/** What an effect was or would be asked to do. */
export interface EffectIntent {
  readonly key: string;
  readonly class: EffectClass;
  readonly function: string;
  readonly args: Json;
  readonly argsHash: string;
  readonly deadlineMs: number;
  readonly seen?: Seen;
}

/**
 * Stands there when secrets belong into the arguments: `args` has a visible text in their places, and the values come in when the act
 * begins (secrets.ts). It is what those expressions saw that may be another by then.
 */
export interface Seen {
  readonly nowMs: number;
  readonly context?: Json;
  readonly runtime?: Json;
}

// ---- events: what happened; `act` is the step instance ----
export type RunEvent =
  /** The first event of a run that must wait for its place. It can be told things and be cancelled; nothing of it is done. */
  | ({
      readonly type: 'run.queued';
      readonly input: Json;
      readonly depth?: number;
      readonly by?: string;
      readonly permit: string;
      readonly atMs: number;
    } & Surroundings)
  /** `input`, `depth` and surroundings are absent when the run was queued: it has them. */
  | ({ readonly type: 'run.started'; readonly input?: Json; readonly depth?: number; readonly by?: string; readonly atMs: number } & Surroundings)
  /** A scope's next step begins. `input` only when input.from changed it. `index`: branch of a fork, iteration of a for. */
  | {
      readonly type: 'step.entered';
      readonly act: ActId;
      readonly pc: Pc;
      readonly parent: ActId;
      readonly path: string;
      readonly input?: Json;
      readonly atMs: number;
    }
  | { readonly type: 'step.skipped'; readonly pc: Pc; readonly parent: ActId; readonly then: Pc }
  /** `output` is absent when it equals the effect's result (or, for a list, its last data). `context` only when export changed it. `to`: next pc, -1 = list done, -2 = run ends, -3 = the list and the frame around it are done. `onward`: of an extended step, where its frame goes on. */
  | {
      readonly type: 'step.completed';
      readonly act: ActId;
      readonly output?: Json;
      readonly context?: Json;
      readonly to: Pc;
      readonly onward?: Pc;
      readonly atMs: number;
    }
  | { readonly type: 'switch.chosen'; readonly act: ActId; readonly case: string | null }
  | { readonly type: 'for.started'; readonly act: ActId; readonly items: readonly Json[] }
  | { readonly type: 'for.advanced'; readonly act: ActId; readonly index: number }
  /** `position` and the `key` of the events below stand there when the class is unique or irreversible: the ledger keeps those. */
  | {
      readonly type: 'effect.requested';
      readonly act: ActId;
      readonly attempt: number;
      readonly key: string;
      readonly position?: string;
      readonly class: EffectClass;
      readonly function: string;
      readonly args: Json;
      readonly argsHash: string;
      readonly deadlineMs: number;
      readonly seen?: Seen;
      readonly atMs: number;
    }
  /** What kind of act the step's call is, as the read before it found out (`ask` of the step): the act itself is requested next. */
  | { readonly type: 'effect.classified'; readonly act: ActId; readonly class: EffectClass; readonly atMs: number }
  | {
      readonly type: 'effect.completed';
      readonly act: ActId;
      readonly attempt: number;
      readonly key?: string;
      readonly result: Json;
      readonly how: 'performed' | 'verified' | 'resolved' | 'ledger' | 'dry';
      readonly by?: string;
      readonly atMs: number;
    }
  | { readonly type: 'effect.failed'; readonly act: ActId; readonly attempt: number; readonly key?: string; readonly fault: RunFault; readonly atMs: number }
  /** The outcome is unknown and the shell is asked to verify (`verifying`), or nobody but a person can tell. `intent`: it was never requested here, the ledger knows of it. */
  | {
      readonly type: 'effect.doubted';
      readonly act: ActId;
      readonly attempt: number;
      readonly key?: string;
      readonly verifying: boolean;
      readonly why: string;
      readonly intent?: EffectIntent;
      readonly atMs: number;
    }
  /** It certainly did not happen: it may be requested again. */
  | { readonly type: 'effect.absent'; readonly act: ActId; readonly attempt: number; readonly key?: string; readonly by?: string; readonly atMs: number }
  /** Left behind by a timeout or cancellation while its outcome was open: the ledger keeps it in doubt, the run goes on. */
  | { readonly type: 'effect.abandoned'; readonly act: ActId; readonly key: string }
  | { readonly type: 'timer.set'; readonly id: string; readonly act: ActId; readonly purpose: TimerPurpose; readonly dueMs: number }
  | { readonly type: 'timer.cleared'; readonly id: string }
  | { readonly type: 'timer.fired'; readonly id: string; readonly atMs: number }
  | { readonly type: 'listen.opened'; readonly act: ActId; readonly filters: readonly EventFilter[]; readonly atMs: number }
  /** `filter` counts the filters of `until` after the step's own. `correlation`: values by name that later events must have too. */
  | {
      readonly type: 'listen.received';
      readonly act: ActId;
      readonly filter: number;
      readonly event: CloudEvent;
      readonly correlation?: { readonly [name: string]: Json };
      readonly early?: true;
    }
  /** Of a step with foreach: the oldest event that waited, number `index`, has been worked on. `drop`: so many of the oldest outputs are forgotten. */
  | {
      readonly type: 'listen.advanced';
      readonly act: ActId;
      readonly index: number;
      readonly output: Json;
      readonly context?: Json;
      readonly drop?: number;
      readonly atMs: number;
    }
  /** `satisfied`: it has what it waited for; otherwise it was given up. `left`: so many events waited and are not worked on any more. */
  | { readonly type: 'listen.closed'; readonly act: ActId; readonly satisfied?: true; readonly left?: number }
  | { readonly type: 'signal.received'; readonly id: string; readonly name: string; readonly data: Json; readonly atMs: number }
  | { readonly type: 'event.emitted'; readonly act: ActId; readonly event: CloudEvent }
  | {
      readonly type: 'child.requested';
      readonly act: ActId;
      readonly run: string;
      readonly flow: FlowReference;
      readonly input: Json;
      readonly await: boolean;
      readonly depth: number;
      readonly index?: number;
    }
  /** The parent no longer waits for it: it is to be cancelled. */
  | { readonly type: 'child.abandoned'; readonly act: ActId; readonly run: string; readonly index?: number }
  /** `index`, here and above: the item of a map. One whose input could not be made ends without having been requested. */
  | { readonly type: 'child.ended'; readonly act: ActId; readonly output?: Json; readonly fault?: RunFault; readonly index?: number }
  | { readonly type: 'map.started'; readonly act: ActId; readonly items: readonly Json[]; readonly limit: number }
  /** A try caught it: `attempt` is the one that failed; with `retryAtMs` the body runs again then, otherwise the handler runs. */
  | { readonly type: 'error.caught'; readonly act: ActId; readonly fault: RunFault; readonly attempt: number; readonly retryAtMs?: number }
  | { readonly type: 'step.faulted'; readonly act: ActId; readonly fault: RunFault; readonly atMs: number }
  /** The act and everything below it is over without a result (lost race, timeout, failed sibling). */
  | { readonly type: 'step.cancelled'; readonly act: ActId; readonly why: 'timeout' | 'compete' | 'sibling-failed' | 'caught' | 'run-cancelled' }
  | { readonly type: 'context.changed'; readonly context: Json; readonly by: string }
  | { readonly type: 'run.paused'; readonly by: string; readonly reason?: string; readonly atMs: number }
  | { readonly type: 'run.resumed'; readonly by: string; readonly atMs: number }
  | { readonly type: 'run.completed'; readonly output: Json; readonly atMs: number }
  | { readonly type: 'run.failed'; readonly fault: RunFault; readonly act: ActId; readonly atMs: number }
  | { readonly type: 'run.cancelled'; readonly by: string; readonly reason?: string; readonly atMs: number }
  | {
      readonly type: 'run.retried';
      readonly by: string;
      readonly generation: number;
      readonly effects: 'keep' | 'again';
      readonly ledger: readonly LedgerAnswer[];
      readonly atMs: number;
    }
  /** The state as it was after `toSeq` of run `from` (itself: retry from a step; another: fork), with edits; holds the whole state. `queued`: run.started follows. */
  | {
      readonly type: 'run.rewound';
      readonly from: string;
      readonly toSeq: number;
      readonly state: Json;
      readonly generation: number;
      readonly effects: 'keep' | 'again' | 'dry';
      readonly ledger: readonly LedgerAnswer[];
      readonly by: string;
      readonly queued?: Queued;
      readonly atMs: number;
    }
  /** The run rested with half of its history used: segment number `segment` (2, 3, ...) begins with the whole `state`, on the program `hash`. */
  | { readonly type: 'segment.opened'; readonly segment: number; readonly state: Json; readonly hash: string; readonly atMs: number };

export type Rewound = Extract<RunEvent, { readonly type: 'run.rewound' }>;

/** `queued`: it waits for its place, `pending` to people. */
export type RunPhase = 'new' | 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** What a decision may know beside the run. */
export interface DecideEnv {
  /** Engine time (ENGINE E12), ms since the epoch. */
  readonly nowMs: number;
  readonly limits: DecideLimits;
  /** `$runtime.version` in expressions: the release that decides. */
  readonly runtimeVersion?: string;
  /** `$runtime.metadata` in expressions: what the operator of this installation says of it. Default: an empty object. */
  readonly runtimeMetadata?: Json;
  /**
   * Why the run may have gone on in another life of this installation, of which nothing is known here (ENGINE E18); one sentence for people.
   * Then a unique or irreversible act is asked about before it is begun. Absent: it cannot have.
   */
  readonly livedOn?: string;
  /** For `open-segment`: the version of the run's flow that was published last. */
  readonly newest?: Linked;
}

export interface DecideLimits {
  /** Events one decision may add before it stops with `more`. */
  readonly eventsPerDecision: number;
  /** Events one segment of a run may have (R16). */
  readonly historyEvents: number;
  /** Bytes of one value (input, output, context, result). */
  readonly payloadBytes: number;
  /** Branches of a fork, items of a map. */
  readonly fanOut: number;
  /** Of one `for`. */
  readonly iterations: number;
  readonly nesting: number;
  /** Signals that nobody has read; events that one listen holds. */
  readonly bufferedSignals: number;
  readonly expressionFuel: number;
  /** All retries of one run together (R12). */
  readonly retriesPerRun: number;
}

export interface Decision {
  readonly events: readonly RunEvent[];
  /** Lifecycle events to publish in the commit of the others; absent when the flow asks for none (lifecycle.ts). */
  readonly lifecycle?: readonly CloudEvent[];
  /** True when the bound was reached with work left: give the command `continue` next. */
  readonly more: boolean;
  /** A segment is due, and the flow wants its newest version looked up for it: give `open-segment` before anything is written. */
  readonly segmentDue?: true;
  /** A command that found nothing to do (late timer, answer to a cancelled step, signal to an ended run): why. */
  readonly unused?: string;
}
