// The HTTP server: bounds on everything a client can hold open, the checks before routing, and the drain.
// I1 Nothing of a request is read beyond its head before a slot is free for it (R8, S31).
// I2 Health and metrics answer without a slot, so that an overloaded server is not taken for a dead one.
// I3 close() stops accepting, ends streams, waits for open requests up to `drainMs`, then cuts what is left (R10).
// I4 A connection that is kept open is not cut just when a request may be on its way: behind a gateway it stays for LINGER_MS, and what
//    comes meanwhile is told that the process drains, and to connect elsewhere.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS, PalaceError } from '@palace/platform/errors.ts';
import type { ErrorCode } from '@palace/platform/errors.ts';
import { Exchange, refuseBusy, refuseUnavailable } from './exchange.ts';
import type { Dispatch } from './mount.ts';
import { Refusals } from './refusals.ts';
import { HostGuard } from './host.ts';
import type { HostRules } from './host.ts';
import { Slots } from './limits.ts';
import { toProblem } from './problems.ts';
import type { GatewaySettings } from './settings.ts';
import type { Watch } from './watch.ts';

const LINGER_MS = 1_000;
const LINGER_STEP_MS = 20;
const UNSLOTTED = new Set(['/healthz', '/readyz', '/metrics']);
const CORS_METHODS = 'GET, POST, PUT, PATCH, DELETE';
const CORS_HEADERS = 'authorization, content-type, idempotency-key, last-event-id, traceparent';

export interface ServerOptions extends HostRules {
  readonly settings: GatewaySettings;
  readonly watch: Watch;
  /** Why the database keeps nothing now, when it does not: a server that is full because of that says so. */
  readonly unavailable?: () => string | undefined;
  /** Who connects here keeps connections and passes on what is refused. */
  readonly behindGateway?: boolean;
}

export class HttpDoor {
  readonly slots: Slots;
  private readonly options: ServerOptions;
  private readonly guard: HostGuard;
  private readonly server: Server;
  private readonly exchanges = new WeakMap<IncomingMessage, Exchange>();
  private readonly drain = new AbortController();
  private readonly refusals = new Refusals();
  private dispatch: Dispatch = () => false;
  /** Not counted yet. */
  private refused = 0;
  private app: RequestListener | undefined;

  constructor(options: ServerOptions) {
    this.options = options;
    this.slots = new Slots(options.settings);
    this.guard = new HostGuard(options);
    this.server = this.createServer();
  }

  get draining(): AbortSignal {
    return this.drain.signal;
  }

  readonly exchangeOf = (request: IncomingMessage): Exchange => {
    const exchange = this.exchanges.get(request);
    if (exchange === undefined) throw new Error('A request reached a route without passing the server.');
    return exchange;
  };

