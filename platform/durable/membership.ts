// Keeps this node among the living: enlists, renews, follows engine time, claims what it should own and hands over what it should not.
// I1 One renewal at a time; while the database is away it is tried again with a bounded pause, for ever, and nothing crashes (R14).
// I2 Engine time is known before the first claim; a renewal that shows a jump of the database's clock claims nothing (E12).
// I3 A deadline is watched by its own timer: an owner that cannot renew closes its shards by itself (E2).
// Called by node.ts.
import { SHARD_COUNT, type DurableSettings, type DurableStore, type EngineSample, type NodeRow, type Renewal, type Scheduler } from './contract.ts';
import { believedTime, engineTime, takeSample, type EngineClock } from './core/clock.ts';
import { planOwnership } from './core/ownership.ts';
import type { HaltWatch } from './halts.ts';
import type { DurableMetrics } from './metrics.ts';
import type { Shards } from './shards.ts';
import type { Log } from '../telemetry/port.ts';

const RETRY_FIRST_MS = 50;
const NUDGE_MS = 20;
const HAND_OVERS_AT_ONCE = 16;
const GRACE_LEASES = 2;
const HOLD_LEASES = 10;

export interface MembershipPorts {
  readonly store: DurableStore;
  readonly scheduler: Scheduler;
  readonly settings: DurableSettings;
  readonly log: Log;
  readonly shards: Shards;
  readonly metrics: Pick<DurableMetrics, 'ownerless' | 'clockJump'>;
  readonly halts: HaltWatch;
}

export interface Membership {
  /** Resolves when the first claims are open. */
  start(node: NodeRow): Promise<void>;
  /** Others no longer count on this node; it goes on renewing what it still holds. */
  leave(): Promise<void>;
  end(): Promise<void>;
  /** Something changed (a shard was released, a node came): look sooner. */
  nudge(): void;
  /** A deadline may be nearer than the one watched. */
  watch(): void;
  node(): NodeRow;
  timeMs(): number;
  minReader(): number;
}

