// The gateway of a cluster: verifies the caller as for its own routes, then hands the request to a service process.
// I1 Only listed headers pass in either direction; identity goes in one signed header (identity.ts, S05).
// I2 Small bodies are read before anything is sent, so that they can be sent again; larger ones and streams pass through with backpressure.
// I3 A request moves on to the next process while nothing of it was accepted: nothing was sent, or the process answers that it drains.
//    After a broken connection it moves on when a repeat is harmless: a read, or a keyed request where the service keeps its key.
//    Every other change is then `outcome.unknown`, never a silent second try (E7).
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Express, NextFunction, Request } from 'express';
import { PalaceError } from '@palace/platform/errors.ts';
import { hasBody, readBytes } from './body.ts';
import type { Principal, Readiness, Route } from './contract.ts';
import type { Admission } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { checkInternalKey, IDENTITY_HEADER, signIdentity } from './identity.ts';
import type { OpenApi } from './openapi.ts';
import { passOn } from './pass-on.ts';
import type { GatewaySettings } from './settings.ts';
import { SlowBodies } from './slow-bodies.ts';
import { Upstream } from './upstream.ts';

export interface ProxyTarget {
  readonly name: string;
  readonly url: string;
  /** Paths that the service answers, e.g. `/v1/flows`. Several targets may share one: they take turns. */
  readonly prefixes: readonly string[];
  /** Paths whose POST keeps its Idempotency-Key with its effect: sent twice under one key it happens once. */
  readonly keyed?: RegExp;
}

const REQUEST_HEADERS = ['content-type', 'content-length', 'content-encoding', 'accept', 'idempotency-key', 'last-event-id'];
const RESPONSE_HEADERS = [
  'content-type',
  'content-length',
  'cache-control',
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-resource-policy',
  'retry-after',
  'allow',
  'location',
  'x-accel-buffering',
];
/** Larger bodies pass through and are sent once. */
const KEPT_BODY_BYTES = 65_536;
/** Longer than the longest wait of a route. */
const ANSWER_TIMEOUT_MS = 90_000;
const DOCUMENT_MS = 60_000;

export interface ProxyTerms {
  readonly admission: Admission;
  readonly settings: Pick<GatewaySettings, 'streamCheckMs'>;
  readonly draining: AbortSignal;
  readonly internalKey: string | undefined;
  exchangeOf(request: IncomingMessage): Exchange;
}

export interface Proxies {
  ready(): Promise<Readiness>;
  /** Adds the services' own descriptions; one that does not answer is left out. */
  describe(own: OpenApi): Promise<OpenApi>;
  close(): void;
}

export function mountProxies(app: Express, targets: readonly ProxyTarget[], terms: ProxyTerms): Proxies {
  const key = targets.length === 0 ? '' : checkInternalKey(terms.internalKey);
  const upstreams = targets.map((target) => new Upstream(target.name, target.url));
  const slowBodies = new SlowBodies();
  const prefixes = [...new Set(targets.flatMap((target) => target.prefixes))];
  for (const prefix of prefixes) {
    const choices = upstreams.filter((_upstream, at) => targets[at]!.prefixes.includes(prefix));
    const keyed = targets.find((target) => target.prefixes.includes(prefix))?.keyed;
    let turn = 0;
    app.use((request: Request, _response: unknown, next: NextFunction) => {
      if (!isUnder(prefix, request.path)) return next();
      turn = (turn + 1) % choices.length;
      const order = [...choices.slice(turn), ...choices.slice(0, turn)];
      const exchange = terms.exchangeOf(request);
      forward(exchange, { prefix, keyed, order, key, slowBodies }, terms).catch((error: unknown) => exchange.fail(error));
    });
  }
  return {
    ready: () => readyOf(upstreams),
    describe: describer(upstreams),
    close: () => upstreams.forEach((upstream) => upstream.close()),
  };
}

