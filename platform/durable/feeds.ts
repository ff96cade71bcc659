// Hands inbox rows and stream rows to the service: pulled from the tables on a doorbell and at every poll, never carried by the bus.
// I1 A row is handed over once per ownership: inbox rows handed over and not decided are left out of the next reading.
// I2 Stream rows are handed over in order; a position at or below the last is a duplicate, one beyond the next is a gap and waits.
// I3 Never more than the host's appetite; what is left is fetched when a commit of the shard makes room.
// Called by shards.ts (open, close), node.ts (doorbells, commits, polls).
import type { InboxRead, InboxRow, Scheduler, ShardCursor, StreamRead, StreamRow, Write } from './contract.ts';

const READ_RETRY_MS = 200;
const READ_MAX_ROWS = 200;

export interface FeedPorts {
  readonly scheduler: Scheduler;
  readCursors(shard: number): Promise<readonly ShardCursor[]>;
  readInbox(read: InboxRead): Promise<readonly InboxRow[]>;
  readStreams(read: StreamRead): Promise<readonly StreamRow[]>;
  inbox(shard: number, rows: readonly InboxRow[]): void;
  deliver(shard: number, rows: readonly StreamRow[]): void;
  appetite(shard: number): number;
}

interface Stream {
  readonly producer: string;
  readonly producerShard: number;
  /** The last position handed over, or decided before this ownership. */
  position: number;
  /** Decided before this ownership, beyond what was contiguous. */
  readonly ahead: ReadonlySet<number>;
}

interface Feed {
  /** A doorbell rang since the last reading began. */
  rung: boolean;
  reading: boolean;
}

interface Open {
  readonly shard: number;
  closed: boolean;
  /** Command ids handed over and not decided yet. */
  readonly handed: Set<string>;
  /** Undefined until the cursors are read. */
  streams: Map<string, Stream> | undefined;
  readonly inboxFeed: Feed;
  readonly streamFeed: Feed;
}

export interface Feeds {
  open(shard: number): void;
  close(shard: number): void;
  ringInbox(shards: readonly number[]): void;
  ringStreams(shards: readonly number[]): void;
  committed(write: Write): void;
}

export function createFeeds(ports: FeedPorts): Feeds {
  const opened = new Map<number, Open>();

  function open(shard: number): void {
    const state: Open = {
      shard,
      closed: false,
      handed: new Set(),
      streams: undefined,
      inboxFeed: { rung: true, reading: false },
      streamFeed: { rung: true, reading: false },
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
  async function pull(state: Open, feed: Feed, read: (state: Open, limit: number) => Promise<boolean>): Promise<void> {
    while (feed.rung && !feed.reading && !state.closed) {
      const limit = Math.min(READ_MAX_ROWS, ports.appetite(state.shard));
      if (limit <= 0) return;
      feed.reading = true;
      feed.rung = false;
      try {
        if (await read(state, limit)) feed.rung = true;
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
  async function pullInbox(state: Open, limit: number): Promise<boolean> {
    const rows = await ports.readInbox({ shard: state.shard, limit, except: [...state.handed] });
    if (state.closed || rows.length === 0) return false;
    for (const row of rows) state.handed.add(row.commandId);
    ports.inbox(state.shard, rows);
    return rows.length >= limit;
  }

  async function pullStreams(state: Open, limit: number): Promise<boolean> {
    const streams = (state.streams ??= streamsOf(await ports.readCursors(state.shard)));
    const after = [...streams.values()].map(({ producer, producerShard, position }) => ({ producer, producerShard, position }));
    const rows = await ports.readStreams({ shard: state.shard, limit, after });
    if (state.closed) return false;
    const reached = total(streams);
    const inOrder = rows.filter((row) => takes(streams, row));
    const moved = total(streams) > reached;
    if (inOrder.length > 0) ports.deliver(state.shard, inOrder);
    return moved && rows.length >= limit;
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
    if (state.inboxFeed.rung || state.streamFeed.rung) pump(state);
  }

  return {
    open,
    close,
    committed,
    ringInbox: (shards) => ring(shards, (state) => state.inboxFeed),
    ringStreams: (shards) => ring(shards, (state) => state.streamFeed),
  };
}

function streamsOf(cursors: readonly ShardCursor[]): Map<string, Stream> {
  return new Map(
    cursors.map((cursor) => [
      `${cursor.producer}/${cursor.producerShard}`,
      {
        producer: cursor.producer,
        producerShard: cursor.producerShard,
        position: cursor.position,
        ahead: new Set(cursor.ahead),
      },
    ]),
  );
}

function total(streams: ReadonlyMap<string, Stream>): number {
  let sum = 0;
  for (const stream of streams.values()) sum += stream.position;
  return sum;
}

/** Moves the stream to the row and says whether it is to be handed over. */
function takes(streams: Map<string, Stream>, row: StreamRow): boolean {
  const name = `${row.producer}/${row.producerShard}`;
  const stream = streams.get(name) ?? { producer: row.producer, producerShard: row.producerShard, position: 0, ahead: new Set<number>() };
  streams.set(name, stream);
  if (row.position !== stream.position + 1) return false;
  stream.position = row.position;
  return !stream.ahead.has(row.position);
}
