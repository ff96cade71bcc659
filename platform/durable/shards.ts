// The shards of one node: what the states of core/shard-state.ts do. Opens, closes, drains, releases; answers who may write.
// I1 The host is opened only after the claim's commit, and never while an earlier `open` of the same shard is still running.
// I2 A shard serves until its own monotonic deadline, measured from before the claim or renewal was sent (E2).
//    Past it nothing revives it, not even a renewal's answer that was on its way: who saw no fence may rely on the close that follows.
// I3 Closing is synchronous: timers, feeds and unsent writes go first, then the host forgets.
// I4 After an unknown outcome the shard serves again only under a raised epoch, read anew (E7).
// Called by membership.ts (claims, renewals), lanes.ts (fenced, unknown) through node.ts.
import { asPalaceError } from '../database/failure.ts';
import { PalaceError } from '../errors.ts';
import {
  SHARD_COUNT,
  type CloseReason,
  type DurableHost,
  type DurableSettings,
  type Fence,
  type Renewal,
  type Scheduler,
  type WriteOutcome,
} from './contract.ts';
import { isHeld, isServing, nextState, type ShardEvent, type ShardState } from './core/shard-state.ts';
import type { Feeds } from './feeds.ts';
import type { Lanes } from './lanes.ts';
import type { Timers } from './timers.ts';
import type { Log } from '../telemetry/port.ts';

const AVOID_FIRST_MS = 500;
const AVOID_MAX_MS = 30_000;
/** What fails because the database is away fails for all shards alike, and is well when it is back. */
const AVOID_AWAY_MS = 1_000;
const RETRY_MS = 50;

interface Shard {
  readonly shard: number;
  state: ShardState;
  fence: Fence;
  deadlineMs: number;
  /** Not handed over before this, though another node is preferred. */
  holdUntilMs: number;
  /** Settles when the last `host.open` has. */
  opening: Promise<void>;
  /** Settles when the hand-over under way has ended. */
  draining: Promise<void>;
  failures: number;
  avoidUntilMs: number;
}

export interface ShardPorts {
  readonly host: DurableHost;
  /** Joined with others of the same turn into one statement. */
  claim(shard: number): Promise<Fence | undefined>;
  release(fence: Fence): Promise<void>;
  readonly scheduler: Scheduler;
  readonly settings: DurableSettings;
  readonly log: Log;
  lanes(): Lanes;
  readonly timers: Timers;
  readonly feeds: Feeds;
  /** The number of shards held has changed. */
  changed(held: number): void;
  /** A deadline may be nearer than the one watched. */
  watch(): void;
  tookOver(seconds: number): void;
}

export interface Shards {
  /** Opens what a claim brought. Resolves when all are open or given up. */
  take(fences: readonly Fence[], sentAtMs: number, holdUntilMs: (shard: number) => number): Promise<void>;
  /** Fences to keep alive. */
  held(): Fence[];
  serving(): readonly { readonly shard: number; readonly holdUntilMs: number; readonly draining: boolean }[];
  absent(shard: number): boolean;
  avoided(): Set<number>;
  fence(shard: number): Fence | undefined;
  /** Of all shards that serve, before the own deadline. */
  fences(): Fence[];
  /** The renewal of what was held when it was sent: kept ones live on, the others are lost. */
  renewed(sent: readonly Fence[], renewal: Pick<Renewal, 'kept' | 'unsure'>, sentAtMs: number): void;
  /** Those of them that are still the present ownership of their shard; of an earlier one nothing is left to lose. */
  lose(fences: readonly Fence[], event: 'fenced' | 'unknown'): void;
  handOver(shards: readonly number[]): Promise<void>;
  /** Closes what passed its deadline; returns the next deadline. */
  expire(): number;
}

