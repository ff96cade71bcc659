// The audit port: who did what to what, from where, and what became of it. One chain a tenant.
// I1 An entry is added before the thing is done; a second one says how it ended. What was done is never missing, even after kill -9.
// I2 Entries are added and never changed. Changing, exchanging, adding or removing one between the first and the last is found.
// I3 No value of a request stands in an entry but what its route names as safe.

export interface AuditActor {
  readonly kind: 'api-key' | 'service' | 'system' | 'person';
  /** Of a person `person/<id>`. */
  readonly id: string;
  readonly role?: string;
}

export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>;

export interface AuditEntry {
  readonly actor: AuditActor;
  /** `noun.verb`, e.g. `key.create`. */
  readonly action: string;
  /** What it was done to: the path of the request, or a name. */
  readonly target: string;
  /** Where the request came from. */
  readonly address?: string;
  readonly detail?: AuditDetail;
  /** Of the second entry: which one it ends, and how. `status` is that of HTTP. */
  readonly outcome?: { readonly of: number; readonly status: number; readonly code?: string };
}

export interface AuditRecord extends AuditEntry {
  readonly seq: number;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
}

/** A record with what proves it: for lists and exports. */
export interface ProvenRecord {
  readonly record: AuditRecord;
  /** The text that was hashed. */
  readonly body: string;
  /** SHA-256, hex. */
  readonly hash: string;
}

export type AuditVerdict =
  | {
      readonly intact: true;
      readonly entries: number;
      readonly firstSeq: number;
      readonly lastSeq: number;
      /** Hex. Keep it elsewhere: a log that was cut off at its end has another one. */ readonly lastHash: string;
    }
  | { readonly intact: false; /** The first entry that is wrong. */ readonly seq: number; readonly what: string };

export interface AuditFilter {
  readonly limit: number;
  /** Entries below this number; newest first. */
  readonly before?: number | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
}

export interface Audit {
  /** Resolves with the entry's number after its commit. */
  append(tenant: string, entry: AuditEntry): Promise<number>;
  list(tenant: string, filter: AuditFilter): Promise<ProvenRecord[]>;
  /** Reads the whole chain of the tenant. */
  verify(tenant: string): Promise<AuditVerdict>;
  /** Removes up to `most` entries that are older, the oldest first, and answers with how many. */
  trim(tenant: string, beforeMs: number, most: number): Promise<number>;
}
