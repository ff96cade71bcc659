// Group commit: many writes of many shards in one statement, at once when idle, batched only while a commit is under way.
// I1 A shard belongs to one lane and is in at most one commit at a time; the writes of a tenant in a shard reach the database in the
//    order of submission. A batch is filled by the tenants in turn (core/fair-turns.ts): who comes waits for no other tenant's queue (R9).
// I2 A lane has up to `overlap` commits under way, over disjoint shards.
// I3 A key has one write in flight at most: a second submission before the first answer is a fault of the caller and throws.
// Called by node.ts; what becomes of a batch is in batch.ts.
import { type Entry, nameOf, runBatch, shardsOf, type BatchHooks } from './batch.ts';
import { SHARD_COUNT, type DurableSettings, type DurableStore, type Scheduler, type Write, type WriteOutcome } from './contract.ts';
import { FairTurns } from './core/fair-turns.ts';
import { Fifo } from './core/fifo.ts';
import { bytesOf } from './size.ts';

/** A tenant's credit of one round pays for one small write; so many bytes cost as much as another. */
const BYTES_AS_A_WRITE = 16_384;

interface Unsent extends Entry {
  readonly bytes: number;
}

/** The unsent writes of one tenant in one shard. */
interface Strand {
  readonly tenant: string;
  readonly queue: ShardQueue;
  readonly entries: Fifo<Unsent>;
  /** It gave writes to the batch that is being filled. */
  touched: boolean;
}

/** What a tenant may send in a lane. One strand is emptied before the next begins: a batch locks few shard rows. */
interface Line {
  readonly tenant: string;
  readonly strands: Strand[];
}

interface ShardQueue {
  readonly shard: number;
  readonly strands: Map<string, Strand>;
  /** Strands that were met while the shard was in a commit; back in their lines afterwards. */
  parked: Strand[];
  unsent: number;
  busy: boolean;
  idleWaiters: (() => void)[];
  /** Keys with a write in flight in this ownership; a dropped shard begins anew. */
  keys: Set<string>;
}

interface Lane {
  readonly turns: FairTurns<Line>;
  readonly freeConnections: number[];
  /** When the commits under way were begun, oldest first. */
  readonly underWay: Set<{ readonly sinceMs: number }>;
  /** When the first of those was begun that were given up one after the other; undefined since the last answer. */
  unansweredSinceMs: number | undefined;
  pumping: boolean;
}

export interface Lanes {
  submit(write: Write): Promise<WriteOutcome>;
  /** Answers everything of the shard that has not been sent. */
  drop(shard: number, outcome: WriteOutcome): void;
  /** Resolves when nothing of the shard is queued or under way. */
  idle(shard: number): Promise<void>;
  backlog(): number;
  /**
   * Since when no lane has had an answer (monotonic), commits that were given up in between included. Undefined while one of them has
   * nothing under way: whoever comes then asks anew.
   */
  silentSinceMs(): number | undefined;
}

export function createLanes(store: DurableStore, scheduler: Scheduler, settings: DurableSettings, hooks: BatchHooks): Lanes {
  const queues: ShardQueue[] = Array.from({ length: SHARD_COUNT }, (_, shard) => ({
    shard,
    strands: new Map(),
    parked: [],
    unsent: 0,
    busy: false,
    idleWaiters: [],
    keys: new Set(),
  }));
  const lanes: Lane[] = Array.from({ length: settings.lanes }, (_, lane) => ({
    turns: new FairTurns(1),
    freeConnections: Array.from({ length: settings.overlap }, (_, slot) => lane * settings.overlap + slot),
    underWay: new Set(),
    unansweredSinceMs: undefined,
    pumping: false,
  }));
  let backlog = 0;

  function submit(write: Write): Promise<WriteOutcome> {
    const queue = queueOf(write.fence.shard);
    const { keys } = queue;
    const { key } = write;
    if (keys.has(key)) throw new Error(`The key ${key} has a write in flight already`);
    keys.add(key);
    backlog++;
    return new Promise((resolve) => {
      const settle = (outcome: WriteOutcome): void => {
        keys.delete(key);
        backlog--;
        resolve(outcome);
      };
      const lane = laneOf(queue.shard);
      add(lane.turns, queue, { write, settle, bytes: bytesOf(write) });
      pumpSoon(lane);
    });
  }

  function queueOf(shard: number): ShardQueue {
    const queue = queues[shard];
    if (queue === undefined) throw new Error(`There is no shard ${shard}`);
    return queue;
  }

  function laneOf(shard: number): Lane {
    return lanes[shard % lanes.length] as Lane;
  }

  /** At the end of the turn: what is submitted in one tick becomes one batch. */
  function pumpSoon(lane: Lane): void {
    if (lane.pumping || lane.turns.tenants === 0 || lane.freeConnections.length === 0) return;
    lane.pumping = true;
    scheduler.soon(() => {
      lane.pumping = false;
      while (lane.freeConnections.length > 0) {
        const batch = takeBatch(lane.turns, settings);
        if (batch.length === 0) return;
        void run(lane, lane.freeConnections.shift() as number, batch);
      }
    });
  }

  async function run(lane: Lane, connection: number, batch: readonly Entry[]): Promise<void> {
    const shards = [...shardsOf(batch)].map(queueOf);
    for (const queue of shards) queue.busy = true;
    const begun = { sinceMs: scheduler.nowMs() };
    lane.underWay.add(begun);
    try {
      const answered = await runBatch({ store, scheduler, hooks }, connection, batch);
      lane.unansweredSinceMs = answered ? undefined : (lane.unansweredSinceMs ?? begun.sinceMs);
    } finally {
      lane.underWay.delete(begun);
      lane.freeConnections.push(connection);
      for (const queue of shards) free(lane, queue);
      pumpSoon(lane);
    }
  }

  function free({ turns }: Lane, queue: ShardQueue): void {
    queue.busy = false;
    for (const strand of queue.parked.splice(0)) list(turns, strand);
    if (queue.unsent > 0) return;
    for (const wake of queue.idleWaiters.splice(0)) wake();
  }

  function drop(shard: number, outcome: WriteOutcome): void {
    const queue = queueOf(shard);
    queue.keys = new Set();
    queue.parked = [];
    queue.unsent = 0;
    const { turns } = laneOf(shard);
    for (const strand of queue.strands.values()) {
      unlist(turns, strand);
      for (let entry = strand.entries.shift(); entry !== undefined; entry = strand.entries.shift()) entry.settle(outcome);
    }
    queue.strands.clear();
    if (queue.busy) return;
    for (const wake of queue.idleWaiters.splice(0)) wake();
  }

  function idle(shard: number): Promise<void> {
    const queue = queueOf(shard);
    if (!queue.busy && queue.unsent === 0) return Promise.resolve();
    return new Promise((resolve) => queue.idleWaiters.push(resolve));
  }

  function silentSinceMs(): number | undefined {
    let latestMs = 0;
    for (const { underWay, unansweredSinceMs } of lanes) {
      const oldest = underWay.values().next().value;
      if (oldest === undefined) return undefined;
      latestMs = Math.max(latestMs, Math.min(oldest.sinceMs, unansweredSinceMs ?? oldest.sinceMs));
    }
    return latestMs;
  }

  return { submit, drop, idle, backlog: () => backlog, silentSinceMs };
}

