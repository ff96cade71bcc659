// The blob port: payloads above 64 KiB, content-addressed (ENGINE E15). Key = tenant / HMAC(tenant key, content).
export interface BlobRef {
  readonly hash: string;
  readonly size: number;
  readonly type: string;
}
/** `key`: where it is, for the store alone. */
export interface StoredBlob {
  readonly key: string;
  readonly hash: string;
}
export interface Blobs {
  /** Stores and returns the reference; putting the same content again touches it. Throws `unavailable.database`-like PalaceErrors only. */
  put(tenant: string, content: Uint8Array, type: string): Promise<BlobRef>;
  /** The content, or undefined when unknown. A content whose hash differs is an error, never an answer. */
  get(tenant: string, hash: string): Promise<Uint8Array | undefined>;
  /** What is stored, of all tenants, in the order of its keys; for the collector, which asks by hash who names it. */
  list(after: string, limit: number): Promise<readonly StoredBlob[]>;
  /** Deletes those of these keys, as `list` gave them, that were untouched for `minAgeMs`; returns how many went. */
  collect(keys: readonly string[], minAgeMs: number): Promise<number>;
  close(): Promise<void>;
}
