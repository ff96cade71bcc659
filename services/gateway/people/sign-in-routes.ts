// The routes that nobody needs a credential for: signing in by link or password, and what an invitation opens. And the ways out.
// I1 Each asks first whether somebody may sign in at that address at all, and whether a page of another site sent it (channel.ts).
import { acceptInvitation, createSignInLink, invitationLook, lookAtInvitation, route, signedIn, signInByLink, signInByPassword, signInLink } from '../contract.ts';
import type { Principal, Reply, Route, RouteContext, SignedIn } from '../contract.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { checkChannel, checkSignInSource, cookieText } from './channel.ts';
import type { People } from './people.ts';
import type { From, SignedInPerson } from './sign-in.ts';

const TOLD = { none: 'The log tells it of the person, as soon as it is known who that is.' } as const;
const OPEN = { method: 'post', permission: 'public', loader: 'collection', audit: TOLD, maxBodyBytes: 4_096 } as const;

export function signInRoutes(people: People): Route[] {
  return [
    route({
      ...OPEN,
      path: '/v1/sign-in/link',
      summary: 'Sign in by a link that works once',
      body: signInByLink,
      responses: { 200: signedIn },
      async handle(context) {
        checkDoor(people, context);
        return withCookie(people, await people.signIn.byLink(context.body.token, fromOf(context)));
      },
    }),
    route({
      ...OPEN,
      path: '/v1/sign-in/password',
      summary: 'Sign in by e-mail and password',
      body: signInByPassword,
      responses: { 200: signedIn },
      async handle(context) {
        checkDoor(people, context);
        const { email, password } = context.body;
        return withCookie(people, await people.signIn.byPassword(email, password, fromOf(context)));
      },
    }),
    route({
      ...OPEN,
      path: '/v1/invitations/look',
      summary: 'What an invitation offers; it stays good',
      audit: { none: 'Nothing is changed.' },
      body: lookAtInvitation,
      responses: { 200: invitationLook },
      async handle(context) {
        const { tenant, invitation } = await people.signIn.look(context.body.token, fromOf(context));
        const { email, role, invitedBy } = invitation;
        return { status: 200, body: { email, role, tenant, invitedBy } };
      },
    }),
    route({
      ...OPEN,
      path: '/v1/invitations/accept',
      summary: 'Become a member by an invitation, and sign in',
      body: acceptInvitation,
      responses: { 200: signedIn },
      async handle(context) {
        checkDoor(people, context);
        return withCookie(people, await people.signIn.accept(context.body, fromOf(context)));
      },
    }),
    linkRoute(people),
    ...outRoutes(people),
  ];
}

function linkRoute(people: People): Route {
  return route({
    method: 'post',
    path: '/v1/sign-in-links',
    summary: 'Make a link that signs a person in, once, within ten minutes: for an owner’s API key',
    permission: 'people.write',
    loader: 'collection',
    audit: { action: 'person.sign-in-link', detail: ({ body }) => ({ person: body.person ?? 'the first owner' }) },
    body: createSignInLink,
    responses: { 200: signInLink },
    async handle({ tenant, principal, body }) {
      // Somebody who is signed in could become somebody else by it.
      if (principal.kind !== 'api-key' || principal.role !== 'owner') throw new PalaceError('auth.forbidden', { detail: 'An API key of the role "owner".' });
      checkChannel(people.channel());
      const { url, expiresAt } = await people.link(tenant, body.person);
      return { status: 200, body: { url, expiresAt } };
    },
  });
}

function outRoutes(people: People): Route[] {
  const out = { method: 'post', permission: 'authenticated', loader: 'collection', responses: { 204: undefined } } as const;
  const gone = (): Reply => ({ status: 204, headers: { 'set-cookie': cookieText(people.channel(), '', 0) } });
  return [
    route({
      ...out,
      path: '/v1/sign-out',
      summary: 'End this session',
      audit: { action: 'person.sign-out' },
      async handle({ principal }) {
        const { session } = signedInOf(principal);
        await people.database.api.query('delete from gateway.session where id = $1', [session.id]);
        people.sessions.forget(session.id);
        return gone();
      },
    }),
    route({
      ...out,
      path: '/v1/sign-out-everywhere',
      summary: 'End every session of this person',
      audit: { action: 'person.sign-out-everywhere' },
      async handle({ principal }) {
        const { person } = signedInOf(principal);
        await (await people.auth()).internal.deleteUserSessions(person.id);
        people.sessions.forgetPerson(person.id);
        return gone();
      },
    }),
  ];
}

type AnyContext = Pick<RouteContext<unknown, unknown, unknown, unknown>, 'clientAddress' | 'rateKey' | 'userAgent' | 'host' | 'source'>;

function checkDoor(people: People, { host, source }: AnyContext): void {
  const channel = people.channel();
  checkChannel(channel, host);
  checkSignInSource(channel, { ...source, host });
}

export const fromOf = ({ clientAddress, rateKey, userAgent }: AnyContext): From => ({ address: clientAddress, rateKey, userAgent });

export function withCookie(people: People, { cookie, ...body }: SignedInPerson): Reply {
  return { status: 200, body, headers: { 'set-cookie': cookieText(people.channel(), cookie, people.settings.sessionMs) } };
}

export function signedInOf({ signedIn: who }: Principal): SignedIn {
  if (who === undefined) throw new PalaceError('auth.person-only');
  return who;
}
