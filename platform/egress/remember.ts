// A short memory in front of a slow question: the answer at once while it is fresh, one question for all who ask meanwhile.
// I1 An answer, or a failure, is used for freshMs from the moment the question was put, and no longer.
// I2 Bounded: the oldest key leaves first. Called by policy.ts for rules and resolve.ts for names.

interface Entry<Value> {
  readonly at: number;
  readonly asked: Promise<Value>;
  settled: { readonly value: Value } | undefined;
}

export interface MemoryOptions {
  readonly freshMs: number;
  readonly maxKeys: number;
  readonly now: () => number;
}

/** The value itself when it is known, so that the usual call waits for nothing. */
export function remember<Value>(ask: (key: string) => Promise<Value>, options: MemoryOptions): (key: string) => Value | Promise<Value> {
  const entries = new Map<string, Entry<Value>>();

  function put(key: string, at: number): Promise<Value> {
    const entry: Entry<Value> = { at, asked: ask(key), settled: undefined };
    entry.asked.then(
      (value) => (entry.settled = { value }),
      () => undefined,
    );
    entries.delete(key);
    if (entries.size >= options.maxKeys) entries.delete(entries.keys().next().value ?? '');
    entries.set(key, entry);
    return entry.asked;
  }

  return (key) => {
    const at = options.now();
    const known = entries.get(key);
    if (known === undefined || at - known.at >= options.freshMs) return put(key, at);
    return known.settled === undefined ? known.asked : known.settled.value;
  };
}
