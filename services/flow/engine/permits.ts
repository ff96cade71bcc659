// Concurrency limits: at most `limit` runs at once per permit, all in the permit's home shard, so that counting is local (ENGINE E13).
// I1 A permit is bound to a run id and given back by its final event, never by time.
// I2 What must wait for its place (a start, a fork, a retry of an ended run) stays in the inbox, undecided: the next owner sees it again,
//    in the same order.
// I3 What waits keeps no signal or timer of its shard from coming through: it holds no place in it; how many of a tenant may wait is bounded
//    at the door.
// I4 The key of a permit names its tenant: flows of one name that meet in a shard do not count for each other.
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { EngineParts } from './parts.ts';
import { hold, release } from './parts.ts';
import type { Arrival } from './slot.ts';

const RETRY_MS = 500;

/** A row that makes a run work. What is under a limit comes by the inbox (I2). */
export interface Beginning {
  readonly from: Arrival;
  readonly tenant: string;
  readonly run: string;
  readonly permit: PermitClaim | undefined;
  /** Hands the row to its run. Called again when it throws, while the shard is held. */
  begin(): Promise<void>;
}

export interface PermitClaim {
  readonly key: string;
  readonly limit: number;
}

interface Permit {
  readonly running: Set<string>;
  readonly waiting: Beginning[];
}

interface ShardPermits {
  readonly byKey: Map<string, Permit>;
  /** All that wait, by tenant. */
  readonly waiting: FairShare;
}

export interface Permits {
  open(shard: number): Promise<void>;
  drop(shard: number): void;
  /** Begins now, or when its place is free. */
  arrive(shard: number, beginning: Beginning): void;
  holds(shard: number, permit: string, runId: string): boolean;
  /** The run has ended, or never began to work. */
  ended(shard: number, permit: string, runId: string): void;
  /** What waits in the shard, by tenant. */
  inLine(shard: number): FairShare | undefined;
}

export function createPermits(parts: EngineParts): Permits {
  const shards = new Map<number, ShardPermits>();

  function permitsOf(shard: number): ShardPermits {
    let known = shards.get(shard);
    if (known === undefined) shards.set(shard, (known = { byKey: new Map(), waiting: new FairShare(parts.settings.maxActiveRuns) }));
    return known;
  }

  function permitOf(shard: number, key: string): Permit {
    const { byKey } = permitsOf(shard);
    let permit = byKey.get(key);
    if (permit === undefined) byKey.set(key, (permit = { running: new Set(), waiting: [] }));
    return permit;
  }

  async function open(shard: number): Promise<void> {
    shards.delete(shard);
    for (const held of await parts.store.permits(shard)) {
      if (held.status !== 'pending' && held.status !== 'quarantined') permitOf(shard, held.permit).running.add(held.id);
    }
  }

  function begin(shard: number, beginning: Beginning, held = parts.tenure(shard)): void {
    beginning.begin().catch((error: unknown) => {
      parts.log.warn('a run could not begin; trying again', { error, runId: beginning.run });
      parts.scheduler.after(RETRY_MS, () => {
        if (held()) begin(shard, beginning, held);
      });
    });
  }

  function arrive(shard: number, beginning: Beginning): void {
    if (beginning.permit === undefined) return begin(shard, beginning);
    const permit = permitOf(shard, beginning.permit.key);
    if (permit.running.has(beginning.run) || permit.running.size < beginning.permit.limit) {
      permit.running.add(beginning.run);
      begin(shard, beginning);
    } else {
      const { tenant, from } = beginning;
      permit.waiting.push(beginning);
      permitsOf(shard).waiting.take(tenant);
      // It keeps no place among the rows in hand (I3).
      release(parts, shard, tenant, { command: { type: 'continue' }, ...from });
    }
  }

  function ended(shard: number, key: string, runId: string): void {
    const permit = permitOf(shard, key);
    permit.running.delete(runId);
    const next = permit.waiting[0];
    if (next?.permit !== undefined && permit.running.size < next.permit.limit) {
      permit.waiting.shift();
      permitsOf(shard).waiting.give(next.tenant);
      permit.running.add(next.run);
      hold(parts, shard, next.tenant);
      begin(shard, next);
    } else if (permit.running.size === 0 && next === undefined) shards.get(shard)?.byKey.delete(key);
  }

  return {
    open,
    arrive,
    holds: (shard, key, runId) => shards.get(shard)?.byKey.get(key)?.running.has(runId) === true,
    ended,
    drop: (shard) => void shards.delete(shard),
    inLine: (shard) => shards.get(shard)?.waiting,
  };
}
