// The bus within one process. Delivery is in a later turn of the event loop, as over a network: a publisher never meets a listener's time or error.
// Called by platform.ts; passes bus.suite.ts.
import type { Log } from '../telemetry/port.ts';
import { encodeMessage } from './message.ts';
import type { Bus, BusMessage } from './port.ts';
import { Subscriptions } from './subscriptions.ts';

/** Messages that wait for their turn; more are dropped, as any message may be. */
const MAX_WAITING = 100_000;

export function memoryBus(log: Log): Bus {
  const subscriptions = new Subscriptions(log);
  let waiting: BusMessage[] = [];
  let closed = false;

  function deliver(): void {
    const messages = waiting;
    waiting = [];
    if (!closed) for (const message of messages) subscriptions.deliver(message);
  }

  return {
    publish(message) {
      const text = encodeMessage(message);
      if (closed || waiting.length >= MAX_WAITING) return;
      // Through text, so that a listener holds its own copy and sees what it would see over a network.
      if (waiting.push(JSON.parse(text) as BusMessage) === 1) setImmediate(deliver);
    },
    subscribe: (topic, listener) => subscriptions.add(topic, listener),
    close() {
      closed = true;
      subscriptions.clear();
      return Promise.resolve();
    },
  };
}
