// What the engine's pieces share: its surroundings, its memory, and the few verbs by which the pieces call each other.
// The pieces are turn.ts (decide and write), loading.ts, effects.ts, accept.ts, arrivals.ts, correlation.ts, permits.ts; engine.ts puts them together.
import type { Json } from '@palace/jq/jq.ts';
import type { Blobs } from '@palace/platform/blobs/port.ts';
import type { DurableNode, Scheduler } from '@palace/platform/durable/contract.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { EnvironmentReader } from '@palace/platform/environments.ts';
import type { SecretReader } from '@palace/platform/secrets.ts';
import type { Counter, Gauge, Log, Telemetry } from '@palace/platform/telemetry/port.ts';
import { LIVED_ON, mayHaveLivedOn } from '../core/lived-on.ts';
import type { DecideEnv, DecideLimits } from '../core/model.ts';
import type { Executors } from '../executors/executor.ts';
import type { OpenEffect } from '../core/run.ts';
import type { FlowStore } from '../store/port.ts';
import type { EngineHalts } from './halts.ts';
import type { Programs } from './programs.ts';
import type { Envelope, Slot } from './slot.ts';
import type { Committed, Watching } from './watching.ts';

export interface EngineSettings {
  readonly decide: DecideLimits;
  /** `$runtime.version`. */
  readonly runtimeVersion: string;
  /** `$runtime.metadata`. */
  readonly runtimeMetadata: Json;
  // Of what follows a tenant may have all while it is alone; all together no more than a quarter above (FairShare).
  /** Starts accepted and not yet committed; more are refused with 503. */
  /** Longest wait of a start for its commit. */
  readonly acceptMs: number;
  readonly maxPendingStarts: number;
  /** Runs with work in memory; more starts are refused with 503. */
  readonly maxActiveRuns: number;
  /** Starts that wait in one shard for their place under a concurrency limit; more are refused with 503, or wait (triggers/waiting-starts.ts). */
  readonly maxQueuedRuns: number;
  /** Effects performed at once by this process; more wait their turn. */
  readonly maxEffects: number;
  /** Effects that wait for their turn; who has more starts nothing new. */
  readonly maxWaitingEffects: number;
  /** Rows of inbox, streams and timers in the hands of one shard. */
  readonly maxHeldRows: number;
  /** Starts by events that wait in one shard, each tenant by itself, for room in a line; of more the events count as missed. */
  readonly maxWaitingStarts: number;
  /** Times that passed in a down time and are caught up at once, of one schedule. */
  readonly maxCaughtUp: number;
  /** Events that wait for others, of one schedule. */
  readonly maxGathered: number;
  // These are of the process.
  /** Idle runs kept in memory for their next command. */
  readonly maxIdleRuns: number;
  /** Runs that take their turn before the process looks at its connections again. */
  readonly turnsPerTick: number;
  readonly eventsPerSnapshot: number;
  readonly commandsPerTurn: number;
  /** Events published so long before a listen began still reach it. */
  readonly lookBackMs: number;
  /** Pause between two looks at the invariants. */
  readonly reconcileMs: number;
}

export interface EngineMetrics {
  readonly started: Counter;
  readonly ended: Counter;
  readonly inMemory: Gauge;
  readonly quarantined: Counter;
  readonly effects: Counter;
  readonly refused: Counter;
  readonly halts: Gauge;
  readonly breaches: Counter;
}

/** The acts on the world (effects.ts). */
export interface Effects {
  begin(slot: Slot, effect: OpenEffect): void;
  verifyLater(slot: Slot, effect: OpenEffect): void;
  /** Ends what the run no longer waits for. */
  prune(slot: Slot): void;
  abandon(slot: Slot): void;
  /** What was held back goes on, as far as it may. */
  haltsChanged(): void;
  /** Lets go of what is held back in a shard that is handed over. */
  leaveAside(shard: number): void;
  /** Runs of a tenant whose acts are held back. */
  aside(tenant: string): number;
  running(): number;
  /** Those that wait for their turn, by tenant. */
  readonly waiting: FairShare;
  /** Monotonic. */
  nowMs(): number;
}

