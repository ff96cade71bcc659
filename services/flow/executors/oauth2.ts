// One token request (RFC 6749, RFC 8693 for token exchange, RFC 7523 for clients that sign): what is sent, and what the answer means.
// I1 A token is taken only when it is a bearer token, and from an issuer that the flow accepts where it names some.
import { createHmac, randomUUID } from 'node:crypto';
import { parseJsonText } from '@palace/platform/json.ts';
import { z } from 'zod';
import { standardFault } from '../core/faults.ts';
import { StepFault } from '../core/turn.ts';

const TOKEN = z.object({ token: z.string(), type: z.string() });

/** The properties of `oauth2` and `oidc`, evaluated. */
export const OAUTH2 = z.object({
  authority: z.string(),
  endpoints: z.object({ token: z.string().optional() }).optional(),
  grant: z.enum(['client_credentials', 'password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange']),
  client: z
    .object({
      id: z.string().optional(),
      secret: z.string().optional(),
      assertion: z.string().optional(),
      authentication: z.enum(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none']).optional(),
    })
    .optional(),
  request: z.object({ encoding: z.enum(['application/x-www-form-urlencoded', 'application/json']).optional() }).optional(),
  issuers: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  audiences: z.array(z.string()).optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  subject: TOKEN.optional(),
  actor: TOKEN.optional(),
});
export type OAuth2Policy = z.output<typeof OAUTH2>;

export interface TokenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Token {
  readonly token: string;
  readonly lifetimeMs: number;
  /** Takes the place of the refresh token that was sent. */
  readonly refresh?: string;
}

/** Of a token whose life nobody states. */
const DEFAULT_LIFETIME_MS = 300_000;
const ASSERTION_SECONDS = 60;

/** `refresh`: the newest refresh token, where one replaced that of the policy. */
export function tokenRequest(policy: OAuth2Policy, url: string, refresh: string | undefined, nowMs: number): TokenRequest {
  const fields: [string, string][] = [['grant_type', policy.grant], ...grantFields(policy, refresh)];
  if (policy.scopes !== undefined && policy.scopes.length > 0) fields.push(['scope', policy.scopes.join(' ')]);
  fields.push(...audienceFields(policy));
  const headers: Record<string, string> = { accept: 'application/json' };
  fields.push(...clientFields(policy, url, headers, nowMs));
  const encoding = policy.request?.encoding ?? 'application/x-www-form-urlencoded';
  headers['content-type'] = encoding;
  return { url, headers, body: encoding === 'application/json' ? jsonOf(fields) : new URLSearchParams(fields).toString() };
}

function grantFields(policy: OAuth2Policy, refresh: string | undefined): [string, string][] {
  switch (policy.grant) {
    case 'client_credentials':
      return [];
    case 'password':
      return [
        ['username', needed(policy.username, 'username')],
        ['password', needed(policy.password, 'password')],
      ];
    case 'refresh_token':
      return [['refresh_token', refresh ?? needed(policy.subject, 'subject').token]];
    case 'urn:ietf:params:oauth:grant-type:token-exchange': {
      const { token, type } = needed(policy.subject, 'subject');
      const actor: [string, string][] =
        policy.actor === undefined
          ? []
          : [
              ['actor_token', policy.actor.token],
              ['actor_token_type', policy.actor.type],
            ];
      return [['subject_token', token], ['subject_token_type', type], ...actor];
    }
  }
}

function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new StepFault(standardFault('configuration', `The grant of the authentication needs "${name}".`));
  return value;
}

/** Several may be named only where the grant's standard says how; others read one text. */
function audienceFields({ grant, audiences = [] }: OAuth2Policy): [string, string][] {
  if (audiences.length === 0) return [];
  return grant.startsWith('urn:') ? audiences.map((one) => ['audience', one]) : [['audience', audiences.join(' ')]];
}

function clientFields({ client }: OAuth2Policy, url: string, headers: Record<string, string>, nowMs: number): [string, string][] {
  if (client === undefined) return [];
  const method = client.authentication ?? 'client_secret_post';
  const id = method === 'none' ? (client.id ?? '') : needed(client.id, 'client.id');
  switch (method) {
    case 'client_secret_basic': {
      const pair = [id, needed(client.secret, 'client.secret')].map((text) => new URLSearchParams([['', text]]).toString().slice(1)).join(':');
      headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
      return [];
    }
    case 'client_secret_post':
      return client.secret === undefined
        ? [['client_id', id]]
        : [
            ['client_id', id],
            ['client_secret', client.secret],
          ];
    case 'client_secret_jwt':
      return asserted(id, client.assertion ?? signedAssertion(id, needed(client.secret, 'client.secret'), url, nowMs));
    case 'private_key_jwt':
      return asserted(id, needed(client.assertion, 'client.assertion'));
    case 'none':
      return id === '' ? [] : [['client_id', id]];
  }
}

const asserted = (id: string, assertion: string): [string, string][] => [
  ['client_id', id],
  ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
  ['client_assertion', assertion],
];

/** RFC 7523 with HS256, good for one request. */
function signedAssertion(id: string, secret: string, audience: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: id, sub: id, aud: audience, jti: randomUUID(), iat: seconds, exp: seconds + ASSERTION_SECONDS };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** A name that stands there twice becomes a list. */
function jsonOf(fields: readonly [string, string][]): string {
  const grouped = Map.groupBy(fields, ([name]) => name);
  return JSON.stringify(Object.fromEntries([...grouped].map(([name, same]) => [name, same.length === 1 ? same[0]![1] : same.map(([, value]) => value)])));
}

const ANSWER = z.object({
  access_token: z.string().min(1).max(65_536),
  token_type: z.string().optional(),
  expires_in: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,12}$/)
        .transform(Number),
    ])
    .optional(),
  refresh_token: z.string().min(1).optional(),
});

/** Throws StepFault. `said` is the body of an answer with a status of success. */
export function readToken(policy: OAuth2Policy, said: string, from: string, nowMs: number): Token {
  const parsed = ANSWER.safeParse(parseOrNull(said));
  if (!parsed.success) throw refused(`${from} answered without an access token.`);
  const { access_token: token, token_type: type, expires_in: seconds, refresh_token: refresh } = parsed.data;
  if (type !== undefined && type.toLowerCase() !== 'bearer')
    throw refused(`${from} gave a token of the type "${type.slice(0, 40)}"; only bearer tokens can be used.`);
  const claims = claimsOf(token);
  if (policy.issuers !== undefined && policy.issuers.length > 0 && !policy.issuers.includes(String(claims['iss'])))
    throw refused(`${from} gave a token that names no issuer among those of the authentication.`);
  const untilMs = typeof claims['exp'] === 'number' ? claims['exp'] * 1_000 - nowMs : undefined;
  const lifetimeMs = seconds !== undefined && seconds > 0 ? seconds * 1_000 : (untilMs ?? DEFAULT_LIFETIME_MS);
  return { token, lifetimeMs: Math.min(lifetimeMs, untilMs ?? Infinity), ...(refresh !== undefined && { refresh }) };
}

const refused = (detail: string): StepFault => new StepFault(standardFault('authentication', detail));

/** Not verified: it came from the issuer itself, and is only read to notice a mistake. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = parseOrNull(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return token.split('.').length === 3 && typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
}

export function parseOrNull(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    return null;
  }
}
