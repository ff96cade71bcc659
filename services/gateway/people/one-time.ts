// Tokens that work once: of links that sign in, and of invitations. 32 random bytes; stored is their SHA-256.
// I1 Taking one removes its row in the same statement: of two at once one gets it.
// I2 A token that never was, one that was used and one whose time is over answer alike.
// I3 It stands behind the `#` of an address: browsers send that to nobody, so it is in no log of a server or proxy.
import { randomBytes } from 'node:crypto';
import type { Sql } from '@palace/platform/database/port.ts';
import { digest } from '../credentials.ts';

const MOST_LINKS = 5;

export interface OneTimeLink {
  readonly url: string;
  readonly hash: Buffer;
}

export function mintLink(base: string, page: 'sign-in' | 'invitation'): OneTimeLink {
  const token = randomBytes(32).toString('base64url');
  return { url: `${base}/${page}#token=${token}`, hash: digest(token) };
}

/** The newest few of a person work. Resolves with when its time is over. */
export async function keepSignInLink(sql: Sql, hash: Buffer, tenant: string, person: string, forMs: number): Promise<Date> {
  const kept = await sql.query<{ expires_at: Date }>(
    `insert into gateway.sign_in_link (hash, tenant, person, expires_at)
     values ($1, $2, $3, now() + $4::double precision * interval '1 millisecond') returning expires_at`,
    [hash, tenant, person, forMs],
  );
  await sql.query(
    `delete from gateway.sign_in_link where person = $1
       and hash not in (select hash from gateway.sign_in_link where person = $1 order by created_at desc, hash limit $2)`,
    [person, MOST_LINKS],
  );
  return kept.rows[0]!.expires_at;
}

export async function takeSignInLink(sql: Sql, token: string): Promise<{ readonly tenant: string; readonly person: string } | undefined> {
  const taken = await sql.query<{ tenant: string; person: string; valid: boolean }>(
    'delete from gateway.sign_in_link where hash = $1 returning tenant, person, expires_at > now() as valid',
    [digest(token)],
  );
  const row = taken.rows[0];
  return row?.valid === true ? { tenant: row.tenant, person: row.person } : undefined;
}

/** What nobody can use any more. Called now and then. */
export async function removeExpired(sql: Sql, sessionIdleMs: number): Promise<void> {
  await sql.query('delete from gateway.sign_in_link where expires_at <= now()');
  await sql.query('delete from gateway.invitation_token where expires_at <= now()');
  await sql.query("delete from gateway.session where expires_at <= now() or updated_at <= now() - $1::double precision * interval '1 millisecond'", [
    sessionIdleMs,
  ]);
}
