// A bus that loses, doubles and delays: nothing may depend on it.
import type { Bus, BusMessage } from '@palace/platform/bus/port.ts';
import type { SimulatedProcess, World } from './world.ts';

export class SimulatedBus {
  private readonly world: World;
  private readonly listeners: { readonly process: SimulatedProcess; readonly topic: string; readonly listener: (message: BusMessage) => void }[] = [];
  lose = 0.02;
  double = 0.05;
  slowMs = 10;

  constructor(world: World) {
    this.world = world;
  }

  connect(process: SimulatedProcess): Bus {
    return {
      publish: (message) => this.publish(message),
      subscribe: (topic, listener) => {
        const entry = { process, topic, listener };
        this.listeners.push(entry);
        return () => void this.listeners.splice(this.listeners.indexOf(entry), 1);
      },
      close: () => Promise.resolve(),
    };
  }

  private publish(message: BusMessage): void {
    const { random } = this.world;
    for (const { process, topic, listener } of this.listeners) {
      if (topic !== message.topic || !process.alive) continue;
      const copies = random.chance(this.lose) ? 0 : random.chance(this.double) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) this.world.after(0.2 + random.next() * this.slowMs, () => listener(message), process);
    }
  }
}
