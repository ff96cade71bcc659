// The engine of AgentsFlow: the durable component's host. It puts the pieces together and routes what arrives to runs.
// I1 It acts for a shard only between open() and close(); after close() nothing of the shard is in memory.
// I2 What came from a row is handed to one run, and its row is consumed in the write that decides it.
// Called by service.ts; driven by platform/durable.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Appetite, DurableHost, DurableNode, Halt, InboxRow, StreamRow } from '@palace/platform/durable/contract.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import { ENDED } from '../contract.ts';
import { CANARY_TENANT } from '../canary/canary-flow.ts';
import type { CloudEvent, Command } from '../core/model.ts';
import { createAccept, type Accept } from './accept.ts';
import { createArrivals, type Arrivals, type Coming } from './arrivals.ts';
import { commandOf } from './control.ts';
import { goBack } from './go-back.ts';
import { createCorrelation, type Correlation } from './correlation.ts';
import { CountedRuns } from './counted-runs.ts';
import { createEffects, followEvents } from './effects.ts';
import { createLines } from './lines.ts';
import { createHalts } from './halts.ts';
import { createLoading, type Loading } from './loading.ts';
import { hold, release, type EngineParts } from './parts.ts';
import { createPermits, type Permits } from './permits.ts';
import { createTurns } from './ready.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';
import { MOVES, restOf, type Rest } from './rest.ts';
import { isIdle, type Envelope, type Slot } from './slot.ts';
import { addState, draftWrite, newDraft, type Published } from './rows.ts';
import { aboutRun, traceIdOf } from './tracing.ts';
import { takeTurn } from './turn.ts';
import { LIMITED_START, type ActiveRun } from '../store/port.ts';
import type { InvariantReads } from '../store/invariants.ts';
import { createHeldStarts } from '../triggers/held-starts.ts';
import { createSchedules, isScheduleTimer, type Schedules } from '../triggers/schedules.ts';
import { startFromStream } from '../triggers/starts.ts';
import { createWaitingStarts, type WaitingStarts } from '../triggers/waiting-starts.ts';
import { createWatching, type Watching, type Committed } from './watching.ts';

export interface Engine {
  readonly host: DurableHost;
  readonly accept: Accept;
  readonly watching: Watching;
  /** Looks for broken invariants, now and every while; absent where nothing can be read for it. */
  readonly reconciler: Reconciler | undefined;
  /** The status of a run in memory here, with its last committed seq. */
  peek(runId: string): { status: Slot['status']; lastSeq: number } | undefined;
  /** Of these ended runs, those that nothing asks for here: kept out of memory until `free` (retention). */
  setAside(runIds: readonly string[]): { readonly ids: readonly string[]; free(): void };
  /** Drops the memory of a run, or only of its acts, as if there had never been any: for tests. */
  forget(runId: string, what?: 'acts'): void;
  /** Whether a run in memory here moves by itself; undefined when it is not here. */
  rest(runId: string): Rest | undefined;
  load(): { slots: number; idle: number; effects: number; pendingStarts: number };
}

type Surroundings = Pick<
  EngineParts,
  'store' | 'blobs' | 'scheduler' | 'entropy' | 'programs' | 'executors' | 'secrets' | 'environments' | 'settings' | 'log' | 'span' | 'metrics'
> & {
  readonly node: () => DurableNode;
  readonly invariants?: InvariantReads;
};

interface Pieces {
  readonly parts: EngineParts;
  readonly loading: Loading;
  readonly accept: Accept;
  readonly arrivals: Arrivals;
  readonly correlation: Correlation;
  readonly permits: Permits;
  readonly waitingStarts: WaitingStarts;
  readonly schedules: Schedules;
}

const OPEN_POLL_MS = 5;
const DRAIN_POLL_MS = 10;

export function createEngine(surroundings: Surroundings): Engine {
  const pieces = assemble(surroundings);
  const { parts, accept } = pieces;
  const host = createHost(pieces);
  const { invariants: reads } = surroundings;
  return {
    host,
    reconciler: reads === undefined ? undefined : createReconciler({ ...pieces, reads, fire: host.fire }),
    accept,
    watching: parts.watching,
    peek: (runId) => {
      const slot = parts.slots.get(runId);
      return slot === undefined || slot.fresh ? undefined : { status: slot.status, lastSeq: slot.lastSeq };
    },
    setAside: (runIds) => {
      const ids = runIds.filter((id) => !parts.slots.has(id) && !pieces.loading.wants(id) && !parts.expiring.has(id));
      for (const id of ids) parts.expiring.add(id);
      return { ids, free: () => ids.forEach((id) => parts.expiring.delete(id)) };
    },
    forget(runId, what) {
      const slot = parts.slots.get(runId);
      if (slot === undefined) return;
      parts.effects.abandon(slot);
      if (what === 'acts') return;
      slot.gone = true;
      parts.slots.delete(runId);
      parts.idle.delete(runId);
    },
    rest: (runId) => {
      const slot = parts.slots.get(runId);
      if (slot === undefined || slot.fresh) return undefined;
      // While it is written or acts, its state is ahead of what is kept.
      return isIdle(slot) || ENDED.has(slot.status) ? restOf(slot.run) : MOVES;
    },
    load: () => ({ slots: parts.slots.size, idle: parts.idle.size, effects: parts.effects.running(), pendingStarts: accept.pending() }),
  };
}

