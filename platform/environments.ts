// Environments of tenants as services read them: named sets of variables and secrets. Who keeps them is not the reader's business.
// I1 What is read was set before the question was asked, or later: nothing is believed from before.
import type { Database } from './database/port.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface EnvironmentReader {
  /** All variables of an environment, by name; undefined when there is no such environment. */
  variables(tenant: string, environment: string): Promise<Readonly<Record<string, Json>> | undefined>;
}

export type EnvironmentReaderOf = (database: Database) => EnvironmentReader;

/** Where nobody keeps any: every one is there, and empty. */
export const noEnvironments: EnvironmentReader = { variables: () => Promise.resolve({}) };
