// Invitations: who may become what in a tenant, by a link that works once. Nothing is sent: whoever invites hands the link over.
// I1 Who is invited is nobody yet: a row here opens nothing but its own acceptance (S10).
// I2 One open invitation an address: a new one takes the place of the old one, whose link ends.
// I3 Only invitations whose token is kept are shown: after a restore there are none.
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { InvitationView, Role } from '../contract.ts';
import { digest } from '../credentials.ts';
import { newId } from './auth.ts';

export const MOST_INVITATIONS = 200;

interface Row {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invited_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export interface NewInvitation {
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly hash: Buffer;
  readonly forMs: number;
}

const OPEN = `select i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at from gateway.invitation i
  join gateway.invitation_token t on t.invitation = i.id and t.tenant = i.tenant where i.tenant = $1 and t.expires_at > now()`;

export async function addInvitation(database: Database, tenant: string, wish: NewInvitation): Promise<InvitationView> {
  return database.asTenant(tenant, async (sql) => {
    await sql.query('select from gateway.tenant where tenant = $1 for update', [tenant]);
    await refuseMember(sql, tenant, wish.email);
    await makeRoom(sql, tenant, wish.email);
    const id = newId();
    const made = await sql.query<Row>(
      `insert into gateway.invitation (tenant, id, email, role, invited_by, expires_at)
       values ($1, $2, $3, $4, $5, now() + $6::double precision * interval '1 millisecond') returning *`,
      [tenant, id, wish.email, wish.role, wish.invitedBy, wish.forMs],
    );
    const row = made.rows[0]!;
    await sql.query('insert into gateway.invitation_token (hash, tenant, invitation, expires_at) values ($1, $2, $3, $4)', [
      wish.hash,
      tenant,
      id,
      row.expires_at,
    ]);
    return view(row);
  });
}

async function refuseMember(sql: Sql, tenant: string, email: string): Promise<void> {
  const member = await sql.query('select from gateway.member m join gateway.person p on p.id = m.person where m.tenant = $1 and p.email = $2', [tenant, email]);
  if (member.rows.length > 0) throw new PalaceError('person.exists', { detail: `${email} is a member already; change the role instead.` });
}

/** Takes away the one for the same address, and those that open nothing any more. */
async function makeRoom(sql: Sql, tenant: string, email: string): Promise<void> {
  await sql.query(
    `delete from gateway.invitation_token where tenant = $1 and invitation in (select id from gateway.invitation where tenant = $1 and email = $2)`,
    [tenant, email],
  );
  const open = await sql.query<{ count: number }>(
    `with gone as (delete from gateway.invitation i where i.tenant = $1
        and not exists (select from gateway.invitation_token t where t.invitation = i.id and t.expires_at > now()))
     select count(*)::int as count from gateway.invitation_token where tenant = $1 and expires_at > now()`,
    [tenant],
  );
  if ((open.rows[0]?.count ?? 0) >= MOST_INVITATIONS)
    throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MOST_INVITATIONS} open invitations.` });
}

export async function listInvitations(database: Database, tenant: string): Promise<InvitationView[]> {
  const found = await database.asTenant(tenant, (sql) => sql.query<Row>(`${OPEN} order by i.created_at desc, i.id limit ${MOST_INVITATIONS}`, [tenant]));
  return found.rows.map(view);
}

export async function getInvitation(database: Database, tenant: string, id: string): Promise<InvitationView | undefined> {
  const found = await database.asTenant(tenant, (sql) => sql.query<Row>(`${OPEN} and i.id = $2`, [tenant, id]));
  return found.rows[0] && view(found.rows[0]);
}

export async function removeInvitation(database: Database, tenant: string, id: string): Promise<void> {
  await database.asTenant(tenant, async (sql) => {
    await sql.query('delete from gateway.invitation_token where tenant = $1 and invitation = $2', [tenant, id]);
    await sql.query('delete from gateway.invitation where tenant = $1 and id = $2', [tenant, id]);
  });
}

export interface FoundInvitation {
  readonly tenant: string;
  readonly invitation: InvitationView;
}

/** The invitation of a token, which stays good. */
export async function findInvitation(database: Database, token: string): Promise<FoundInvitation | undefined> {
  const found = await database.api.query<{ tenant: string; invitation: string }>(
    'select tenant, invitation from gateway.invitation_token where hash = $1 and expires_at > now()',
    [digest(token)],
  );
  const row = found.rows[0];
  const invitation = row && (await getInvitation(database, row.tenant, row.invitation));
  return row && invitation && { tenant: row.tenant, invitation };
}

/** Uses it up, in the transaction that makes the member. False: somebody was faster, or it was taken back. */
export async function takeInvitation(sql: Sql, tenant: string, id: string, token: string): Promise<boolean> {
  const taken = await sql.query('delete from gateway.invitation_token where hash = $1 and tenant = $2 and invitation = $3 and expires_at > now()', [
    digest(token),
    tenant,
    id,
  ]);
  if (taken.rowCount !== 1) return false;
  await sql.query('delete from gateway.invitation where tenant = $1 and id = $2', [tenant, id]);
  return true;
}

function view(row: Row): InvitationView {
  const { id, email, role } = row;
  return { id, email, role, createdAt: row.created_at.toISOString(), expiresAt: row.expires_at.toISOString(), invitedBy: row.invited_by };
}
