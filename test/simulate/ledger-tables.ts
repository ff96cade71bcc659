// The tables of the ledger in the model of the database, and what must hold of them at every commit and at the end.
// I1 A journal is gap-free: the next row of an account or order has the next sequence number.
// I2 A reference (a command, a stream row, a timer) changes an account once.
import type { Write } from '@palace/platform/durable/contract.ts';
import { BadRow, type ServiceTables } from './service-tables.ts';
import type { World } from './world.ts';

export interface JournalRow {
  readonly key: string;
  readonly seq: number;
  readonly kind: 'debit' | 'credit' | 'reminded' | 'fired' | 'started' | 'charged' | 'intent' | 'shipped' | 'in-doubt' | 'done';
  /** The command, stream row or timer that it decides. */
  readonly ref: string;
  readonly amount: number;
  /** The database refuses it. */
  readonly poison?: boolean;
}

export class LedgerTables implements ServiceTables {
  readonly journals = new Map<string, { readonly shard: number; readonly rows: JournalRow[] }>();
  private readonly world: World;
  private readonly refs = new Set<string>();

  constructor(world: World) {
    this.world = world;
  }

  check(writes: readonly Write[]): void {
    for (const row of writes.flatMap(rowsOf)) if (row.poison === true) throw new BadRow('22P02', `poison in ${row.key}`);
  }

  apply(write: Write): void {
    for (const row of rowsOf(write)) {
      const journal = this.journals.get(row.key) ?? { shard: write.fence.shard, rows: [] };
      this.journals.set(row.key, journal);
      if (row.seq !== journal.rows.length + 1) this.world.violate(`${row.key}: row ${row.seq} (${row.kind} ${row.ref}) follows row ${journal.rows.length}`);
      const ref = `${row.kind} ${row.ref}`;
      if (this.refs.has(ref)) this.world.violate(`${row.key}: ${ref} happened twice`);
      this.refs.add(ref);
      journal.rows.push(row);
    }
  }

  load(shard: number): Map<string, JournalRow[]> {
    const found = new Map<string, JournalRow[]>();
    for (const [key, journal] of this.journals) if (journal.shard === shard) found.set(key, [...journal.rows]);
    return found;
  }

  has(kind: JournalRow['kind'], ref: string): boolean {
    return this.refs.has(`${kind} ${ref}`);
  }
}

function rowsOf(write: Write): readonly JournalRow[] {
  return (write.rows['journal'] ?? []) as readonly JournalRow[];
}
