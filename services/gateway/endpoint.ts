// One request through one route, always in this order: who, may they, what is named, what is said, then the service.
// I1 Identity comes from the admission alone; params, query and body never reach it (S07).
// I2 The loader runs before the body is read: a foreign id answers like an unknown one whatever was sent with it (S02).
// I3 Bodies and queries pass their schema or nothing is called.
// I4 What changes something is in the audit log before it is done (audited.ts).
import type { IncomingMessage } from 'node:http';
import { PalaceError } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import { audited, type AuditSink } from './audited.ts';
import type { SlowBodies } from './slow-bodies.ts';
import { checkBodyHeaders, checkRawHeaders, hasBody, parseJson, readBytes } from './body.ts';
import type { Principal, RawRequest, Reply, Route, RouteContext } from './contract.ts';
import { busy } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { idempotencyOf } from './idempotency.ts';
import { invalid } from './problems.ts';
import { parseQuery } from './query.ts';
import type { GatewaySettings } from './settings.ts';
import { stream, validEventId } from './sse.ts';

/** Who may come in: the gateway asks keys and rates, a service process asks the gateway's signature. */
export interface Admission {
  /** Throws a PalaceError for everybody else. Public routes pass without a credential. */
  admit(exchange: Exchange, route: Route): Principal | Promise<Principal>;
  stillAllowed(principal: Principal, route: Route): Promise<boolean>;
}

export interface EndpointTerms {
  readonly admission: Admission;
  readonly settings: Pick<GatewaySettings, 'maxBodyBytes' | 'heartbeatMs' | 'streamCheckMs'>;
  readonly draining: AbortSignal;
  readonly slowBodies: SlowBodies;
  readonly audit: AuditSink;
}

export async function serve(route: Route, exchange: Exchange, pathParams: Readonly<Record<string, unknown>>, terms: EndpointTerms): Promise<void> {
  exchange.route = route.path;
  const admitted = terms.admission.admit(exchange, route);
  const principal = admitted instanceof Promise ? await admitted : admitted;
  const params = parseParams(route, pathParams);
  const resource = route.loader === 'collection' ? undefined : await load(route, principal, params);
  const query = parseQueryOf(route, exchange.request);
  const bytes = route.rawBody === true ? await readRaw(route, exchange, terms) : undefined;
  const raw = bytes === undefined ? await readBody(route, exchange, route.permission === 'public' ? exchange.caller.rateKey : principal.id, terms) : undefined;
  const body = route.body === undefined ? undefined : checked(route.body, raw, 'body');
  exchange.phase = route.method === 'get' ? 'reading' : 'changing';
  const context = contextOf(route, exchange, principal, { params, query, body, raw, bytes, resource }, terms.draining);
  const act = (): Promise<Reply> => route.handle(context as never);
  const reply = route.method === 'get' ? await act() : await audited(terms.audit, route, context, exchange.request.url ?? '', act);
  await answer(route, exchange, principal, reply, terms);
}

function parseParams(route: Route, raw: Readonly<Record<string, unknown>>): unknown {
  if (route.params === undefined) return raw;
  const parsed = route.params.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new PalaceError('not-found', { detail: parsed.error.issues[0]?.message ?? '' });
}

async function load(route: Route, principal: Principal, params: unknown): Promise<unknown> {
  const loader = route.loader as (tenant: string, params: unknown) => Promise<unknown>;
  const resource = await loader(principal.tenant, params);
  if (resource === undefined) throw new PalaceError('not-found');
  return resource;
}

function parseQueryOf(route: Route, request: IncomingMessage): unknown {
  const raw = parseQuery(request.url ?? '');
  if (route.query !== undefined) return checked(route.query, raw, 'query');
  for (const name in raw) {
    throw new PalaceError('request.invalid', {
      errors: [{ path: `?${name.slice(0, 100)}`, message: 'There is no parameter by that name.' }],
    });
  }
  return raw;
}

