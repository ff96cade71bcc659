// The chain of one tenant's entries, pure. hash(n) = SHA-256(hash(n-1), tenant, body(n)); seal(n) = HMAC(key, hash(n)), and the key is
// not in the database: whoever can write every row can still not make a chain that fits.
// I1 The body names its own number and time, so that copies in other columns can be held against it.
// I2 The start is sealed as well: entries before it are gone because we removed them, not because somebody did.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditEntry, AuditRecord } from './port.ts';

/** What stands before the first entry of all. */
export const GENESIS = Buffer.alloc(32);

export interface ChainRow {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly body: string;
  readonly hash: Uint8Array;
  readonly seal: Uint8Array;
}

export interface ChainStart {
  readonly firstSeq: number;
  readonly beforeHash: Uint8Array;
  readonly seal: Uint8Array;
}

export function bodyOf(seq: number, atMs: number, entry: AuditEntry): string {
  return JSON.stringify({ seq, at: new Date(atMs).toISOString(), ...entry } satisfies AuditRecord);
}

export function hashOf(before: Uint8Array, tenant: string, body: string): Buffer {
  return createHash('sha256').update(before).update(tenant).update('\0').update(body).digest();
}

export const sealOf = (key: string, hash: Uint8Array): Buffer => createHmac('sha256', key).update('entry\0').update(hash).digest();

export const startSealOf = (key: string, tenant: string, { firstSeq, beforeHash }: Omit<ChainStart, 'seal'>): Buffer =>
  createHmac('sha256', key).update(`start\0${tenant}\0${firstSeq}\0`).update(beforeHash).digest();

export function isStartGenuine(key: string, tenant: string, start: ChainStart): boolean {
  return same(startSealOf(key, tenant, start), start.seal);
}

/** Walks a chain forward, page by page; `take` answers with a sentence at the first entry that does not fit. */
export class ChainWalk {
  readonly #tenant: string;
  /** Undefined: the seals cannot be checked (an export, read elsewhere). */
  readonly #key: string | undefined;
  #next: number;
  #hash: Uint8Array;

  constructor(tenant: string, from: Pick<ChainStart, 'firstSeq' | 'beforeHash'>, key?: string) {
    this.#tenant = tenant;
    this.#key = key;
    this.#next = from.firstSeq;
    this.#hash = from.beforeHash;
  }

  get next(): number {
    return this.#next;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  take(row: ChainRow): string | undefined {
    if (row.seq !== this.#next) return `Entry ${this.#next} is missing: ${row.seq} follows.`;
    const hash = hashOf(this.#hash, this.#tenant, row.body);
    if (!same(hash, row.hash)) return 'Its text, or the entry before it, is not what was written.';
    if (this.#key !== undefined && !same(sealOf(this.#key, hash), row.seal)) return 'Its seal was not made by this installation.';
    const told = copiesDiffer(row);
    if (told !== undefined) return told;
    this.#next += 1;
    this.#hash = hash;
    return undefined;
  }
}

function copiesDiffer(row: ChainRow): string | undefined {
  const record = JSON.parse(row.body) as AuditRecord;
  const agree = record.seq === row.seq && record.actor.id === row.actor && record.action === row.action && Date.parse(record.at) === row.atMs;
  return agree ? undefined : 'Its columns say something else than its text.';
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
