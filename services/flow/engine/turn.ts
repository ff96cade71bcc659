// One run's turn: decide its waiting commands, write what follows, and after the commit let it act on the world.
// I1 Nothing leaves before its commit: acknowledgements, effects, news and timers follow the write that holds them (R1, R2).
// I2 Commands that came from rows (inbox, stream, timer) are consumed in the same commit that decides them (R2, R6).
// I3 A decision that throws, and data that the database refuses, quarantine this run alone (R7, ENGINE E6).
import type { Fence, Write, WriteOutcome } from '@palace/platform/durable/contract.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import { ENDED } from '../contract.ts';
import { decide } from '../core/decide.ts';
import { formatToWrite, type CloudEvent, type Command, type RunEvent } from '../core/model.ts';
import { EVOLVE_VERSION, positionOf, snapshot } from '../core/run.ts';
import { runStatus } from '../core/view.ts';
import { leftChildren, NO_CHILDREN, prepareChildren, type Prepared, type PreparedChild } from './children.ts';
import { isLarge, moveLarge } from './large-entries.ts';
import { warnNearLimits } from './near-limits.ts';
import { decideEnv, release, type EngineParts } from './parts.ts';
import { UnreadableProgram } from './programs.ts';
import { aboutRun } from './tracing.ts';
import { addEvents, addPublished, addRow, addState, draftWrite, newDraft, type Draft } from './rows.ts';
import { newestFor, rowInSegment } from './segments.ts';
import { isIdle, type Envelope, type Slot } from './slot.ts';
import { endOfTriggered } from '../triggers/starts.ts';

const FENCE_RETRY_MS = 50;
const LOOK_UP_RETRY_MS = 200;

interface Taken {
  readonly envelope: Envelope;
  readonly unused: string | undefined;
}

/** What a turn has decided and not yet written. */
interface Decided {
  readonly fence: Fence;
  readonly nowMs: number;
  readonly taken: Taken[];
  readonly events: RunEvent[];
  readonly lifecycle: CloudEvent[];
  segmentDue: boolean;
}

/** Decides and writes, unless a write of this run is under way or its shard is not ours to write. */
export function takeTurn(parts: EngineParts, slot: Slot): void {
  if (slot.gone || slot.writing) return;
  if (slot.queue.length === 0 && !slot.more) return rest(parts, slot);
  // While everything is held back nothing is decided; what somebody waits for at the door was let in before.
  if (parts.halts.everything() !== undefined && !isAtTheDoor(slot)) return;
  const fence = parts.node().fence(slot.shard);
  if (fence === undefined) {
    // Past our own deadline: either the lease is renewed in a moment, or close() drops the slot.
    parts.scheduler.after(FENCE_RETRY_MS, () => parts.schedule(slot));
    return;
  }
  if (!slot.more && slot.queue[0]?.prepare !== undefined) return void prepared(parts, slot, slot.queue[0]);
  const decided: Decided = { fence, nowMs: parts.node().timeMs(), taken: [], events: [], lifecycle: [], segmentDue: false };
  try {
    decideWaiting(parts, slot, decided);
  } catch (error) {
    parts.quarantine({ ...slot, slot, envelopes: envelopesOf(decided) }, 'a decision failed', error);
    return;
  }
  slot.writing = true;
  if (decided.segmentDue || decided.events.some((e) => e.type === 'child.requested')) void writeAfterLookingUp(parts, slot, decided);
  else write(parts, slot, decided, NO_CHILDREN);
}

const isAtTheDoor = ({ fresh, queue: [first] }: Slot): boolean => fresh && first?.commandId === undefined && first?.cursor === undefined;

/** A command that has to look at what is committed: nothing is decided until it has, so that nothing can come in between. */
async function prepared(parts: EngineParts, slot: Slot, { prepare, ...envelope }: Envelope): Promise<void> {
  slot.writing = true;
  const command = await prepare?.();
  if (slot.gone) return;
  slot.writing = false;
  if (command === undefined) slot.queue.shift();
  else slot.queue[0] = { ...envelope, command };
  takeTurn(parts, slot);
}

const envelopesOf = ({ taken }: Decided): Envelope[] => taken.map((t) => t.envelope);

