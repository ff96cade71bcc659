// What a service needs to offer HTTP routes: who may call, what is loaded, what goes in and out. The gateway mounts them.
// I1 Every route declares a permission and a loader, or the boot fails (S01).
// I2 A loader fetches by (tenant, id) and answers undefined for foreign and unknown ids alike: both read 404 (S02).
// I3 Bodies and queries are strict schemas: unknown fields are refused (S07). One content type a route (S19).
// I4 Every route that is no GET says what the audit log tells of it, or why nothing, or the boot fails (S43).
import type { AuditDetail } from '@palace/platform/audit/port.ts';
import { z } from 'zod';
import { PERMISSIONS, PERSON_ROLES, ROLES } from './permissions.ts';
import type { Permission, Role } from './permissions.ts';

export { PERMISSIONS, PERSON_ROLES, ROLE_PERMISSIONS, ROLES } from './permissions.ts';
export type { Permission, Role } from './permissions.ts';

/** Who calls: only ever made from a verified credential. */
export interface Principal {
  readonly kind: 'api-key' | 'service' | 'person';
  /** Of a key its id; of a person `person/<id>`, wherever it is told who did something. */
  readonly id: string;
  readonly tenant: string;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
  /** Of a person, at the public door; it does not go on to service processes. */
  readonly signedIn?: SignedIn;
}

export interface SignedIn {
  readonly person: { readonly id: string; readonly name: string; readonly email: string };
  readonly session: { readonly id: string; readonly createdAt: string; readonly expiresAt: string };
}

/** Its owners run the installation: they alone hold back what is not theirs. */
export const INSTALLATION_TENANT = 'local';
export const ownsInstallation = ({ tenant, role }: Principal): boolean => tenant === INSTALLATION_TENANT && role === 'owner';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface SseEvent {
  readonly id?: string;
  readonly event: string;
  /** JSON value. */
  readonly data: unknown;
}

export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Server-sent events, ended by the iterator or by the client; heartbeats are the gateway's. */
  | { readonly events: AsyncIterable<SseEvent> };

export interface RouteContext<P, Q, B, R> {
  readonly principal: Principal;
  readonly tenant: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Of a route that takes its body as it comes. */
  readonly raw: RawRequest | undefined;
  /** What the loader found. */
  readonly resource: R;
  /** Present when the client sent an Idempotency-Key (1-200 visible ASCII characters). */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | undefined;
  /** True when the client prefers `text/event-stream` and the route offers it. */
  readonly wantsEvents: boolean;
  readonly lastEventId: string | undefined;
  readonly traceparent: string | undefined;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Aborted when the server drains: a route that waits answers now, with what there is. */
  readonly draining: AbortSignal;
  /** For audit and rate limits. */
  readonly clientAddress: string;
  /** What rates are counted by: an IPv4 address, or the /64 of an IPv6 one. */
  readonly rateKey: string;
  /** What the client calls this server: for checks, never to make links of (S17). */
  readonly host: string;
  /** Which page sent it, as a browser says (Origin, Sec-Fetch-Site). */
  readonly source: { readonly origin: string | undefined; readonly site: string | undefined };
  /** The client's own word, for people to tell their sessions apart. */
  readonly userAgent: string | undefined;
  /**
   * Call before waiting longer than a moment: gives back the slot of the bound on open requests. False when too many wait already;
   * then answer at once instead.
   */
  readonly park: () => boolean;
}

type Schema = z.ZodType;

/** What the audit log says of a route that changes something. */
export type AuditTerms<Said> =
  /** `detail` names what of the request may stand in the log: never a value that could be a secret. */
  | { readonly action: string; readonly detail?: (said: Said) => AuditDetail }
  /** Why it says nothing: where else what was done is kept. */
  | { readonly none: string };

/** A request whose signature covers its very bytes. */
export interface RawRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Uint8Array;
  /** The body under the rules of every other one. Throws `request.malformed`. */
  json(): unknown;
}

/** Where deliveries of webhooks are kept: given to the gateway by whoever joins the services. */
export interface HookIntake {
  /** Resolves after the commit. Throws PalaceError for what is not kept. */
  accept(id: string, request: RawRequest): Promise<{ readonly id: string; readonly duplicate: boolean }>;
}