function assemble(surroundings: Surroundings): Pieces {
  const turns = createTurns(surroundings, (slot) => takeTurn(parts, slot));
  const active = new FairShare(surroundings.settings.maxActiveRuns);
  const count = (tenant: string, by: 1 | -1): void => (by > 0 ? active.take(tenant) : active.give(tenant));
  const parts: EngineParts = {
    ...surroundings,
    slots: new CountedRuns(count),
    idle: new CountedRuns((tenant, by) => count(tenant, by > 0 ? -1 : 1)),
    active,
    held: new Map(),
    draining: new Set(),
    lines: createLines(surroundings),
    expiring: new Set(),
    watching: createWatching(),
    halts: createHalts(surroundings),
    get effects() {
      return effects;
    },
    get heldStarts() {
      return heldStarts;
    },
    tenure(shard) {
      const epoch = parts.node().fence(shard)?.epoch;
      return () => epoch !== undefined && parts.node().fence(shard)?.epoch === epoch;
    },
    schedule(slot) {
      parts.idle.delete(slot.id);
      turns.add(slot);
    },
    push(slot, envelope) {
      slot.queue.push(envelope);
      parts.schedule(slot);
    },
    give(shard, runId, envelope) {
      const slot = parts.slots.get(runId);
      if (slot !== undefined && !slot.gone) parts.push(slot, envelope);
      else if (!arrivals.keep(runId, envelope)) loading.want(shard, envelope.tenant ?? '', runId, envelope);
    },
    committed: (committed) => afterCommit(pieces, committed),
    inLine: (shard) => permits.inLine(shard),
    freePermit: ({ row }) => {
      if (row.permit !== undefined) permits.left(row.shard, row.permit, row.id);
    },
    consume: (shard, tenant, runId, envelopes, why) => consume(parts, shard, tenant, runId, envelopes, why),
    quarantine: (target, why, error) => quarantine(parts, target, why, error),
  };
  const effects = createEffects(parts);
  const loading = createLoading(parts);
  const accept = createAccept(parts);
  const permits = createPermits(parts);
  const arrivals = createArrivals(parts, permits);
  const waitingStarts = createWaitingStarts(parts);
  const heldStarts = createHeldStarts(parts, waitingStarts);
  const pieces: Pieces = {
    parts,
    loading,
    accept,
    arrivals,
    correlation: createCorrelation(parts, heldStarts),
    permits,
    waitingStarts,
    schedules: createSchedules(parts, heldStarts),
  };
  return pieces;
}

