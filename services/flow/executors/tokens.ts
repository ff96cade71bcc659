// Access tokens of OAuth 2.0 and OpenID Connect: asked for once, kept in this process until shortly before they end.
// I1 A token belongs to one tenant and one set of credentials: whoever has others, even by one letter, has another entry.
// I2 However many acts need it, one request is under way for it; each act waits no longer than its own deadline.
// I3 A refused token is dropped; the next request is made only if nobody has replaced it meanwhile.
// I4 Tokens are in this memory alone. A refresh token that its server replaced is forgotten with the process.
import { createHash } from 'node:crypto';
import { EgressFailure, type Egress, type EgressResponse } from '@palace/platform/egress/port.ts';
import { z } from 'zod';
import { standardFault } from '../core/faults.ts';
import { StepFault } from '../core/turn.ts';
import type { Mask } from '../core/mask.ts';
import { parseOrNull, readToken, tokenRequest, type OAuth2Policy, type Token } from './oauth2.ts';

const MOST_TOKENS = 2_000;
const MOST_AUTHORITIES = 500;
const REQUEST_MS = 15_000;
const LARGEST_ANSWER = 131_072;
const DISCOVERY_MS = 3_600_000;
/** A token is replaced when so much of its life is left, or a fifth of it when that is less. */
const EARLY_MS = 30_000;

export interface TokenWish {
  readonly tenant: string;
  readonly scheme: 'oauth2' | 'oidc';
  readonly policy: OAuth2Policy;
  /** The token that was just refused. */
  readonly refused?: string;
  readonly untilMs: number;
  readonly signal: AbortSignal;
  readonly mask: Mask;
}

interface Entry {
  readonly token: string;
  readonly staleMs: number;
}

export class Tokens {
  readonly #egress: Egress;
  readonly #kept = new Map<string, Entry>();
  /** The newest refresh tokens, where a server replaces them. */
  readonly #refresh = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<Entry>>();
  readonly #endpoints = new Map<string, { readonly url: string; readonly untilMs: number }>();

  constructor(egress: Egress) {
    this.#egress = egress;
  }

  /** Throws StepFault. */
  async get(wish: TokenWish): Promise<string> {
    const key = createHash('sha256')
      .update(JSON.stringify([wish.tenant, wish.scheme, wish.policy]))
      .digest('base64');
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.token !== wish.refused && performance.now() < kept.staleMs) return kept.token;
    let underWay = this.#underWay.get(key);
    if (underWay === undefined) {
      this.#kept.delete(key);
      underWay = this.#ask(key, wish).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, underWay);
      // Whoever asked may be gone when it fails.
      underWay.catch(() => undefined);
    }
    return (await within(underWay, wish)).token;
  }

  async #ask(key: string, { tenant, scheme, policy }: TokenWish): Promise<Entry> {
    const url = scheme === 'oidc' ? await this.#discovered(tenant, policy) : joined(policy.authority, policy.endpoints?.token ?? '/oauth2/token');
    const request = tokenRequest(policy, url, this.#refresh.get(key), Date.now());
    const response = await this.#send(tenant, { ...request, method: 'POST' });
    const from = originOf(url);
    if (response.status !== 200 && response.status !== 201) throw refusal(from, response);
    const found = readToken(policy, textOf(response), from, Date.now());
    if (found.refresh !== undefined && policy.grant === 'refresh_token') keep(this.#refresh, key, found.refresh, MOST_TOKENS);
    const entry = { token: found.token, staleMs: performance.now() + found.lifetimeMs - early(found) };
    keep(this.#kept, key, entry, MOST_TOKENS);
    return entry;
  }

  /** OpenID Connect Discovery: where the authority gives tokens. The document must speak of the authority that it was found at. */
  async #discovered(tenant: string, policy: OAuth2Policy): Promise<string> {
    const issuer = policy.authority.replace(/\/\.well-known\/openid-configuration\/?$/, '').replace(/\/$/, '');
    const key = `${tenant} ${issuer}`;
    const known = this.#endpoints.get(key);
    if (known !== undefined && performance.now() < known.untilMs) return known.url;
    const from = originOf(issuer);
    const response = await this.#send(tenant, {
      method: 'GET',
      url: joined(issuer, '/.well-known/openid-configuration'),
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) throw refusal(from, response);
    const document = DISCOVERY.safeParse(parseOrNull(textOf(response))).data;
    const accepted = [issuer, ...(policy.issuers ?? [])].map((one) => one.replace(/\/$/, ''));
    if (document === undefined || !accepted.includes(document.issuer.replace(/\/$/, '')))
      throw new StepFault(standardFault('authentication', `The OpenID configuration at ${from} speaks of another issuer, or names no token endpoint.`));
    if (issuer.startsWith('https:') && !document.token_endpoint.startsWith('https:'))
      throw new StepFault(standardFault('authentication', `The OpenID configuration at ${from} names a token endpoint without TLS.`));
    keep(this.#endpoints, key, { url: document.token_endpoint, untilMs: performance.now() + DISCOVERY_MS }, MOST_AUTHORITIES);
    return document.token_endpoint;
  }

  async #send(tenant: string, request: { method: string; url: string; headers: Readonly<Record<string, string>>; body?: string }): Promise<EgressResponse> {
    try {
      // Credentials follow no redirect.
      return await this.#egress.request({ tenant, ...request, deadlineMs: REQUEST_MS, maxResponseBytes: LARGEST_ANSWER, maxRedirects: 0 });
    } catch (error) {
      if (error instanceof EgressFailure) throw new StepFault(egressFault(error));
      throw error;
    }
  }
}

const DISCOVERY = z.object({ issuer: z.string(), token_endpoint: z.url() });

const early = ({ lifetimeMs }: Token): number => Math.min(EARLY_MS, lifetimeMs / 5);
const textOf = (response: EgressResponse): string => Buffer.from(response.body).toString('utf8');
const joined = (base: string, path: string): string => (/^https?:\/\//i.test(path) ? path : `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`);
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'The authority');

/** The oldest gives way. */
function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}

/** The error that OAuth has a name for; its description may say what was sent, so it stays there. */
function refusal(from: string, response: EgressResponse): StepFault {
  const said = (parseOrNull(textOf(response)) as { error?: unknown } | null)?.error;
  const why = typeof said === 'string' && /^[\w.:/ -]{1,80}$/.test(said) ? `: ${said}` : '';
  const detail = `${from} gave no token: it answered ${response.status}${why}.`;
  return new StepFault(
    response.status >= 500 || response.status === 429
      ? { ...standardFault('communication', detail), status: response.status }
      : standardFault('authentication', detail),
  );
}

function egressFault(error: EgressFailure) {
  const detail = `No token: ${error.message}`;
  if (error.kind === 'timeout') return standardFault('timeout', detail);
  if (error.kind === 'refused') return standardFault('authorization', detail);
  return standardFault(error.kind === 'bad-url' ? 'configuration' : 'communication', detail);
}

/** The request goes on for the others. */
async function within<T>(work: Promise<T>, { untilMs, signal }: TokenWish): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const give = (): void => stopped.reject(new StepFault(standardFault('timeout', 'No token within the deadline of the call.')));
  const timer = setTimeout(give, Math.max(0, untilMs - performance.now()));
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}
