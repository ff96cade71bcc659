// What the engine reads: PostgreSQL, or the simulator's model. All writes go through the fenced commit (rows.ts); publishing is publish.ts.
// Ids and times are as in the tables of migrations/001-flow.sql. Reads of an owner name its shards (ENGINE E4).
import type { RunStatus } from '../contract.ts';
import type { EffectClass, Program } from '../core/program.ts';
import type { ScheduleState } from '../core/schedule.ts';

/** Why and when a run was set aside. */
export interface Quarantine {
  readonly reason: string;
  readonly atMs: number;
}

export interface RunRow {
  readonly id: string;
  readonly shard: number;
  readonly tenant: string;
  /** namespace/name */
  readonly flow: string;
  readonly version: string;
  readonly hash: string;
  readonly status: RunStatus;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly parent?: string;
  readonly parentAct?: number;
  readonly forkOf?: string;
  /** Runs with the same permit are limited together (concurrency limits). */
  readonly permit?: string;
  /** What started it, when nobody did: `schedule/TIME`, `after/TIME`, `event/ID`, `webhook/NAME/ID`. */
  readonly trigger?: string;
  /** Absent: the default one. */
  readonly environment?: string;
  readonly quarantine?: Quarantine;
  /** The segment that is open, and the seq at which it begins; `version` and `hash` are its own. */
  readonly segment: number;
  readonly segmentSeq: number;
  /** The history is kept from this event on. */
  readonly firstSeq: number;
}

/** As every run begins. */
export const FIRST_SEGMENT = { segment: 1, segmentSeq: 1, firstSeq: 1 } as const;

/** Events `seq` .. `seq + count - 1` of a run, as JSON text. */
export interface JournalEntry {
  readonly seq: number;
  readonly count: number;
  readonly format: number;
  readonly atMs: number;
  readonly body: string;
}

export interface StoredRun {
  readonly row: RunRow;
  readonly snapshot?: { readonly seq: number; readonly format: number; readonly evolve: string; readonly body: string };
  /** After the snapshot, or from the beginning of the segment that `row` names; in order. */
  readonly entries: readonly JournalEntry[];
  /** Why some entry could not be fetched; `entries` is then incomplete. */
  readonly unread?: Error;
}

export interface StoredProgram {
  readonly hash: string;
  readonly format: number;
  readonly program: Program;
}

export interface Definition {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly title?: string;
  readonly publishedMs: number;
  readonly latest: boolean;
}

/** With the run that started last, of any version. */
export interface ListedDefinition extends Definition {
  readonly lastRun?: { readonly id: string; readonly status: RunStatus; readonly startedMs: number; readonly endedMs?: number };
}

export interface LedgerRow {
  readonly key: string;
  readonly act: number;
  readonly position: string;
  readonly class: EffectClass;
  readonly state: 'intent' | 'confirmed' | 'failed' | 'in-doubt';
  readonly argsHash: string;
  /** JSON text. */
  readonly result?: string;
}

export interface StoredEvent {
  readonly tenant: string;
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly atMs: number;
  /** CloudEvent, JSON text. */
  readonly body: string;
  /** That said it; absent when it came from outside. */
  readonly run?: string;
}

/** The type that a subscription to events of every type names. */
export const EVERY_TYPE = '';

/** A run that a new owner of its shard goes on with. */
export interface ActiveRun {
  readonly id: string;
  readonly tenant: string;
  readonly status: RunStatus;
  readonly permit?: string;
}

export interface Subscription {
  readonly run: string;
  readonly act: number;
  readonly shard: number;
  /** As it was asked for. */
  readonly type: string;
}

export interface Listeners {
  readonly unmatched: readonly StoredEvent[];
  readonly subscriptions: readonly Subscription[];
  /** Flows that a type of theirs may start, those that are not paused. */
  readonly triggers: readonly EventTrigger[];
}

