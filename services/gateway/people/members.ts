// Who is what in a tenant: its people, their roles, and how they leave.
// I1 Nobody gives, changes or takes away a role above their own; the row is locked while that is decided, so that two changes at once
//    cannot do together what neither may.
// I2 A tenant that has an owner keeps one: the rows of all owners are locked before one is lowered or removed.
// I3 Whoever is removed from their last tenant is gone: account, sessions and links go with the person's row.
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { INSTALLATION_TENANT } from '../contract.ts';
import type { MemberView, PersonView, Role } from '../contract.ts';
import { mayManage } from '../keys.ts';

export const MOST_MEMBERS = 1_000;

interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly has_password: boolean;
  readonly role: Role;
  readonly created_at: Date;
  readonly seen_at: Date | null;
}

const MEMBER = `select p.id, p.name, p.email, m.role, m.created_at,
    exists (select from gateway.account a where a.person = p.id and a.provider = 'credential' and a.password is not null) as has_password,
    (select max(s.updated_at) from gateway.session s where s.person = p.id and s.tenant = m.tenant) as seen_at
  from gateway.member m join gateway.person p on p.id = m.person`;

/** In the order in which they came. `after` is the id of the last one of the page before. */
export async function listMembers(database: Database, tenant: string, limit: number, after: string | undefined): Promise<MemberView[]> {
  const found = await database.asTenant(tenant, (sql) =>
    sql.query<MemberRow>(
      `${MEMBER} where m.tenant = $1
         and ($2::text is null or (m.created_at, m.person) > (select created_at, person from gateway.member where tenant = $1 and person = $2))
       order by m.created_at, m.person limit $3`,
      [tenant, after ?? null, limit],
    ),
  );
  return found.rows.map(view);
}

export async function getMember(sql: Sql, tenant: string, person: string): Promise<MemberView | undefined> {
  const found = await sql.query<MemberRow>(`${MEMBER} where m.tenant = $1 and m.person = $2`, [tenant, person]);
  return found.rows[0] && view(found.rows[0]);
}

