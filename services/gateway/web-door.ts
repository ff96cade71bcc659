// The door of a console that is a process of its own: pages here, /v1 and /docs passed on to the gateway, so that a browser
// sees one origin: cookies and event streams need no exception. It has no database and decides nothing about who calls.
// I1 Host, Origin, path and size are judged here as at the gateway, and there once more: Host and Origin go along.
// I2 Both ways stream. An answer that is a stream holds the place of one; everything else stands among what waits.
// I3 The address of a client elsewhere goes along as X-Forwarded-For. It counts when the gateway names this process a trusted proxy.
// Opened by bin/ for `palace start web`.
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Telemetry } from '@palace/platform/telemetry/port.ts';
import type { z } from 'zod';
import { hasBody } from './body.ts';
import { readiness } from './contract.ts';
import { busy, type Exchange } from './exchange.ts';
import { createApp, mountEnd, mountPages, type Pages } from './mount.ts';
import type { Caller } from './host.ts';
import { passOn } from './pass-on.ts';
import { HttpDoor } from './server.ts';
import { DEFAULT_SETTINGS, type GatewaySettings } from './settings.ts';
import { Upstream } from './upstream.ts';
import { openWatch } from './watch.ts';

const PASSED_ON = /^\/(v1|docs)(\/|$)/;
const REQUEST_HEADERS = [
  ...['host', 'origin', 'sec-fetch-site', 'sec-fetch-mode', 'cookie', 'authorization', 'content-type', 'content-length', 'content-encoding'],
  ...['accept', 'accept-language', 'user-agent', 'idempotency-key', 'last-event-id', 'traceparent', 'expect'],
];
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer', 'proxy-authenticate', 'date']);
/** Longer than the longest wait of a route. */
const ANSWER_TIMEOUT_MS = 90_000;

export interface WebDoorOptions {
  readonly telemetry: Telemetry;
  readonly settings: Partial<GatewaySettings>;
  readonly gatewayUrl: string;
  /** The address that people use, when it is not this process'. */
  readonly publicUrl?: string;
  readonly pages: Pages;
}

export interface WebDoor {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  close(): Promise<void>;
}

export function openWebDoor({ telemetry, settings, gatewayUrl, publicUrl, pages }: WebDoorOptions): WebDoor {
  const gateway = new Upstream('gateway', gatewayUrl);
  const door = new HttpDoor({ settings: { ...DEFAULT_SETTINGS, ...settings }, publicUrl, watch: openWatch(telemetry) });
  const app = createApp();
  mountPages(app, pages, door.exchangeOf);
  mountEnd(app, door.exchangeOf);
  const dispatch = (exchange: Exchange): boolean => {
    const path = (exchange.request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/healthz') exchange.json(200, { status: 'ok' });
    else if (path === '/readyz') void answerReady(exchange, gateway, door.draining);
    else if (PASSED_ON.test(path)) forward(exchange, gateway, door.draining);
    else return false;
    return true;
  };
  return {
    listen: () => door.listen(dispatch, app),
    async close() {
      await door.close();
      gateway.close();
    },
  };
}

/** Ready when the gateway is: a console without it shows nothing. Says of the parts what the gateway says. */
async function answerReady(exchange: Exchange, gateway: Upstream, draining: AbortSignal): Promise<void> {
  const told = await gateway.ask('/readyz').then(
    ({ body }) => readinessOf(body),
    () => undefined,
  );
  const ready = told?.ready === true && !draining.aborted;
  exchange.json(ready ? 200 : 503, { ...told, ready, parts: { ...told?.parts, gateway: told !== undefined } });
}

function readinessOf(body: string): z.infer<typeof readiness> | undefined {
  try {
    return readiness.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function forward(exchange: Exchange, gateway: Upstream, draining: AbortSignal): void {
  const { request, response } = exchange;
  exchange.route = '/v1/*';
  if (!exchange.stepAside()) return exchange.fail(busy());
  const headers = headersToSend(request, exchange.caller);
  const outgoing = gateway.open({ method: request.method ?? 'GET', path: request.url ?? '/', headers, timeout: ANSWER_TIMEOUT_MS });
  const give = (): void => void outgoing.destroy();
  let sent = false;
  outgoing.on('socket', (socket) => (socket.connecting ? socket.once('connect', () => (sent = true)) : (sent = true)));
  outgoing.on('timeout', () => outgoing.destroy(new Error('The gateway did not answer in time.')));
  outgoing.on('continue', () => response.writeContinue());
  outgoing.on('close', () => response.off('close', give));
  outgoing.on('error', (cause) => {
    const changes = sent && request.method !== 'GET' && request.method !== 'HEAD';
    exchange.fail(new PalaceError(changes ? 'outcome.unknown' : 'unavailable.service', { detail: 'gateway', retryAfterSeconds: 1, cause }));
  });
  outgoing.on('response', (answer) => {
    try {
      relay(exchange, answer, draining);
    } catch (error) {
      exchange.fail(error);
    }
  });
  response.once('close', give);
  if (hasBody(request)) request.pipe(outgoing);
  else outgoing.end();
}

/** Who sits on this machine is not spoken for: the gateway may take the request for one from here, as people sign in over http only there. */
export function headersToSend({ headers }: Pick<IncomingMessage, 'headers'>, { address, loopback }: Pick<Caller, 'address' | 'loopback'>): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = {};
  for (const name of REQUEST_HEADERS) if (headers[name] !== undefined) sent[name] = headers[name];
  return loopback ? sent : { ...sent, 'x-forwarded-for': address };
}

function relay(exchange: Exchange, answer: IncomingMessage, draining: AbortSignal): void {
  const passed = Object.entries(answer.headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
  const headers = passed.flatMap(([name, value = []]) => [value].flat().flatMap((one) => [name, one]));
  const end = passOn(exchange, answer, headers);
  if (end === undefined) return;
  draining.addEventListener('abort', end, { once: true });
  exchange.response.once('close', () => draining.removeEventListener('abort', end));
}
