// What somebody who is signed in does for themselves: name, password and sessions. Other people's sessions are not found here.
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { putMe, putPassword, route, sessionId, sessionList, signedIn, person as personShape } from '../contract.ts';
import type { Route } from '../contract.ts';
import { findPerson, type PersonWithHash } from './members.ts';
import type { People } from './people.ts';
import { fromOf, signedInOf, withCookie } from './sign-in-routes.ts';

interface SessionRow {
  readonly id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
}

export function meRoutes(people: People): Route[] {
  return [nameRoute(people), passwordRoute(people), ...sessionRoutes(people)];
}

function nameRoute(people: People): Route {
  return route({
    method: 'patch',
    path: '/v1/me',
    summary: 'Change the own name',
    permission: 'authenticated',
    loader: 'collection',
    audit: { action: 'person.rename', detail: ({ body }) => ({ name: body.name }) },
    body: putMe,
    responses: { 200: personShape },
    async handle({ principal, body }) {
      const { person } = signedInOf(principal);
      await people.database.api.query('update gateway.person set name = $2, updated_at = now() where id = $1', [person.id, body.name]);
      people.sessions.forgetPerson(person.id);
      return { status: 200, body: { ...person, name: body.name } };
    },
  });
}

function passwordRoute(people: People): Route {
  return route({
    method: 'put',
    path: '/v1/me/password',
    summary: 'Set the own password; every other session ends, and this one goes on under a new cookie',
    permission: 'authenticated',
    loader: 'collection',
    audit: { action: 'person.set-password' },
    body: putPassword,
    responses: { 200: signedIn },
    async handle(context) {
      const { principal, tenant, body } = context;
      const { person } = signedInOf(principal);
      const found = await findPerson(people.database.api, { id: person.id });
      if (found === undefined) throw new PalaceError('auth.invalid');
      await checkCurrent(people, found, body.current);
      await keep(people, tenant, found, body.next);
      people.sessions.forgetPerson(person.id);
      return withCookie(people, await people.signIn.begin({ ...found, hasPassword: true }, tenant, principal.role, fromOf(context)));
    },
  });
}

async function checkCurrent(people: People, person: PersonWithHash, current: string | undefined): Promise<void> {
  if (person.hash === undefined) return;
  const fits = current !== undefined && (await people.signIn.checkPassword(person, current));
  if (!fits) throw new PalaceError('request.invalid', { errors: [{ path: '/current', message: 'That is not the present password.' }] });
}

/** With it all sessions end, those of whoever may have known the old one too. */
async function keep({ database, auth }: People, tenant: string, { id, hash: old }: PersonWithHash, next: string): Promise<void> {
  const { internal, passwords, within } = await auth();
  const hash = await passwords.hash(next);
  await database.asTenant(tenant, (sql) =>
    within(sql, async () => {
      if (old === undefined) await internal.linkAccount({ userId: id, providerId: 'credential', accountId: id, password: hash });
      else await internal.updatePassword(id, hash);
      await internal.deleteUserSessions(id);
      await sql.query('delete from gateway.sign_in_link where person = $1', [id]);
    }),
  );
}

function sessionRoutes(people: People): Route[] {
  const { api } = people.database;
  return [
    route({
      method: 'get',
      path: '/v1/me/sessions',
      summary: 'List the own sessions',
      permission: 'authenticated',
      loader: 'collection',
      responses: { 200: sessionList },
      async handle({ principal }) {
        const { person, session } = signedInOf(principal);
        const found = await api.query<SessionRow>(
          `select id, created_at, updated_at, expires_at, ip_address, user_agent from gateway.session
            where person = $1 and expires_at > now() and updated_at > now() - $2::double precision * interval '1 millisecond' order by updated_at desc, id`,
          [person.id, people.settings.sessionIdleMs],
        );
        return { status: 200, body: { items: found.rows.map((row) => view(row, session.id)) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/me/sessions/{id}',
      summary: 'End one of the own sessions',
      permission: 'authenticated',
      loader: 'collection',
      audit: { action: 'session.end' },
      params: z.strictObject({ id: sessionId }),
      responses: { 204: undefined },
      async handle({ principal, params }) {
        const { person } = signedInOf(principal);
        const ended = await api.query('delete from gateway.session where id = $1 and person = $2', [params.id, person.id]);
        if (ended.rowCount !== 1) throw new PalaceError('not-found');
        people.sessions.forget(params.id);
        return { status: 204 };
      },
    }),
  ];
}

function view(row: SessionRow, current: string) {
  return {
    id: row.id,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.updated_at.toISOString(),
    ...(row.ip_address && { address: row.ip_address }),
    ...(row.user_agent && { userAgent: row.user_agent }),
    current: row.id === current,
  };
}