/** Does nothing for who is one already. */
export async function addMember(sql: Sql, tenant: string, person: string, role: Role): Promise<void> {
  const members = await sql.query<{ count: number }>('select count(*)::int as count from gateway.member where tenant = $1', [tenant]);
  if ((members.rows[0]?.count ?? 0) >= MOST_MEMBERS) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MOST_MEMBERS} people.` });
  await sql.query('insert into gateway.member (tenant, person, role) values ($1, $2, $3) on conflict do nothing', [tenant, person, role]);
  await sql.query('insert into gateway.person_tenant (person, tenant) values ($1, $2) on conflict do nothing', [person, tenant]);
}

export async function changeRole(database: Database, tenant: string, person: string, role: Role, actor: Role): Promise<MemberView> {
  return database.asTenant(tenant, async (sql) => {
    const present = await lockMember(sql, tenant, person);
    checkRank(actor, present);
    checkRank(actor, role);
    if (present === 'owner' && role !== 'owner') await keepAnOwner(sql, tenant, person);
    await sql.query('update gateway.member set role = $3 where tenant = $1 and person = $2', [tenant, person, role]);
    return (await getMember(sql, tenant, person))!;
  });
}

export async function removeMember(database: Database, tenant: string, person: string, actor: Role): Promise<void> {
  await database.asTenant(tenant, async (sql) => {
    const present = await lockMember(sql, tenant, person);
    checkRank(actor, present);
    if (present === 'owner') await keepAnOwner(sql, tenant, person);
    await sql.query('delete from gateway.member where tenant = $1 and person = $2', [tenant, person]);
    await sql.query('delete from gateway.person_tenant where person = $1 and tenant = $2', [person, tenant]);
    await sql.query('delete from gateway.session where person = $1 and tenant = $2', [person, tenant]);
    await sql.query('delete from gateway.sign_in_link where person = $1 and tenant = $2', [person, tenant]);
    await sql.query('delete from gateway.person p where p.id = $1 and not exists (select from gateway.person_tenant t where t.person = p.id)', [person]);
  });
}

export function checkRank(actor: Role, subject: Role): void {
  if (!mayManage(actor, subject)) throw new PalaceError('auth.forbidden', { detail: `Only a role not lower than "${subject}" may do that.` });
}

/** The owners are locked first, by everybody: whoever removes one waits for whoever removes another. */
async function lockMember(sql: Sql, tenant: string, person: string): Promise<Role> {
  await lockOwners(sql, tenant);
  const found = await sql.query<{ role: Role }>('select role from gateway.member where tenant = $1 and person = $2 for update', [tenant, person]);
  const role = found.rows[0]?.role;
  if (role === undefined) throw new PalaceError('not-found');
  return role;
}

async function keepAnOwner(sql: Sql, tenant: string, leaving: string): Promise<void> {
  if (!(await lockOwners(sql, tenant)).some((owner) => owner !== leaving)) throw new PalaceError('person.last-owner');
}

async function lockOwners(sql: Sql, tenant: string): Promise<string[]> {
  await sql.query('select from gateway.tenant where tenant = $1 for update', [tenant]);
  const owners = await sql.query<{ person: string }>("select person from gateway.member where tenant = $1 and role = 'owner' order by created_at, person", [
    tenant,
  ]);
  return owners.rows.map(({ person }) => person);
}

/** The one who came first. In the tenant of the installation it is made when there is none. */
export async function firstOwner(sql: Sql, tenant: string, make: () => Promise<string>): Promise<string> {
  if (tenant === INSTALLATION_TENANT) await sql.query('insert into gateway.tenant (tenant) values ($1) on conflict do nothing', [tenant]);
  const [owner] = await lockOwners(sql, tenant);
  if (owner !== undefined) return owner;
  if (tenant !== INSTALLATION_TENANT) throw new PalaceError('not-found', { detail: 'This tenant has no person who is an owner: invite one first.' });
  const made = await make();
  await addMember(sql, tenant, made, 'owner');
  return made;
}

/** Where somebody signs in: the tenant where they have been for longest, and what they are there. */
export async function membershipOf(database: Database, person: string): Promise<{ readonly tenant: string; readonly role: Role } | undefined> {
  const found = await database.api.query<{ tenant: string }>('select tenant from gateway.person_tenant where person = $1 order by created_at, tenant limit 1', [
    person,
  ]);
  const tenant = found.rows[0]?.tenant;
  if (tenant === undefined) return undefined;
  const role = await roleOf(database, tenant, person);
  return role && { tenant, role };
}

export async function roleOf(database: Database, tenant: string, person: string): Promise<Role | undefined> {
  const found = await database.asTenant(tenant, (sql) =>
    sql.query<{ role: Role }>('select role from gateway.member where tenant = $1 and person = $2', [tenant, person]),
  );
  return found.rows[0]?.role;
}

export interface PersonWithHash extends PersonView {
  readonly hash: string | undefined;
}

/** With the hash of the password, for the one who checks it. Found or not found is one question. */
export async function findPerson(sql: Sql, by: { readonly id: string } | { readonly email: string }): Promise<PersonWithHash | undefined> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['email', by.email];
  const found = await sql.query<{ id: string; name: string; email: string; password: string | null }>(
    `select p.id, p.name, p.email, a.password from gateway.person p
       left join gateway.account a on a.person = p.id and a.provider = 'credential' where p.${column === 'id' ? 'id' : 'email'} = $1`,
    [value],
  );
  const row = found.rows[0];
  return row && { id: row.id, name: row.name, email: row.email, hasPassword: row.password !== null, hash: row.password ?? undefined };
}

export const personView = ({ id, name, email, hasPassword }: PersonView): PersonView => ({ id, name, email, hasPassword });

function view(row: MemberRow): MemberView {
  const { id, name, email, role } = row;
  return {
    id,
    name,
    email,
    hasPassword: row.has_password,
    role,
    createdAt: row.created_at.toISOString(),
    ...(row.seen_at && { lastSeenAt: row.seen_at.toISOString() }),
  };
}