/** `caller`: by whom slow bodies are counted; those of a public route by their address, since nobody has said yet who they are. */
async function readBody(route: Route, exchange: Exchange, caller: string, terms: EndpointTerms): Promise<unknown> {
  const { request, response } = exchange;
  if (route.body === undefined) {
    if (hasBody(request)) throw new PalaceError('request.invalid', { detail: 'This route takes no body.' });
    return undefined;
  }
  const maxBytes = route.maxBodyBytes ?? terms.settings.maxBodyBytes;
  if (!checkBodyHeaders(request, maxBytes)) return undefined;
  const bytes = await terms.slowBodies.wait(exchange, caller, readBytes(request, response, maxBytes));
  return bytes.length === 0 ? undefined : parseJson(bytes);
}

function readRaw(route: Route, exchange: Exchange, terms: EndpointTerms): Promise<Buffer> {
  const { request, response, caller } = exchange;
  const maxBytes = route.maxBodyBytes ?? terms.settings.maxBodyBytes;
  checkRawHeaders(request, maxBytes);
  return terms.slowBodies.wait(exchange, caller.rateKey, readBytes(request, response, maxBytes));
}

function rawOf(headers: IncomingMessage['headers'], bytes: Buffer | undefined): RawRequest | undefined {
  return bytes === undefined ? undefined : { headers, bytes, json: () => parseJson(bytes) };
}

function checked(schema: z.ZodType, value: unknown, where: 'body' | 'query'): unknown {
  if (value === undefined && !schema.safeParse(undefined).success) {
    throw new PalaceError('request.invalid', { detail: 'This route needs a JSON body.' });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error, where);
  return parsed.data;
}

interface Parsed {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly raw: unknown;
  readonly bytes: Buffer | undefined;
  readonly resource: unknown;
}

type AnyContext = RouteContext<unknown, unknown, unknown, unknown>;

function contextOf(route: Route, exchange: Exchange, principal: Principal, parsed: Parsed, draining: AbortSignal): AnyContext {
  const { request } = exchange;
  const { headers } = request;
  return {
    draining,
    principal,
    tenant: principal.tenant,
    params: parsed.params,
    query: parsed.query,
    body: parsed.body,
    raw: rawOf(headers, parsed.bytes),
    resource: parsed.resource,
    idempotency: idempotencyOf(headers['idempotency-key'], request, parsed.raw, route.answerFields),
    wantsEvents: route.events === true && acceptsEvents(headers.accept),
    lastEventId: lastEventIdOf(headers['last-event-id']),
    get traceparent() {
      return exchange.span.traceparent;
    },
    get signal() {
      return exchange.signal;
    },
    clientAddress: exchange.caller.address,
    rateKey: exchange.caller.rateKey,
    host: headers.host ?? '',
    source: { origin: headers.origin, site: headers['sec-fetch-site'] as string | undefined },
    userAgent: headers['user-agent'],
    park: () => exchange.move('parked'),
  };
}

/** True when the client lists text/event-stream with a weight above zero and not below JSON's. */
function acceptsEvents(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/event-stream')) return false;
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(',', 20)) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    weights.set(type, Number.isNaN(weight) ? 0 : weight);
  }
  const events = weights.get('text/event-stream') ?? 0;
  return events > 0 && events >= (weights.get('application/json') ?? 0);
}

function lastEventIdOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header !== 'string' || !validEventId(header)) {
    throw new PalaceError('request.invalid', { detail: 'Last-Event-ID has 1 to 200 visible ASCII characters.' });
  }
  return header;
}

async function answer(route: Route, exchange: Exchange, principal: Principal, reply: Reply, terms: EndpointTerms): Promise<void> {
  if ('events' in reply) {
    if (!exchange.move('stream')) throw busy();
    return stream(exchange, reply.events, {
      heartbeatMs: terms.settings.heartbeatMs,
      checkMs: terms.settings.streamCheckMs,
      stillAllowed: () => terms.admission.stillAllowed(principal, route),
      draining: terms.draining,
    });
  }
  const headers: string[] = [];
  for (const name in reply.headers) {
    if (name.toLowerCase() !== 'content-type') headers.push(name.toLowerCase(), reply.headers[name]!);
  }
  const type = reply.headers?.['content-type'];
  if (type !== undefined && typeof reply.body === 'string') exchange.text(reply.status, reply.body, type, headers);
  else exchange.json(reply.status, reply.body, headers);
}
