// From the rows of one read to a page for each shard: is there more, and where does the next read go on.
// Called by postgres.ts; the SQL is in sql/reads.ts.
import type { DueRead, Page, TimerRow } from './contract.ts';

/** What the statement says beside each row. */
export interface Part {
  readonly tenant: string;
  /** Rows that its tenant could get in this read. */
  readonly part: number;
  /** Tenants that this read served in its shard. */
  readonly many: number;
  /** The bytes of its tenant's part are used up: what follows was left. */
  readonly cut: boolean;
}

/** As many as the statement looks for. */
const MOST_TENANTS = 200;

export function pagesOf<Raw extends Part, Row>(
  reads: readonly { readonly shard: number; readonly limit: number }[],
  rows: readonly Raw[],
  shardOf: (row: Raw) => number,
  rowOf: (row: Raw) => Row,
): Page<Row>[] {
  const byShard = Map.groupBy(rows, shardOf);
  return reads.map(({ shard, limit }) => pageOf(shard, limit, byShard.get(shard) ?? [], rowOf));
}

function pageOf<Raw extends Part, Row>(shard: number, limit: number, rows: readonly Raw[], rowOf: (row: Raw) => Row): Page<Row> {
  const last = rows.at(-1);
  if (last === undefined) return { shard, rows: [], more: false, since: '' };
  const since = last.many > limit || last.many >= MOST_TENANTS ? last.tenant : '';
  const more = rows.length >= limit || since !== '' || hasFullPart(rows) || rows.some(({ cut }) => cut);
  return { shard, rows: rows.map(rowOf), more, since };
}

function hasFullPart(rows: readonly Pick<Part, 'tenant' | 'part'>[]): boolean {
  return Map.groupBy(rows, ({ tenant }) => tenant)
    .values()
    .some((some) => some.length >= (some[0]?.part ?? 0));
}

export interface DueRecord {
  readonly shard: number;
  readonly key: string | null;
  readonly id: string;
  readonly tenant: string;
  readonly due_ms: string;
  readonly part: number;
  readonly walked_to: string | null;
}

/** Every shard has at least one record, so that the walk over its tenants goes on where it ended. */
export function duePages(reads: readonly DueRead[], records: readonly DueRecord[]): Page<TimerRow>[] {
  const byShard = Map.groupBy(records, ({ shard }) => shard);
  return reads.map(({ shard }) => {
    const all = byShard.get(shard) ?? [];
    const due = all.filter((record): record is DueRecord & { key: string } => record.key !== null);
    const since = all[0]?.walked_to ?? '';
    const rows = due.map(({ key, id, tenant, due_ms: dueMs }) => ({ key, id, tenant, dueMs: Number(dueMs) }));
    return { shard, rows, more: since !== '' || hasFullPart(due), since };
  });
}