function createHost(pieces: Pieces): DurableHost {
  const { parts, loading, arrivals, permits, waitingStarts, correlation, schedules } = pieces;
  const untouched: Appetite = { rows: new FairShare(parts.settings.maxHeldRows).room, sated: [] };
  return {
    async open({ shard }) {
      parts.draining.delete(shard);
      await permits.open(shard);
      await waitingStarts.open(shard);
      const active = await parts.store.active(shard);
      resume(pieces, shard, active);
    },
    close(shard, reason) {
      parts.held.delete(shard);
      parts.draining.delete(shard);
      permits.drop(shard);
      waitingStarts.drop(shard);
      const lost = [...loading.drop(shard), ...arrivals.drop(shard), ...forgetShard(parts, shard)];
      for (const envelope of lost) envelope.settle?.({ kind: 'refused', why: `the shard was given up (${reason})` });
    },
    async drain(shard, deadlineMs) {
      parts.draining.add(shard);
      parts.effects.leaveAside(shard);
      const busy = () => [...parts.slots.values()].some((s) => s.shard === shard && !isIdle(s));
      while (busy() && parts.scheduler.nowMs() < deadlineMs) await new Promise<void>((resolve) => parts.scheduler.after(DRAIN_POLL_MS, resolve));
    },
    inbox(shard, rows) {
      for (const row of rows) {
        hold(parts, shard, row.tenant);
        arrive(pieces, shard, row);
      }
    },
    deliver(shard, rows) {
      for (const row of rows) {
        hold(parts, shard, row.tenant);
        deliver(pieces, shard, row);
      }
    },
    fire(shard, timers) {
      for (const timer of timers) {
        hold(parts, shard, timer.tenant);
        if (isScheduleTimer(timer)) schedules.fire(shard, timer);
        else parts.give(shard, timer.key, { command: { type: 'timer', id: timer.id }, timerId: timer.id, tenant: timer.tenant });
      }
    },
    appetite: (shard) => appetiteOf(parts, shard, untouched),
    haltsChanged: () => afterHalts(parts),
  };

  /** The shard takes work only once open() has resolved; then its active runs are read and its unmatched events matched. */
  function resume({ parts: p, loading: l }: Pieces, shard: number, runs: readonly ActiveRun[], tries = 200): void {
    p.scheduler.after(tries === 200 ? 0 : OPEN_POLL_MS, () => {
      if (p.node().fence(shard) === undefined) {
        if (tries > 0) resume(pieces, shard, runs, tries - 1);
        return;
      }
      for (const { id, tenant } of runs) if (!p.slots.has(id)) l.want(shard, tenant, id, undefined);
      permits.goOn(shard);
      waitingStarts.goOn(shard);
      void correlation.rematch(shard);
      p.heldStarts.look();
    });
  }
}

/** What waited for its runs. */
function forgetShard(parts: EngineParts, shard: number): Envelope[] {
  const lost: Envelope[] = [];
  for (const slot of parts.slots.values()) {
    if (slot.shard !== shard) continue;
    slot.gone = true;
    parts.effects.abandon(slot);
    parts.slots.delete(slot.id);
    parts.idle.delete(slot.id);
    lost.push(...slot.queue.splice(0));
  }
  return lost;
}

function afterHalts(parts: EngineParts): void {
  const { all } = parts.node().halts();
  for (const level of ['effects', 'everything'] as const) parts.metrics.halts.set(countOf(all, level), { level });
  parts.halts.wake();
  parts.effects.haltsChanged();
  parts.heldStarts.look();
  if (parts.halts.everything() === undefined) for (const slot of parts.slots.values()) parts.schedule(slot);
}

const countOf = (halts: readonly Halt[], level: Halt['level']): number => halts.filter((halt) => halt.level === level).length;

/** `untouched`: what a shard wants that holds nothing. */
function appetiteOf({ draining, held, halts }: EngineParts, shard: number, untouched: Appetite): Appetite {
  if (draining.has(shard) || halts.everything() !== undefined) return { rows: 0, sated: [] };
  const share = held.get(shard);
  return share === undefined ? untouched : { rows: share.room, sated: share.sated() };
}

/** A stream row reaches the run, or the home of its event; its cursor moves in the write that decides it. */
function deliver({ parts, correlation, arrivals, schedules }: Pieces, shard: number, row: StreamRow): void {
  const from = { tenant: row.tenant, cursor: { producer: row.producer, producerShard: row.producerShard, position: row.position } };
  if (row.kind === 'event') return correlation.arrive(shard, row.tenant, parseJsonText(row.body) as unknown as Published, from);
  if (row.kind === 'match') return correlation.deliver(shard, row, from);
  if (row.kind === 'look-back') return correlation.lookBack(shard, row, from);
  if (row.kind === 'start' || row.kind === LIMITED_START) return startFromStream(parts, arrivals, shard, row, { cursor: from.cursor });
  if (row.kind === 'schedule-ended') return schedules.ended(shard, row, from);
  if (row.kind === 'schedule-event') return schedules.gather(shard, row, from);
  if (row.kind === 'schedule-missed') return schedules.missed(shard, row, from);
  const said = parseJsonText(row.body) as { run: string } & Extract<Command, { type: 'child-ended' }>;
  if (row.kind === 'child-cancel')
    parts.give(shard, said.run, { command: { type: 'cancel', by: 'parent', reason: 'its parent no longer waits for it' }, ...from });
  else parts.give(shard, said.run, { command: childEnded(said), ...from });
}

function childEnded(said: { act: number; child: string; output?: unknown; fault?: unknown; cancelled?: boolean }): Command {
  const { act, child } = said;
  if (said.cancelled === true)
    return {
      type: 'child-ended',
      act,
      child,
      fault: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime', status: 499, title: 'The sub-flow was cancelled' },
    };
  const command = { type: 'child-ended' as const, act, child, output: said.output, fault: said.fault };
  return command as Command;
}

