// Hands inbox rows and stream rows to the service: pulled from the tables on a doorbell and at every poll, never carried by the bus.
// I1 A row is handed over once per ownership: inbox rows handed over and not decided are left out of the next reading.
// I2 Stream rows of a tenant are handed over in order (core/stream-positions.ts): a position at or below the last is a duplicate.
// I3 Never more than the host's appetite; what is left is fetched when a commit of the shard makes room.
// I4 No tenant's rows wait for the rows of another (R9): an inbox is read tenant by tenant, a stream as soon as one reading in order did
//    not reach its end. Tenants that have their share in hand are passed over.
// Called by shards.ts (open, close), node.ts (doorbells, commits, polls).
import type { Appetite, InboxRead, InboxRow, Page, Scheduler, ShardCursor, StreamRead, StreamRow, Write } from './contract.ts';
import { StreamPositions } from './core/stream-positions.ts';

const READ_RETRY_MS = 200;
const READ_MAX_ROWS = 200;

export interface FeedPorts {
  readonly scheduler: Scheduler;
  readCursors(shard: number): Promise<readonly ShardCursor[]>;
  readInbox(read: InboxRead): Promise<Page<InboxRow>>;
  readStreams(read: StreamRead): Promise<Page<StreamRow>>;
  inbox(shard: number, rows: readonly InboxRow[]): void;
  deliver(shard: number, rows: readonly StreamRow[]): void;
  appetite(shard: number): Appetite;
}

interface Feed {
  /** A doorbell rang since the last reading began. */
  rung: boolean;
  reading: boolean;
  /** Where the next reading goes on among the tenants. */
  since: string;
  /** Tenants whose rows the last reading left in the table. */
  passedOver: readonly string[];
  /** Rows were left that only a commit lets through. */
  blocked: boolean;
}

interface Open {
  readonly shard: number;
  closed: boolean;
  /** Command ids handed over and not decided yet, with their tenants. */
  readonly handed: Map<string, string>;
  /** Undefined until the cursors are read. */
  positions: StreamPositions | undefined;
  readonly inboxFeed: Feed;
  readonly streamFeed: Feed & { /** The last reading did not reach the end. */ behind: boolean };
}

export interface Feeds {
  open(shard: number): void;
  close(shard: number): void;
  ringInbox(shards: readonly number[]): void;
  ringStreams(shards: readonly number[]): void;
  committed(write: Write): void;
  /** The host may want more now. */
  wake(shard: number): void;
}

type Read = (state: Open, appetite: Appetite) => Promise<boolean>;

export function createFeeds(ports: FeedPorts): Feeds {
  const opened = new Map<number, Open>();

  function open(shard: number): void {
    const newFeed = (): Feed => ({ rung: true, reading: false, since: '', passedOver: [], blocked: false });
    const state: Open = {
      shard,
      closed: false,
      handed: new Map(),
      positions: undefined,
      inboxFeed: newFeed(),
      streamFeed: { ...newFeed(), behind: false },
    };
    opened.set(shard, state);
    pump(state);
  }

  function close(shard: number): void {
    const state = opened.get(shard);
    if (state === undefined) return;
    state.closed = true;
    opened.delete(shard);
  }

  function pump(state: Open): void {
    void pull(state, state.inboxFeed, pullInbox);
    void pull(state, state.streamFeed, pullStreams);
  }

  /** One reading at a time for each feed; what rings meanwhile is read afterwards. */
  async function pull(state: Open, feed: Feed, read: Read): Promise<void> {
    while (feed.rung && !feed.reading && !state.closed) {
      const { rows, sated } = ports.appetite(state.shard);
      if (rows <= 0) return;
      feed.reading = true;
      feed.rung = false;
      feed.passedOver = sated;
      try {
        if (await read(state, { rows: Math.min(READ_MAX_ROWS, rows), sated })) feed.rung = true;
        feed.reading = false;
      } catch {
        feed.reading = false;
        feed.rung = true;
        ports.scheduler.after(READ_RETRY_MS, () => void pull(state, feed, read));
        return;
      }
    }
  }

  /** Returns whether there may be more. */
  async function pullInbox(state: Open, { rows: limit, sated }: Appetite): Promise<boolean> {
    const { inboxFeed: feed, shard } = state;
    const except = [...state.handed].flatMap(([commandId, tenant]) => (sated.includes(tenant) ? [] : [commandId]));
    const { rows, more, since } = await ports.readInbox({ shard, limit, except, sated, since: feed.since });
    if (state.closed) return false;
    // A reading that went on in the middle has the first tenants before it.
    const wraps = feed.since !== '';
    feed.since = since;
    for (const row of rows) state.handed.set(row.commandId, row.tenant);
    if (rows.length > 0) ports.inbox(shard, rows);
    return more || wraps;
  }

  async function pullStreams(state: Open, { rows: limit, sated }: Appetite): Promise<boolean> {
    const { streamFeed: feed, shard } = state;
    const positions = (state.positions ??= new StreamPositions(await ports.readCursors(shard)));
    const inTurn = feed.behind || sated.length > 0 ? { sated, since: feed.since, reached: positions.reached() } : undefined;
    const { rows, more, since } = await ports.readStreams({ shard, limit, after: positions.after(), ...(inTurn !== undefined && { inTurn }) });
    if (state.closed) return false;
    const before = positions.progress;
    const wraps = feed.since !== '';
    feed.since = since;
    feed.behind = more || wraps;
    const taken = rows.filter((row) => positions.take(row, inTurn !== undefined));
    if (taken.length > 0) ports.deliver(shard, taken);
    feed.blocked = feed.behind && positions.progress === before;
    return feed.behind && !feed.blocked;
  }

  function ring(shards: readonly number[], feedOf: (state: Open) => Feed): void {
    for (const shard of shards) {
      const state = opened.get(shard);
      if (state === undefined) continue;
      feedOf(state).rung = true;
      pump(state);
    }
  }

  function committed(write: Write): void {
    const state = opened.get(write.fence.shard);
    if (state === undefined) return;
    for (const consumed of write.consumes ?? []) state.handed.delete(consumed.commandId);
  }

  function wake(shard: number): void {
    const state = opened.get(shard);
    if (state === undefined) return;
    const feeds = [state.inboxFeed, state.streamFeed];
    if (feeds.some((feed) => feed.passedOver.length > 0 || feed.blocked)) {
      const sated = new Set(ports.appetite(shard).sated);
      for (const feed of feeds) if (feed.blocked || feed.passedOver.some((tenant) => !sated.has(tenant))) feed.rung = true;
    }
    if (feeds.some((feed) => feed.rung)) pump(state);
  }

  return {
    open,
    close,
    committed,
    wake,
    ringInbox: (shards) => ring(shards, (state) => state.inboxFeed),
    ringStreams: (shards) => ring(shards, (state) => state.streamFeed),
  };
}
