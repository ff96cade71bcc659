// Concurrency limits: at most `limit` runs at once per permit, all in the permit's home shard, so that counting is local (ENGINE E13).
// I1 A permit is bound to a run id and given back by its final event, never by time.
// I2 A start that must wait stays in the inbox, undecided: the next owner sees it again, in the same order.
import type { EngineParts } from './parts.ts';
import { release } from './parts.ts';
import { aboutRun } from './tracing.ts';
import type { Accept, StartBody } from './accept.ts';

interface Waiting { readonly tenant: string; readonly commandId: string; readonly body: StartBody }
interface Permit { readonly running: Set<string>; readonly waiting: Waiting[] }

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
      if (held.status !== 'pending') permitOf(shard, held.permit).running.add(held.id);
    }
  }

  function begin(shard: number, { tenant, commandId, body }: Waiting): void {
    void accept.startFromInbox(shard, tenant, commandId, body).catch((error: unknown) => {
      parts.log.error('a start could not be begun; it stays in the inbox', { error, ...aboutRun({ id: body.run, tenant, flow: body.flow.split('@')[0] ?? '', version: body.flow.split('@')[1] ?? '' }) });
      release(parts, shard, { command: { type: 'continue' }, commandId });
    });
  }

  function arrive(shard: number, tenant: string, commandId: string, body: StartBody): void {
    const start = { tenant, commandId, body };
    if (body.permit === undefined || body.limit === undefined) return begin(shard, start);
    const permit = permitOf(shard, body.permit);
    if (permit.running.has(body.run) || permit.running.size < body.limit) {
      permit.running.add(body.run);
      begin(shard, start);
    } else permit.waiting.push(start);
  }

  function ended(shard: number, name: string, runId: string): void {
    const permit = permitOf(shard, name);
    permit.running.delete(runId);
    const next = permit.waiting.shift();
    if (next !== undefined) {
      permit.running.add(next.body.run);
      begin(shard, next);
    } else if (permit.running.size === 0) shards.get(shard)?.delete(name);
  }

  return {
    open, arrive, ended,
    drop: (shard) => void shards.delete(shard),
    waiting: (shard) => [...(shards.get(shard)?.values() ?? [])].reduce((sum, p) => sum + p.waiting.length, 0),
  };
}