function arrive({ parts, arrivals, permits, correlation, schedules }: Pieces, shard: number, row: InboxRow): void {
  const { tenant, commandId } = row;
  if (row.kind === 'start' || row.kind === 'fork')
    return arrivals.arrive(shard, { tenant, from: { commandId }, body: parseJsonText(row.body) as unknown as Coming['body'] });
  if (row.kind.startsWith('schedule-')) return schedules.command(shard, row);
  if (row.kind === 'event') return correlation.arrive(shard, tenant, { event: parseJsonText(row.body) as CloudEvent }, { commandId });
  if (row.kind === 'retry') return void goBack(parts, permits, shard, row);
  parts.give(shard, row.key, { command: commandOf(row), commandId, tenant });
}

function afterCommit({ parts }: Pieces, committed: Committed): void {
  const { slot, events } = committed;
  followEvents(parts.effects, slot, events);
  if (ENDED.has(slot.status) && events.length > 0) {
    if (slot.tenant !== CANARY_TENANT) parts.metrics.ended.add(1, { status: slot.status });
    logEnd(parts, slot);
    const final = events.findLast((e) => e.type === 'run.completed' || e.type === 'run.failed' || e.type === 'run.cancelled');
    slot.onEnd?.({
      row: slot.row,
      status: slot.status,
      lastSeq: slot.lastSeq,
      endedMs: slot.run.endedMs ?? slot.row.startedMs,
      ...(final?.type === 'run.completed' && { output: final.output }),
      ...(final?.type === 'run.failed' && { fault: final.fault }),
    });
    slot.onEnd = undefined;
    parts.freePermit(slot);
  }
  parts.metrics.inMemory.set(parts.slots.size);
  parts.watching.tell(committed);
}

/** A failed run is worth a line; the others are in the journal and the metrics. */
function logEnd({ log }: EngineParts, slot: Slot): void {
  if (slot.status === 'failed') log.warn('run failed', { ...aboutRun(slot.row), fault: slot.run.fault });
}

/** Makes the keys of consuming writes distinct: several of one run may be under way. */
let consumed = 0;

function consume(parts: EngineParts, shard: number, tenant: string, runId: string, envelopes: readonly Envelope[], why: string): void {
  const fence = parts.node().fence(shard);
  if (fence === undefined) return;
  const consumes = envelopes.flatMap((e) => (e.commandId === undefined ? [] : [{ commandId: e.commandId, outcome: 'refused' as const, detail: why }]));
  const cursors = envelopes.flatMap((e) => (e.cursor === undefined ? [] : [e.cursor]));
  const timersClear = envelopes.flatMap((e) => (e.timerId === undefined ? [] : [{ key: runId, id: e.timerId }]));
  if (consumes.length + cursors.length + timersClear.length === 0) return;
  const owner = envelopes.find((e) => e.tenant !== undefined)?.tenant ?? tenant;
  consumed += 1;
  void parts.node().submit({ fence, key: `consume/${runId}/${consumed}`, tenant: owner, rows: {}, consumes, cursors, timersClear });
}

function quarantine(parts: EngineParts, target: Parameters<EngineParts['quarantine']>[0], why: string, error: unknown): void {
  const { id, shard, tenant, slot, envelopes = [] } = target;
  parts.log.error(`run quarantined: ${why}`, { runId: id, tenant, traceId: traceIdOf(id), shard, error, ...(slot !== undefined && aboutRun(slot.row)) });
  parts.metrics.quarantined.add(1);
  const all = [...envelopes, ...(slot?.queue.splice(0) ?? [])];
  if (slot !== undefined) {
    slot.gone = true;
    parts.effects.abandon(slot);
    parts.slots.delete(id);
    parts.idle.delete(id);
  }
  const permit = slot?.row.permit ?? target.permit;
  if (permit !== undefined) parts.freePermit({ row: { id, shard, permit } });
  const fence = parts.node().fence(shard);
  if (fence !== undefined && slot?.fresh !== true) {
    const draft = newDraft();
    const reason = error instanceof Error ? `${why}: ${error.message}` : error === undefined ? why : `${why}: ${String(error)}`;
    addState(draft, { id, tenant }, 'quarantined', null, { reason: reason.slice(0, 500), atMs: parts.node().timeMs() });
    void parts.node().submit(draftWrite(draft, { fence, key: id, tenant }));
  }
  consume(parts, shard, tenant, id, all, why);
  for (const envelope of all) {
    release(parts, shard, tenant, envelope);
    envelope.settle?.({ kind: 'refused', why, bad: true });
  }
}