  /** `app` has what `dispatch` does not know. */
  async listen(dispatch: Dispatch, app: RequestListener): Promise<{ url: string; port: number }> {
    this.dispatch = dispatch;
    this.app = app;
    const { host, port } = this.options.settings;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'EADDRINUSE' ? new PalaceError('boot.port-busy', { detail: `${host}:${port} is in use.`, cause: error }) : error);
      });
      this.server.listen({ host, port, backlog: 1_024 }, resolve);
    });
    const bound = (this.server.address() as AddressInfo).port;
    return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound };
  }

  async close(): Promise<void> {
    this.drain.abort();
    this.refusals.tellAll();
    if (!this.server.listening) return;
    const lingerUntilMs = this.options.behindGateway === true ? performance.now() + LINGER_MS : 0;
    // The close of an HTTP server would cut idle connections at once.
    const closed = new Promise<void>((resolve) => this.server.once('close', resolve));
    if (lingerUntilMs > 0) NetServer.prototype.close.call(this.server);
    else this.server.close();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.options.settings.drainMs);
    });
    await Promise.race([this.slots.idle(), limit]);
    clearTimeout(timer);
    while (performance.now() < lingerUntilMs && (await this.connections()) > 0) await sleep(LINGER_STEP_MS);
    // Answers just written leave their sockets before those are cut.
    await new Promise((resolve) => setImmediate(resolve));
    this.server.close();
    setTimeout(() => this.server.closeAllConnections(), 100).unref();
    await closed;
  }

  private connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_error, count) => resolve(count)));
  }

  private createServer(): Server {
    const { settings } = this.options;
    const server = createServer({
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, settings.headersTimeoutMs),
      requireHostHeader: false,
      noDelay: true,
    });
    server.maxConnections = settings.maxConnections;
    server.setTimeout(settings.idleSocketTimeoutMs);
    const front = (request: IncomingMessage, response: ServerResponse): void => this.front(request, response);
    server.on('request', front).on('checkContinue', front);
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => this.front(request, response, 'request.expectation'));
    server.on('connect', (_request, socket: Duplex) => refuseRaw(socket, 405, 'method-not-allowed'));
    server.on('drop', () => server.closeIdleConnections());
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuseRaw(socket, 408, 'request.timeout');
      else if (error.code === 'HPE_HEADER_OVERFLOW') refuseRaw(socket, 431, 'request.too-large');
      else refuseRaw(socket, 400, 'request.malformed');
    });
    return server;
  }

  private front(request: IncomingMessage, response: ServerResponse, refusal?: ErrorCode): void {
    const slotted = !UNSLOTTED.has(request.url ?? '');
    const draining = slotted && this.drain.signal.aborted;
    if (slotted && !draining && !this.slots.enter('open', ownerOf(request))) return this.refuse(request, response);
    const exchange = new Exchange(
      request,
      response,
      this.guard.callerOf(request),
      this.options.watch,
      slotted && !draining ? { slots: this.slots, owner: ownerOf(request) } : undefined,
    );
    try {
      if (refusal !== undefined) throw new PalaceError(refusal);
      if (draining) {
        exchange.headers.push('connection', 'close');
        throw new PalaceError('unavailable.draining', { retryAfterSeconds: 1 });
      }
      this.guard.check(request, this.options.settings.maxUrlBytes);
      if (this.answerPreflight(exchange, request) || this.dispatch(exchange)) return;
      this.exchanges.set(request, exchange);
      this.app!(request, response);
    } catch (error) {
      exchange.fail(error);
    }
  }

  private refuse(request: IncomingMessage, response: ServerResponse): void {
    if (this.refused === 0) setImmediate(() => this.countRefused());
    this.refused += 1;
    const reason = this.options.unavailable?.();
    this.refusals.tell(request, () => (reason === undefined ? refuseBusy(request, response) : refuseUnavailable(request, response, reason)));
  }

  /** Together for one turn of the event loop. */
  private countRefused(): void {
    this.options.watch.refusedBusy(this.refused);
    this.refused = 0;
  }

  /** Only for origins that were configured; everybody else's browser gets no CORS header at all (S14). */
  private answerPreflight(exchange: Exchange, request: IncomingMessage): boolean {
    const origin = this.guard.corsOrigin(request);
    if (origin === undefined) return false;
    exchange.headers.push('access-control-allow-origin', origin, 'vary', 'origin');
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    const allow = ['access-control-allow-methods', CORS_METHODS, 'access-control-allow-headers', CORS_HEADERS, 'access-control-max-age', '600'];
    exchange.json(204, undefined, allow);
    return true;
  }
}

/** Whose place it takes: nothing is verified yet, so this gives nobody anything but a place. */
const ownerOf = ({ headers, socket }: IncomingMessage): string => headers.authorization ?? headers.cookie ?? socket.remoteAddress ?? '';

/** An answer to what never became a request. */
function refuseRaw(socket: Duplex, status: number, code: ErrorCode): void {
  const problem = JSON.stringify({ ...toProblem(new PalaceError(code), undefined), status });
  const head = [
    `HTTP/1.1 ${status} ${ERRORS[code].title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(problem)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${problem}`);
}
