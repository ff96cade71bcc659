// The bus port: carries news sooner, never the truth (ENGINE E3). Losing every message loses nothing.
// A message is a hint: "this topic has something new". Receivers pull the rows from the database.

export interface BusMessage {
  /** What happened, e.g. `flow.inbox`, `flow.stream`, `flow.run`. */
  readonly topic: string;
  /** Small JSON object, at most 4 KiB encoded. Larger ones are refused. */
  readonly data: Readonly<Record<string, string | number | readonly number[]>>;
}

export interface Bus {
  /** Resolves when handed over; delivery is best effort. Never throws for a lost connection. */
  publish(message: BusMessage): void;
  /** Returns the function that ends the subscription. Listeners must not throw; a thrown error is logged and dropped. */
  subscribe(topic: string, listener: (message: BusMessage) => void): () => void;
  close(): Promise<void>;
}