export function createShards(ports: ShardPorts): Shards {
  const { scheduler, settings, host } = ports;
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => absentShard(shard));

  function move(one: Shard, event: ShardEvent): boolean {
    const next = nextState(one.state, event);
    if (next === undefined) return false;
    one.state = next;
    ports.changed(shards.reduce((count, each) => count + (isServing(each.state) ? 1 : 0), 0));
    return true;
  }

  async function take(fences: readonly Fence[], sentAtMs: number, holdUntilMs: (shard: number) => number): Promise<void> {
    await Promise.all(fences.map((fence) => open(at(fence.shard), fence, sentAtMs, holdUntilMs(fence.shard))));
  }

  function at(shard: number): Shard {
    return shards[shard] as Shard;
  }

  async function open(one: Shard, fence: Fence, sentAtMs: number, holdUntilMs: number): Promise<void> {
    if (!move(one, 'claimed')) return;
    one.fence = fence;
    one.deadlineMs = sentAtMs + settings.leaseMs;
    one.holdUntilMs = holdUntilMs;
    ports.watch();
    const before = one.opening;
    one.opening = before.then(() => {
      if (one.fence !== fence || one.state !== 'opening') return;
      return callOpen(one, fence, sentAtMs);
    });
    await one.opening;
  }

  async function callOpen(one: Shard, fence: Fence, sentAtMs: number): Promise<void> {
    try {
      await host.open(fence);
    } catch (error) {
      if (one.fence === fence && one.state === 'opening') openFailed(one, error);
      return;
    }
    if (one.fence !== fence || one.state !== 'opening') return;
    move(one, 'opened');
    one.failures = 0;
    ports.tookOver((scheduler.nowMs() - sentAtMs) / 1_000);
    ports.timers.open(one.shard);
    ports.feeds.open(one.shard);
  }

  function openFailed(one: Shard, error: unknown): void {
    ports.log.error('A shard could not be opened; it is given back and tried again', { shard: one.shard, error });
    const away = asPalaceError(error) instanceof PalaceError;
    one.avoidUntilMs = scheduler.nowMs() + (away ? AVOID_AWAY_MS : Math.min(AVOID_MAX_MS, AVOID_FIRST_MS * 2 ** one.failures));
    if (!away) one.failures++;
    move(one, 'open-failed');
    close(one, 'released', { kind: 'fenced' });
    void giveBack(one);
  }

  function close(one: Shard, reason: CloseReason, outcome: WriteOutcome): void {
    ports.timers.close(one.shard);
    ports.feeds.close(one.shard);
    ports.lanes().drop(one.shard, outcome);
    host.close(one.shard, reason);
  }

  /** Until the database knows, or the lease has run out by itself. */
  async function giveBack(one: Shard): Promise<void> {
    const { fence } = one;
    while (one.state === 'releasing' && one.fence === fence && scheduler.nowMs() < one.deadlineMs) {
      try {
        await ports.release(fence);
        break;
      } catch {
        await pause(RETRY_MS);
      }
    }
    if (one.fence === fence) move(one, 'released');
  }

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => scheduler.after(delayMs, resolve));
  }

  function renewed(sent: readonly Fence[], { kept, unsure }: Pick<Renewal, 'kept' | 'unsure'>, sentAtMs: number): void {
    const alive = new Set(kept.map(nameOf));
    const ours = new Set(unsure.map(nameOf));
    for (const fence of sent) {
      const one = at(fence.shard);
      if (one.fence.epoch !== fence.epoch || !isHeld(one.state)) continue;
      if (scheduler.nowMs() >= one.deadlineMs) lapse(one);
      else if (alive.has(nameOf(fence))) one.deadlineMs = Math.max(one.deadlineMs, sentAtMs + settings.leaseMs);
      else if (!ours.has(nameOf(fence)) && move(one, 'fenced')) close(one, 'fenced', { kind: 'fenced' });
    }
  }

  function lose(lost: readonly Fence[], event: 'fenced' | 'unknown'): void {
    for (const fence of lost) {
      const one = at(fence.shard);
      if (one.fence.epoch !== fence.epoch || !move(one, event)) continue;
      close(one, event === 'fenced' ? 'fenced' : 'unknown-outcome', { kind: event });
      if (event === 'unknown') void recover(one);
    }
  }

  /** Raises the epoch of a shard whose memory is void, however long the database stays away. */
  async function recover(one: Shard): Promise<void> {
    for (let delayMs = RETRY_MS; one.state === 'recovering'; delayMs = Math.min(2 * delayMs, settings.renewMs)) {
      const sentAtMs = scheduler.nowMs();
      try {
        const fence = await ports.claim(one.shard);
        if (fence !== undefined) return await open(one, fence, sentAtMs, one.holdUntilMs);
        move(one, 'claim-missed');
      } catch {
        await pause(delayMs);
      }
    }
  }

  async function handOver(list: readonly number[]): Promise<void> {
    await Promise.all(list.map((shard) => drain(at(shard))));
  }

  async function drain(one: Shard): Promise<void> {
    if (one.state === 'opening') await one.opening;
    const recovering = one.state === 'recovering';
    if (move(one, 'hand-over') && !recovering) one.draining = letGo(one);
    await one.draining;
  }

  async function letGo(one: Shard): Promise<void> {
    const { fence } = one;
    await host.drain(one.shard, scheduler.nowMs() + settings.drainMs);
    await ports.lanes().idle(one.shard);
    if (one.fence !== fence || !move(one, 'drained')) return;
    close(one, 'released', { kind: 'fenced' });
    await giveBack(one);
  }

  function lapse(one: Shard): void {
    if (move(one, 'lease-lost')) close(one, 'lease-lost', { kind: 'fenced' });
  }

  function expire(): number {
    const now = scheduler.nowMs();
    let next = Infinity;
    for (const one of shards) {
      if (!isHeld(one.state)) continue;
      if (one.deadlineMs > now) next = Math.min(next, one.deadlineMs);
      else lapse(one);
    }
    return next;
  }

  return {
    take,
    renewed,
    lose,
    handOver,
    expire,
    held: () => shards.filter((one) => isHeld(one.state)).map((one) => one.fence),
    serving: () =>
      shards.filter((one) => isServing(one.state)).map((one) => ({ shard: one.shard, holdUntilMs: one.holdUntilMs, draining: one.state === 'draining' })),
    absent: (shard) => at(shard).state === 'absent',
    avoided: () => new Set(shards.filter((one) => one.avoidUntilMs > scheduler.nowMs()).map((one) => one.shard)),
    fences: () => fencesAt(shards, scheduler.nowMs()),
    fence: (shard) => fenceAt(shards[shard], scheduler.nowMs()),
  };
}

function fenceAt(one: Shard | undefined, nowMs: number): Fence | undefined {
  return one !== undefined && isServing(one.state) && nowMs < one.deadlineMs ? one.fence : undefined;
}

/** Asked by every start. */
function fencesAt(shards: readonly Shard[], nowMs: number): Fence[] {
  const fences: Fence[] = [];
  for (const one of shards) {
    const fence = fenceAt(one, nowMs);
    if (fence !== undefined) fences.push(fence);
  }
  return fences;
}

function absentShard(shard: number): Shard {
  const settled = Promise.resolve();
  return {
    shard,
    state: 'absent',
    fence: { shard, epoch: 0 },
    deadlineMs: 0,
    holdUntilMs: 0,
    opening: settled,
    draining: settled,
    failures: 0,
    avoidUntilMs: 0,
  };
}

function nameOf(fence: Fence): string {
  return `${fence.shard}/${fence.epoch}`;
}
