// How many starts of a shard wait for room, by tenant and by the shard that they go to: what is known without reading the table.
// I1 It is never too low: a write under way counts, and what the table said counts only when nothing was kept meanwhile. Where it is too high
//    a look finds fewer, and the table is asked.
// Called by waiting-starts.ts.

export interface Group {
  readonly tenant: string;
  readonly toShard: number;
  /** Committed. */
  count: number;
  /** In writes under way. */
  coming: number;
}

export interface Counted {
  readonly tenant: string;
  readonly toShard: number;
  readonly count: number;
}

export class WaitingGroups {
  private readonly groups = new Map<string, Group>();
  /** Rises when something is kept. */
  private version = 0;

  constructor(counted: readonly Counted[]) {
    for (const { tenant, toShard, count } of counted) this.groups.set(keyOf(tenant, toShard), { tenant, toShard, count, coming: 0 });
  }

  get isEmpty(): boolean {
    return this.groups.size === 0;
  }

  all(): readonly Group[] {
    return [...this.groups.values()];
  }

  has(tenant: string, toShard: number): boolean {
    return this.groups.has(keyOf(tenant, toShard));
  }

  ofTenant(tenant: string): number {
    let found = 0;
    for (const group of this.groups.values()) if (group.tenant === tenant) found += group.count + group.coming;
    return found;
  }

  /** One more is in a write under way. */
  comes(tenant: string, toShard: number): Group {
    const key = keyOf(tenant, toShard);
    let group = this.groups.get(key);
    if (group === undefined) this.groups.set(key, (group = { tenant, toShard, count: 0, coming: 0 }));
    group.coming += 1;
    return group;
  }

  /** That write is over. */
  came(group: Group, kept: boolean): void {
    group.coming -= 1;
    if (kept) {
      group.count += 1;
      this.version += 1;
    }
    this.forgetEmpty(group);
  }

  left(group: Group, count: number): void {
    group.count -= count;
    this.forgetEmpty(group);
  }

  /** Counts anew. */
  async correct(read: () => Promise<readonly Counted[]>): Promise<void> {
    const { version } = this;
    const found = await read();
    if (this.version !== version) return;
    for (const group of this.all()) {
      group.count = found.find(({ tenant, toShard }) => tenant === group.tenant && toShard === group.toShard)?.count ?? 0;
      this.forgetEmpty(group);
    }
  }

  private forgetEmpty({ tenant, toShard, count, coming }: Group): void {
    if (count <= 0 && coming === 0) this.groups.delete(keyOf(tenant, toShard));
  }
}

const keyOf = (tenant: string, toShard: number): string => `${toShard} ${tenant}`;
