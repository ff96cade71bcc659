// One request and its answer on one pooled connection.
// I1 At the deadline, or on abort, the socket is destroyed; a request that still waits for a connection is never written afterwards.
// I2 `not-sent` is claimed only while the first byte has not been handed to the socket.
// I3 No more than maxResponseBytes are kept; the first byte beyond destroys the socket.
import type { Dispatcher } from 'undici';
import type { OpenPool } from './pools.ts';
import { EgressFailure, type EgressFailureKind } from './port.ts';
import type { Target } from './target.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

export interface ExchangeRequest {
  readonly target: Target;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
  /** Time on the caller's monotonic clock. */
  readonly deadlineAt: number;
  readonly now: () => number;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly mayBegin?: (() => boolean) | undefined;
}

const MAX_TIMER_MS = 2_147_483_647;
const EMPTY = new Uint8Array(0);

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #open: OpenPool;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (failure: EgressFailure) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#fail('aborted', 'The request was aborted.');
  #controller: Dispatcher.DispatchController | undefined;
  #started = false;
  #done = false;
  #released = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(open: OpenPool, request: ExchangeRequest, resolve: (answer: Answer) => void, reject: (failure: EgressFailure) => void) {
    this.#request = request;
    this.#open = open;
    this.#resolve = resolve;
    this.#reject = reject;
    open.inFlight += 1;
    const leftMs = Math.min(MAX_TIMER_MS, Math.max(0, request.deadlineAt - request.now()));
    this.#timer = setTimeout(() => this.#fail('timeout', `${request.target.origin} did not answer within the deadline.`), leftMs);
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A second start would be a second sending of the same request: never.
    if (this.#done || this.#started) {
      controller.abort(new Error('ended before it was sent'));
      if (this.#started) this.#fail('reset', 'The connection broke while the request was under way.');
      return;
    }
    this.#controller = controller;
    // The timer may be late: a process that stood still must not write what others believe to be over.
    if (this.#request.now() >= this.#request.deadlineAt)
      return this.#fail('timeout', `The request to ${this.#request.target.origin} was not sent within the deadline.`);
    if (this.#request.mayBegin?.() === false) return this.#fail('aborted', 'The request was held back.');
    this.#started = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    this.#headers = flatHeaders(headers);
    const announced = Number(this.#headers['content-length'] ?? 0);
    if (this.#isBeyond(announced) && this.#request.method !== 'HEAD') this.#tooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#done) return;
    this.#bytes += chunk.byteLength;
    if (this.#isBeyond(this.#bytes)) this.#tooLarge();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#finish()) return;
    const body = this.#bytes === 0 ? EMPTY : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    const [kind, text] = describe(error, this.#started, this.#request.target);
    this.#fail(kind, text);
  }

  /** Written so that a limit that is no number allows nothing. */
  #isBeyond(bytes: number): boolean {
    return !(bytes <= this.#request.maxResponseBytes);
  }

  #tooLarge(): void {
    this.#fail('too-large', `${this.#request.target.origin} answered with more than ${this.#request.maxResponseBytes} bytes.`);
  }

  #fail(kind: EgressFailureKind, message: string): void {
    if (!this.#finish()) return;
    this.#chunks = [];
    this.#controller?.abort(new Error(message));
    this.#reject(new EgressFailure(kind, this.#started ? 'maybe-received' : 'not-sent', message));
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#release();
    return true;
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#open.inFlight -= 1;
  }
}

/** Null prototype, because names come from outside; repeated fields are joined as HTTP allows. */
function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH)/;

function describe(error: Error, started: boolean, target: Target): [EgressFailureKind, string] {
  const code = String((error as { code?: unknown }).code ?? error.name);
  if (code === 'UND_ERR_INVALID_ARG') return ['bad-url', `The request cannot be sent: ${error.message}.`];
  if (started) return ['reset', `The connection to ${target.origin} broke before the answer was complete (${code}).`];
  if (TLS_CODES.test(code)) return ['tls', `No trusted TLS connection to ${target.origin} (${code}): ${error.message}`];
  return ['connect', `${target.origin} cannot be reached (${code}).`];
}

export function exchange(open: OpenPool, request: ExchangeRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { target, method, headers, body } = request;
    if (request.signal?.aborted === true) return reject(new EgressFailure('aborted', 'not-sent', 'The request was aborted.'));
    const handler = new Exchange(open, request, resolve, reject);
    open.pool.dispatch({ path: target.path, method: method as Dispatcher.HttpMethod, headers, body: body ?? null }, handler);
  });
}