function isUnder(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

interface Way {
  readonly prefix: string;
  readonly keyed: RegExp | undefined;
  /** The processes to try. */
  readonly order: readonly Upstream[];
  readonly key: string;
  readonly slowBodies: SlowBodies;
}

/** `through`: it is sent as it comes, once. */
type Body = Buffer | 'none' | 'through';

async function forward(exchange: Exchange, way: Way, terms: ProxyTerms): Promise<void> {
  const { prefix, order, key } = way;
  exchange.route = `${prefix}/*`;
  const route = { permission: 'authenticated', path: prefix } as Route;
  const principal = await terms.admission.admit(exchange, route);
  const body = await bodyOf(exchange, way.slowBodies);
  let failure = new PalaceError('unavailable.service', { detail: order[0]?.name ?? prefix, retryAfterSeconds: 1 });
  for (const upstream of order) {
    const answer = await sendInItsTime(exchange, upstream, { principal, key, body }).catch((error: unknown) => {
      if (exchange.response.closed || !isRepeatable(exchange, body, way.keyed)) throw error;
      failure = error as PalaceError;
    });
    if (answer === undefined || answer === 'not-sent') continue;
    if (body === 'through' || !(await isDraining(answer))) return relay(exchange, answer, () => terms.admission.stillAllowed(principal, route), terms);
    answer.resume();
    if (failure.code === 'unavailable.service') failure = new PalaceError('unavailable.draining', { retryAfterSeconds: 1 });
  }
  throw failure;
}

async function bodyOf(exchange: Exchange, slowBodies: SlowBodies): Promise<Body> {
  const { request, response, caller } = exchange;
  if (!hasBody(request)) return 'none';
  if (!(Number(request.headers['content-length']) <= KEPT_BODY_BYTES)) return 'through';
  return slowBodies.wait(exchange, caller.rateKey, readBytes(request, response, KEPT_BODY_BYTES));
}

/** After a connection broke, nobody knows whether the service has it. */
function isRepeatable({ request }: Exchange, body: Body, keyed: RegExp | undefined): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  return body !== 'through' && request.method === 'POST' && request.headers['idempotency-key'] !== undefined && keyed?.test(path) === true;
}

/** Looks at the first bytes and puts them back. */
async function isDraining(answer: IncomingMessage): Promise<boolean> {
  if (answer.statusCode !== 503) return false;
  await once(answer, 'readable').catch(() => undefined);
  const head = answer.read() as Buffer | null;
  if (head === null) return false;
  answer.unshift(head);
  return head.includes('"code":"unavailable.draining"');
}

interface Signed {
  readonly principal: Principal;
  readonly key: string;
  readonly body: Body;
}

/**
 * A service that refuses our signature has another clock than it had, or another key: its refusal brings the time, nothing was
 * accepted, and the caller's credential is not at fault. What can be sent again is signed and sent once more.
 */
async function sendInItsTime(exchange: Exchange, upstream: Upstream, signed: Signed): Promise<IncomingMessage | 'not-sent'> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(exchange, upstream, signed);
    if (answer === 'not-sent' || answer.statusCode !== 401) return answer;
    answer.resume();
    if (attempt === 2 || signed.body === 'through') throw new PalaceError('unavailable.service', { detail: upstream.name, retryAfterSeconds: 1 });
  }
}

