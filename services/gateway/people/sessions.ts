// Sessions of people: which cookie is whose, for how long, and what they may do.
// I1 The cookie holds an id and 32 random bytes; stored is the SHA-256 of the bytes, compared in constant time (S40). It says nothing of whom.
// I2 A session that was looked up is believed for `cacheMs` at most: ended, removed and lowered people are so within that time (S18).
// I3 What somebody may do comes from the member's row of the session's tenant, read under its row security.
// I4 A session ends at its time, and earlier when it was not used for `idleMs`.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { Believed } from '../believed.ts';
import { personId, sessionId } from '../contract.ts';
import type { Permission, Principal, Role } from '../contract.ts';
import { digest, permissionsOf } from '../credentials.ts';

const COOKIE = /^([0-9a-hjkmnp-tv-z]{20})\.([A-Za-z0-9_-]{43})$/;
const NO_HASH = Buffer.alloc(32);

interface SessionRow {
  readonly hash: Buffer;
  readonly person: string;
  readonly usedAtMs: number;
  readonly expiresAtMs: number;
  readonly principal: Principal;
}

interface FoundRow {
  readonly token: string;
  readonly person: string;
  readonly name: string;
  readonly email: string;
  readonly tenant: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date;
}

export const actorId = (person: string): string => `person/${personId.parse(person)}`;

export function mintSecret(): { readonly secret: string; readonly hash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: digest(secret).toString('hex') };
}

export class Sessions {
  private readonly database: Database;
  private readonly known: Believed<SessionRow>;
  private readonly idleMs: number;
  /** When each was used since the last time that it was written; ms since the epoch. */
  private used = new Map<string, number>();

  constructor(database: Database, { cacheMs, idleMs }: { readonly cacheMs: number; readonly idleMs: number }) {
    this.database = database;
    this.idleMs = idleMs;
    this.known = new Believed((id) => this.find(id), cacheMs);
  }

  /** The person behind a cookie, or `auth.invalid`. Answers without a promise while the cache holds. */
  verify(cookie: string): Principal | Promise<Principal> {
    const [, id, secret] = COOKIE.exec(cookie) ?? [];
    if (id === undefined || secret === undefined) throw new PalaceError('auth.invalid');
    const hash = digest(secret);
    const known = this.known.fresh(id);
    return known === undefined ? this.known.load(id).then(({ row }) => this.judge(id, hash, row)) : this.judge(id, hash, known.row);
  }

  /** True when this has been a session in this process: it is looked up however often others failed. */
  isFamiliar(cookie: string): boolean {
    const id = COOKIE.exec(cookie)?.[1];
    return id !== undefined && this.known.isFamiliar(id);
  }

  /** Whether somebody who was let in still may. */
  async stillAllowed({ signedIn }: Principal, permission: Permission | undefined): Promise<boolean> {
    const id = signedIn?.session.id;
    if (id === undefined) return false;
    const { row } = this.known.fresh(id) ?? (await this.known.load(id));
    // An open stream is use: its session does not fall asleep under it.
    if (row === undefined || !this.isLive(id, row)) return false;
    this.used.set(id, Date.now());
    return permission === undefined || row.principal.permissions.has(permission);
  }

  /** Makes this process notice a change at once; others notice within the time of their belief. */
  forgetPerson(person: string): void {
    this.known.forgetWhere((row) => row.person === person);
  }

  forget(id: string): void {
    this.known.forget(sessionId.parse(id));
  }

  /** What was used since the last time is written, all in one statement. */
  async writeUsed(): Promise<void> {
    const used = this.used;
    if (used.size === 0) return;
    this.used = new Map();
    const rows = JSON.stringify([...used].map(([id, atMs]) => ({ id, at: new Date(atMs).toISOString() })));
    await this.database.api.query(
      `update gateway.session as session set updated_at = greatest(session.updated_at, use.at)
         from jsonb_to_recordset($1::jsonb) as use (id text, at timestamptz) where session.id = use.id`,
      [rows],
    );
  }

  private judge(id: string, hash: Buffer, row: SessionRow | undefined): Principal {
    const matches = timingSafeEqual(hash, row === undefined || row.hash.length !== 32 ? NO_HASH : row.hash);
    if (!matches || row === undefined || !this.isLive(id, row)) throw new PalaceError('auth.invalid');
    this.used.set(id, Date.now());
    return row.principal;
  }

  private isLive(id: string, { expiresAtMs, usedAtMs }: SessionRow): boolean {
    const nowMs = Date.now();
    return nowMs < expiresAtMs && nowMs < Math.max(usedAtMs, this.used.get(id) ?? 0) + this.idleMs;
  }

  private async find(id: string): Promise<SessionRow | undefined> {
    const found = await this.database.api.query<FoundRow>(
      `select s.token, s.person, p.name, p.email, s.tenant, s.created_at, s.updated_at, s.expires_at
         from gateway.session s join gateway.person p on p.id = s.person where s.id = $1`,
      [id],
    );
    const row = found.rows[0];
    if (row === undefined) return undefined;
    const role = await this.database.asTenant(row.tenant, (sql) =>
      sql.query<{ role: Role }>('select role from gateway.member where tenant = $1 and person = $2', [row.tenant, row.person]),
    );
    return role.rows[0] && sessionRow(id, row, role.rows[0].role);
  }
}

function sessionRow(id: string, row: FoundRow, role: Role): SessionRow {
  const { person, name, email, tenant } = row;
  const session = { id, createdAt: row.created_at.toISOString(), expiresAt: row.expires_at.toISOString() };
  return {
    hash: Buffer.from(row.token, 'hex'),
    person,
    usedAtMs: row.updated_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    principal: { kind: 'person', id: actorId(person), tenant, role, permissions: permissionsOf(role), signedIn: { person: { id: person, name, email }, session } },
  };
}