/** A run that holds or awaits a permit. */
export interface HeldPermit {
  readonly permit: string;
  readonly id: string;
  /** `pending`: it waits for it. */
  readonly status: RunStatus;
  readonly tenant: string;
  readonly hash: string;
}

/** The kind of a stream row that starts a run under a concurrency limit. */
export const LIMITED_START = 'limited-start';

/** A start by an event that waits for room in a line. */
export interface WaitingStart {
  readonly run: string;
  /** StartBody, JSON text. */
  readonly body: string;
}

/** A flow that an event of some type may start. */
export interface EventTrigger {
  readonly type: string;
  /** namespace/name */
  readonly flow: string;
  readonly hash: string;
}

/** A start that waits, as `write_rows` takes it. */
export interface HeldStartRow {
  readonly shard: number;
  readonly tenant: string;
  readonly flow: string;
  readonly consumer_shard: number;
  readonly body: string;
  readonly at_ms: number;
}

/** A start by an event that waits until its flow is not held back any more. */
export interface HeldStart {
  readonly position: number;
  readonly consumerShard: number;
  /** JSON text of the start. */
  readonly body: string;
}

export interface FlowStore {
  /** Runs that a new owner of the shard must continue (`running`), oldest first; those that are `pending` wait for a place (`permits`). */
  active(shard: number): Promise<readonly ActiveRun[]>;
  /**
   * Runs of these shards with snapshot and tail; unknown ids are left out.
   * `upTo`: without snapshot, the segment that holds that seq up to there; the row then has that segment's number, beginning and program.
   */
  load(shards: readonly number[], ids: readonly string[], upTo?: number): Promise<readonly StoredRun[]>;
  program(tenant: string, hash: string): Promise<StoredProgram | undefined>;
  /** The version named, or the latest published one. */
  definition(tenant: string, namespace: string, name: string, version?: string): Promise<Definition | undefined>;
  /** In which environment schedules, events and webhooks start runs of the flow; undefined: the default one. */
  triggerEnvironment(tenant: string, flow: string): Promise<string | undefined>;
  ledger(shard: number, run: string): Promise<readonly LedgerRow[]>;
  /** Which of these events are not matched yet, the subscriptions that name a type of theirs or every type, and what they may start. */
  listeners(tenant: string, events: readonly StoredEvent[]): Promise<Listeners>;
  /** The newest ones, oldest first. Of every type (`EVERY_TYPE`) are all but lifecycle events. */
  recentEvents(tenant: string, types: readonly string[], sinceMs: number, limit: number): Promise<readonly StoredEvent[]>;
  unmatchedEvents(shard: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Runs that hold or await each permit of the shard, oldest first. */
  permits(shard: number): Promise<readonly HeldPermit[]>;
  /** How many of each tenant wait for a place in the shard or are on their way there, whoever owns it; up to `most` of each kind are counted. */
  waiting(shard: number, most: number): Promise<readonly { readonly tenant: string; readonly count: number }[]>;
  /** Starts by events of this shard that wait for room in the line of another. */
  countWaitingStarts(shard: number): Promise<readonly { readonly tenant: string; readonly toShard: number; readonly count: number }[]>;
  /** The oldest ones, bounded in bytes too; none of a paused flow. */
  waitingStarts(shard: number, tenant: string, toShard: number, most: number): Promise<readonly WaitingStart[]>;
  /** Flows that have starts waiting in these shards, whether they may start or not. */
  heldFlows(shards: readonly number[], limit: number): Promise<readonly { readonly shard: number; readonly tenant: string; readonly flow: string }[]>;
  /** In order. */
  heldStarts(shard: number, tenant: string, flow: string, limit: number): Promise<readonly HeldStart[]>;
  /** `untilMs`: when the next publication was, whose row is still open. */
  schedule(shard: number, tenant: string, flow: string): Promise<{ readonly state: ScheduleState; readonly untilMs?: number } | undefined>;
}
