// How much of a common bound each tenant may hold: no more than four times what is left for everybody.
// The bound is what one tenant may hold while it is alone; a quarter of it stands beside, so that who comes next finds room at once.
// Two that want all get five ninths of the bound each, three five thirteenths, n about (1 + 1/4)/n: a fair share and a quarter of slack.
// Only what is held counts. A tenant that holds nothing takes nothing from the others, and a thousand that hold one thing each take a
// thousand: nobody's share shrinks because somebody is merely there.
// I1 Alone a tenant gets the whole bound, and not more.
// I2 While what others hold is within the bound, who holds nothing is admitted, unless all room is taken by many.
// I3 Together no more than the bound and a quarter is admitted. What came without being asked (a shard taken over) may exceed it;
//    of one tenant only as much as the bound counts against the others.
// Called by the engines of services: pending starts, active runs, effects under way, rows in hand.

const TIMES_WHAT_IS_LEFT = 4;

export class FairShare {
  private readonly bound: number;
  private readonly holdings = new Map<string, number>();
  /** What all hold together, of one tenant no more than the bound. */
  private counted = 0;

  constructor(bound: number) {
    this.bound = bound;
  }

  of(tenant: string): number {
    return this.holdings.get(tenant) ?? 0;
  }

  /** May the tenant hold one more? */
  admits(tenant: string): boolean {
    return this.of(tenant) < TIMES_WHAT_IS_LEFT * this.left;
  }

  /** What everybody together may still be given. */
  get room(): number {
    return Math.max(0, Math.ceil(this.left));
  }

  /** Those that may hold no more now. */
  sated(): string[] {
    const most = TIMES_WHAT_IS_LEFT * this.left;
    return [...this.holdings].flatMap(([tenant, held]) => (held >= most ? [tenant] : []));
  }

  get isEmpty(): boolean {
    return this.holdings.size === 0;
  }

  take(tenant: string): void {
    this.change(tenant, 1);
  }

  give(tenant: string): void {
    this.change(tenant, -1);
  }

  private get left(): number {
    return this.bound + this.bound / TIMES_WHAT_IS_LEFT - this.counted;
  }

  private change(tenant: string, by: 1 | -1): void {
    const before = this.of(tenant);
    const after = before + by;
    this.counted += Math.min(after, this.bound) - Math.min(before, this.bound);
    if (after === 0) this.holdings.delete(tenant);
    else this.holdings.set(tenant, after);
  }
}
