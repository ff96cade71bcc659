// The routes of who may administer people: members with their roles, and invitations.
import { z } from 'zod';
import {
  changeMember,
  createdInvitation,
  createInvitation,
  invitationId,
  invitationList,
  listPeople,
  memberList,
  memberView,
  personId,
  route,
} from '../contract.ts';
import type { Principal, Route } from '../contract.ts';
import { refusedByRate } from '../limits.ts';
import { listPage } from '../list-page.ts';
import { addInvitation, getInvitation, listInvitations, removeInvitation } from './invitations.ts';
import { changeRole, checkRank, getMember, listMembers, removeMember } from './members.ts';
import { mintLink } from './one-time.ts';
import { checkChannel } from './channel.ts';
import type { People } from './people.ts';

/** The name of a key, for who is no person. */
export type NameOfKey = (tenant: string, id: string) => Promise<string | undefined>;

export function peopleRoutes(people: People, nameOfKey: NameOfKey): Route[] {
  return [...memberRoutes(people), ...invitationRoutes(people, nameOfKey)];
}

function memberRoutes({ database, sessions }: People): Route[] {
  const byId = z.strictObject({ id: personId });
  const load = (tenant: string, { id }: { id: string }) => database.asTenant(tenant, (sql) => getMember(sql, tenant, id));
  return [
    route({
      method: 'get',
      path: '/v1/people',
      summary: 'List the people of the tenant',
      permission: 'people.read',
      loader: 'collection',
      query: listPeople,
      responses: { 200: memberList },
      async handle({ tenant, query }) {
        const found = await listMembers(database, tenant, query.limit + 1, query.cursor);
        return { status: 200, body: listPage(found, query.limit, ({ id }) => id) };
      },
    }),
    route({
      method: 'patch',
      path: '/v1/people/{id}',
      summary: 'Change the role of a person; it holds everywhere within 3 s',
      permission: 'people.write',
      loader: load,
      audit: { action: 'person.change-role', detail: ({ body }) => ({ role: body.role }) },
      params: byId,
      body: changeMember,
      responses: { 200: memberView },
      async handle({ tenant, principal, params, body }) {
        const changed = await changeRole(database, tenant, params.id, body.role, principal.role);
        sessions.forgetPerson(params.id);
        return { status: 200, body: changed };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/people/{id}',
      summary: 'Remove a person from the tenant; their sessions end everywhere within 3 s',
      permission: 'people.write',
      loader: load,
      audit: { action: 'person.remove' },
      params: byId,
      responses: { 204: undefined },
      async handle({ tenant, principal, params }) {
        await removeMember(database, tenant, params.id, principal.role);
        sessions.forgetPerson(params.id);
        return { status: 204 };
      },
    }),
  ];
}

function invitationRoutes(people: People, nameOfKey: NameOfKey): Route[] {
  const { database } = people;
  return [
    inviteRoute(people, nameOfKey),
    route({
      method: 'get',
      path: '/v1/invitations',
      summary: 'List the open invitations',
      permission: 'people.read',
      loader: 'collection',
      responses: { 200: invitationList },
      handle: async ({ tenant }) => ({ status: 200, body: { items: await listInvitations(database, tenant) } }),
    }),
    route({
      method: 'delete',
      path: '/v1/invitations/{id}',
      summary: 'Take an invitation back; its link works no more',
      permission: 'people.write',
      loader: (tenant, { id }) => getInvitation(database, tenant, id),
      audit: { action: 'invitation.remove' },
      params: z.strictObject({ id: invitationId }),
      responses: { 204: undefined },
      async handle({ tenant, principal, params, resource }) {
        checkRank(principal.role, resource.role);
        await removeInvitation(database, tenant, params.id);
        return { status: 204 };
      },
    }),
  ];
}

function inviteRoute(people: People, nameOfKey: NameOfKey): Route {
  const { database, settings, invitationsOf } = people;
  const nameOf = async ({ signedIn, id, tenant }: Principal): Promise<string> => signedIn?.person.name ?? (await nameOfKey(tenant, id)) ?? id;
  return route({
    method: 'post',
    path: '/v1/invitations',
    summary: 'Invite somebody: the answer has the link to hand over, this once',
    permission: 'people.write',
    loader: 'collection',
    audit: { action: 'invitation.create', detail: ({ body }) => ({ email: body.email, role: body.role }) },
    body: createInvitation,
    responses: { 201: createdInvitation },
    async handle({ tenant, principal, body }) {
      checkRank(principal.role, body.role);
      const channel = people.channel();
      checkChannel(channel);
      const decision = await invitationsOf.take(tenant);
      if (!decision.allowed) throw refusedByRate(invitationsOf, decision);
      const { url, hash } = mintLink(channel.base, 'invitation');
      const wish = { ...body, hash, forMs: settings.invitationMs, invitedBy: await nameOf(principal) };
      return { status: 201, body: { ...(await addInvitation(database, tenant, wish)), url } };
    },
  });
}