/** The newest version for a segment, the flows of children. Looking them up may fail for a while; the decision stands and waits for it. */
async function writeAfterLookingUp(parts: EngineParts, slot: Slot, decided: Decided): Promise<void> {
  const { events, nowMs } = decided;
  try {
    if (decided.segmentDue) {
      const newest = await found(parts, slot, () => newestFor(parts, slot));
      if (!slot.gone) events.push(...decide(slot.run, { type: 'open-segment' }, { ...decideEnv(parts, nowMs, slot.id), ...newest }).events);
    }
    const children = await found(parts, slot, () => prepareChildren(parts, slot, events, nowMs));
    if (children === undefined) afterLoss(parts, slot, decided.taken, { kind: 'fenced' });
    else write(parts, slot, decided, children);
  } catch (error) {
    parts.quarantine({ ...slot, slot, envelopes: envelopesOf(decided) }, 'a decision could not be completed', error);
  }
}

/** Undefined when the run has left this process meanwhile. */
async function found<T>(parts: EngineParts, slot: Slot, look: () => Promise<T>): Promise<T | undefined> {
  while (!slot.gone) {
    try {
      return await look();
    } catch (error) {
      if (slot.gone) return undefined;
      if (error instanceof UnreadableProgram) throw error;
      parts.log.warn('a flow could not be looked up; trying again', { error, ...aboutRun(slot.row) });
      await new Promise<void>((resolve) => parts.scheduler.after(LOOK_UP_RETRY_MS, resolve));
    }
  }
  return undefined;
}

function decideWaiting(parts: EngineParts, slot: Slot, decided: Decided): void {
  const env = decideEnv(parts, decided.nowMs, slot.id);
  const { taken, events } = decided;
  const take = (command: Command): string | undefined => {
    const decision = decide(slot.run, command, env);
    events.push(...decision.events);
    decided.lifecycle.push(...(decision.lifecycle ?? []));
    slot.more = decision.more;
    decided.segmentDue = decision.segmentDue === true;
    return decision.unused;
  };
  if (slot.more) take({ type: 'continue' });
  while (!slot.more && !decided.segmentDue && slot.queue.length > 0 && taken.length < parts.settings.commandsPerTurn) {
    if (events.length >= env.limits.eventsPerDecision || slot.queue[0]?.prepare !== undefined) return;
    const envelope = slot.queue.shift() as Envelope;
    // Taken before it is decided: a command that makes the decision fail is consumed with the quarantine.
    const at = taken.push({ envelope, unused: undefined }) - 1;
    taken[at] = { envelope, unused: take(envelope.command) };
  }
}

function write(parts: EngineParts, slot: Slot, decided: Decided, children: Prepared): void {
  const { taken, events } = decided;
  if (slot.gone) return afterLoss(parts, slot, taken, { kind: 'fenced' });
  const request = buildWrite(parts, slot, decided, children);
  if (request === undefined) {
    slot.writing = false;
    settleAll(parts, slot, taken);
    return takeTurn(parts, slot);
  }
  const submit = () =>
    void parts
      .node()
      .submit(request)
      .then((outcome) => afterWrite(parts, slot, taken, events, children.children, outcome));
  if (isLarge(request)) void moveLarge(parts, request).then(submit);
  else submit();
}

/** Undefined when there is nothing to keep. */
function buildWrite(parts: EngineParts, slot: Slot, { fence, nowMs, taken, events, lifecycle }: Decided, { children, refused }: Prepared): Write | undefined {
  const draft = newDraft();
  if (slot.fresh) addRow(draft, 'run', summaryRow(slot));
  const format = formatToWrite(parts.node().minReader());
  addEvents(draft, subject(slot), events, { fromSeq: slot.lastSeq + 1, atMs: nowMs, format });
  addPublished(draft, subject(slot), lifecycle);
  addSummary(parts, slot, draft, events, { nowMs, format });
  for (const left of leftChildren(events)) {
    draft.streams.push({ consumer: 'flow', consumerShard: slot.shard, tenant: slot.tenant, kind: 'child-cancel', body: JSON.stringify({ run: left }) });
  }
  for (const { act, child, fault } of refused) addChildEnded(draft, slot, { run: slot.id, act, child, fault });
  for (const child of children) {
    addRow(draft, 'run', summaryRow(child.slot));
    addEvents(draft, subject(child.slot), child.events, { fromSeq: 1, atMs: nowMs, format });
    addPublished(draft, subject(child.slot), child.lifecycle);
  }
  const consumes = taken.flatMap(({ envelope: e, unused }) =>
    e.commandId === undefined
      ? []
      : [{ commandId: e.commandId, outcome: unused === undefined ? ('done' as const) : ('unused' as const), ...(unused !== undefined && { detail: unused }) }],
  );
  const cursors = taken.flatMap(({ envelope: e }) => (e.cursor === undefined ? [] : [e.cursor]));
  for (const { envelope: e } of taken) if (e.timerId !== undefined) draft.timersClear.push({ key: slot.id, id: e.timerId });
  // A run that was set aside and read again has a summary to correct, and no event.
  const empty =
    events.length === 0 && !slot.fresh && draft.rows['state'] === undefined && consumes.length === 0 && cursors.length === 0 && draft.timersClear.length === 0;
  if (empty) return undefined;
  return draftWrite(draft, {
    fence,
    key: slot.id,
    tenant: slot.tenant,
    ...(slot.claims.length > 0 && { claims: slot.claims }),
    ...(consumes.length > 0 && { consumes }),
    ...(cursors.length > 0 && { cursors }),
  });
}

