// API keys: how they look, how they are checked, how long an answer is believed.
// I1 Only the SHA-256 of a key is stored; it is looked up by id and compared in constant time whatever its length (S09, S40).
// I2 A verified key is believed for `cacheMs` at most; so is a refused one (ENGINE E19).
// I3 The checksum refuses typing errors and scanner noise before anything is asked; it is no protection.
// I4 What a caller may do comes from the stored role alone, never from the request.
import { hash, randomFillSync, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { PalaceError } from '@palace/platform/errors.ts';
import { Believed } from './believed.ts';
import { ROLE_PERMISSIONS } from './contract.ts';
import type { Permission, Principal, Role } from './contract.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 16;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 7;
const BODY = '[0-9a-hjkmnp-tv-z]';
const KEY = new RegExp(`^palace_(${BODY}{${ID_LENGTH}})_${BODY}{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);
const BEARER = /^bearer +(\S+) *$/i;

/** What the store knows of a key. */
export interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly expiresAtMs: number | undefined;
  readonly revoked: boolean;
}

/** A new key, whole: shown once, never stored. */
export function mintKey(): { readonly id: string; readonly secret: string; readonly hash: Buffer } {
  const id = randomText(ID_LENGTH);
  const secret = keyText(id, randomText(SECRET_LENGTH));
  return { id, secret, hash: digest(secret) };
}

/** A key in its outer form. */
export function keyText(id: string, secret: string): string {
  const head = `palace_${id}_${secret}`;
  return head + checksum(head);
}

export function randomText(length: number): string {
  let text = '';
  for (const byte of randomFillSync(new Uint8Array(length))) text += ALPHABET[byte & 31];
  return text;
}

function checksum(head: string): string {
  let rest = crc32(head);
  let text = '';
  for (let at = 0; at < CHECKSUM_LENGTH; at += 1) {
    text = ALPHABET[rest & 31]! + text;
    rest >>>= 5;
  }
  return text;
}

export function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** `timingSafeEqual` throws on unequal lengths; the digests of both sides never differ in length (S40). */
export function equalsInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  const equal = timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'));
  return equal && left.length === right.length;
}

interface Presented {
  /** The whole header. */
  readonly bytes: Buffer;
  readonly id: string;
  readonly hash: Buffer;
}

function presentedBy(authorization: string, bytes: Buffer): Presented {
  const key = BEARER.exec(authorization)?.[1];
  const id = key === undefined ? undefined : KEY.exec(key)?.[1];
  if (key === undefined || id === undefined || !key.endsWith(checksum(key.slice(0, -CHECKSUM_LENGTH)))) throw new PalaceError('auth.invalid');
  return { bytes, id, hash: digest(key) };
}

/** In constant time: a proxy may bring several callers over one connection. */
const isSame = (left: Buffer, right: Buffer): boolean => left.length === right.length && timingSafeEqual(left, right);

interface Known {
  readonly row: KeyRow;
  readonly principal: Principal;
}

export interface CredentialSource {
  find(id: string): Promise<KeyRow | undefined>;
}

export class Credentials {
  private readonly known: Believed<Known>;
  /** What each open connection presented last. */
  private readonly presented = new WeakMap<object, Presented>();
  /** Keys used since they were last asked for; time in ms since the epoch. */
  private used = new Map<string, { readonly tenant: string; readonly atMs: number }>();

  constructor(source: CredentialSource, cacheMs: number) {
    this.known = new Believed(async (id) => {
      const row = await source.find(id);
      return row && { row, principal: principalOf(row) };
    }, cacheMs);
  }

  /**
   * The caller behind an Authorization header, or a PalaceError. Answers without a promise while the cache holds.
   * `connection`: what it presents again is not taken apart and hashed again; what the key may do is asked as ever.
   */
  verify(authorization: string | undefined, connection: object): Principal | Promise<Principal> {
    if (authorization === undefined) throw new PalaceError('auth.missing');
    const bytes = Buffer.from(authorization, 'latin1');
    let presented = this.presented.get(connection);
    if (presented === undefined || !isSame(presented.bytes, bytes)) {
      presented = presentedBy(authorization, bytes);
      this.presented.set(connection, presented);
    }
    const { id, hash: keyHash } = presented;
    const known = this.known.fresh(id);
    return known === undefined ? this.known.load(id).then((loaded) => this.judge(keyHash, loaded.row)) : this.judge(keyHash, known.row);
  }

  /** True when this id has been a working key in this process: such a lookup is never refused for others' failures. */
  isFamiliar(authorization: string | undefined): boolean {
    const id = KEY.exec(BEARER.exec(authorization ?? '')?.[1] ?? '')?.[1];
    return id !== undefined && this.known.isFamiliar(id);
  }

  /** Whether a caller verified earlier still may. Looks the key up again when the cache is older than `cacheMs`. */
  async stillAllowed(principal: Principal, permission: Permission | undefined): Promise<boolean> {
    if (principal.kind !== 'api-key') return true;
    const { row: known } = this.known.fresh(principal.id) ?? (await this.known.load(principal.id));
    if (known === undefined || !isLive(known.row)) return false;
    return permission === undefined || known.principal.permissions.has(permission);
  }

  /** Makes this process notice a change at once; others notice within `cacheMs`. */
  forget(id: string): void {
    this.known.forget(id);
  }

  takeUsed(): ReadonlyMap<string, { readonly tenant: string; readonly atMs: number }> {
    const used = this.used;
    this.used = new Map();
    return used;
  }

  private judge(keyHash: Buffer, known: Known | undefined): Principal {
    // The comparison runs for unknown keys too, so that existing ids cannot be told by time.
    const matches = timingSafeEqual(keyHash, known === undefined || known.row.hash.length !== 32 ? NO_HASH : known.row.hash);
    if (!matches || known === undefined || !isLive(known.row)) throw new PalaceError('auth.invalid');
    const { principal } = known;
    this.used.set(principal.id, { tenant: principal.tenant, atMs: Date.now() });
    return principal;
  }
}

const NO_HASH = Buffer.alloc(32);

const PERMISSIONS_OF = new Map<Role, ReadonlySet<Permission>>((Object.keys(ROLE_PERMISSIONS) as Role[]).map((role) => [role, new Set(ROLE_PERMISSIONS[role])]));

export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return PERMISSIONS_OF.get(role) ?? new Set();
}

function principalOf(row: KeyRow): Principal {
  return { kind: 'api-key', id: row.id, tenant: row.tenant, role: row.role, permissions: permissionsOf(row.role) };
}

function isLive(row: KeyRow): boolean {
  return !row.revoked && (row.expiresAtMs === undefined || Date.now() < row.expiresAtMs);
}