export interface RouteSpec<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema, R = unknown> {
  readonly method: Method;
  /** OpenAPI style: `/v1/runs/{id}/events`. */
  readonly path: string;
  readonly summary: string;
  /** `authenticated`: every valid credential, whatever its role. */
  readonly permission: Permission | 'public' | 'authenticated';
  /** `collection`: the route reads or makes things of the tenant itself. A function loads one thing or answers 404. */
  readonly loader: 'collection' | ((tenant: string, params: z.output<P>) => Promise<R | undefined>);
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Of every route that is no GET. */
  readonly audit?: AuditTerms<{ readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> }>;
  /** Success schemas by status, for OpenAPI; answers are not checked at run time. */
  readonly responses: Readonly<Record<number, Schema | undefined>>;
  /** Offers text/event-stream beside JSON. */
  readonly events?: boolean;
  /** Answers 202/201 at most once per Idempotency-Key; the service stores the key in the transaction of the effect. */
  readonly idempotent?: boolean;
  /** Fields of the body that say how to answer, not what to do: the same key with other values in them is the same request. */
  readonly answerFields?: readonly string[];
  readonly maxBodyBytes?: number;
  /** The handler gets the bytes and the headers; JSON of any kind, and nothing of it is looked at before. Without `body`. */
  readonly rawBody?: boolean;
  /** A client on this machine whom nobody forwarded needs no credential (metrics of the local scraper). */
  readonly openOnLoopback?: boolean;
  handle(context: RouteContext<z.output<P>, z.output<Q>, z.output<B>, R>): Promise<Reply>;
}

/** A route with its types forgotten, as the gateway keeps it. */
export type Route = Omit<RouteSpec, 'handle' | 'loader' | 'audit'> & {
  readonly audit?: AuditTerms<never>;
  readonly loader: 'collection' | ((tenant: string, params: never) => Promise<unknown>);
  handle(context: never): Promise<Reply>;
};

/** Gives the handler its types and nothing else. */
export function route<P extends Schema, Q extends Schema, B extends Schema, R>(spec: RouteSpec<P, Q, B, R>): Route {
  return spec as unknown as Route;
}

/** What a service process offers the gateway. */
export interface ServiceDoor {
  readonly name: string;
  readonly routes: readonly Route[];
  /** Parts that /readyz reports. Ready when every value is true. */
  ready(): Readonly<Record<string, boolean>>;
  /** Why a part is not ready, one sentence for whoever runs the server; of those that can tell. */
  reasons?(): Readonly<Record<string, string>>;
  /** One sentence while the whole installation is held back: it answers, reads and keeps, and works on nothing. */
  held?(): string | undefined;
  /** Why nothing is kept now, one sentence; undefined while it is. */
  silence?(): string | undefined;
}

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  next: z.string(),
  traceId: z.string().optional(),
  errors: z
    .array(
      z.object({
        path: z.string(),
        message: z.string(),
        file: z.string().optional(),
        line: z.number().optional(),
        column: z.number().optional(),
        suggestion: z.string().optional(),
      }),
    )
    .optional(),
});
export type Problem = z.infer<typeof problemSchema>;

// ---- API keys ----
export const keyId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{16}$/, 'A key id has 16 letters and digits.');
const keyName = z.string().trim().min(1).max(100);
export const createKey = z.strictObject({
  name: keyName,
  /** What it may do. Never more than the key that creates it. */
  role: z.enum(ROLES),
  /** RFC 3339; without it the key lives until it is revoked. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
export const renameKey = z.strictObject({ name: keyName });
export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
  /** Written now and then, not with every request. */ lastUsedAt: z.string().optional(),
});
export const createdKey = apiKey.extend({ /** The whole key, shown this once. */ secret: z.string() });
export const listKeys = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const keyList = z.object({ items: z.array(apiKey), next: z.string().optional() });
export type ApiKey = z.infer<typeof apiKey>;

