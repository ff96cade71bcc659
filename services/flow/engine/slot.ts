// One run in memory, and what is on its way to it. Owned by the engine of the process that owns the run's shard.
// I1 At most one write of a run is in flight (`writing`); commands that arrive meanwhile wait in `queue` in order of arrival.
// I2 `run` is ahead of the journal only while `writing`; a failed write drops the slot, never patches it.
import type { Json } from '@palace/jq/jq.ts';
import type { KeyClaim } from '@palace/platform/durable/contract.ts';
import type { RunStatus } from '../contract.ts';
import type { ActId, Command, RunFault } from '../core/model.ts';
import type { Run } from '../core/run.ts';
import type { RunRow } from '../store/port.ts';

export type Settlement =
  | { readonly kind: 'kept' }
  /** The command found nothing to do. */
  | { readonly kind: 'unused'; readonly why: string }
  | { readonly kind: 'key-taken'; readonly fingerprint: string; readonly answer: string }
  /** Nothing was kept. */
  | { readonly kind: 'refused'; readonly why: string; /** It will be refused again. */ readonly bad?: true }
  /** The database did not answer: it may or may not be kept. */
  | { readonly kind: 'unknown'; /** It is not: the database lacked this, one sentence. */ readonly shortage?: string };

/** How a run ended, for who waits in the same process. */
export interface RunEnd {
  readonly row: RunRow;
  readonly status: RunStatus;
  readonly endedMs: number;
  readonly lastSeq: number;
  readonly output?: Json;
  readonly fault?: RunFault;
}

export interface Envelope {
  readonly command: Command;
  /** Makes the command when its turn comes, from what is committed by then; the run stands still meanwhile. Undefined: it was refused. */
  readonly prepare?: () => Promise<Command | undefined>;
  /** Whose row it came from; a row that no run decides is consumed in its tenant's name. */
  readonly tenant?: string;
  /** Inbox row that this command came from: consumed in the commit that decides it. */
  readonly commandId?: string;
  /** Stream row that this command came from. */
  readonly cursor?: { readonly producer: string; readonly producerShard: number; readonly position: number };
  /** Timer row that fired. */
  readonly timerId?: string;
  readonly settle?: (settlement: Settlement) => void;
}

/** The row that something came by. */
export type Arrival = Pick<Envelope, 'cursor' | 'commandId'>;

export interface Slot {
  readonly id: string;
  readonly shard: number;
  readonly tenant: string;
  /** As it is committed, but for the status. */
  row: RunRow;
  readonly run: Run;
  /** Seq of the last committed event. */
  lastSeq: number;
  snapshotSeq: number;
  /** As the summary row has it. */
  status: RunStatus;
  /** True until the first write, which inserts the summary row. */
  fresh: boolean;
  claims: readonly KeyClaim[];
  writing: boolean;
  more: boolean;
  gone: boolean;
  readonly queue: Envelope[];
  readonly inFlight: Map<ActId, AbortController>;
  /** Hard deadlines of the acts begun here, monotonic. */
  readonly actsUntilMs: Map<ActId, number>;
  /** Since when it is in memory here, monotonic: no other owner begins anything after that. */
  readonly sinceMs: number;
  /** Limits that have been announced. */
  readonly warned: Set<string>;
  /** Told once, after the commit of the final event; forgotten with the memory. */
  onEnd: ((end: RunEnd) => void) | undefined;
}

export function newSlot(row: RunRow, run: Run, stored: { lastSeq: number; snapshotSeq: number; fresh: boolean; sinceMs?: number }): Slot {
  return {
    id: row.id,
    shard: row.shard,
    tenant: row.tenant,
    row,
    run,
    lastSeq: stored.lastSeq,
    snapshotSeq: stored.snapshotSeq,
    status: row.status,
    fresh: stored.fresh,
    claims: [],
    writing: false,
    more: false,
    gone: false,
    queue: [],
    inFlight: new Map(),
    actsUntilMs: new Map(),
    sinceMs: stored.sinceMs ?? 0,
    warned: new Set(),
    onEnd: undefined,
  };
}

export const isIdle = (slot: Slot): boolean => !slot.writing && !slot.more && slot.queue.length === 0 && slot.inFlight.size === 0;
