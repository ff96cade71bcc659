// What an apply needs of a kind of documents. The kinds themselves: kinds.ts.
// I1 `prepare` alone may take its time, or open connections; the rest runs in the one transaction of the apply.
import type { Json } from '@palace/jq/json.ts';
import type { Sql } from '@palace/platform/database/port.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { Published, Wanted } from '../core/set-plan.ts';
import type { FlowParts } from '../parts.ts';

export interface Given {
  readonly source: string;
  readonly sourceName?: string | undefined;
}

/** A document that was checked. */
export interface Prepared extends Wanted {
  readonly sourceName: string | undefined;
  readonly hash: string;
  readonly fetchedAtPublishing: readonly string[];
  /** Keeps its version, as the latest one. */
  store(sql: Sql, nowMs: number): Promise<void>;
}

export type Checked = { readonly ok: true; readonly prepared: Prepared } | { readonly ok: false; readonly errors: readonly ErrorPlace[] };

export type Version = Pick<Wanted, 'name' | 'version'>;

export interface Kept extends Published {
  readonly hash: string;
}

/** Of one tenant; things are named as people name them: `namespace/name`. */
export interface SetKind {
  /** `fetch`: also what the documents name of elsewhere, where that is needed to keep them. */
  prepare(parts: FlowParts, tenant: string, given: readonly Given[], fetch: boolean): Promise<Checked[]>;
  lock(sql: Sql, tenant: string, names: readonly string[]): Promise<void>;
  /** Of each thing the version in force, and of `versions` those that are there. */
  published(sql: Sql, names: readonly string[], versions?: readonly Version[]): Promise<Kept[]>;
  /** By hash: what can be published again though it was removed. */
  storedDocuments(sql: Sql, hashes: readonly string[]): Promise<ReadonlyMap<string, Json>>;
  environments(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  setEnvironment(sql: Sql, tenant: string, name: string, environment: string): Promise<void>;
  /** Makes a version that is stored the latest one, also one that was removed. */
  putInForce(sql: Sql, tenant: string, name: string, version: string, hash: string, nowMs: number): Promise<void>;
  openRuns(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  remove(sql: Sql, name: string): Promise<void>;
  /** Wraps the changes of one thing: what hangs on it (schedules, events) follows in the same transaction. */
  changing(sql: Sql, tenant: string, name: string, nowMs: number, change: () => Promise<void>): Promise<void>;
  /** After the commit. */
  announce(parts: FlowParts, tenant: string, name: string): void;
}