// ---- egress rules ----
/** `host:port`; an IPv6 address in brackets. */
export const egressAddress = z
  .string()
  .min(3)
  .max(300)
  .regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]):[1-9]\d{0,4}$/, 'Write HOST:PORT in lower case.')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'A port is at most 65535.');
export const putEgressRule = z.strictObject({ action: z.enum(['allow', 'deny']), reason: z.string().trim().min(1).max(300) });
export const egressRule = z.object({
  address: z.string(),
  host: z.string(),
  port: z.number().int(),
  action: z.enum(['allow', 'deny']),
  reason: z.string(),
  updatedAt: z.string(),
});
export const listEgressRules = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(200),
  cursor: z.string().max(300).optional(),
});
export const egressRuleList = z.object({ items: z.array(egressRule), next: z.string().optional() });
export type EgressRuleView = z.infer<typeof egressRule>;

// ---- environments ----
/** Always there. */
export const DEFAULT_ENVIRONMENT = 'default';
export const environmentName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'An environment has a name of lower-case letters, digits and "-", at most 63.');
export const environmentView = z.object({
  name: z.string(),
  variables: z.number().int(),
  secrets: z.number().int(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
});
export const environmentList = z.object({ items: z.array(environmentView) });
export type EnvironmentView = z.infer<typeof environmentView>;

export const variableName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'A name begins with a letter and has letters, digits, "_", "-" and ".", at most 100.');
/** Any JSON: `$variables.NAME`, and fields of it. */
export const putVariable = z.strictObject({ value: z.json() });
export const variableView = z.object({
  name: z.string(),
  value: z.unknown(),
  /** Rises each time that it is set. */ version: z.number().int(),
  updatedAt: z.string(),
  /** The id of the key that set it. */ updatedBy: z.string(),
});
export const variableList = z.object({ items: z.array(variableView) });
export type VariableView = z.infer<typeof variableView>;

// ---- secrets ----
/** Which environment a request is about. */
export const inEnvironment = z.strictObject({ environment: environmentName.default(DEFAULT_ENVIRONMENT) });
export const secretName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'A name begins with a letter and has letters, digits, "_", "-" and ".", at most 100.');
/** Text, or JSON of which flows take fields: `$secrets.NAME.field`. */
export const putSecret = z.strictObject({ value: z.json().refine((value) => value !== null && value !== '', 'A secret has a value.') });
export const secretView = z.object({
  name: z.string(),
  kind: z.enum(['text', 'json']),
  /** Rises each time that it is set. */ version: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** The id of the key that set it. */ updatedBy: z.string(),
});
export const listSecrets = z.strictObject({
  environment: environmentName.default(DEFAULT_ENVIRONMENT),
  limit: z.coerce.number().int().min(1).max(500).default(200),
  cursor: z.string().max(100).optional(),
});
export const secretList = z.object({ items: z.array(secretView), next: z.string().optional() });
export const rotatedSecrets = z.object({ keyVersion: z.number().int(), resealed: z.number().int() });
export type SecretView = z.infer<typeof secretView>;

