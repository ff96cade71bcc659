// The cache port: traffic limits, live fan-out, short-lived copies. Correct when empty, stale or down (ENGINE E19).
export interface Cache {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Adds to a counter that starts anew every `windowMs`; answers the count in the present window and its remaining ms. */
  count(key: string, add: number, windowMs: number): Promise<{ count: number; resetMs: number }>;
  close(): Promise<void>;
}