function addSummary(
  parts: EngineParts,
  slot: Slot,
  draft: Draft,
  events: readonly RunEvent[],
  { nowMs, format }: { readonly nowMs: number; readonly format: number },
): void {
  const status = runStatus(slot.run);
  const of = subject(slot);
  if (!slot.fresh && status !== slot.status) addState(draft, of, status, nowMs);
  if (ENDED.has(status) && slot.row.parent !== undefined && slot.row.parentAct !== undefined && events.length > 0) {
    // The parent hears by stream: exactly once, whatever happens to this process in between (ENGINE E13).
    const final = events.findLast((e) => e.type === 'run.completed' || e.type === 'run.failed' || e.type === 'run.cancelled');
    const said = final?.type === 'run.completed' ? { output: final.output } : final?.type === 'run.failed' ? { fault: final.fault } : { cancelled: true };
    if (final !== undefined) addChildEnded(draft, slot, { run: slot.row.parent, act: slot.row.parentAct, child: slot.id, ...said });
  }
  if (ENDED.has(status) && events.length > 0) draft.streams.push(...endOfTriggered(slot.row, nowMs));
  const seq = slot.lastSeq + events.length;
  // A segment begins with its state: that is as good as a snapshot.
  const keptSeq = Math.max(slot.snapshotSeq, slot.run.segment?.firstSeq ?? 0);
  if (seq - keptSeq >= parts.settings.eventsPerSnapshot && !ENDED.has(status)) {
    addRow(draft, 'snapshot', {
      run: slot.id,
      seq,
      format,
      evolve: EVOLVE_VERSION,
      shard: slot.shard,
      tenant: slot.tenant,
      body: JSON.stringify(snapshot(slot.run)),
    });
    slot.snapshotSeq = seq;
  }
}

function addChildEnded(
  draft: Draft,
  { shard, tenant }: Slot,
  said: {
    readonly run: string;
    readonly act: number;
    readonly child: string;
    readonly output?: unknown;
    readonly fault?: unknown;
    readonly cancelled?: boolean;
  },
): void {
  draft.streams.push({ consumer: 'flow', consumerShard: shard, tenant, kind: 'child-ended', body: JSON.stringify(said) });
}

function subject(slot: Slot) {
  const { version } = slot.run.linked.program;
  return { id: slot.id, shard: slot.shard, tenant: slot.tenant, version, position: (act: number) => positionOf(slot.run, act) };
}

function summaryRow(slot: Slot): Record<string, unknown> {
  const { row } = slot;
  const status = runStatus(slot.run);
  return {
    id: row.id,
    shard: row.shard,
    tenant: row.tenant,
    flow: row.flow,
    version: row.version,
    hash: row.hash,
    status,
    started_ms: row.startedMs,
    ended_ms: ENDED.has(status) ? row.startedMs : null,
    parent: row.parent ?? null,
    parent_act: row.parentAct ?? null,
    fork_of: row.forkOf ?? null,
    permit: row.permit ?? null,
    trigger: row.trigger ?? null,
    environment: row.environment ?? null,
  };
}

