// Group commit: many writes of many shards in one statement, at once when idle, batched only while a commit is under way.
// I1 A shard belongs to one lane and is in at most one commit at a time, so its writes reach the database in the order of submission.
// I2 A lane has up to `overlap` commits under way, over disjoint shards.
// I3 A key has one write in flight at most: a second submission before the first answer is a fault of the caller and throws.
// Called by node.ts; what becomes of a batch is in batch.ts.
import { type Entry, nameOf, runBatch, shardsOf, type BatchHooks } from './batch.ts';
import { SHARD_COUNT, type DurableSettings, type DurableStore, type Scheduler, type Write, type WriteOutcome } from './contract.ts';

interface ShardQueue {
  readonly shard: number;
  entries: Entry[];
  busy: boolean;
  /** In the lane's ready list. */
  listed: boolean;
  idleWaiters: (() => void)[];
  /** Keys with a write in flight in this ownership; a dropped shard begins anew. */
  keys: Set<string>;
}

interface Lane {
  readonly ready: ShardQueue[];
  readonly freeConnections: number[];
  pumping: boolean;
}

export interface Lanes {
  submit(write: Write): Promise<WriteOutcome>;
  /** Answers everything of the shard that has not been sent. */
  drop(shard: number, outcome: WriteOutcome): void;
  /** Resolves when nothing of the shard is queued or under way. */
  idle(shard: number): Promise<void>;
  backlog(): number;
}

export function createLanes(store: DurableStore, scheduler: Scheduler, settings: DurableSettings, hooks: BatchHooks): Lanes {
  const queues: ShardQueue[] = Array.from({ length: SHARD_COUNT }, (_, shard) => ({
    shard,
    entries: [],
    busy: false,
    listed: false,
    idleWaiters: [],
    keys: new Set(),
  }));
  const lanes: Lane[] = Array.from({ length: settings.lanes }, (_, lane) => ({
    ready: [],
    freeConnections: Array.from({ length: settings.overlap }, (_, slot) => lane * settings.overlap + slot),
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
      queue.entries.push({ write, settle });
      list(queue);
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

  function list(queue: ShardQueue): void {
    if (queue.busy || queue.entries.length === 0) return;
    const lane = laneOf(queue.shard);
    if (!queue.listed) lane.ready.push(queue);
    queue.listed = true;
    pumpSoon(lane);
  }

  /** At the end of the turn: what is submitted in one tick becomes one batch. */
  function pumpSoon(lane: Lane): void {
    if (lane.pumping || lane.ready.length === 0 || lane.freeConnections.length === 0) return;
    lane.pumping = true;
    scheduler.soon(() => {
      lane.pumping = false;
      while (lane.freeConnections.length > 0) {
        const batch = takeBatch(lane, settings.maxBatchWrites);
        if (batch.length === 0) return;
        void run(lane, lane.freeConnections.shift() as number, batch);
      }
    });
  }

  async function run(lane: Lane, connection: number, batch: readonly Entry[]): Promise<void> {
    try {
      await runBatch({ store, scheduler, hooks }, connection, batch);
    } finally {
      lane.freeConnections.push(connection);
      for (const shard of shardsOf(batch)) free(queueOf(shard));
      pumpSoon(lane);
    }
  }

  function free(queue: ShardQueue): void {
    queue.busy = false;
    list(queue);
    if (queue.entries.length > 0) return;
    for (const wake of queue.idleWaiters.splice(0)) wake();
  }

  function drop(shard: number, outcome: WriteOutcome): void {
    const queue = queueOf(shard);
    queue.keys = new Set();
    for (const entry of queue.entries.splice(0)) entry.settle(outcome);
    if (queue.busy) return;
    for (const wake of queue.idleWaiters.splice(0)) wake();
  }

  function idle(shard: number): Promise<void> {
    const queue = queueOf(shard);
    if (!queue.busy && queue.entries.length === 0) return Promise.resolve();
    return new Promise((resolve) => queue.idleWaiters.push(resolve));
  }

  return { submit, drop, idle, backlog: () => backlog };
}

/** Takes whole shards in the order in which they became ready; a key claimed twice waits for the next batch. */
function takeBatch(lane: Lane, limit: number): Entry[] {
  const batch: Entry[] = [];
  const claimed = new Set<string>();
  const deferred: ShardQueue[] = [];
  while (batch.length < limit) {
    const queue = lane.ready.shift();
    if (queue === undefined) break;
    queue.listed = false;
    const count = takeable(queue.entries, limit - batch.length, claimed);
    if (count > 0) {
      queue.busy = true;
      for (const entry of queue.entries.splice(0, count)) batch.push(entry);
    } else if (queue.entries.length > 0) deferred.push(queue);
  }
  for (const queue of deferred) {
    queue.listed = true;
    lane.ready.push(queue);
  }
  return batch;
}

function takeable(entries: readonly Entry[], limit: number, claimed: Set<string>): number {
  let count = 0;
  for (const entry of entries) {
    if (count >= limit) break;
    const claims = entry.write.claims;
    if (claims !== undefined) {
      if (claims.some((claim) => claimed.has(nameOf(entry.write.tenant, claim)))) break;
      for (const claim of claims) claimed.add(nameOf(entry.write.tenant, claim));
    }
    count++;
  }
  return count;
}
