// Signing in: by a link, by a password, by accepting an invitation. Each ends with a new session and its cookie.
// I1 An unknown address, a wrong password and a person without one answer alike, after the same work: one question, one hash (S12).
// I2 Tries are counted by account and by address before anything is looked up (S11); links that fail by address.
// I3 The audit log has it before the session is there. It holds no token, no password and no cookie.
// I4 Each sign-in makes a new session: what the browser had before is no part of it.
import type { Audit, AuditActor, AuditDetail } from '@palace/platform/audit/port.ts';
import type { Database } from '@palace/platform/database/port.ts';
import { sqlState } from '@palace/platform/database/failure.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import type { InvitationView, PersonView, Role } from '../contract.ts';
import { digest } from '../credentials.ts';
import { refusedByRate, type RateLimiter } from '../limits.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Auth } from './auth.ts';
import { findInvitation, takeInvitation } from './invitations.ts';
import { addMember, findPerson, membershipOf, personView, roleOf, type PersonWithHash } from './members.ts';
import { takeSignInLink } from './one-time.ts';
import { actorId, mintSecret } from './sessions.ts';

const MOST_SESSIONS = 50;
const MOST_AGENT = 300;

/** Where somebody signs in from. */
export interface From {
  readonly address: string;
  readonly rateKey: string;
  readonly userAgent: string | undefined;
}

export interface SignedInPerson {
  readonly person: PersonView;
  readonly tenant: string;
  readonly role: Role;
  /** What the cookie holds. */
  readonly cookie: string;
}

export interface SignInParts {
  readonly database: Database;
  readonly audit: Pick<Audit, 'append'>;
  readonly log: Log;
  readonly auth: () => Promise<Auth>;
  readonly perAccount: RateLimiter;
  readonly perAddress: RateLimiter;
  readonly settings: Pick<GatewaySettings, 'sessionMs'>;
}

export interface Acceptance {
  readonly token: string;
  readonly name: string;
  readonly password: string;
}

export interface SignIn {
  byLink(token: string, from: From): Promise<SignedInPerson>;
  byPassword(email: string, password: string, from: From): Promise<SignedInPerson>;
  /** The invitation of a token, which stays good. */
  look(token: string, from: From): Promise<{ readonly tenant: string; readonly invitation: InvitationView }>;
  accept(wish: Acceptance, from: From): Promise<SignedInPerson>;
  /** For somebody who has proved who they are: throws when tries are used up, or the password is another. */
  checkPassword(person: PersonWithHash, password: string): Promise<boolean>;
  begin(person: PersonView, tenant: string, role: Role, from: From): Promise<SignedInPerson>;
}

export function openSignIn(parts: SignInParts): SignIn {
  const { database, perAccount, perAddress } = parts;
  const passwords = openPasswords(parts);

  async function byLink(token: string, from: From): Promise<SignedInPerson> {
    refuseGuessing(perAddress, from);
    const taken = await takeSignInLink(database.api, token);
    const person = taken && (await findPerson(database.api, { id: taken.person }));
    const role = taken && (await roleOf(database, taken.tenant, taken.person));
    if (taken === undefined || person === undefined || role === undefined) throw await badLink(perAddress, from);
    return signIn(parts, person, taken.tenant, role, 'link', from);
  }

  async function byPassword(email: string, password: string, from: From): Promise<SignedInPerson> {
    await takeTry(perAddress, from.rateKey);
    await takeTry(perAccount, accountOf(email));
    const { check } = await passwords();
    const person = await findPerson(database.api, { email });
    const fits = await check(person?.hash, password);
    const place = person && (await membershipOf(database, person.id));
    if (person !== undefined && fits && place !== undefined) return signIn(parts, person, place.tenant, place.role, 'password', from);
    if (person !== undefined && place !== undefined) tellRefused(parts, person, place.tenant, from);
    throw new PalaceError('sign-in.failed');
  }

  async function look(token: string, from: From): Promise<{ tenant: string; invitation: InvitationView }> {
    refuseGuessing(perAddress, from);
    const found = await findInvitation(database, token);
    if (found === undefined) throw await badLink(perAddress, from);
    return found;
  }

  async function accept(wish: Acceptance, from: From): Promise<SignedInPerson> {
    const { tenant, invitation } = await look(wish.token, from);
    await takeTry(perAddress, from.rateKey);
    const known = await findPerson(database.api, { email: invitation.email });
    const hash = known === undefined ? await (await passwords()).hash(wish.password) : undefined;
    if (known !== undefined) await proveKnown(known, wish.password);
    const detail = { invitation: invitation.id, email: invitation.email, role: invitation.role };
    await tell(parts, tenant, { kind: 'service', id: 'public' }, 'invitation.accept', from, detail);
    const person = await join(parts, { tenant, invitation, token: wish.token, known, name: wish.name, hash });
    if (person === undefined) throw await badLink(perAddress, from);
    const role = (await roleOf(database, tenant, person.id)) ?? invitation.role;
    return signIn(parts, person, tenant, role, 'invitation', from);
  }

  /** Whoever holds a link must not become somebody who is here already. */
  async function proveKnown(known: PersonWithHash, password: string): Promise<void> {
    if (known.hash === undefined)
      throw new PalaceError('person.exists', { detail: 'You are a person here without a password: sign in by a link, set one, then open the invitation again.' });
    if (!(await checkPassword(known, password))) throw new PalaceError('sign-in.failed');
  }

  async function checkPassword(person: PersonWithHash, password: string): Promise<boolean> {
    await takeTry(perAccount, accountOf(person.email));
    return (await passwords()).check(person.hash, password);
  }

  return { byLink, byPassword, look, accept, checkPassword, begin: (person, tenant, role, from) => begin(parts, person, tenant, role, from) };
}

