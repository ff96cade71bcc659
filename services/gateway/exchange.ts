// One request and its answer while they live: who called, which slot is held, and the only two ways to reply.
// I1 Every answer carries the security headers (S63); JSON is never cached and never sniffed.
// I2 Exactly one answer: a second one is dropped, so that a failure after the answer cannot garble it.
// I3 An answer that leaves a body unread closes the connection, after giving the client time to read the answer (S31).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS, PalaceError } from '@palace/platform/errors.ts';
import type { Span } from '@palace/platform/telemetry/port.ts';
import { hasBody } from './body.ts';
import type { Caller } from './host.ts';
import type { SlotKind, Slots } from './limits.ts';
import { problemHeaders, toPalaceError, toProblem } from './problems.ts';
import type { Phase } from './problems.ts';
import type { Watch } from './watch.ts';

const JSON_HEADERS = [
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy',
  'no-referrer',
  'cross-origin-resource-policy',
  'same-origin',
];
const LINGER_MS = 2_000;
/** Unread bytes below this are cheaper to read than a new connection. */
const SMALL_REST_BYTES = 65_536;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  caller: Caller;
  readonly span: Span;
  phase: Phase = 'before';
  /** For metrics and spans; the declared path, never the URL. */
  route = 'unmatched';
  /** Added to every answer: limits, CORS. */
  readonly headers: string[] = [];
  private readonly watch: Watch;
  private readonly startedMs = performance.now();
  /** Since when it has its place among the open ones. */
  private openSinceMs = this.startedMs;
  private readonly slots: Slots | undefined;
  private readonly owner: string;
  private slot: SlotKind | undefined;
  private aborter: AbortController | undefined;
  private closed = false;
  /** What it waited for in vain says nothing about how fast answers are given. */
  private inVain = false;

  /** `place`: the slot that it holds for an open request; undefined when it needs none. */
  constructor(request: IncomingMessage, response: ServerResponse, caller: Caller, watch: Watch, place?: { readonly slots: Slots; readonly owner: string }) {
    this.request = request;
    this.response = response;
    this.caller = caller;
    this.watch = watch;
    this.slots = place?.slots;
    this.owner = place?.owner ?? '';
    this.slot = place === undefined ? undefined : 'open';
    this.span = watch.spanOf(request.headers.traceparent as string | undefined);
    response.on('close', () => this.onClose());
  }

  /** Aborted when the client has gone or the server drains. Made only for those who ask. */
  get signal(): AbortSignal {
    this.aborter ??= new AbortController();
    if (this.closed) this.aborter.abort();
    return this.aborter.signal;
  }

  abort(): void {
    this.aborter?.abort();
  }

  /** Exchanges the slot held for one of another kind. */
  move(to: SlotKind): boolean {
    if (this.slots === undefined || this.slot === to) return true;
    if (this.slot === undefined || !this.slots.move(this.slot, to, performance.now() - this.openSinceMs, this.owner)) return false;
    this.slot = to;
    this.openSinceMs = performance.now();
    return true;
  }

  /** Parks it for what the client takes its time with: that says nothing about how fast answers are given. */
  stepAside(): boolean {
    if (this.slots === undefined) return true;
    if (this.slot !== 'open' || !this.slots.move('open', 'parked', undefined, this.owner)) return false;
    this.slot = 'parked';
    return true;
  }

  json(status: number, body: unknown, headers: readonly string[] = []): void {
    this.text(status, body === undefined ? '' : JSON.stringify(body), 'application/json; charset=utf-8', headers);
  }

  text(status: number, text: string, contentType: string, headers: readonly string[] = []): void {
    if (this.response.headersSent || this.closed) return;
    const own = headers.includes('content-security-policy') ? withoutPolicy : JSON_HEADERS;
    const bodyHeaders = text === '' ? ['content-length', '0'] : ['content-type', contentType, 'content-length', String(Buffer.byteLength(text))];
    const list = [...own, ...this.headers, ...headers, ...(status === 204 ? [] : bodyHeaders)];
    answer(this.request, this.response, status, list, status === 204 ? '' : text);
  }

  /** Any failure, as a problem. Bugs are logged with their stack and answered without it. */
  fail(thrown: unknown): void {
    const error = toPalaceError(thrown, this.phase);
    const { status } = ERRORS[error.code];
    this.inVain = error.code.startsWith('unavailable.') || error.code === 'outcome.unknown';
    if (status >= 500 || error.code === 'overload.rate') this.watch.refusedOrFailed(this, error);
    if (this.response.headersSent) return this.response.destroyed ? undefined : void this.response.destroy();
    const path = this.request.url?.split('?', 1)[0]?.slice(0, 300);
    this.text(status, JSON.stringify(toProblem(error, this.span.traceId, path)), 'application/problem+json', problemHeaders(error));
  }

  private onClose(): void {
    const tookMs = performance.now() - this.startedMs;
    this.closed = true;
    if (this.slot !== undefined) this.slots?.leave(this.slot, this.inVain ? undefined : performance.now() - this.openSinceMs, this.owner);
    this.slot = undefined;
    if (!this.response.writableFinished) this.aborter?.abort();
    this.watch.finished(this, this.response.statusCode, tookMs / 1000);
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, headers: readonly string[], text: string): void {
  const unread = !request.complete && hasBody(request) && !request.readableEnded;
  if (!unread || restIsSmall(request)) {
    response.writeHead(status, headers as string[]);
    response.end(text);
    if (unread) request.resume();
    return;
  }
  response.writeHead(status, [...headers, 'connection', 'close']);
  response.write(text);
  lingerThenEnd(request, response);
}

const withoutPolicy = [...JSON_HEADERS.slice(0, 4), ...JSON_HEADERS.slice(6)];

function restIsSmall(request: IncomingMessage): boolean {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  return length <= SMALL_REST_BYTES && request.headers.expect === undefined;
}

/** The client has the whole answer by its length; closing at once would reset the connection while it still sends. */
function lingerThenEnd(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(() => {
    response.end();
    request.destroy();
  }, LINGER_MS);
  request.once('end', end).once('close', end).resume();
}

/** Made once: under a flood a stack a refusal cost more than the refusal. */
const BUSY = new PalaceError('overload.busy', { retryAfterSeconds: 1 });

export function busy(): PalaceError {
  return BUSY;
}

/** A refusal that many get alike, made once: nothing was made of their requests. */
export interface PreparedAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly text: string;
}

export function prepare(error: PalaceError, headers: readonly string[] = []): PreparedAnswer {
  const text = JSON.stringify(toProblem(error, undefined));
  const about = ['content-type', 'application/problem+json', 'content-length', String(Buffer.byteLength(text))];
  return { status: ERRORS[error.code].status, headers: [...JSON_HEADERS, ...headers, ...problemHeaders(error), ...about], text };
}

const BUSY_ANSWER = prepare(BUSY);

/** The server is full; where it is full of requests that wait for a database that does not answer, that is the `reason`. */
export function preparedBusy(reason: string | undefined): PreparedAnswer {
  return reason === undefined ? BUSY_ANSWER : prepare(new PalaceError('unavailable.database', { detail: reason, retryAfterSeconds: 1 }));
}

export function refuse(request: IncomingMessage, response: ServerResponse, { status, headers, text }: PreparedAnswer): void {
  if (!response.destroyed) answer(request, response, status, headers, text);
}
