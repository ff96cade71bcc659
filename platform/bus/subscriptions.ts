// Who listens to which topic. A listener that throws is logged and hurts nobody else. Called by every adapter.
import type { Log } from '../telemetry/port.ts';
import type { BusMessage } from './port.ts';

type Listener = (message: BusMessage) => void;

export class Subscriptions {
  readonly #byTopic = new Map<string, Set<Listener>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add(topic: string, listener: Listener): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const entry: Listener = (message) => listener(message);
    const listeners = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#byTopic.get(topic) === listeners) this.#byTopic.delete(topic);
    };
  }

  deliver(message: BusMessage): void {
    for (const listener of [...(this.#byTopic.get(message.topic) ?? [])]) {
      try {
        listener(message);
      } catch (error) {
        this.#log.error('a bus listener failed', { topic: message.topic, error });
      }
    }
  }

  clear(): void {
    this.#byTopic.clear();
  }
}
