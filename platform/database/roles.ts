// The two roles that the product works as, and how a process becomes them.
// I1 `palace_api` and `palace_engine` own nothing, inherit nothing, and cannot bypass row security; a role that can is refused.
// I2 Access `password`: they log in. Their passwords follow from the owner's, so every process with the same owner URL reaches the
//    same ones and nothing more has to be kept. The server is sent a SCRAM verifier, never the password.
// I3 Access `set-role`: where the owner has no password (peer, certificate), or the roles of this server belong to another
//    installation or its administrator, the owner is a member of them and takes one on as its connection opens.
// Called by pg.ts.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Pool } from 'pg';
import { PalaceError } from '../errors.ts';
import { sqlState } from './failure.ts';

export type PalaceRole = 'palace_api' | 'palace_engine';
export const PALACE_ROLES: readonly PalaceRole[] = ['palace_api', 'palace_engine'];
export type RoleAccess = 'password' | 'set-role';

const ATTEMPTS = 10;
const SCRAM_ITERATIONS = 4096;

/** The URL to connect with as a role. */
export function roleUrl(ownerUrl: string, role: PalaceRole, access: RoleAccess): string {
  const url = new URL(ownerUrl);
  if (access === 'set-role') {
    url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} -c role=${role}`.trim());
    return url.href;
  }
  url.username = role;
  url.password = rolePassword(ownerUrl, role);
  return url.href;
}

function rolePassword(ownerUrl: string, role: PalaceRole): string {
  return createHmac('sha256', decodeURIComponent(new URL(ownerUrl).password))
    .update(`agentspalace role ${role}`)
    .digest('base64url');
}

/** Finds or makes the way in. A start changes nothing in a database that fits; several processes may start at once. */
export async function openRoleAccess(owner: Pool, ownerUrl: string): Promise<RoleAccess> {
  const hasPassword = new URL(ownerUrl).password !== '';
  if (!hasPassword || !(await canLogIn(ownerUrl))) {
    for (const role of PALACE_ROLES) await withRetry(() => createRole(owner, role));
    if (!hasPassword || !(await areOurs(owner))) {
      await withRetry(() => joinRoles(owner));
      await refuseStrongRoles(owner);
      return 'set-role';
    }
    for (const role of PALACE_ROLES) await withRetry(() => setPassword(owner, role, rolePassword(ownerUrl, role)));
  }
  await refuseStrongRoles(owner);
  return 'password';
}

async function canLogIn(ownerUrl: string): Promise<boolean> {
  const tries = PALACE_ROLES.map(async (role) => {
    const client = new pg.Client({ connectionString: roleUrl(ownerUrl, role, 'password') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch (error) {
      // Wrong password, or no such role.
      if (['28P01', '28000'].includes(sqlState(error) ?? '')) return false;
      throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  return (await Promise.all(tries)).every(Boolean);
}

async function createRole(owner: Pool, role: PalaceRole): Promise<void> {
  const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount !== 0) return;
  const mark = `do $$ begin execute format('comment on role ${role} is %L', 'AgentsPalace, made by ' || current_user); end $$`;
  await owner.query(`begin; create role ${role} nosuperuser nocreatedb nocreaterole noinherit nobypassrls login; ${mark}; commit`);
}

/** Roles belong to the whole server. Only whoever made them sets their passwords: another installation's would be shut out. */
async function areOurs(owner: Pool): Promise<boolean> {
  const { rows } = await owner.query<{ ours: boolean }>(
    `select bool_and(coalesce(shobj_description(oid, 'pg_authid') = 'AgentsPalace, made by ' || current_user, false)) as ours
     from pg_roles where rolname = any($1)`,
    [PALACE_ROLES],
  );
  return rows[0]?.ours === true;
}

async function joinRoles(owner: Pool): Promise<void> {
  for (const role of PALACE_ROLES) {
    const { rows } = await owner.query<{ member: boolean }>("select pg_has_role(current_user, $1, 'member') as member", [role]);
    if (rows[0]?.member !== true) await owner.query(`grant ${role} to current_user`);
  }
}

async function setPassword(owner: Pool, role: PalaceRole, password: string): Promise<void> {
  await owner.query(`alter role ${role} login password '${scramVerifier(password)}'`);
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
        detail: `The database user may not create or use the roles ${PALACE_ROLES.join(' and ')}. Give it CREATEROLE, or have the administrator run: create role palace_api noinherit; create role palace_engine noinherit; grant palace_api, palace_engine to OWNER.`,
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
