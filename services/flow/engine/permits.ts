// Concurrency limits: at most `limit` runs at once per permit, all in the permit's home shard, so that counting is local (ENGINE E13).
// I1 A permit is bound to a run id and given back by its final event, never by time.
// I2 A start that must wait stays in the inbox, undecided: the next owner sees it again, in the same order.
// I3 Starts that wait keep no signal or timer of their shard from coming through: they hold no place in it; how many may wait is bounded at the door.
import type { EngineParts } from './parts.ts';
import { release } from './parts.ts';
import { aboutRun } from './tracing.ts';
import type { Accept, StartBody } from './accept.ts';

const RETRY_MS = 500;

interface Waiting {
  readonly tenant: string;
  readonly commandId: string;
  readonly body: StartBody;
}
interface Permit {
  readonly running: Set<string>;
  readonly waiting: Waiting[];
}

export interface Permits {
  open(shard: number): Promise<void>;
  drop(shard: number): void;
  /** A start from the inbox: begins now, or when a permit is free. */
  arrive(shard: number, tenant: string, commandId: string, body: StartBody): void;
  ended(shard: number, permit: string, runId: string): void;
  waiting(shard: number): number;
}

export function createPermits(parts: EngineParts, accept: Accept): Permits {
  const shards = new Map<number, Map<string, Permit>>();

  function permitOf(shard: number, name: string): Permit {
    let byName = shards.get(shard);
    if (byName === undefined) shards.set(shard, (byName = new Map()));
    let permit = byName.get(name);
    if (permit === undefined) byName.set(name, (permit = { running: new Set(), waiting: [] }));
    return permit;
  }

  async function open(shard: number): Promise<void> {
    shards.delete(shard);
    for (const held of await parts.store.permits(shard)) {
      if (held.status !== 'pending' && held.status !== 'quarantined') permitOf(shard, held.permit).running.add(held.id);
    }
  }

  function begin(shard: number, { tenant, commandId, body }: Waiting): void {
    void accept.startFromInbox(shard, tenant, commandId, body).catch((error: unknown) => {
      parts.log.warn('a start could not be begun; trying again', {
        error,
        ...aboutRun({ id: body.run, tenant, flow: body.flow.split('@')[0] ?? '', version: body.flow.split('@')[1] ?? '' }),
      });
      parts.scheduler.after(RETRY_MS, () => {
        if (parts.node().fence(shard) !== undefined) begin(shard, { tenant, commandId, body });
      });
    });
  }

  function arrive(shard: number, tenant: string, commandId: string, body: StartBody): void {
    const start = { tenant, commandId, body };
    if (body.permit === undefined || body.limit === undefined) return begin(shard, start);
    const permit = permitOf(shard, body.permit);
    if (permit.running.has(body.run) || permit.running.size < body.limit) {
      permit.running.add(body.run);
      begin(shard, start);
    } else {
      permit.waiting.push(start);
      // It keeps no place among the rows in hand (I3).
      release(parts, shard, { command: { type: 'continue' }, commandId });
    }
  }

  function ended(shard: number, name: string, runId: string): void {
    const permit = permitOf(shard, name);
    permit.running.delete(runId);
    const next = permit.waiting[0];
    if (next?.body.limit !== undefined && permit.running.size < next.body.limit) {
      permit.waiting.shift();
      permit.running.add(next.body.run);
      parts.held.set(shard, (parts.held.get(shard) ?? 0) + 1);
      begin(shard, next);
    } else if (permit.running.size === 0 && next === undefined) shards.get(shard)?.delete(name);
  }

  return {
    open,
    arrive,
    ended,
    drop: (shard) => void shards.delete(shard),
    waiting: (shard) => [...(shards.get(shard)?.values() ?? [])].reduce((sum, p) => sum + p.waiting.length, 0),
  };
}
