// The secrets of tenants as services read them: by environment and name, at the moment of use. Who keeps them is not the reader's business.
// I1 A value is read for one act and kept by nobody beyond it; it is in no event, state, log, error or metric.
import type { Vault } from './vault/port.ts';
import type { Database } from './database/port.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface SecretReader {
  /** Those of the names that are set in the environment, as text or JSON. */
  read(tenant: string, environment: string, names: readonly string[]): Promise<ReadonlyMap<string, Json>>;
}

export type SecretReaderOf = (database: Database, vault: Vault) => SecretReader;

/** Where nobody keeps any. */
export const noSecrets: SecretReader = { read: () => Promise.resolve(new Map()) };
