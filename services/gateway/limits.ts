// How often and how many at once: rates through the cache port, slots in this process.
// I1 A refusal costs no read of the body and writes nothing (R8).
// I2 Correct when the cache is empty, stale or down: then this process counts alone (ENGINE E19).
// I3 A process reserves a share of the shared window at once, so that most requests ask nobody. The share is 1/200 of the quota.
import type { Cache } from '@palace/platform/cache/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { evennessOf, fill, fullBucket, waitMs, type Bucket, type Evenness } from './evenness.ts';
import { Pace } from './pace.ts';
import type { GatewaySettings, RatePolicy } from './settings.ts';

export interface RateDecision {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
  /** Until the next one may come; 0 when this one may. */
  readonly waitMs: number;
  /** Too much at once: the window has more. */
  readonly uneven?: true;
}

interface Share {
  readonly bucket: Bucket;
  /** Reserved here and not yet used. */
  left: number;
  /** Used or reserved by anybody in this window. */
  used: number;
  resetAtMs: number;
  pending: Promise<void> | undefined;
}

const MAX_CALLERS = 20_000;

export class RateLimiter {
  readonly name: string;
  /** The value of RateLimit-Policy. */
  readonly policyText: string;
  private readonly policy: RatePolicy;
  private readonly cache: Cache;
  private readonly share: number;
  private readonly evenness: Evenness;
  private readonly callers = new Map<string, Share>();

  constructor(name: string, policy: RatePolicy, cache: Cache) {
    this.name = name;
    this.policy = policy;
    this.cache = cache;
    this.share = Math.min(1_000, Math.max(1, Math.ceil(policy.quota / 200)));
    this.evenness = evennessOf(policy);
    this.policyText = `"${name}";q=${policy.quota};w=${Math.ceil(policy.windowMs / 1000)}`;
  }

  /** Takes one request from the caller's window. Answers without a promise while the reserved share lasts. */
  take(caller: string): RateDecision | Promise<RateDecision> {
    const nowMs = performance.now();
    const share = this.shareOf(caller, nowMs);
    if (fill(share.bucket, this.evenness, nowMs) < 1) return this.uneven(share);
    if (share.left > 0) return this.granted(share, nowMs);
    return this.exhausted(share, nowMs) ? this.decision(share, false, nowMs) : this.takeShared(caller);
  }

  /** True when the caller's window is used up, as far as this process knows. Takes nothing. */
  isExhausted(caller: string): boolean {
    const share = this.callers.get(caller);
    const nowMs = performance.now();
    if (share === undefined) return false;
    return fill(share.bucket, this.evenness, nowMs) < 1 || (share.left === 0 && this.exhausted(share, nowMs));
  }

  private async takeShared(caller: string): Promise<RateDecision> {
    for (;;) {
      const share = this.shareOf(caller, performance.now());
      if (share.left === 0 && !this.exhausted(share, performance.now())) {
        share.pending ??= this.reserve(caller, share);
        await share.pending;
        // Each turn either finds a reserved unit, or the window used up: at most `quota` turns, as each reservation grants at least one.
      }
      const nowMs = performance.now();
      if (fill(share.bucket, this.evenness, nowMs) < 1) return this.uneven(share);
      if (share.left > 0) return this.granted(share, nowMs);
      if (this.exhausted(share, nowMs)) return this.decision(share, false, nowMs);
    }
  }

  private async reserve(caller: string, share: Share): Promise<void> {
    const { quota, windowMs } = this.policy;
    try {
      const { count, resetMs } = await this.cache.count(`rate:${this.name}:${caller}`, this.share, windowMs);
      share.left += Math.max(0, Math.min(this.share, quota - (count - this.share)));
      share.used = count;
      share.resetAtMs = performance.now() + Math.max(1, Math.min(resetMs, windowMs));
    } catch {
      share.left += Math.max(0, Math.min(this.share, quota - share.used));
      share.used += this.share;
      if (share.resetAtMs === 0) share.resetAtMs = performance.now() + windowMs;
    } finally {
      share.pending = undefined;
    }
  }

  private shareOf(caller: string, nowMs: number): Share {
    let share = this.callers.get(caller);
    if (share === undefined) {
      if (this.callers.size >= MAX_CALLERS) this.forgetOldest();
      share = { bucket: fullBucket(this.evenness, nowMs), left: 0, used: 0, resetAtMs: 0, pending: undefined };
      this.callers.set(caller, share);
    } else if (share.resetAtMs !== 0 && share.resetAtMs <= nowMs && share.pending === undefined) {
      share.left = 0;
      share.used = 0;
      share.resetAtMs = 0;
    }
    return share;
  }

  private forgetOldest(): void {
    for (const caller of this.callers.keys()) {
      this.callers.delete(caller);
      if (this.callers.size < MAX_CALLERS * 0.9) return;
    }
  }