// ---- the audit log ----
export const listAudit = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** Entries below this number. */
  cursor: z.coerce.number().int().min(1).optional(),
  action: z.string().max(100).optional(),
  actor: z.string().max(100).optional(),
});
const auditRecord = z.object({
  seq: z.number().int(),
  at: z.string(),
  actor: z.object({ kind: z.enum(['api-key', 'service', 'system', 'person']), id: z.string(), role: z.string().optional() }),
  action: z.string(),
  target: z.string(),
  address: z.string().optional(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  outcome: z.object({ /** The entry that it ends. */ of: z.number().int(), status: z.number().int(), code: z.string().optional() }).optional(),
  /** The text that was hashed, after the hash before it, the tenant and a NUL. */
  body: z.string(),
  /** SHA-256, hex. */
  hash: z.string(),
});
export const auditList = z.object({ items: z.array(auditRecord), next: z.string().optional() });
export const auditVerdict = z.discriminatedUnion('intact', [
  z.object({ intact: z.literal(true), entries: z.number().int(), firstSeq: z.number().int(), lastSeq: z.number().int(), lastHash: z.string() }),
  z.object({ intact: z.literal(false), seq: z.number().int(), what: z.string() }),
]);
export type AuditRecordView = z.infer<typeof auditRecord>;

// ---- people ----
const personName = z.string().trim().min(1).max(100);
/** In lower case. `owner@localhost` is one: the first owner of an installation has no other. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .min(3)
  .max(254)
  .regex(/^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,189}$/, 'Write NAME@HOST.');
export const personId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/, 'The id of a person has 20 letters and digits.');
const personRole = z.enum(PERSON_ROLES);
const newPassword = z.string().min(10, 'A password has at least 10 characters.').max(200);
const oneTimeToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'That is no token of a link.');
export const person = z.object({ id: z.string(), name: z.string(), email: z.string(), hasPassword: z.boolean() });
export type PersonView = z.infer<typeof person>;

export const signInByLink = z.strictObject({ token: oneTimeToken });
export const signInByPassword = z.strictObject({ email, password: z.string().min(1).max(200) });
/** Comes with the cookie. */
export const signedIn = z.object({ person, tenant: z.string(), role: z.enum(ROLES) });
export const putMe = z.strictObject({ name: personName });
/** `current` is needed when there is one. */
export const putPassword = z.strictObject({ current: z.string().min(1).max(200).optional(), next: newPassword });
export const sessionId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/, 'The id of a session has 20 letters and digits.');
export const sessionView = z.object({
  id: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** Written now and then. */ lastUsedAt: z.string(),
  /** Where it began. */ address: z.string().optional(),
  userAgent: z.string().optional(),
  /** The one that asks. */ current: z.boolean(),
});
export const sessionList = z.object({ items: z.array(sessionView) });
/** Without a person: the first owner of the tenant. */
export const createSignInLink = z.strictObject({ person: personId.optional() });
export const signInLink = z.object({ /** Works once. */ url: z.string(), expiresAt: z.string() });

export const memberView = person.extend({ role: z.enum(ROLES), /** Since when in this tenant. */ createdAt: z.string(), lastSeenAt: z.string().optional() });
export const listPeople = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(100).optional() });
export const memberList = z.object({ items: z.array(memberView), next: z.string().optional() });
export const changeMember = z.strictObject({ role: personRole });
export type MemberView = z.infer<typeof memberView>;

export const createInvitation = z.strictObject({ email, role: personRole });
export const invitationId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/, 'The id of an invitation has 20 letters and digits.');
export const invitation = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** The name of who invited, or of their key. */ invitedBy: z.string(),
});
export const createdInvitation = invitation.extend({ /** Shown this once; works once. */ url: z.string() });
export const invitationList = z.object({ items: z.array(invitation) });
export const lookAtInvitation = z.strictObject({ token: oneTimeToken });
export const invitationLook = z.object({ email: z.string(), role: z.enum(ROLES), tenant: z.string(), invitedBy: z.string() });
/** Who is a person here already gives their own password. */
export const acceptInvitation = z.strictObject({ token: oneTimeToken, name: personName, password: newPassword });
export type InvitationView = z.infer<typeof invitation>;

// ---- the caller, the system ----
export const me = z.object({
  id: z.string(),
  kind: z.enum(['api-key', 'service', 'person']),
  tenant: z.string(),
  role: z.enum(ROLES),
  permissions: z.array(z.enum(PERMISSIONS)),
  /** Of a person who is signed in. */
  person: person.optional(),
  session: z.object({ id: z.string(), createdAt: z.string(), expiresAt: z.string() }).optional(),
});
export const readiness = z.object({
  ready: z.boolean(),
  parts: z.record(z.string(), z.boolean()),
  /** Of parts that are not ready and can tell why. */
  reasons: z.record(z.string(), z.string()).optional(),
  /** Why nothing is worked on, while the whole installation is held back. */
  held: z.string().optional(),
});
export type Readiness = Omit<z.infer<typeof readiness>, 'ready' | 'reasons'>;

// ---- deliveries of webhooks ----
export const hookId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'The id of a webhook has 26 letters and digits.');
export const hookAccepted = z.object({ /** As the sender calls the message. */ id: z.string(), /** It had come before. */ duplicate: z.boolean() });
