// `call: http`: one request through the egress client. Arguments are those of the OWS task, already evaluated.
// I1 Every request carries its stable key (Idempotency-Key) and the attempt; a remote that honours the key makes the act idempotent.
// I2 A status outside 200-299 (200-399 with `redirect: true`) is a communication fault with that status (OWS). Redirects are followed, unless
//    `redirect: false` makes them the fault that they are.
// I3 What echoes a secret is masked in the body before it is read, whatever its form.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Json } from '@palace/jq/jq.ts';
import { EgressFailure, type Egress, type EgressResponse } from '@palace/platform/egress/port.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { StepFault } from '../core/turn.ts';
import { credentialsFor } from './authentication.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';
import { Tokens } from './tokens.ts';

interface HttpArgs {
  readonly method: string;
  readonly endpoint: string | { readonly uri: string };
  readonly headers?: Readonly<Record<string, Json>>;
  readonly query?: Readonly<Record<string, Json>>;
  readonly body?: Json;
  /** `{scheme: properties}`; see authentication.ts. */
  readonly authentication?: Json;
  readonly output?: 'content' | 'response' | 'raw';
  readonly redirect?: boolean;
}

export interface HttpSettings {
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
}

/** One request of an act, everything evaluated. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case; they go before those that every request of ours has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly authentication?: Json;
  /** Default: redirects are followed. */
  readonly redirect?: boolean;
}

/** Whatever the remote answered, or why there is no answer. */
export type HttpAnswer = { readonly ok: true; readonly response: EgressResponse } | Extract<EffectOutcome, { ok: false }>;

/** For every executor that speaks HTTP: one act is one request, or two when the first is answered 401 and credentials allow it. */
export interface HttpClient {
  send(call: EffectCall, request: HttpRequest): Promise<HttpAnswer>;
}

export function createHttpClient(egress: Egress, settings: HttpSettings): HttpClient {
  const tokens = new Tokens(egress);
  async function exchange(call: EffectCall, request: HttpRequest): Promise<EgressResponse> {
    const untilMs = performance.now() + call.deadlineMs;
    const ask = (authorization: string | undefined): Promise<EgressResponse> =>
      egress.request({
        tenant: call.tenant,
        method: request.method,
        url: request.url,
        headers: { ...headersOf(call), ...request.headers, ...(authorization !== undefined && { authorization }) },
        deadlineMs: Math.max(0, untilMs - performance.now()),
        signal: call.signal,
        ...(call.mayBegin !== undefined && { mayBegin: call.mayBegin }),
        maxResponseBytes: settings.maxResponseBytes,
        maxRedirects: request.redirect === false ? 0 : settings.maxRedirects,
        ...(request.body !== undefined && { body: request.body }),
      });
    if (request.authentication === undefined || request.authentication === null) return ask(undefined);
    const credentials = await credentialsFor(call, request.authentication, request, tokens, untilMs);
    const response = await ask(credentials.first);
    if (response.status !== 401) return response;
    const other = await credentials.again(response).catch(unlessRefused);
    return other === undefined || other === credentials.first ? response : ask(other);
  }
  return {
    async send(call, request) {
      try {
        const response = await exchange(call, request);
        return { ok: true, response: { ...response, body: call.mask.bytes(response.body) } };
      } catch (error) {
        if (error instanceof EgressFailure) return failureOf(error);
        if (error instanceof StepFault) return { ok: false, fault: error.fault, reach: 'not-sent' };
        throw error;
      }
    },
  };
}

