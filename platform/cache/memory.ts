// The cache within one process: a map with an end for every entry and a bound on their number.
// I1 The oldest entry gives way, which the port allows: a cache may be empty at any time.
// I2 A counter's window begins with its first count.
// Called by platform.ts; passes cache.suite.ts.
import type { Cache } from './port.ts';

export interface MemoryCacheOptions {
  readonly maxEntries: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

interface Entry {
  value: string | number;
  readonly endMs: number;
}

const SWEEP_MS = 10_000;

export function memoryCache({ maxEntries, now = () => performance.now() }: MemoryCacheOptions): Cache {
  // Values and counters apart: a key may be used for both. A Map keeps the order of insertion, oldest first.
  const values = new Map<string, Entry>();
  const counters = new Map<string, Entry>();
  const sweeper = setInterval(() => {
    for (const map of [values, counters]) for (const [key, entry] of map) if (entry.endMs <= now()) map.delete(key);
  }, SWEEP_MS);
  sweeper.unref();

  function live(map: Map<string, Entry>, key: string): Entry | undefined {
    const entry = map.get(key);
    if (entry === undefined || entry.endMs > now()) return entry;
    map.delete(key);
    return undefined;
  }

  function put(map: Map<string, Entry>, key: string, entry: Entry): Entry {
    map.delete(key);
    const oldest = map.size >= maxEntries ? map.keys().next().value : undefined;
    if (oldest !== undefined) map.delete(oldest);
    map.set(key, entry);
    return entry;
  }

  return {
    get: async (key) => live(values, key)?.value as string | undefined,
    set: async (key, value, ttlMs) => void put(values, key, { value, endMs: now() + ttlMs }),
    delete: async (key) => void values.delete(key),
    count: async (key, add, windowMs) => {
      const entry = live(counters, key) ?? put(counters, key, { value: 0, endMs: now() + windowMs });
      entry.value = Number(entry.value) + add;
      return { count: entry.value, resetMs: Math.max(0, Math.ceil(entry.endMs - now())) };
    },
    close: async () => {
      clearInterval(sweeper);
      values.clear();
      counters.clear();
    },
  };
}
