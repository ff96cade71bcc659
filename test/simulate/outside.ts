// The outside world: performs effects and remembers them, whatever becomes of who asked. Answers late or not at all.
import type { Switches } from './switches.ts';
import type { SimulatedProcess, World } from './world.ts';

export class Outside {
  readonly charges = new Map<string, number>();
  readonly shipments = new Map<string, number>();
  private readonly world: World;
  private readonly switches: Switches;
  private readonly seen = new Set<string>();
  private calls = 0;

  constructor(world: World, switches: Switches) {
    this.world = world;
    this.switches = switches;
  }

  /** Honours the key: a known one is answered and not performed again. Rejects when the answer is lost. */
  charge(process: SimulatedProcess, order: string, effectKey: string): Promise<void> {
    const key = this.switches.effects === 'keyed' ? effectKey : `call ${this.calls++}`;
    return this.act(process, () => {
      if (this.seen.has(key)) return;
      this.seen.add(key);
      const times = (this.charges.get(order) ?? 0) + 1;
      this.charges.set(order, times);
      if (times > 1) this.world.violate(`${order} was charged ${times} times`);
    });
  }

  /** Knows no keys: every call that arrives is performed. */
  ship(process: SimulatedProcess, order: string): Promise<void> {
    return this.act(process, () => {
      const times = (this.shipments.get(order) ?? 0) + 1;
      this.shipments.set(order, times);
      if (times > 1) this.world.violate(`${order} was shipped ${times} times`);
    });
  }

  private act(process: SimulatedProcess, perform: () => void): Promise<void> {
    const { random } = this.world;
    return new Promise((resolve, reject) => {
      this.world.after(random.between(1, 60), () => {
        if (random.chance(0.05)) return this.world.after(10, () => reject(new Error('the request was lost')), process);
        perform();
        const lost = random.chance(0.1);
        return this.world.after(random.between(1, 60), () => (lost ? reject(new Error('the answer was lost')) : resolve()), process);
      });
    });
  }
}
