// Is this delivery from whom it says? Pure: the bytes as they came, the headers, the keys and the time decide.
// I1 Signatures cover the raw bytes and are compared in constant time, with every active key.
// I2 Standard Webhooks sign id and time too: a delivery that is older or newer than five minutes is refused, so that it can be remembered
//    which ids have come. The other two forms sign no time; there only the id keeps a repeat out.
// Called by triggers/hook-intake.ts.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WEBHOOK_SCHEMES } from '../trigger-contract.ts';

export type WebhookScheme = (typeof WEBHOOK_SCHEMES)[number];

export interface Delivery {
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Uint8Array;
}

export interface WebhookTerms {
  readonly scheme: WebhookScheme;
  /** `token`: the header that carries the secret, lower case. */
  readonly header: string;
  /** The secrets that count now, newest first. */
  readonly secrets: readonly string[];
}

export type Verdict =
  /** `id`: what the sender calls the message; undefined when it names none. `subject`: what it says of its kind. */
  { readonly ok: true; readonly id: string | undefined; readonly subject?: string } | { readonly ok: false; readonly why: string };

const TOLERANCE_S = 300;
const MOST_SIGNATURES = 20;
const ID = /^[\x21-\x7e]{1,200}$/;
const SECRET_PREFIX = 'whsec_';
/** Where senders that sign only a body, or nothing, name the message. */
const ID_HEADERS = ['webhook-id', 'x-github-delivery', 'x-gitlab-event-uuid', 'idempotency-key'];
const SUBJECT_HEADERS = ['x-github-event', 'x-gitlab-event'];

export function verifyDelivery(terms: WebhookTerms, delivery: Delivery, nowMs: number): Verdict {
  if (terms.secrets.length === 0) return refused('The webhook has no active key.');
  if (terms.scheme === 'standard') return verifyStandard(terms.secrets, delivery, nowMs);
  const genuine = terms.scheme === 'github' ? isGithub(terms.secrets, delivery) : hasToken(terms, delivery);
  if (typeof genuine === 'string') return refused(genuine);
  const id = firstOf(delivery, ID_HEADERS);
  if (id !== undefined && !ID.test(id)) return refused('The id of the message has other than 1 to 200 visible characters.');
  const subject = firstOf(delivery, SUBJECT_HEADERS)?.slice(0, 200);
  return { ok: true, id, ...(subject !== undefined && { subject }) };
}

const refused = (why: string): Verdict => ({ ok: false, why });

function header({ headers }: Delivery, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const firstOf = (delivery: Delivery, names: readonly string[]): string | undefined =>
  names.map((name) => header(delivery, name)).find((value) => value !== undefined);

function verifyStandard(secrets: readonly string[], delivery: Delivery, nowMs: number): Verdict {
  const id = header(delivery, 'webhook-id');
  const timestamp = header(delivery, 'webhook-timestamp');
  const signatures = header(delivery, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined)
    return refused('The headers webhook-id, webhook-timestamp and webhook-signature are needed.');
  if (!ID.test(id)) return refused('webhook-id has other than 1 to 200 visible characters.');
  if (!/^\d{1,12}$/.test(timestamp)) return refused('webhook-timestamp must be seconds since 1970.');
  const given = signatures.split(' ');
  if (given.length > MOST_SIGNATURES) return refused(`webhook-signature has more than ${MOST_SIGNATURES} signatures.`);
  const offS = Math.abs(Math.floor(nowMs / 1_000) - Number(timestamp));
  const signed = given.flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []));
  const genuine = secrets.some((secret) => {
    const wanted = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.`).update(delivery.bytes).digest();
    return signed.map((one) => equal(one, wanted)).some(Boolean);
  });
  if (!genuine) return refused('The signature does not fit.');
  // After the signature: only the sender learns that its clock is wrong.
  if (offS > TOLERANCE_S) return refused(`webhook-timestamp is ${offS} s away from now; at most ${TOLERANCE_S} s are taken.`);
  return { ok: true, id };
}

/** True, or why not. */
function isGithub(secrets: readonly string[], delivery: Delivery): true | string {
  const signature = header(delivery, 'x-hub-signature-256');
  if (signature === undefined) return 'The header X-Hub-Signature-256 is needed.';
  const given = /^sha256=([0-9a-f]{64})$/i.exec(signature)?.[1];
  if (given === undefined) return 'X-Hub-Signature-256 must be "sha256=" and 64 hexadecimal digits.';
  const bytes = Buffer.from(given, 'hex');
  const genuine = secrets.some((secret) => equal(bytes, createHmac('sha256', secret).update(delivery.bytes).digest()));
  return genuine || 'The signature does not fit.';
}

function hasToken({ header: name, secrets }: WebhookTerms, delivery: Delivery): true | string {
  const token = header(delivery, name);
  if (token === undefined) return `The header ${name} is needed.`;
  const given = digest(token);
  return secrets.map((secret) => equal(given, digest(secret))).some(Boolean) || 'The token does not fit.';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function equal(given: Uint8Array, wanted: Uint8Array): boolean {
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

const standardKey = (secret: string): Buffer => Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');

/** A new secret of 32 bytes of chance, in the form of its scheme. */
export function secretFrom(scheme: WebhookScheme, chance: Uint8Array): string {
  return scheme === 'standard' ? `${SECRET_PREFIX}${Buffer.from(chance).toString('base64')}` : Buffer.from(chance).toString('base64url');
}

/** Why a secret that somebody brings cannot be used; undefined when it can. */
export function whyNoSecret(scheme: WebhookScheme, secret: string): string | undefined {
  if (scheme !== 'standard') return /^[\x21-\x7e]{16,200}$/.test(secret) ? undefined : 'A secret has 16 to 200 visible ASCII characters.';
  const form = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret);
  const { length } = standardKey(secret);
  return form && length >= 24 && length <= 64 ? undefined : 'A Standard Webhooks secret is "whsec_" and 24 to 64 bytes in base64.';
}
