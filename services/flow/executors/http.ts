// `call: http`: one request through the egress client. Arguments are those of the OWS task, already evaluated.
// I1 Every request carries its stable key (Idempotency-Key) and the attempt; a remote that honours the key makes the act idempotent.
// I2 A status outside 200-299 (or 300-399 when redirects are off) is a communication fault with that status (OWS).
import { parseJsonText } from '@palace/platform/json.ts';
import type { Json } from '@palace/jq/jq.ts';
import { EgressFailure, type Egress, type EgressResponse } from '@palace/platform/egress/port.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';

interface HttpArgs {
  readonly method: string;
  readonly endpoint: string | { readonly uri: string };
  readonly headers?: Readonly<Record<string, Json>>;
  readonly query?: Readonly<Record<string, Json>>;
  readonly body?: Json;
  readonly output?: 'content' | 'response' | 'raw';
  readonly redirect?: boolean;
}

export interface HttpSettings {
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
}

export function httpExecutor(egress: Egress, settings: HttpSettings): Executor {
  return async (call) => {
    const args = call.args as unknown as HttpArgs;
    const url = addressOf(args);
    if (typeof url !== 'string') return { ok: false, fault: url, reach: 'not-sent' };
    const body = args.body === undefined ? undefined : typeof args.body === 'string' ? args.body : JSON.stringify(args.body);
    try {
      const response = await egress.request({
        tenant: call.tenant,
        method: args.method.toUpperCase(),
        url,
        headers: headersOf(call, args, body),
        deadlineMs: call.deadlineMs,
        signal: call.signal,
        maxResponseBytes: settings.maxResponseBytes,
        maxRedirects: args.redirect === false ? 0 : settings.maxRedirects,
        ...(body !== undefined && { body }),
      });
      return outcomeOf(args, url, response);
    } catch (error) {
      if (error instanceof EgressFailure) return failureOf(error);
      throw error;
    }
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

function headersOf(call: EffectCall, args: HttpArgs, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'idempotency-key': call.key,
    'palace-attempt': String(call.attempt),
    'palace-run': call.run,
    ...(body !== undefined && typeof args.body !== 'string' && { 'content-type': 'application/json' }),
    ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
  };
  for (const [name, value] of Object.entries(args.headers ?? {})) headers[name.toLowerCase()] = typeof value === 'string' ? value : JSON.stringify(value);
  return headers;
}

function outcomeOf(args: HttpArgs, url: string, response: EgressResponse): EffectOutcome {
  const { status } = response;
  const accepted = status >= 200 && (status < 300 || (args.redirect === false && status < 400));
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
    return { ok: true, result: { request: { method: args.method, uri: url }, statusCode: status, headers: { ...response.headers }, content } };
  }
  return { ok: true, result: content };
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

function failureOf(error: EgressFailure): EffectOutcome {
  const reach = error.reach === 'not-sent' ? 'not-sent' : 'unknown';
  if (error.kind === 'timeout') return { ok: false, fault: standardFault('timeout', error.message), reach };
  if (error.kind === 'refused') return { ok: false, fault: { ...standardFault('authorization', error.message), status: 403 }, reach };
  if (error.kind === 'bad-url') return { ok: false, fault: standardFault('configuration', error.message), reach };
  return { ok: false, fault: standardFault('communication', error.message), reach };
}
