// From the journal to memory: runs are read in batches, folded, and given what waits for them.
// I1 A run whose journal does not fold is quarantined alone; the others of its batch go on (R7).
// I2 A failed read is not a bad run: it is tried again while the shard is ours.
// I3 What was read under one ownership of a shard is never used under the next.
// I4 A batch is filled by the tenants in turn: the runs of one wait for no queue of another (R9).
import { parseJsonText } from '@palace/platform/json.ts';
import type { Json } from '@palace/jq/jq.ts';
import { FairQueue } from '@palace/platform/durable/core/fair-queue.ts';
import { evolve } from '../core/evolve.ts';
import { READS_FORMAT, type RunEvent } from '../core/model.ts';
import { EVOLVE_VERSION, newRun, revive, type Run } from '../core/run.ts';
import type { Linked } from '../core/link.ts';
import { ENDED } from '../contract.ts';
import type { StoredRun } from '../store/port.ts';
import { continueEffects } from './effects.ts';
import { release, type EngineParts } from './parts.ts';
import { UnreadableProgram } from './programs.ts';
import { newSlot, type Envelope, type Slot } from './slot.ts';

const BATCH = 200;
const RETRY_MS = 100;
const UNREAD_RETRY_MS = 1_000;

export interface Loading {
  /** Queues a command for a run that is not in memory and sees to its being read. */
  want(shard: number, tenant: string, runId: string, envelope: Envelope | undefined): void;
  /** Whether something for this run waits for its being read. */
  wants(runId: string): boolean;
  /** Forgets what was wanted of a shard. */
  drop(shard: number): readonly Envelope[];
}

interface Wanted {
  readonly shard: number;
  readonly tenant: string;
  readonly envelopes: Envelope[];
}

export function createLoading(parts: EngineParts): Loading {
  const wanted = new Map<string, Wanted>();
  /** The ids of what is wanted, but for those being read; some may no longer be wanted. */
  const line = new FairQueue<string>();
  /** Tried again after a pause. */
  const away = new Map<string, Wanted>();
  let scheduled = false;
  let reading = false;

  function want(shard: number, tenant: string, runId: string, envelope: Envelope | undefined): void {
    const known = wanted.get(runId) ?? away.get(runId);
    if (known === undefined) add(runId, { shard, tenant, envelopes: envelope === undefined ? [] : [envelope] });
    else if (envelope !== undefined) known.envelopes.push(envelope);
    schedule();
  }

  function add(runId: string, wish: Wanted): void {
    wanted.set(runId, wish);
    line.push(wish.tenant, runId);
  }

  function schedule(): void {
    if (scheduled || reading) return;
    scheduled = true;
    parts.scheduler.soon(() => {
      scheduled = false;
      void readBatch();
    });
  }

  async function readBatch(): Promise<void> {
    const wishes = [...readable()];
    if (wishes.length === 0) {
      // Past our own deadline: the lease is renewed in a moment, or close() drops what is wanted. One that is being removed is gone then.
      if (wanted.size > 0) parts.scheduler.after(RETRY_MS, schedule);
      return;
    }
    reading = true;
    const shards = [...new Set(wishes.map(([, { shard }]) => shard))];
    try {
      const ids = wishes.map(([id]) => id);
      const stored = new Map((await parts.store.load(shards, ids)).map((s) => [s.row.id, s]));
      for (const [id, wish] of wishes) await admit(id, wish, stored.get(id));
    } catch (error) {
      parts.log.warn('runs could not be read; trying again', { error });
      await new Promise<void>((resolve) => parts.scheduler.after(RETRY_MS, resolve));
    }
    reading = false;
    lineUp(wishes.map(([id]) => id));
    if (wanted.size > 0) schedule();
  }

  function readable(): Map<string, Wanted> {
    const wishes = new Map<string, Wanted>();
    const unreadable: string[] = [];
    for (let left = line.size; left > 0 && wishes.size < BATCH; left--) {
      const id = line.shift() as string;
      const wish = wanted.get(id);
      if (wish === undefined) continue;
      if (parts.node().fence(wish.shard) === undefined || parts.expiring.has(id)) unreadable.push(id);
      else wishes.set(id, wish);
    }
    lineUp(unreadable);
    return wishes;
  }

  /** Back in the line: what could not be read now. */
  function lineUp(ids: readonly string[]): void {
    for (const id of ids) {
      const wish = wanted.get(id);
      if (wish !== undefined) line.push(wish.tenant, id);
    }
  }

  /** I3: the shard may have been lost and won again since `stored` was read; then the wish is another one. */
  async function admit(id: string, wish: Wanted, stored: StoredRun | undefined): Promise<void> {
    const { shard } = wish;
    const isCurrent = (): boolean => parts.node().fence(shard) !== undefined && wanted.get(id) === wish;
    if (!isCurrent()) return;
    if (joins(id, wish)) return;
    if (stored === undefined) return refuse(id, wish, '', 'there is no such run');
    if (stored.row.status === 'quarantined') return refuse(id, wish, stored.row.tenant, 'the run is quarantined');
    if (stored.unread !== undefined) return later(id, wish, stored.unread);
    const linked = await linkedOf(parts, stored);
    if (!isCurrent() || joins(id, wish)) return;
    let slot: Slot;
    try {
      if (linked instanceof Error) throw linked;
      slot = slotOf(stored, linked, parts.scheduler.nowMs());
    } catch (error) {
      wanted.delete(id);
      const { tenant, permit } = stored.row;
      parts.quarantine({ id, shard, tenant, ...(permit !== undefined && { permit }), envelopes: wish.envelopes }, 'its journal does not fold', error);
      return;
    }
    wanted.delete(id);
    parts.slots.set(id, slot);
    for (const envelope of wish.envelopes) slot.queue.push(envelope);
    if (!ENDED.has(slot.status)) continueEffects(parts, slot);
    slot.more = slot.more || slot.status === 'running';
    parts.schedule(slot);
  }

  /** It began here while it was being looked for: there is one slot of a run, ever. */
  function joins(id: string, wish: Wanted): boolean {
    const slot = parts.slots.get(id);
    if (slot === undefined || slot.gone) return false;
    wanted.delete(id);
    for (const envelope of wish.envelopes) parts.push(slot, envelope);
    return true;
  }

  /** A part of its journal is out of reach (blob store): it waits alone. */
  function later(id: string, wish: Wanted, error: unknown): void {
    wanted.delete(id);
    parts.log.warn('a run could not be read whole; trying again', { error, runId: id });
    away.set(id, wish);
    parts.scheduler.after(UNREAD_RETRY_MS, () => {
      if (away.get(id) !== wish) return;
      away.delete(id);
      add(id, wish);
      schedule();
    });
  }

  /** The rows that asked for a run that cannot answer are consumed, so that they do not come back for ever. */
  function refuse(id: string, wish: Wanted, tenant: string, why: string): void {
    wanted.delete(id);
    parts.consume(wish.shard, tenant, id, wish.envelopes, why);
    for (const envelope of wish.envelopes) {
      release(parts, wish.shard, tenant, envelope);
      envelope.settle?.({ kind: 'refused', why });
    }
  }

  return {
    want,
    wants: (runId) => wanted.has(runId) || away.has(runId),
    drop: (shard) => {
      const dropped: Envelope[] = [];
      for (const list of [wanted, away]) {
        for (const [id, w] of list) {
          if (w.shard !== shard) continue;
          dropped.push(...w.envelopes);
          list.delete(id);
        }
      }
      return dropped;
    },
  };
}