function afterWrite(
  parts: EngineParts,
  slot: Slot,
  taken: readonly Taken[],
  events: readonly RunEvent[],
  children: readonly PreparedChild[],
  outcome: WriteOutcome,
): void {
  if (outcome.kind === 'committed') {
    if (slot.gone) return settleAll(parts, slot, taken);
    const fromSeq = slot.lastSeq + 1;
    slot.lastSeq += events.length;
    slot.row = rowInSegment(slot);
    warnNearLimits(parts, slot, events);
    slot.fresh = false;
    slot.claims = [];
    slot.status = runStatus(slot.run);
    slot.writing = false;
    settleAll(parts, slot, taken);
    for (const child of children) startChild(parts, child);
    parts.committed({ slot, events, fromSeq });
    return takeTurn(parts, slot);
  }
  if (outcome.kind === 'key-taken') return afterKeyTaken(parts, slot, taken, outcome);
  if (outcome.kind === 'bad-row') {
    parts.quarantine({ ...slot, slot, envelopes: taken.map((t) => t.envelope) }, `the database refused its data (${outcome.sqlstate})`, outcome.message);
    return;
  }
  afterLoss(parts, slot, taken, outcome);
}

/** It is dropped as if it had never been. Under a name of its own it is a run that began before: what came for it meanwhile is for that one. */
function afterKeyTaken(parts: EngineParts, slot: Slot, taken: readonly Taken[], outcome: Extract<WriteOutcome, { kind: 'key-taken' }>): void {
  const { shard, tenant, id } = slot;
  slot.gone = true;
  parts.slots.delete(id);
  const begun = (parseJsonText(outcome.answer) as { id?: string }).id === id;
  if (!begun) parts.freePermit(slot);
  const waiting = slot.queue.splice(0);
  const isForIt = ({ command }: Envelope): boolean => begun && command.type !== 'start';
  const mine = [...taken.map((t) => t.envelope), ...waiting].filter((envelope) => !isForIt(envelope));
  parts.consume(shard, tenant, id, mine, 'its key is taken');
  for (const envelope of mine) {
    release(parts, shard, tenant, envelope);
    envelope.settle?.(outcome);
  }
  for (const envelope of [...taken.map((t) => t.envelope), ...waiting]) if (isForIt(envelope)) parts.give(shard, id, { tenant, ...envelope });
}

/** Fenced or unknown: nothing that was decided here counts. Usually close() has dropped the slot; otherwise it is read again. */
function afterLoss(parts: EngineParts, slot: Slot, taken: readonly Taken[], outcome: Extract<WriteOutcome, { kind: 'fenced' | 'unknown' }>): void {
  const again = slot.gone ? [] : [...taken.map((t) => t.envelope), ...slot.queue.splice(0)];
  const { fresh } = slot;
  if (!slot.gone) forget(parts, slot);
  for (const { envelope } of taken) envelope.settle?.(outcome.kind === 'unknown' ? outcome : { kind: 'refused', why: 'this node no longer owns the shard' });
  if (!fresh) for (const envelope of again) parts.give(slot.shard, slot.id, { tenant: slot.tenant, ...envelope });
}

function forget(parts: EngineParts, slot: Slot): void {
  slot.gone = true;
  parts.effects.abandon(slot);
  parts.slots.delete(slot.id);
  parts.idle.delete(slot.id);
}

function startChild(parts: EngineParts, child: PreparedChild): void {
  const known = parts.slots.get(child.slot.id);
  // Somebody asked for it between its commit and this answer: it was read, and goes on by itself.
  if (known !== undefined && !known.gone) return parts.schedule(known);
  parts.slots.set(child.slot.id, child.slot);
  child.slot.lastSeq = child.events.length;
  child.slot.fresh = false;
  child.slot.status = runStatus(child.slot.run);
  parts.committed({ slot: child.slot, events: child.events, fromSeq: 1 });
  takeTurn(parts, child.slot);
}

function settleAll(parts: EngineParts, slot: Slot, taken: readonly Taken[]): void {
  for (const { envelope, unused } of taken) {
    release(parts, slot.shard, slot.tenant, envelope);
    envelope.settle?.(unused === undefined ? { kind: 'kept' } : { kind: 'unused', why: unused });
  }
}

/** Nothing to do: ended runs leave memory at once, idle ones when newer idle ones need the place. */
function rest(parts: EngineParts, slot: Slot): void {
  if (!isIdle(slot)) return;
  parts.idle.delete(slot.id);
  if (ENDED.has(slot.status)) return forget(parts, slot);
  parts.idle.set(slot.id, slot);
  if (parts.idle.size > parts.settings.maxIdleRuns) forget(parts, parts.idle.values().next().value as Slot);
}