/** Resolves with the head of the answer, or `not-sent` when the service cannot have seen anything. */
async function send(exchange: Exchange, upstream: Upstream, { principal, key, body }: Signed): Promise<IncomingMessage | 'not-sent'> {
  const { request, response } = exchange;
  const signed = { method: request.method ?? 'GET', url: request.url ?? '/' };
  const identity = signIdentity(key, signed, { principal, address: exchange.caller.address }, await upstream.timeMs());
  const headers = { ...headersToSend(request), [IDENTITY_HEADER]: identity, traceparent: exchange.span.traceparent };
  return new Promise((resolve, reject) => {
    const outgoing = upstream.open({ method: signed.method, path: signed.url, headers, timeout: ANSWER_TIMEOUT_MS });
    let sent = false;
    const write = (): void => {
      sent = true;
      exchange.phase = signed.method === 'GET' || signed.method === 'HEAD' ? 'reading' : 'changing';
      if (body !== 'through') return void outgoing.end(body === 'none' ? undefined : body);
      if (request.headers.expect !== undefined) response.writeContinue();
      request.pipe(outgoing);
    };
    const give = (): void => void outgoing.destroy();
    outgoing.on('socket', (socket) => (socket.connecting ? socket.once(upstream.url.protocol === 'https:' ? 'secureConnect' : 'connect', write) : write()));
    outgoing.on('timeout', () => outgoing.destroy(new Error('The service did not answer in time.')));
    outgoing.on('close', () => response.off('close', give));
    outgoing.on('error', (error) => (sent ? reject(broken(exchange, error)) : resolve('not-sent')));
    outgoing.on('response', (answer) => {
      upstream.noteTime(answer);
      resolve(answer);
    });
    response.once('close', give);
  });
}

function broken(exchange: Exchange, cause: unknown): PalaceError {
  return new PalaceError(exchange.phase === 'changing' ? 'outcome.unknown' : 'unavailable.service', { retryAfterSeconds: 1, cause });
}

function headersToSend(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** Passes the answer on as it comes; a stream also ends when the key dies or the gateway drains. */
async function relay(exchange: Exchange, answer: IncomingMessage, stillAllowed: () => Promise<boolean>, terms: ProxyTerms): Promise<void> {
  const headers: string[] = [...exchange.headers];
  for (const name of RESPONSE_HEADERS) {
    const value = answer.headers[name];
    if (typeof value === 'string') headers.push(name, value);
  }
  const end = passOn(exchange, answer, headers);
  if (end !== undefined) watchStream(exchange, end, stillAllowed, terms);
}

function watchStream(exchange: Exchange, end: () => void, stillAllowed: () => Promise<boolean>, terms: ProxyTerms): void {
  const check = setInterval(() => {
    stillAllowed().then(
      (allowed) => {
        if (!allowed) end();
      },
      () => undefined,
    );
  }, terms.settings.streamCheckMs);
  terms.draining.addEventListener('abort', end, { once: true });
  exchange.response.once('close', () => {
    clearInterval(check);
    terms.draining.removeEventListener('abort', end);
  });
}

async function readyOf(upstreams: readonly Upstream[]): Promise<Readiness> {
  const asked = await Promise.all(
    upstreams.map((upstream) =>
      upstream.ask('/readyz').then(
        ({ status, body }) => ({ ready: status === 200, held: heldOf(body) }),
        () => ({ ready: false, held: undefined }),
      ),
    ),
  );
  const parts: Record<string, boolean> = {};
  // One living process is enough to serve.
  upstreams.forEach((upstream, at) => {
    parts[upstream.name] = parts[upstream.name] === true || asked[at]?.ready === true;
  });
  const held = asked.find((one) => one.held !== undefined)?.held;
  return { parts, ...(held !== undefined && { held }) };
}

function heldOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { held?: string }).held;
  } catch {
    return undefined;
  }
}

function describer(upstreams: readonly Upstream[]): (own: OpenApi) => Promise<OpenApi> {
  let merged: { readonly atMs: number; readonly document: OpenApi } | undefined;
  return async (own) => {
    if (upstreams.length === 0) return own;
    if (merged !== undefined && performance.now() - merged.atMs < DOCUMENT_MS) return merged.document;
    const documents = await Promise.all(
      upstreams.map((upstream) =>
        upstream.ask('/v1/openapi.json').then(
          ({ body }) => JSON.parse(body) as OpenApi,
          () => undefined,
        ),
      ),
    );
    const paths = Object.assign({}, ...documents.map((document) => document?.paths ?? {}), own.paths) as OpenApi['paths'];
    const sorted = Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1)));
    const document = { ...own, paths: sorted };
    if (documents.every((found) => found !== undefined)) merged = { atMs: performance.now(), document };
    return document;
  };
}
