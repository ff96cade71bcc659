// How fast one shard works off timers that are long overdue: after a day of outage they would take all there is for minutes.
// I1 What is late by less than LATE_MS is not held back: a takeover, a busy moment, a restart.
// I2 In each second a shard hands over at most its part of the bound, in turn with the other shards, so that there are no waves.
// I3 Tenants that are late share the part of a shard; each gets one at least, and whoever is on time waits for none of them (R9).
// Pure: time comes in. Called by timers.ts.

const LATE_MS = 10_000;
const SECOND_MS = 1_000;

export class LatePace {
  private readonly phaseMs: number;
  private second = -1;
  private lateMs = Number.NEGATIVE_INFINITY;
  private used = new Map<string, number>();
  /** Tenants that were late in the second before, too. */
  private sharers = 1;

  /** `place` of `places`: when within a second its turn is. */
  constructor(place: number, places: number) {
    this.phaseMs = (place * SECOND_MS) / places;
  }

  /** May it be handed over now? `most`: late ones of this shard in a second. Counts it when it may. */
  admits({ tenant, dueMs }: { readonly tenant: string; readonly dueMs: number }, nowMs: number, most: number): boolean {
    if (nowMs - dueMs < LATE_MS) return true;
    this.turn(nowMs);
    this.lateMs = nowMs;
    const used = this.used.get(tenant) ?? 0;
    this.used.set(tenant, used + 1);
    return used < this.shareOf(most);
  }

  /** Those that are late and have had their part of this second. */
  sated(nowMs: number, most: number): string[] {
    this.turn(nowMs);
    return [...this.used].flatMap(([tenant, used]) => (used >= this.shareOf(most) ? [tenant] : []));
  }

  /** Somebody was late a moment ago: few of what is due will be handed over. */
  holdsBack(nowMs: number): boolean {
    return nowMs - this.lateMs < 2 * SECOND_MS;
  }

  private shareOf(most: number): number {
    return Math.max(1, Math.floor(most / Math.max(this.sharers, this.used.size)));
  }

  private turn(nowMs: number): void {
    const second = Math.floor((nowMs + this.phaseMs) / SECOND_MS);
    if (second === this.second) return;
    this.sharers = Math.max(1, this.used.size);
    this.used = new Map();
    this.second = second;
  }
}