interface PasswordCheck {
  hash(password: string): Promise<string>;
  /** The same work whether there is a hash or not. */
  check(hash: string | undefined, password: string): Promise<boolean>;
}

function openPasswords({ auth }: SignInParts): () => Promise<PasswordCheck> {
  let nobodys: Promise<string> | undefined;
  return async () => {
    const { passwords } = await auth();
    const nobody = await (nobodys ??= passwords.hash(mintSecret().secret));
    return {
      hash: (password) => passwords.hash(password),
      async check(hash, password) {
        const fits = await passwords.verify({ hash: hash ?? nobody, password });
        return fits && hash !== undefined;
      },
    };
  };
}

async function signIn(parts: SignInParts, person: PersonView, tenant: string, role: Role, by: string, from: From): Promise<SignedInPerson> {
  await tell(parts, tenant, { kind: 'person', id: actorId(person.id), role }, 'person.sign-in', from, { by, name: person.name });
  return begin(parts, person, tenant, role, from);
}

async function begin({ database, auth, settings }: SignInParts, person: PersonView, tenant: string, role: Role, from: From): Promise<SignedInPerson> {
  const { secret, hash } = mintSecret();
  const { internal, within } = await auth();
  const about = { token: hash, tenant, ipAddress: from.address, userAgent: from.userAgent?.slice(0, MOST_AGENT) ?? '' };
  const expiresAt = new Date(Date.now() + settings.sessionMs);
  const id = await database.asTenant(tenant, (sql) =>
    within(sql, async () => {
      const session = await internal.createSession(person.id, false, { ...about, expiresAt }, true);
      await sql.query(
        `delete from gateway.session where person = $1
           and id not in (select id from gateway.session where person = $1 order by created_at desc, id limit ${MOST_SESSIONS})`,
        [person.id],
      );
      return session.id;
    }),
  );
  return { person: personView(person), tenant, role, cookie: `${id}.${secret}` };
}

interface Joining {
  readonly tenant: string;
  readonly invitation: InvitationView;
  readonly token: string;
  readonly known: PersonWithHash | undefined;
  readonly name: string;
  /** Of the password of a new person. */
  readonly hash: string | undefined;
}

/** Takes the invitation and makes the member, or nothing of both. Undefined: the invitation was gone. */
async function join({ database, auth }: SignInParts, { tenant, invitation, token, known, name, hash }: Joining): Promise<PersonView | undefined> {
  const { internal, within, createPerson } = await auth();
  const { email, role } = invitation;
  try {
    return await database.asTenant(tenant, (sql) =>
      within(sql, async () => {
        if (!(await takeInvitation(sql, tenant, invitation.id, token))) return undefined;
        const id = known?.id ?? (await createPerson(name, email));
        if (hash !== undefined) await internal.linkAccount({ userId: id, providerId: 'credential', accountId: id, password: hash });
        await addMember(sql, tenant, id, role);
        return known ?? { id, name, email, hasPassword: true };
      }),
    );
  } catch (error) {
    // Invited twice, and accepted both at once.
    if (sqlState(error) === '23505') throw new PalaceError('person.exists', { detail: 'You have just become a person here: open the invitation again.' });
    throw error;
  }
}

async function tell({ audit }: SignInParts, tenant: string, actor: AuditActor, action: string, from: From, detail: AuditDetail): Promise<void> {
  await audit.append(tenant, { actor, action, target: '/v1/sign-in', address: from.address, detail });
}

/** Beside the answer, not before it: what is written for an account that is there must not be felt (S12). */
function tellRefused(parts: SignInParts, person: PersonView, tenant: string, from: From): void {
  tell(parts, tenant, { kind: 'service', id: 'public' }, 'person.sign-in-refused', from, { person: actorId(person.id), name: person.name }).catch(
    (error: unknown) => parts.log.warn('A refused sign-in could not be written to the audit log', { error }),
  );
}

/** An address of mail is in no key of the cache as it is. */
const accountOf = (email: string): string => digest(email).toString('base64url');

async function takeTry(limiter: RateLimiter, caller: string): Promise<void> {
  const decision = await limiter.take(caller);
  if (!decision.allowed) throw refusedByRate(limiter, decision);
}

function refuseGuessing(limiter: RateLimiter, { rateKey }: From): void {
  if (limiter.isExhausted(rateKey)) throw refusedByRate(limiter, { allowed: false, remaining: 0, resetSeconds: 60 });
}

async function badLink(limiter: RateLimiter, { rateKey }: From): Promise<PalaceError> {
  await limiter.take(rateKey);
  return new PalaceError('sign-in.link');
}
