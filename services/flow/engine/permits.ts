// Concurrency limits: at most `limit` runs at once per permit, all in the permit's home shard, so that counting is local (ENGINE E13).
// I1 A place is bound to a run id and given back by its final event, or when it is set aside; never by time.
// I2 What must wait stands in one line, the lowest id first, whoever holds the shard. Queued runs are pending in the summary, and here no
//    more than ids. An ended run that is to go back to work waits by its row in the inbox, undecided.
// I3 What waits keeps no signal or timer of its shard from coming through: it holds no place in it; how many of a tenant may wait is bounded
//    at the door, and before a time or an event starts a run (lines.ts).
// I4 The key of a permit names its tenant: flows of one name that meet in a shard do not count for each other.
// I5 A shard that drains begins nothing: its next owner does.
import type { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { HeldPermit } from '../store/port.ts';
import type { EngineParts } from './parts.ts';
import { hold, release } from './parts.ts';
import { ShardPlaces, type Waiting } from './places.ts';
import type { Settlement } from './slot.ts';

export interface PermitClaim {
  /** Of placement.ts. */
  readonly key: string;
  readonly limit: number;
}

/** An ended run that is to go back to work, and the row that asks for it. */
export interface Return {
  readonly commandId: string;
  readonly tenant: string;
  readonly run: string;
  readonly permit: PermitClaim | undefined;
  begin(): void;
}

export interface Permits {
  open(shard: number): Promise<void>;
  /** Once the shard may be written: begins what the owner before left waiting although there were places. */
  goOn(shard: number): void;
  drop(shard: number): void;
  /** A run that is new: it takes its place or stands in line, and is told to begin when it has one. */
  enter(shard: number, tenant: string, permit: PermitClaim, run: string): void;
  /** Begins now, or when its place is free. */
  returns(shard: number, one: Return): void;
  holds(shard: number, permit: string, runId: string): boolean;
  /** The run holds its place, or its place in line. */
  knows(shard: number, permit: string, runId: string): boolean;
  /** The run has ended, is set aside, or never began to work: neither at work nor queued any more. */
  left(shard: number, permit: string, runId: string): void;
  /** Who holds a place, of all limits of the shard. */
  taken(shard: number): readonly { readonly key: string; readonly run: string }[];
  /** What waits in the shard, by tenant; undefined when it is not ours. */
  inLine(shard: number): FairShare | undefined;
}

export function createPermits(parts: EngineParts): Permits {
  /** Of the shards that are ours; what comes late for another finds nothing. */
  const shards = new Map<number, ShardPlaces>();

  async function open(shard: number): Promise<void> {
    const places = new ShardPlaces(parts.settings.maxQueuedRuns);
    shards.set(shard, places);
    for (const held of await parts.store.permits(shard)) {
      if (held.status === 'quarantined') continue;
      const { permit: key, tenant, id } = held;
      if (held.status !== 'pending') places.of(key).take(id);
      else places.of(key).stand(queuedRun(shard, tenant, { key, limit: await limitOf(parts, held) }, id));
    }
  }

  function enter(shard: number, tenant: string, permit: PermitClaim, run: string): void {
    const places = shards.get(shard)?.of(permit.key);
    places?.stand(queuedRun(shard, tenant, permit, run));
    giveOut(shard, permit.key);
  }

  const queuedRun = (shard: number, tenant: string, claim: PermitClaim, run: string): Waiting => inLineOf(parts, left, { shard, tenant, claim, run });

  function returns(shard: number, { permit, tenant, run, commandId, begin: goBack }: Return): void {
    if (permit === undefined || holds(shard, permit.key, run)) return goBack();
    // While it waits it keeps no place among the rows in hand (I3).
    release(parts, shard, tenant, { command: { type: 'continue' }, commandId });
    function begin(): void {
      hold(parts, shard, tenant);
      goBack();
    }
    shards.get(shard)?.of(permit.key).stand({ tenant, run, limit: permit.limit, commandId, begin });
    giveOut(shard, permit.key);
  }

  function giveOut(shard: number, key: string): void {
    while (!parts.draining.has(shard)) {
      const next = shards.get(shard)?.of(key).next();
      if (next === undefined) break;
      next.begin();
    }
    shards.get(shard)?.forgetEmpty(key);
  }

  function left(shard: number, key: string, run: string): void {
    shards.get(shard)?.of(key).leave(run);
    giveOut(shard, key);
  }

  const goOn = (shard: number): void =>
    shards
      .get(shard)
      ?.keys()
      .forEach((key) => giveOut(shard, key));
  const holds = (shard: number, key: string, run: string): boolean => shards.get(shard)?.has(key, run) === true;
  const knows = (shard: number, key: string, run: string): boolean => shards.get(shard)?.knows(key, run) === true;
  return {
    open,
    goOn,
    drop: (shard) => void shards.delete(shard),
    enter,
    returns,
    holds,
    knows,
    left,
    taken: (shard) => shards.get(shard)?.taken() ?? [],
    inLine: (shard) => shards.get(shard)?.waiting,
  };
}

/** A program that is gone or damaged sets its run aside when it begins: any limit will do. */
async function limitOf({ programs }: EngineParts, { tenant, hash }: HeldPermit): Promise<number> {
  return (await programs.readable(tenant, hash))?.program.concurrency?.limit ?? 1;
}

interface Queued {
  readonly shard: number;
  readonly tenant: string;
  readonly claim: PermitClaim;
  readonly run: string;
}

function inLineOf(parts: EngineParts, left: Permits['left'], { shard, tenant, claim: { key, limit }, run }: Queued): Waiting {
  function begin(): void {
    const held = parts.tenure(shard);
    // What cannot be told to begin (it was set aside, its row is gone) keeps no place.
    const settle = ({ kind }: Settlement): void => (kind === 'refused' && held() ? left(shard, key, run) : undefined);
    parts.give(shard, run, { command: { type: 'begin' }, tenant, settle });
  }
  return { tenant, run, limit, begin };
}
