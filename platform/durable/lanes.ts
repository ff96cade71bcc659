// Group commit: many writes of many shards in one statement, at once when idle, batched only while a commit is under way.
// I1 A shard belongs to one lane and is in at most one commit at a time, so its writes reach the database in the order of submission.
// I2 A lane has up to `overlap` commits under way, over disjoint shards.
// I3 A bad row is found by halving and is alone in its refusal; fenced shards and taken keys leave the batch, the rest goes again.
// I4 Of an unknown outcome every shard is dropped before anybody hears of it.
// I5 A key has one write in flight at most: a second submission before the first answer is a fault of the caller and throws.
// Called by node.ts. The promise of a write resolves after `hooks.committed`, so that what a host does next finds everything in place.
import { SHARD_COUNT, type CommitReply, type DurableSettings, type DurableStore, type KeyClaim, type Scheduler, type Write, type WriteOutcome } from './contract.ts';

const CONTENDED_ATTEMPTS = 40;
const CONTENDED_PAUSE_MS = 10;

interface Entry {
  readonly write: Write;
  readonly settle: (outcome: WriteOutcome) => void;
}

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

export interface LaneHooks {
  /** The shards' memory must go now: somebody else owns them. */
  fenced(shards: readonly number[]): void;
  /** The shards' memory must go now and be read again under a raised epoch. */
  unknown(shards: readonly number[], message: string): void;
  committed(writes: readonly Write[], seconds: number): void;
  refused(write: Write, reply: CommitReply): void;
}

export interface Lanes {
  submit(write: Write): Promise<WriteOutcome>;
  /** Answers everything of the shard that has not been sent. */
  drop(shard: number, outcome: WriteOutcome): void;
  /** Resolves when nothing of the shard is queued or under way. */
  idle(shard: number): Promise<void>;
  backlog(): number;
}

export function createLanes(store: DurableStore, scheduler: Scheduler, settings: DurableSettings, hooks: LaneHooks): Lanes {
  const queues: ShardQueue[] = Array.from({ length: SHARD_COUNT }, (_, shard) => ({ shard, entries: [], busy: false, listed: false, idleWaiters: [], keys: new Set() }));
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
      await commitAll(connection, batch);
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

  /** Works through a batch until every write has its outcome; the groups it splits into go one after another, in order. */
  async function commitAll(connection: number, batch: readonly Entry[]): Promise<void> {
    const groups: (readonly Entry[])[] = [batch];
    let contended = 0;
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      if (group.length === 0) continue;
      const startedMs = scheduler.nowMs();
      const reply = await store.commit(connection, group.map((entry) => entry.write));
      switch (reply.kind) {
        case 'committed':
          hooks.committed(group.map((entry) => entry.write), (scheduler.nowMs() - startedMs) / 1_000);
          for (const entry of group) entry.settle(reply);
          break;
        case 'fenced':
          hooks.fenced(reply.shards);
          regroup(groups, group, leave(group, new Set(reply.shards), { kind: 'fenced' }));
          removeShards(groups, new Set(reply.shards), { kind: 'fenced' });
          break;
        case 'unknown':
          giveUp(groups, group, reply.message);
          break;
        case 'key-taken':
          regroup(groups, group, leaveTaken(group, reply));
          break;
        case 'contended':
          contended++;
          if (contended > CONTENDED_ATTEMPTS) giveUp(groups, group, 'a claimed key stayed locked');
          else groups.unshift(...(await split(group)));
          break;
        case 'bad-row':
          groups.unshift(...halve(group, reply));
          break;
      }
    }
  }

  /** A refusal that names nobody in the batch would go round for ever: it counts as an unknown outcome. */
  function regroup(groups: (readonly Entry[])[], group: readonly Entry[], rest: readonly Entry[]): void {
    if (rest.length < group.length) groups.unshift(rest);
    else giveUp(groups, group, 'the refusal names no write of the batch');
  }

  function giveUp(groups: (readonly Entry[])[], group: readonly Entry[], message: string): void {
    const shards = shardsOf(group);
    hooks.unknown([...shards], message);
    for (const entry of group) entry.settle({ kind: 'unknown' });
    removeShards(groups, shards, { kind: 'unknown' });
  }

  /** Writes that claim a key go alone, after the others: one stuck key must not hold a batch. */
  async function split(group: readonly Entry[]): Promise<(readonly Entry[])[]> {
    if (group.length === 1) await new Promise<void>((resolve) => scheduler.after(CONTENDED_PAUSE_MS, resolve));
    const blocked = new Set<number>();
    const free: Entry[] = [];
    const alone: Entry[][] = [];
    for (const entry of group) {
      const shard = entry.write.fence.shard;
      if (blocked.has(shard) || entry.write.claims !== undefined) {
        blocked.add(shard);
        alone.push([entry]);
      } else free.push(entry);
    }
    return [free, ...alone];
  }

  function halve(group: readonly Entry[], reply: Extract<CommitReply, { kind: 'bad-row' }>): (readonly Entry[])[] {
    const only = group.length === 1 ? group[0] : undefined;
    if (only === undefined) return [group.slice(0, group.length >> 1), group.slice(group.length >> 1)];
    hooks.refused(only.write, reply);
    only.settle(reply);
    return [];
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

function nameOf(tenant: string, claim: Pick<KeyClaim, 'scope' | 'key'>): string {
  return `${tenant}\n${claim.scope}\n${claim.key}`;
}

function shardsOf(group: readonly Entry[]): Set<number> {
  const shards = new Set<number>();
  for (const entry of group) shards.add(entry.write.fence.shard);
  return shards;
}

/** Answers the entries of these shards and returns the others. */
function leave(group: readonly Entry[], shards: ReadonlySet<number>, outcome: WriteOutcome): readonly Entry[] {
  return group.filter((entry) => {
    const leaves = shards.has(entry.write.fence.shard);
    if (leaves) entry.settle(outcome);
    return !leaves;
  });
}

function removeShards(groups: (readonly Entry[])[], shards: ReadonlySet<number>, outcome: WriteOutcome): void {
  for (const [index, group] of groups.entries()) groups[index] = leave(group, shards, outcome);
}

function leaveTaken(group: readonly Entry[], reply: Extract<CommitReply, { kind: 'key-taken' }>): readonly Entry[] {
  const taken = new Map(reply.taken.map((key) => [nameOf(key.tenant, key), key]));
  return group.filter((entry) => {
    const claim = entry.write.claims?.find((candidate) => taken.has(nameOf(entry.write.tenant, candidate)));
    const key = claim === undefined ? undefined : taken.get(nameOf(entry.write.tenant, claim));
    if (key === undefined) return true;
    entry.settle({ kind: 'key-taken', fingerprint: key.fingerprint, answer: key.answer });
    return false;
  });
}