export function createMembership({ store, scheduler, settings, log, shards, halts, metrics }: MembershipPorts): Membership {
  let me: NodeRow = { nodeId: '', readsFormat: 0 };
  let clock: EngineClock | undefined;
  /** The database’s clock left engine time: say so at once, not with the next regular renewal. */
  let correctSoon = false;
  const formats = followFormats(log);
  let failures = 0;
  let renewing: Promise<void> | undefined;
  let firstClaims: Promise<void> | undefined;
  let ended = false;
  let cancelTick = (): void => undefined;
  let cancelWatch = (): void => undefined;
  const orphanSince = new Map<number, number>();

  async function start(node: NodeRow): Promise<void> {
    me = node;
    await persist('The database does not let this node in yet', () => store.enlist(me));
    while (!ended && clock === undefined) {
      await renew();
      if (clock === undefined) await pause(RETRY_FIRST_MS);
    }
    schedule(settings.renewMs);
  }

  async function persist(complaint: string, attempt: () => Promise<void>): Promise<void> {
    for (let delayMs = RETRY_FIRST_MS; !ended; delayMs = Math.min(2 * delayMs, settings.renewMs)) {
      try {
        return await attempt();
      } catch (error) {
        log.warn(complaint, { error });
        await pause(delayMs);
      }
    }
  }

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => scheduler.after(delayMs, resolve));
  }

  function schedule(delayMs: number): void {
    cancelTick();
    if (ended) return;
    cancelTick = scheduler.after(delayMs, () => void renew().finally(() => schedule(nextDelay())));
  }

  function nextDelay(): number {
    if (failures > 0) return Math.min(RETRY_FIRST_MS * 2 ** failures, settings.renewMs);
    const delayMs = correctSoon ? NUDGE_MS : settings.renewMs;
    correctSoon = false;
    return delayMs;
  }

  function renew(): Promise<void> {
    renewing ??= renewOnce().finally(() => (renewing = undefined));
    return renewing;
  }

  async function renewOnce(): Promise<void> {
    const sent = shards.held();
    const sentAtMs = scheduler.nowMs();
    try {
      const renewal = await store.renew(me, sent, settings.leaseMs, engineSample(sentAtMs));
      failures = 0;
      shards.renewed(sent, renewal, sentAtMs);
      watch();
      followClock(renewal, sentAtMs);
      metrics.ownerless(renewal.orphans.filter(shards.absent).length);
      halts.learn(renewal.halts, sentAtMs);
      formats.learn(me.readsFormat, renewal.minReader);
      if (clock !== undefined && clock.correctionMs === undefined && !ended) await rebalance(renewal);
    } catch (error) {
      failures++;
      if (failures === 3) log.warn('The lease cannot be renewed; shards close at their deadline', { error });
    }
  }

  function engineSample(nowMs: number): EngineSample {
    const haltVersion = halts.known().version;
    if (clock === undefined) return scheduler.wallMs === undefined ? { haltVersion } : { haltVersion, wallMs: scheduler.wallMs() };
    const { version, correctionMs } = clock;
    return { haltVersion, timeMs: believedTime(clock, nowMs), version, ...(correctionMs === undefined ? {} : { correctionMs }) };
  }

  function followClock(renewal: Renewal, sentAtMs: number): void {
    const before = clock?.correctionMs;
    clock = takeSample(clock, { sentAtMs, receivedAtMs: scheduler.nowMs(), databaseMs: renewal.databaseMs, stored: renewal.clock });
    const jumpMs = clock?.correctionMs;
    metrics.clockJump((jumpMs ?? 0) / 1_000);
    if (jumpMs === undefined) return;
    if (before === undefined) log.warn('The database’s clock is in doubt; engine time goes on from here', { jumpMs });
    correctSoon = true;
  }

  /** Claims are awaited, so that two renewals never claim at once; opening the shards is not. */
  async function rebalance(renewal: Renewal): Promise<void> {
    const now = scheduler.nowMs();
    const orphans = followOrphans(
      renewal.orphans.filter((shard) => shards.absent(shard)),
      now,
    );
    const serving = shards.serving();
    const draining = serving.filter((one) => one.draining).length;
    const plan = planOwnership({
      me,
      nodes: renewal.nodes,
      minReader: renewal.minReader,
      nowMs: now,
      orphans,
      owned: serving.filter((one) => !one.draining),
      avoid: shards.avoided(),
      graceMs: GRACE_LEASES * settings.leaseMs,
      handOverLimit: Math.max(0, HAND_OVERS_AT_ONCE - draining),
    });
    if (plan.handOver.length > 0) void shards.handOver(plan.handOver);
    if (plan.claim.length === 0) return;
    const sentAtMs = scheduler.nowMs();
    const fences = await store.claim(me, plan.claim, settings.leaseMs);
    const opened = shards.take(fences, sentAtMs, (shard) => (plan.adopted.has(shard) ? now + HOLD_LEASES * settings.leaseMs : 0));
    watch();
    firstClaims ??= opened;
  }

  function followOrphans(now: readonly number[], nowMs: number): { shard: number; sinceMs: number }[] {
    const current = new Set(now);
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      if (!current.has(shard)) orphanSince.delete(shard);
      else if (!orphanSince.has(shard)) orphanSince.set(shard, nowMs);
    }
    return now.map((shard) => ({ shard, sinceMs: orphanSince.get(shard) ?? nowMs }));
  }

  function watch(): void {
    cancelWatch();
    const next = shards.expire();
    cancelWatch = next === Infinity ? () => undefined : scheduler.after(next - scheduler.nowMs(), watch);
  }

  function nudge(): void {
    if (!ended && clock !== undefined && renewing === undefined) schedule(NUDGE_MS);
  }

  return {
    start: async (node) => {
      await start(node);
      await firstClaims;
    },
    leave: async () => {
      me = { ...me, leaving: true };
      await renewing;
      await renew();
    },
    end: async () => {
      ended = true;
      cancelTick();
      cancelWatch();
      await renewing;
      await store.retire(me).catch((error: unknown) => log.warn('The node could not sign off; its leases end by themselves', { error }));
    },
    nudge,
    watch,
    node: () => me,
    timeMs: () => {
      if (clock === undefined) throw new Error('Engine time is not known before the node has started');
      return engineTime(clock, scheduler.nowMs());
    },
    minReader: formats.minReader,
  };
}

/** What every node reads, as the database says. A node that reads less says so once: it gets no shard. */
function followFormats(log: Log): { learn(reads: number, found: number): void; minReader(): number } {
  let minReader = 0;
  return {
    learn(reads, found) {
      if (found > minReader && reads < found)
        log.error('This release reads too little for this database: the upgrade to a newer one was finished', { reads, needed: found });
      minReader = Math.max(minReader, found);
    },
    minReader: () => minReader,
  };
}
