// How far the streams that one shard consumes have been handed over in this ownership. Pure data.
// I1 A position is handed over once. What was decided before this ownership counts as handed over.
// I2 Rows of one tenant in one stream are handed over in order. A tenant's rows may go past those of others, at most MAX_AHEAD of a
//    stream beyond what is contiguous: so much a cursor remembers at most.
// I3 Read in order, a position beyond the next is a gap and waits.
// Called by ../feeds.ts.
import type { Reached, ShardCursor, StreamPosition, StreamRow } from '../contract.ts';

export const MAX_AHEAD = 512;

interface Stream {
  readonly producer: string;
  readonly producerShard: number;
  /** Everything up to here is handed over or decided. */
  position: number;
  /** So are these. */
  readonly ahead: Set<number>;
  /** Of a tenant whose rows went past others: how far. */
  readonly reached: Map<string, number>;
}

export class StreamPositions {
  /** Rises with everything that is handed over or passed. */
  progress = 0;
  private readonly streams = new Map<string, Stream>();

  constructor(cursors: readonly ShardCursor[]) {
    for (const { producer, producerShard, position, ahead } of cursors) this.open(producer, producerShard, position, ahead);
  }

  /** Is the row to be handed over? `ofTenant`: it was read with others of its tenant, past those of other tenants. */
  take(row: StreamRow, ofTenant: boolean): boolean {
    const stream = this.streams.get(nameOf(row.producer, row.producerShard)) ?? this.open(row.producer, row.producerShard, 0, []);
    const isKnown = row.position <= stream.position || stream.ahead.has(row.position);
    if (!isKnown && row.position > stream.position + 1 && (!ofTenant || stream.ahead.size >= MAX_AHEAD)) return false;
    if (ofTenant && row.position > (stream.reached.get(row.tenant) ?? stream.position)) {
      stream.reached.set(row.tenant, row.position);
      this.progress += 1;
    }
    if (isKnown) return false;
    this.progress += 1;
    stream.ahead.add(row.position);
    while (stream.ahead.delete(stream.position + 1)) stream.position += 1;
    return true;
  }

  after(): StreamPosition[] {
    return [...this.streams.values()].map(({ producer, producerShard, position }) => ({ producer, producerShard, position }));
  }

  reached(): Reached {
    const all: Record<string, Record<number, number>> = {};
    for (const { producerShard, position, reached } of this.streams.values()) {
      for (const [tenant, at] of reached) {
        if (at > position) (all[tenant] ??= {})[producerShard] = at;
        else reached.delete(tenant);
      }
    }
    return all;
  }

  private open(producer: string, producerShard: number, position: number, ahead: readonly number[]): Stream {
    const stream: Stream = { producer, producerShard, position, ahead: new Set(ahead), reached: new Map() };
    this.streams.set(nameOf(producer, producerShard), stream);
    return stream;
  }
}

function nameOf(producer: string, producerShard: number): string {
  return `${producer}/${producerShard}`;
}
