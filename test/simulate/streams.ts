// The stream tables of the model, right and wrong: contiguous positions given under the fence, or a sequence with a watermark.
import type { Page, ShardCursor, StreamAppend, StreamRead, StreamRow, Write } from '@palace/platform/durable/contract.ts';
import { inTurn } from './in-turn.ts';
import { BadRow } from './service-tables.ts';

interface Cursor {
  position: number;
  ahead: number[];
}

export interface StreamTables {
  /** Called when a statement begins; the sequence draws its numbers here. */
  begin(writes: readonly Write[]): readonly number[];
  checkCursors(writes: readonly Write[]): void;
  apply(write: Write, drawn: readonly number[]): void;
  cursors(shards: ReadonlySet<number>): ShardCursor[];
  rows(read: StreamRead): Page<StreamRow>;
  /** Rows for a shard that are not decided. */
  undecided(shard: number): readonly StreamAppend[];
  trim(producerShards: ReadonlySet<number>): number;
}

abstract class Cursors {
  protected readonly service: string;
  private readonly byStream = new Map<string, Cursor & { readonly shard: number; readonly producerShard: number }>();

  constructor(service: string) {
    this.service = service;
  }

  checkCursors(writes: readonly Write[]): void {
    const decided = new Set<string>();
    for (const write of writes) {
      for (const at of write.cursors ?? []) {
        const cursor = this.cursor(write.fence.shard, at.producerShard);
        const name = `${write.fence.shard}/${at.producerShard}/${at.position}`;
        if (at.position <= cursor.position || cursor.ahead.includes(at.position) || decided.has(name))
          throw new BadRow('PA004', `stream position ${name} is decided already`);
        decided.add(name);
      }
    }
  }

  protected moveCursors(write: Write): void {
    for (const at of write.cursors ?? []) {
      const cursor = this.cursor(write.fence.shard, at.producerShard);
      cursor.ahead.push(at.position);
      while (cursor.ahead.includes(cursor.position + 1)) {
        cursor.position++;
        cursor.ahead.splice(cursor.ahead.indexOf(cursor.position), 1);
      }
    }
  }

  protected cursor(shard: number, producerShard: number): Cursor {
    const name = `${shard}/${producerShard}`;
    const cursor = this.byStream.get(name) ?? { shard, producerShard, position: 0, ahead: [] };
    this.byStream.set(name, cursor);
    return cursor;
  }

  cursors(shards: ReadonlySet<number>): ShardCursor[] {
    return [...this.byStream.values()]
      .filter((cursor) => shards.has(cursor.shard))
      .map(({ shard, producerShard, position, ahead }) => ({ shard, producer: this.service, producerShard, position, ahead: [...ahead] }));
  }
}

export class FencedStreams extends Cursors implements StreamTables {
  /** By consumer shard and producer shard; index 0 is position `trimmed + 1`. */
  private readonly kept = new Map<string, { readonly shard: number; readonly producerShard: number; trimmed: number; readonly rows: StreamAppend[] }>();

  begin(): readonly number[] {
    return [];
  }

  apply(write: Write): void {
    for (const append of write.streams ?? []) this.stream(append.consumerShard, write.fence.shard).rows.push(append);
    this.moveCursors(write);
  }

  private stream(
    shard: number,
    producerShard: number,
  ): { readonly shard: number; readonly producerShard: number; trimmed: number; readonly rows: StreamAppend[] } {
    const name = `${shard}/${producerShard}`;
    const stream = this.kept.get(name) ?? { shard, producerShard, trimmed: 0, rows: [] };
    this.kept.set(name, stream);
    return stream;
  }

  rows({ shard, after, limit, inTurn: turn }: StreamRead): Page<StreamRow> {
    const found: StreamRow[] = [];
    for (const stream of this.kept.values()) {
      if (stream.shard !== shard) continue;
      const from = after.find((at) => at.producerShard === stream.producerShard)?.position ?? 0;
      for (let index = Math.max(0, from - stream.trimmed); index < stream.rows.length; index++) {
        found.push({
          ...(stream.rows[index] as StreamAppend),
          producer: this.service,
          producerShard: stream.producerShard,
          position: stream.trimmed + index + 1,
        });
      }
    }
    if (turn === undefined) return inOrder(shard, found, limit);
    const isNew = (row: StreamRow): boolean => row.position > (turn.reached[row.tenant]?.[row.producerShard] ?? 0);
    return inTurn(shard, found.filter(isNew), limit, turn);
  }

  undecided(shard: number): readonly StreamAppend[] {
    const found: StreamAppend[] = [];
    for (const stream of this.kept.values()) {
      if (stream.shard !== shard) continue;
      const { position, ahead } = this.cursor(shard, stream.producerShard);
      found.push(...stream.rows.slice(position - stream.trimmed).filter((_, i) => !ahead.includes(position + i + 1)));
    }
    return found;
  }

  trim(producerShards: ReadonlySet<number>): number {
    let gone = 0;
    for (const stream of this.kept.values()) {
      if (!producerShards.has(stream.producerShard)) continue;
      const passed = this.cursor(stream.shard, stream.producerShard).position - stream.trimmed;
      gone += stream.rows.splice(0, passed).length;
      stream.trimmed += passed;
    }
    return gone;
  }
}

/** The mistake: one outbox a consumer shard, numbered by a sequence before the commit, read from the highest number seen. */
export class SequenceStreams extends Cursors implements StreamTables {
  private next = 1;
  private readonly kept = new Map<number, { readonly number: number; readonly append: StreamAppend }[]>();
  /** What a reader got as its n-th row. */
  private readonly seen = new Map<number, number[]>();

  begin(writes: readonly Write[]): readonly number[] {
    return writes.flatMap((write) => (write.streams ?? []).map(() => this.next++));
  }

  apply(write: Write, drawn: readonly number[]): void {
    for (const [index, append] of (write.streams ?? []).entries()) {
      const outbox = this.kept.get(append.consumerShard) ?? [];
      this.kept.set(append.consumerShard, outbox);
      outbox.push({ number: drawn[index] as number, append });
    }
    this.moveCursors(write);
  }

  rows({ shard, after, limit }: StreamRead): Page<StreamRow> {
    const seen = this.seen.get(shard) ?? [];
    this.seen.set(shard, seen);
    const position = after.find((at) => at.producerShard === 0)?.position ?? 0;
    const watermark = position === 0 ? 0 : (seen[position - 1] ?? 0);
    const rows = (this.kept.get(shard) ?? [])
      .filter((row) => row.number > watermark)
      .sort((a, b) => a.number - b.number)
      .slice(0, limit);
    for (const [index, row] of rows.entries()) seen[position + index] = row.number;
    const numbered = rows.map((row, index) => ({ ...row.append, producer: this.service, producerShard: 0, position: position + index + 1 }));
    return inOrder(shard, numbered, limit);
  }

  undecided(shard: number): readonly StreamAppend[] {
    const cursor = this.cursor(shard, 0);
    const watermark = cursor.position === 0 ? 0 : (this.seen.get(shard)?.[cursor.position - 1] ?? 0);
    const rows = (this.kept.get(shard) ?? []).filter((row) => row.number > watermark);
    return rows.slice(cursor.ahead.length).map(({ append }) => append);
  }

  trim(): number {
    return 0;
  }
}

function inOrder(shard: number, rows: readonly StreamRow[], limit: number): Page<StreamRow> {
  return { shard, rows: rows.slice(0, limit), more: rows.length >= limit, since: '' };
}
