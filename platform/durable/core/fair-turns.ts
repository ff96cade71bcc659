// Whose turn it is: deficit round robin over the tenants that have something waiting. Pure data; what waits is the caller's.
// A tenant gets a quantum of credit for each round and takes items as long as its credit pays for them.
// I1 Two tenants that always have something: since both joined anew, what they were charged differs by less than a quantum and the
//    largest cost; between any two moments, by less than a quantum and twice the largest cost.
// I2 A tenant with nothing waiting has no place, no memory and no credit. Who joins comes last in the round.
// I3 A step of `next` is one tenant passed; each item costs as many steps as it costs quanta, and one for each tenant that can take nothing.
// Called by fair-queue.ts and ../lanes.ts.

interface Place<T> {
  readonly tenant: string;
  readonly waiting: T;
  credit: number;
  before: Place<T>;
  after: Place<T>;
}

export class FairTurns<T> {
  private readonly quantum: number;
  private readonly places = new Map<string, Place<T>>();
  private current: Place<T> | undefined;

  constructor(quantum: number) {
    this.quantum = quantum;
  }

  get tenants(): number {
    return this.places.size;
  }

  waitingOf(tenant: string): T | undefined {
    return this.places.get(tenant)?.waiting;
  }

  join(tenant: string, waiting: T): void {
    const place = { tenant, waiting, credit: this.quantum } as Place<T>;
    const next = this.current;
    place.after = next ?? place;
    place.before = next?.before ?? place;
    place.after.before = place;
    place.before.after = place;
    this.current = next ?? place;
    this.places.set(tenant, place);
  }

  leave(tenant: string): void {
    const place = this.places.get(tenant);
    if (place === undefined) return;
    this.places.delete(tenant);
    place.before.after = place.after;
    place.after.before = place.before;
    if (this.current === place) this.current = place.after === place ? undefined : place.after;
  }

  /**
   * What waits of the tenant whose turn it is; its next item is charged. `costOf` is that item's cost, or undefined when the tenant
   * can take nothing now: it keeps its place and gathers no credit.
   */
  next(costOf: (waiting: T, tenant: string) => number | undefined): T | undefined {
    let place = this.current;
    if (place === undefined) return undefined;
    if (place.after === place) return this.alone(place, costOf);
    for (let passed = 0; passed < this.places.size; place = place.after) {
      const cost = costOf(place.waiting, place.tenant);
      if (cost === undefined) {
        passed += 1;
        continue;
      }
      this.current = place;
      if (cost <= place.credit) {
        place.credit -= cost;
        return place.waiting;
      }
      place.credit += this.quantum;
      passed = 0;
    }
    return undefined;
  }

  /** There is nobody to be fair to; who comes meanwhile owes and is owed nothing. */
  private alone(place: Place<T>, costOf: (waiting: T, tenant: string) => number | undefined): T | undefined {
    place.credit = 0;
    return costOf(place.waiting, place.tenant) === undefined ? undefined : place.waiting;
  }
}