function add(turns: FairTurns<Line>, queue: ShardQueue, entry: Unsent): void {
  const { tenant } = entry.write;
  let strand = queue.strands.get(tenant);
  if (strand === undefined) {
    strand = { tenant, queue, entries: new Fifo(), touched: false };
    queue.strands.set(tenant, strand);
    list(turns, strand);
  }
  strand.entries.push(entry);
  queue.unsent += 1;
}

function list(turns: FairTurns<Line>, strand: Strand): void {
  const { tenant } = strand;
  const line = turns.waitingOf(tenant);
  if (line === undefined) turns.join(tenant, { tenant, strands: [strand] });
  else line.strands.push(strand);
}

function unlist(turns: FairTurns<Line>, strand: Strand): void {
  const line = turns.waitingOf(strand.tenant);
  if (line === undefined) return;
  const at = line.strands.indexOf(strand);
  if (at >= 0) line.strands.splice(at, 1);
  if (line.strands.length === 0) turns.leave(line.tenant);
}

/** The tenants in turn, each with whole shards in the order in which they became ready; a key claimed twice waits for the next batch. */
function takeBatch(turns: FairTurns<Line>, { maxBatchWrites, maxBatchBytes }: DurableSettings): Entry[] {
  const batch: Entry[] = [];
  const claimed = new Set<string>();
  const touched: Strand[] = [];
  const aside: Strand[] = [];
  let bytes = 0;
  while (batch.length < maxBatchWrites && bytes < maxBatchBytes) {
    const line = turns.next((waiting) => costOfNext(waiting, claimed, aside));
    const strand = line?.strands[0];
    const entry = strand?.entries.shift();
    if (line === undefined || strand === undefined || entry === undefined) break;
    for (const claim of entry.write.claims ?? []) claimed.add(nameOf(entry.write.tenant, claim));
    batch.push(entry);
    bytes += entry.bytes;
    strand.queue.unsent -= 1;
    if (!strand.touched) touched.push(strand);
    strand.touched = true;
    if (strand.entries.first === undefined) finish(turns, line);
  }
  for (const strand of touched) toTheEnd(turns, strand);
  for (const strand of aside) list(turns, strand);
  return batch;
}

/** Of the tenant's first strand that can give a write to this batch; undefined when none can. */
function costOfNext({ strands }: Line, claimed: ReadonlySet<string>, aside: Strand[]): number | undefined {
  for (let strand = strands[0]; strand !== undefined; strand = strands[0]) {
    const entry = strand.entries.first as Unsent;
    const isTaken = entry.write.claims?.some((claim) => claimed.has(nameOf(entry.write.tenant, claim))) === true;
    if (!strand.queue.busy && !isTaken) return 1 + entry.bytes / BYTES_AS_A_WRITE;
    (strand.queue.busy ? strand.queue.parked : aside).push(strand);
    strands.shift();
  }
  return undefined;
}

function finish(turns: FairTurns<Line>, line: Line): void {
  const strand = line.strands.shift() as Strand;
  strand.queue.strands.delete(strand.tenant);
  if (line.strands.length === 0) turns.leave(line.tenant);
}

/** The next batch begins with a shard that was not in this one. */
function toTheEnd(turns: FairTurns<Line>, strand: Strand): void {
  strand.touched = false;
  const strands = turns.waitingOf(strand.tenant)?.strands;
  if (strands?.[0] === strand && strands.length > 1) strands.push(strands.shift() as Strand);
}
