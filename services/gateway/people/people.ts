// People at the gateway: what the routes and `bin/` can do with them, joined from the parts beside.
//   one-time (links) -> sign-in -> sessions (each request) ; members (roles) ; invitations
// I1 Users, accounts, sessions and password hashes are better-auth's, kept in our tables; who is what in a tenant is ours (decision 0044).
// I2 What has expired is removed within SWEEP_MS, whoever still asks for it.
// Called by service.ts.
import type { Audit } from '@palace/platform/audit/port.ts';
import type { Cache } from '@palace/platform/cache/port.ts';
import type { Database, Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import { RateLimiter } from '../limits.ts';
import type { GatewaySettings } from '../settings.ts';
import { authOn, type Auth } from './auth.ts';
import { channelOf, type Channel } from './channel.ts';
import { firstOwner, getMember } from './members.ts';
import { keepSignInLink, mintLink, removeExpired } from './one-time.ts';
import { Sessions } from './sessions.ts';
import { openSignIn, type SignIn } from './sign-in.ts';

const SWEEP_MS = 600_000;

export interface PeoplePlatform {
  readonly database: Database;
  readonly cache: Cache;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
}

export interface PeopleOptions {
  readonly settings: GatewaySettings;
  /** The address that people use. Known once the server listens, where it was not given. */
  readonly address: () => string;
}

export interface People {
  readonly database: Database;
  readonly settings: GatewaySettings;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly invitationsOf: RateLimiter;
  readonly auth: () => Promise<Auth>;
  channel(): Channel;
  /** The first owner. Made where the installation has none. */
  owner(tenant: string): Promise<string>;
  /** Without a person: the first owner. */
  link(tenant: string, person?: string): Promise<{ readonly url: string; readonly expiresAt: string; readonly person: string }>;
  close(): void;
}

export function openPeople(platform: PeoplePlatform, { settings, address }: PeopleOptions): People {
  const { database, cache, telemetry, audit } = platform;
  const auth = authOn(database.api, settings.sessionMs);
  const sessions = new Sessions(database, { cacheMs: settings.credentialCacheMs, idleMs: settings.sessionIdleMs });
  const signIn = openSignIn({
    database,
    audit,
    auth,
    settings,
    log: telemetry.log,
    perAccount: new RateLimiter('account', settings.ratePerAccount, cache),
    perAddress: new RateLimiter('sign-in', settings.rateSignIn, cache),
  });
  const sweeper = setInterval(() => void sweep(), SWEEP_MS);
  sweeper.unref();
  const sweep = (): Promise<void> =>
    removeExpired(database.api, settings.sessionIdleMs).catch((error: unknown) => telemetry.log.warn('Expired sessions could not be removed', { error }));
  const channel = (): Channel => channelOf(address());
  return {
    database,
    settings,
    auth,
    sessions,
    signIn,
    channel,
    invitationsOf: new RateLimiter('invitations', settings.rateInvitations, cache),
    owner: (tenant) => database.asTenant(tenant, (sql) => ownerOf({ database, auth, settings }, sql, tenant)),
    link: (tenant, person) => link({ database, auth, settings }, channel().base, tenant, person),
    close: () => clearInterval(sweeper),
  };
}

type LinkParts = Pick<People, 'database' | 'auth' | 'settings'>;

async function ownerOf({ auth }: LinkParts, sql: Sql, tenant: string): Promise<string> {
  return firstOwner(sql, tenant, async () => {
    const { createPerson, within } = await auth();
    return within(sql, () => createPerson('Owner', 'owner@localhost'));
  });
}

async function link(parts: LinkParts, base: string, tenant: string, wanted: string | undefined) {
  const { url, hash } = mintLink(base, 'sign-in');
  return parts.database.asTenant(tenant, async (sql) => {
    const person = wanted ?? (await ownerOf(parts, sql, tenant));
    if ((await getMember(sql, tenant, person)) === undefined) throw new PalaceError('not-found', { detail: 'There is no such person.' });
    const expiresAt = await keepSignInLink(sql, hash, tenant, person, parts.settings.signInLinkMs);
    return { url, expiresAt: expiresAt.toISOString(), person };
  });
}
