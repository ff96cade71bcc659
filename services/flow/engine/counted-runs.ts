// Runs by id, telling of each that enters or leaves: so the runs of a tenant are counted wherever they come and go.
import type { Slot } from './slot.ts';

export class CountedRuns extends Map<string, Slot> {
  private readonly changed: (tenant: string, by: 1 | -1) => void;

  constructor(changed: (tenant: string, by: 1 | -1) => void) {
    super();
    this.changed = changed;
  }

  override set(id: string, slot: Slot): this {
    const before = this.get(id);
    if (before !== undefined) this.changed(before.tenant, -1);
    this.changed(slot.tenant, 1);
    return super.set(id, slot);
  }

  override delete(id: string): boolean {
    const before = this.get(id);
    if (before === undefined) return false;
    this.changed(before.tenant, -1);
    return super.delete(id);
  }
}
