// better-auth as a library: users, accounts, sessions and the hashing of passwords, on our tables. Its own routes, cookies and limits are
// not used: every request goes through a declared route of ours, with permission, schema and audit (decision 0044).
// I1 It is loaded when somebody signs in, not before: an idle server does without its 48 MB.
// I2 Nothing of it leaves this machine. Its telemetry is off; were it switched on by the environment, it would go to its log, which is off.
// I3 No more passwords are hashed at once than leave threads for other work; beyond a short line more are refused (S31).
import { randomBytes } from 'node:crypto';
import type { Sql } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { randomText } from '../credentials.ts';

const ID_LENGTH = 20;
/** Each takes 32 MB and a thread of four for a twentieth of a second. */
const HASHES_AT_ONCE = 2;
const HASHES_WAITING = 100;

export const newId = (): string => randomText(ID_LENGTH);

export type Auth = Awaited<ReturnType<typeof load>>;

/** The same library however often it is asked for; loaded at the first time. */
export function authOn(sql: Sql, sessionMs: number): () => Promise<Auth> {
  let loaded: Promise<Auth> | undefined;
  return () =>
    (loaded ??= load(sql, sessionMs).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
}

async function load(sql: Sql, sessionMs: number) {
  const [{ betterAuth }, { authTables }] = await Promise.all([import('better-auth/minimal'), import('./auth-tables.ts')]);
  const tables = authTables(sql);
  const { $context } = betterAuth({
    database: tables.adapter,
    // It signs nothing for us: our cookies hold a token that says nothing.
    secret: randomBytes(32).toString('base64url'),
    baseURL: 'http://localhost',
    telemetry: { enabled: false, debug: true },
    logger: { disabled: true },
    emailAndPassword: { enabled: true },
    advanced: { database: { generateId: newId } },
    user: { modelName: 'person', fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' } },
    account: { modelName: 'account', fields: ACCOUNT_FIELDS },
    session: {
      modelName: 'session',
      fields: SESSION_FIELDS,
      additionalFields: { tenant: { type: 'string', required: true } },
      expiresIn: Math.floor(sessionMs / 1_000),
    },
  });
  const { internalAdapter: internal, password } = await $context;
  return {
    internal,
    within: tables.within,
    passwords: bounded(password),
    createPerson: async (name: string, email: string): Promise<string> =>
      (await internal.createUser({ name, email, emailVerified: false }, { method: 'invitation' })).id,
  };
}

const ACCOUNT_FIELDS = {
  userId: 'person',
  providerId: 'provider',
  accountId: 'account_id',
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  idToken: 'id_token',
  accessTokenExpiresAt: 'access_token_expires_at',
  refreshTokenExpiresAt: 'refresh_token_expires_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

const SESSION_FIELDS = {
  userId: 'person',
  ipAddress: 'ip_address',
  userAgent: 'user_agent',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  expiresAt: 'expires_at',
} as const;

export interface Passwords {
  hash(password: string): Promise<string>;
  verify(of: { readonly hash: string; readonly password: string }): Promise<boolean>;
}

function bounded(passwords: Passwords): Passwords {
  let working = 0;
  const line: (() => void)[] = [];
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (working >= HASHES_AT_ONCE) {
      if (line.length >= HASHES_WAITING) throw new PalaceError('overload.busy', { retryAfterSeconds: 1 });
      await new Promise<void>((resolve) => line.push(resolve));
    } else working += 1;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) working -= 1;
      else next();
    }
  };
  return { hash: (password) => inTurn(() => passwords.hash(password)), verify: (of) => inTurn(() => passwords.verify(of)) };
}
