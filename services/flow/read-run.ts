// One run as it is committed, read and folded: for its page, and for those who wait for it.
import type { Linked } from './core/link.ts';
import type { Run } from './core/run.ts';
import { fold } from './engine/loading.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow, StoredRun } from './store/port.ts';

const MAX_READS = 3;

export interface ReadRun {
  readonly row: RunRow;
  /** Undefined when its program, or (of a quarantined run) its journal, cannot be read. */
  readonly folded: { readonly run: Run; readonly lastSeq: number } | undefined;
}

export async function readRun(parts: FlowParts, tenant: string, id: string): Promise<ReadRun | undefined> {
  for (let reads = 1; ; reads++) {
    const stored = await parts.reads.stored(tenant, id);
    if (stored === undefined) return undefined;
    const { row } = stored;
    const linked = await parts.programs.readable(tenant, row.hash);
    const folded = linked === undefined ? undefined : tryFold(stored, linked);
    if (!(folded instanceof Error)) return { row, folded };
    if (row.status === 'quarantined') return { row, folded: undefined };
    // Row and journal are read one after the other: what was set aside, or opened a segment on another version, in between is read anew.
    const now = await parts.reads.run(tenant, id);
    if (reads === MAX_READS || (now?.segment === row.segment && now.status === row.status)) throw folded;
  }
}

function tryFold(stored: StoredRun, linked: Linked): ReadRun['folded'] | Error {
  try {
    return fold(stored, linked);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