/** No other credentials: the first answer stands. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof StepFault) return undefined;
  throw error;
}

export function httpExecutor(client: HttpClient): Executor {
  return async (call) => {
    const args = call.args as unknown as HttpArgs;
    const url = addressOf(args);
    if (typeof url !== 'string') return { ok: false, fault: url, reach: 'not-sent' };
    const body = args.body === undefined ? undefined : typeof args.body === 'string' ? args.body : JSON.stringify(args.body);
    const answer = await client.send(call, {
      method: args.method.toUpperCase(),
      url,
      headers: givenHeaders(args, body),
      ...(body !== undefined && { body }),
      ...(args.authentication !== undefined && { authentication: args.authentication }),
      ...(args.redirect !== undefined && { redirect: args.redirect }),
    });
    return answer.ok ? outcomeOf(args, url, answer.response) : answer;
  };
}

function addressOf(args: HttpArgs): string | RunFault {
  const text = typeof args.endpoint === 'string' ? args.endpoint : args.endpoint?.uri;
  if (typeof text !== 'string') return standardFault('configuration', 'The endpoint of the call is not a text.');
  if (args.query === undefined || args.query === null) return text;
  if (!URL.canParse(text)) return standardFault('configuration', `The endpoint "${text.slice(0, 200)}" is not a URL.`);
  const url = new URL(text);
  for (const [name, value] of Object.entries(args.query)) {
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  }
  return url.href;
}

/** What every request carries (I1). */
function headersOf(call: EffectCall): Record<string, string> {
  return {
    accept: 'application/json',
    'idempotency-key': call.key,
    'palace-attempt': String(call.attempt),
    'palace-run': call.run,
    ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
  };
}

function givenHeaders(args: HttpArgs, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { ...(body !== undefined && typeof args.body !== 'string' && { 'content-type': 'application/json' }) };
  for (const [name, value] of Object.entries(args.headers ?? {})) headers[name.toLowerCase()] = typeof value === 'string' ? value : JSON.stringify(value);
  return headers;
}

function outcomeOf(args: HttpArgs, url: string, response: EgressResponse): EffectOutcome {
  const { status } = response;
  const accepted = status >= 200 && (status < 300 || (args.redirect === true && status < 400));
  if (!accepted) {
    // A gateway that gave up cannot know whether the remote acted.
    const reach = status === 502 || status === 504 ? 'unknown' : 'answered';
    const said = textOf(response).slice(0, 500);
    return {
      ok: false,
      fault: { ...standardFault('communication', `${args.method.toUpperCase()} ${url} answered ${status}${said === '' ? '' : `: ${said}`}`), status },
      reach,
    };
  }
  if (args.output === 'raw') return { ok: true, result: Buffer.from(response.body).toString('base64') };
  const content = contentOf(response);
  if (args.output === 'response') {
    return {
      ok: true,
      result: { request: { method: args.method, uri: url, headers: shown(args) }, statusCode: status, headers: { ...response.headers }, content },
    };
  }
  return { ok: true, result: content };
}

/** The headers that the step gave; credentials stay out of the result. */
function shown(args: HttpArgs): Record<string, Json> {
  return Object.fromEntries(Object.entries(args.headers ?? {}).filter(([name]) => !/^(?:authorization|proxy-authorization|cookie)$/i.test(name)));
}

const textOf = (response: EgressResponse): string => Buffer.from(response.body).toString('utf8').toWellFormed().replaceAll('\u0000', '\uFFFD');

function contentOf(response: EgressResponse): Json {
  if (response.body.byteLength === 0) return null;
  const text = textOf(response);
  if (!/[/+]json\b/i.test(response.headers['content-type'] ?? '')) return text;
  try {
    return parseJsonText(text) as Json;
  } catch {
    return text;
  }
}

function failureOf(error: EgressFailure): Extract<EffectOutcome, { ok: false }> {
  const reach = error.reach === 'not-sent' ? 'not-sent' : 'unknown';
  if (error.kind === 'unready' && reach === 'not-sent') return { ok: false, fault: standardFault('communication', error.message), reach, unready: true };
  if (error.kind === 'timeout') return { ok: false, fault: standardFault('timeout', error.message), reach };
  if (error.kind === 'refused') return { ok: false, fault: { ...standardFault('authorization', error.message), status: 403 }, reach };
  if (error.kind === 'bad-url') return { ok: false, fault: standardFault('configuration', error.message), reach };
  return { ok: false, fault: standardFault('communication', error.message), reach };
}