/** Only what is there and cannot be used is the run's own trouble; a database that is away is not. */
async function linkedOf(parts: EngineParts, { row }: StoredRun): Promise<Linked | Error> {
  try {
    return (await parts.programs.byHash(row.tenant, row.hash)) ?? new Error(`its flow version ${row.hash} is gone`);
  } catch (error) {
    if (error instanceof UnreadableProgram) return error;
    throw error;
  }
}

function slotOf(stored: StoredRun, linked: Linked, sinceMs: number): Slot {
  const { run, lastSeq } = fold(stored, linked);
  return newSlot(stored.row, run, { lastSeq, snapshotSeq: stored.snapshot?.seq ?? 0, fresh: false, sinceMs });
}

interface FoldOptions {
  /** The last event that is folded. */
  readonly upTo?: number;
  /** Told of each event before it is folded. */
  readonly each?: (run: Run, event: RunEvent) => void;
}

/** The run as its journal tells it. Throws when an entry is missing, unreadable or of a newer format (R4, E10). */
export function fold(stored: StoredRun, linked: Linked, { upTo = Infinity, each }: FoldOptions = {}): { run: Run; lastSeq: number } {
  if (stored.unread !== undefined) throw stored.unread;
  const { row } = stored;
  const usable = stored.snapshot;
  let run: Run;
  let lastSeq = row.segmentSeq - 1;
  if (usable !== undefined && usable.format <= READS_FORMAT && usable.evolve === EVOLVE_VERSION) {
    run = revive(linked, parseJsonText(usable.body) as Json);
    lastSeq = usable.seq;
    if ((run.segment?.number ?? 1) !== row.segment) throw new Error(`its snapshot is not of segment ${row.segment}`);
  } else {
    run = newRun(linked, { id: row.id, startedMs: row.startedMs });
  }
  for (const entry of stored.entries) {
    if (entry.format > READS_FORMAT) throw new Error(`entry ${entry.seq} has format ${entry.format}, this release reads ${READS_FORMAT}`);
    if (entry.seq !== lastSeq + 1) throw new Error(`after event ${lastSeq} comes ${entry.seq}`);
    const events = parseJsonText(entry.body) as RunEvent[];
    if (!Array.isArray(events) || events.length !== entry.count) throw new Error(`entry ${entry.seq} holds not ${entry.count} events`);
    for (const event of events.slice(0, Math.max(0, upTo - lastSeq))) {
      each?.(run, event);
      evolve(run, event);
    }
    lastSeq += entry.count;
  }
  if (run.seq !== Math.min(lastSeq, upTo)) throw new Error(`its state counts ${run.seq} events, its journal has ${lastSeq}`);
  return { run, lastSeq };
}
