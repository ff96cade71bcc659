// Who may start a run now. What is bounded for the whole process is given to tenants in shares, and refused before anything is written.
// The rule (FairShare): a tenant may have all of a bound while it is alone, and never more than four times what is left for everybody. A
// quarter stands beside the bound, so that who comes next finds room although one tenant has all of it.
// I1 Only what a tenant holds counts. Idle tenants, or a thousand with a run each, make nobody else's share noticeably smaller (R9).
// I2 A refusal is overload.busy with Retry-After, counted by its reason, never by tenant.
// Called by accept.ts.
import { PalaceError } from '@palace/platform/errors.ts';
import { FairShare } from '@palace/platform/durable/core/fair-share.ts';
import type { EngineParts } from './parts.ts';

type Bounded = 'pending starts' | 'active runs' | 'waiting effects' | 'starts that wait for a place';

export interface Admission {
  /** A start that is being accepted until `leave`; throws when it may not be. */
  enter(tenant: string): void;
  leave(tenant: string): void;
  /** May the tenant have one more start wait in this shard for its place under a concurrency limit? Rejects when it may not. */
  checkLine(shard: number, tenant: string): Promise<void>;
  /** Starts that have entered. */
  pending(): number;
}

export function createAdmission(parts: EngineParts): Admission {
  const { maxPendingStarts, maxActiveRuns, maxQueuedRuns, maxWaitingEffects } = parts.settings;
  const starts = new FairShare(maxPendingStarts);
  let pending = 0;

  function enter(tenant: string): void {
    check('pending starts', tenant, starts, maxPendingStarts);
    check('active runs', tenant, parts.active, maxActiveRuns);
    check('waiting effects', tenant, parts.effects.waiting, maxWaitingEffects);
    pending += 1;
    starts.take(tenant);
  }

  function leave(tenant: string): void {
    pending -= 1;
    starts.give(tenant);
  }

  function check(what: Bounded, tenant: string, share: FairShare, bound: number): void {
    if (share.admits(tenant)) return;
    if (share.of(tenant) >= bound) throw busy(what, `The limit of ${what} is reached.`);
    throw busy(`share of ${what}`, `Others have work as well, and your share of the ${what} is in use.`);
  }

  function busy(reason: Bounded | `share of ${Bounded}`, detail: string): PalaceError {
    parts.metrics.refused.add(1, { reason: reason.replaceAll(' ', '-') });
    return new PalaceError('overload.busy', { detail, retryAfterSeconds: 1 });
  }

  async function checkLine(shard: number, tenant: string): Promise<void> {
    const own = parts.inLine(shard);
    const line = own ?? (await parts.lines(shard));
    check('starts that wait for a place', tenant, line, maxQueuedRuns);
    if (own === undefined) line.take(tenant);
  }

  return { enter, leave, checkLine, pending: () => pending };
}
