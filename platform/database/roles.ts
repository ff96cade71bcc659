// The two roles that the product works as, and the connections that log in as them.
// I1 `palace_api` and `palace_engine` own nothing, inherit nothing, and cannot bypass row security; a role that can is refused.
// I2 Their passwords follow from the owner's password, so every process with the same owner URL reaches the same ones
//    and nothing more has to be kept. An owner URL without a password (peer, certificate) acts as them by SET ROLE at login.
// I3 The server is sent a SCRAM verifier, never the password: it cannot appear in a statement log.
// Called by pg.ts.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { PalaceError } from '../errors.ts';
import { sqlState } from './failure.ts';

export type PalaceRole = 'palace_api' | 'palace_engine';
export const PALACE_ROLES: readonly PalaceRole[] = ['palace_api', 'palace_engine'];

const ATTEMPTS = 10;
const SCRAM_ITERATIONS = 4096;

/** The URL to connect with as a role. */
export function roleUrl(ownerUrl: string, role: PalaceRole): string {
  const url = new URL(ownerUrl);
  const password = rolePassword(ownerUrl, role);
  if (password === undefined) {
    url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} -c role=${role}`.trim());
    return url.href;
  }
  url.username = role;
  url.password = password;
  return url.href;
}

function rolePassword(ownerUrl: string, role: PalaceRole): string | undefined {
  const ownerPassword = decodeURIComponent(new URL(ownerUrl).password);
  return ownerPassword === '' ? undefined : createHmac('sha256', ownerPassword).update(`agentspalace role ${role}`).digest('base64url');
}

/** Creates the roles or sets their passwords anew, then checks what they may. Safe to run from several processes at once. */
export async function ensureRoles(owner: Pool, ownerUrl: string): Promise<void> {
  for (const role of PALACE_ROLES) await withRetry(() => ensureRole(owner, role, rolePassword(ownerUrl, role)));
  await refuseStrongRoles(owner);
}

async function ensureRole(owner: Pool, role: PalaceRole, password: string | undefined): Promise<void> {
  const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount === 0) await owner.query(`create role ${role} nosuperuser nocreatedb nocreaterole noinherit nobypassrls login`);
  if (password === undefined) await owner.query(`grant ${role} to current_user`);
  else await owner.query(`alter role ${role} login password '${scramVerifier(password)}'`);
}

/** Roles belong to the whole server: two databases that set them up at once disturb each other, and one of them tries again. */
async function withRetry(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const disturbed = ['23505', '42710', 'XX000'].includes(sqlState(error) ?? '');
      if (disturbed && attempt < ATTEMPTS) {
        await sleep(20 * attempt);
        continue;
      }
      if (sqlState(error) !== '42501') throw error;
      throw new PalaceError('boot.database', {
        detail: `The database user may not create the roles ${PALACE_ROLES.join(' and ')}. Give it CREATEROLE, or create them as its administrator: create role NAME login noinherit; grant NAME to OWNER with admin option.`,
        cause: error,
      });
    }
  }
}

async function refuseStrongRoles(owner: Pool): Promise<void> {
  const { rows } = await owner.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)',
    [PALACE_ROLES],
  );
  if (rows.length === 0) return;
  throw new PalaceError('boot.database', {
    detail: `The role ${rows.map((row) => row.rolname).join(' and ')} has rights that would let it pass row security. Run: alter role ${rows[0]?.rolname} nosuperuser nobypassrls nocreaterole nocreatedb.`,
  });
}

/** RFC 5803 form, as PostgreSQL stores it. The password is random and long, so the usual count of iterations does. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}