  private exhausted(share: Share, nowMs: number): boolean {
    return share.resetAtMs > nowMs && share.used >= this.policy.quota;
  }

  private granted(share: Share, nowMs: number): RateDecision {
    share.left -= 1;
    share.bucket.full -= 1;
    return this.decision(share, true, nowMs);
  }

  private uneven(share: Share): RateDecision {
    const wait = waitMs(share.bucket, this.evenness);
    return { allowed: false, remaining: 0, resetSeconds: Math.max(1, Math.ceil(wait / 1_000)), waitMs: wait, uneven: true };
  }

  private decision(share: Share, allowed: boolean, nowMs: number): RateDecision {
    const ofWindow = Math.max(0, this.policy.quota - share.used) + share.left;
    const remaining = Math.min(ofWindow, Math.floor(share.bucket.full));
    const restMs = share.resetAtMs - nowMs;
    return { allowed, remaining, resetSeconds: Math.max(1, Math.ceil(restMs / 1_000)), waitMs: allowed ? 0 : restMs };
  }
}

/** Response headers of draft-ietf-httpapi-ratelimit-headers-11. */
export function rateHeaders(limiter: RateLimiter, decision: RateDecision): string[] {
  return ['ratelimit-policy', limiter.policyText, 'ratelimit', `"${limiter.name}";r=${decision.remaining};t=${decision.resetSeconds}`];
}

export function refusedByRate(limiter: RateLimiter, decision: RateDecision): PalaceError {
  return new PalaceError('overload.rate', {
    detail: decision.uneven ? `That is too much at once: the limit is ${limiter.policyText}, evenly.` : `The limit ${limiter.policyText} is used up.`,
    retryAfterSeconds: decision.resetSeconds,
  });
}

/** An accepted start is answered within a second at p99; the mean is held well below. */
const TARGET_MS = 150;
const FLOOR = 32;
/** As in durable/core/fair-share.ts. */
const TIMES_WHAT_IS_LEFT = 4;

/** What a request holds while it is open. Parked ones and streams cost a socket and little else, so they have bounds of their own. */
export type SlotKind = 'open' | 'parked' | 'stream';

export class Slots {
  private readonly pace: Pace;
  private readonly bounds: Readonly<Record<SlotKind, number>>;
  private readonly used: Record<SlotKind, number> = { open: 0, parked: 0, stream: 0 };
  private waiters: (() => void)[] = [];
  /** Open requests by whom they come from. */
  private readonly callers = new Map<string, number>();

  constructor(settings: Pick<GatewaySettings, 'maxOpenRequests' | 'maxParkedRequests' | 'maxStreams'>) {
    this.pace = new Pace({ max: settings.maxOpenRequests, floor: Math.min(FLOOR, settings.maxOpenRequests), targetMs: TARGET_MS });
    this.bounds = { open: settings.maxOpenRequests, parked: settings.maxParkedRequests, stream: settings.maxStreams };
  }

  /** `caller`: who asks, as far as it is known before anything is looked up. Alone it may have all places; a quarter stands beside for others. */
  enter(kind: SlotKind, caller = ''): boolean {
    if (kind !== 'open') {
      if (this.used[kind] >= this.bounds[kind]) return false;
    } else if (!this.admits(caller)) return false;
    else this.callers.set(caller, (this.callers.get(caller) ?? 0) + 1);
    this.used[kind] += 1;
    return true;
  }

  private admits(caller: string): boolean {
    const limit = Math.min(this.bounds.open, this.pace.limitAt(this.used.open));
    const left = limit + Math.floor(limit / TIMES_WHAT_IS_LEFT) - this.used.open;
    return (this.callers.get(caller) ?? 0) < TIMES_WHAT_IS_LEFT * left;
  }

  /** `tookMs`: how long it was open. */
  leave(kind: SlotKind, tookMs?: number, caller = ''): void {
    if (kind === 'open') {
      const rest = (this.callers.get(caller) ?? 0) - 1;
      if (rest > 0) this.callers.set(caller, rest);
      else this.callers.delete(caller);
    }
    this.used[kind] -= 1;
    if (kind === 'open' && tookMs !== undefined) this.pace.answered(tookMs);
    if (this.total() === 0) {
      for (const wake of this.waiters.splice(0)) wake();
    }
  }

  move(from: SlotKind, to: SlotKind, tookMs?: number, caller = ''): boolean {
    if (!this.enter(to, caller)) return false;
    this.leave(from, tookMs, caller);
    return true;
  }

  count(kind: SlotKind): number {
    return this.used[kind];
  }

  /** Resolves when nothing is open. */
  idle(): Promise<void> {
    return this.total() === 0 ? Promise.resolve() : new Promise((resolve) => this.waiters.push(resolve));
  }

  private total(): number {
    return this.used.open + this.used.parked + this.used.stream;
  }
}
