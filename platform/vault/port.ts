// The vault port: small values of tenants, sealed so that the database and its backups alone tell nothing (S39).
// I1 A value opens only for the tenant, the purpose and the name that it was sealed for: moved to another row it is unreadable.
// I2 The key that opens the tenants' keys is never in the database. Missing or wrong, it ends the start; it is never made anew over data.
// I3 The vault keeps nothing: the caller stores the sealed bytes where they belong.

/** What a value is for; both parts are bound into the seal. `purpose` is one of the caller's own words: `secret`, `webhook`. */
export interface SealedFor {
  readonly purpose: string;
  readonly name: string;
}

export interface Vault {
  /** About 33 bytes longer than the value. Throws `vault.closed` where this process has no key. */
  seal(tenant: string, about: SealedFor, plain: Uint8Array): Promise<Uint8Array>;
  /** Throws `vault.unreadable` when the bytes were changed, or sealed for something else. */
  open(tenant: string, about: SealedFor, sealed: Uint8Array): Promise<Uint8Array>;
  /** Makes a new data key for what the tenant seals from now on and answers with its version; older values stay readable. */
  rotate(tenant: string): Promise<number>;
}
