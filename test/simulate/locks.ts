// Row locks of the database model: shared and exclusive, granted in the order of asking, with a timeout.
import type { World } from './world.ts';

export type LockMode = 'share' | 'exclusive';

interface Holder {
  readonly owner: object;
  readonly mode: LockMode;
}

interface Waiter extends Holder {
  readonly grant: () => void;
}

interface RowLock {
  readonly holders: Set<Holder>;
  readonly queue: Waiter[];
}

export class LockTimeout extends Error {}

export class Locks {
  private readonly world: World;
  private readonly rows = new Map<string, RowLock>();

  constructor(world: World) {
    this.world = world;
  }

  /** Waits for the lock; rejects with LockTimeout. */
  async take(owner: object, row: string, mode: LockMode, timeoutMs: number): Promise<void> {
    const lock = this.rows.get(row) ?? { holders: new Set(), queue: [] };
    this.rows.set(row, lock);
    if (this.free(lock, owner, mode)) {
      lock.holders.add({ owner, mode });
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const cancel = this.world.after(timeoutMs, () => {
        lock.queue.splice(lock.queue.indexOf(waiter), 1);
        this.pump(lock);
        reject(new LockTimeout(`lock timeout on ${row}`));
      });
      const waiter: Waiter = { owner, mode, grant: () => (cancel(), resolve()) };
      lock.queue.push(waiter);
    });
  }

  tryTake(owner: object, row: string, mode: LockMode): boolean {
    const lock = this.rows.get(row) ?? { holders: new Set(), queue: [] };
    this.rows.set(row, lock);
    if (!this.free(lock, owner, mode)) return false;
    lock.holders.add({ owner, mode });
    return true;
  }

  release(owner: object): void {
    for (const lock of this.rows.values()) {
      for (const holder of lock.holders) if (holder.owner === owner) lock.holders.delete(holder);
      this.pump(lock);
    }
  }

  private free(lock: RowLock, owner: object, mode: LockMode): boolean {
    if (lock.queue.length > 0) return false;
    return this.compatible(lock, owner, mode);
  }

  private compatible(lock: RowLock, owner: object, mode: LockMode): boolean {
    for (const holder of lock.holders) if (holder.owner !== owner && (mode === 'exclusive' || holder.mode === 'exclusive')) return false;
    return true;
  }

  private pump(lock: RowLock): void {
    for (let next = lock.queue[0]; next !== undefined && this.compatible(lock, next.owner, next.mode); next = lock.queue[0]) {
      lock.queue.shift();
      lock.holders.add({ owner: next.owner, mode: next.mode });
      next.grant();
    }
  }
}