export interface EngineParts {
  readonly node: () => DurableNode;
  readonly store: FlowStore;
  readonly blobs: Pick<Blobs, 'put'>;
  readonly scheduler: Scheduler;
  /** Chance for the ids of runs: so many bytes. The simulator's comes from its seed. */
  readonly entropy: (bytes: number) => Uint8Array;
  readonly programs: Programs;
  readonly executors: Executors;
  readonly secrets: SecretReader;
  readonly environments: EnvironmentReader;
  readonly effects: Effects;
  readonly halts: EngineHalts;
  /** Starts by events that were held back (triggers/held-starts.ts): sends on what may leave. */
  readonly heldStarts: { look(): void };
  readonly watching: Watching;
  readonly settings: EngineSettings;
  readonly log: Log;
  readonly span: Telemetry['span'];
  readonly metrics: EngineMetrics;
  /** Runs in memory, by id. */
  readonly slots: Map<string, Slot>;
  /** Idle ones, least recently used first. */
  readonly idle: Map<string, Slot>;
  /** Those of them that are not idle, by tenant. */
  readonly active: FairShare;
  /** Inbox, stream and timer rows not yet decided, by shard and tenant. */
  readonly held: Map<number, FairShare>;
  /** Shards that start nothing new. */
  readonly draining: Set<number>;
  /** What waits for a place in any shard, by tenant (lines.ts). */
  readonly lines: (shard: number) => Promise<FairShare>;
  /** Ended runs that are being removed at this moment: not read until it is done. */
  readonly expiring: Set<string>;

  /**
   * Asks whether the shard is held without a break since this call. Rows are handed over again to each ownership, so what waited for
   * something under an earlier one, of this same process too, must drop its row: it would be decided twice.
   */
  tenure(shard: number): () => boolean;
  /** Gives a command to a run, loading it first when needed. */
  give(shard: number, runId: string, envelope: Envelope): void;
  /** Gives a command to a run in memory and schedules its turn. */
  push(slot: Slot, envelope: Envelope): void;
  schedule(slot: Slot): void;
  /** Runs after each commit of a run, before anything else can be decided for it. */
  committed(committed: Committed): void;
  /** What waits in this shard for its place under a concurrency limit, by tenant; undefined when it is not ours. */
  inLine(shard: number): FairShare | undefined;
  /** A run that ended, or never began, gives its place back, or its place in line. */
  freePermit(slot: { readonly row: Pick<Slot['row'], 'id' | 'shard' | 'permit'> }): void;
  /** Consumes the rows behind envelopes that no run will decide. Does not settle them. */
  consume(shard: number, tenant: string, runId: string, envelopes: readonly Envelope[], why: string): void;
  /** The run alone is set aside; its shard goes on. */
  quarantine(
    target: { id: string; shard: number; tenant: string; permit?: string; slot?: Slot; envelopes?: readonly Envelope[] },
    why: string,
    error?: unknown,
  ): void;
}

/** A row has come into the hands of the shard. */
export function hold(parts: EngineParts, shard: number, tenant: string): void {
  let held = parts.held.get(shard);
  if (held === undefined) parts.held.set(shard, (held = new FairShare(parts.settings.maxHeldRows)));
  held.take(tenant);
}

/** Gives back the place of an envelope's row in the shard's holdings. `tenant` is that of its run; the row may know better. */
export function release(parts: EngineParts, shard: number, tenant: string, envelope: Envelope): void {
  if (envelope.commandId === undefined && envelope.cursor === undefined && envelope.timerId === undefined) return;
  const held = parts.held.get(shard);
  const owner = envelope.tenant ?? tenant;
  // An earlier ownership of the shard may have handed it over.
  if (held === undefined || held.of(owner) === 0) return;
  held.give(owner);
  if (held.isEmpty) parts.held.delete(shard);
}

export const decideEnv = ({ node, settings }: EngineParts, nowMs: number, run: string): DecideEnv => ({
  nowMs,
  limits: settings.decide,
  runtimeVersion: settings.runtimeVersion,
  runtimeMetadata: settings.runtimeMetadata,
  ...(mayHaveLivedOn(run, node().halts()) && { livedOn: LIVED_ON }),
});
