// Server-sent events: writes what the iterator gives, as fast as the client reads it.
// I1 Backpressure is honoured: nothing is pulled from the iterator while the socket is full; a client that reads nothing for
//    STALLED_MS is dropped, so a slow reader holds one event and no more.
// I2 The stream ends at most `checkMs` plus one cache life after its key is revoked, expired, or loses the permission (S18).
// I3 HEAD is answered with the head at once, and holds nothing.
// I4 Ids and names never break a line; data is one line of JSON.
import type { ServerResponse } from 'node:http';
import type { SseEvent } from './contract.ts';
import type { Exchange } from './exchange.ts';

const STALLED_MS = 60_000;
const MOST_HELD = 65_536;
const LAST_EVENT_ID = /^[\x21-\x7e]{1,200}$/;

export interface StreamTerms {
  readonly heartbeatMs: number;
  readonly checkMs: number;
  /** Whether the caller may still see this; asked every `checkMs`. */
  stillAllowed(): Promise<boolean>;
  /** Aborted when the server drains. */
  readonly draining: AbortSignal;
}

export function validEventId(id: string): boolean {
  return LAST_EVENT_ID.test(id);
}

/** Resolves when the stream is over, whoever ended it. */
export async function stream(exchange: Exchange, events: AsyncIterable<SseEvent>, terms: StreamTerms): Promise<void> {
  const { response } = exchange;
  response.writeHead(200, [
    'content-type',
    'text/event-stream; charset=utf-8',
    'cache-control',
    'no-store, no-transform',
    'x-accel-buffering',
    'no',
    'x-content-type-options',
    'nosniff',
    'content-security-policy',
    "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy',
    'no-referrer',
    ...exchange.headers,
  ]);
  if (exchange.request.method === 'HEAD') {
    response.end();
    await events[Symbol.asyncIterator]().return?.();
    return;
  }
  response.write('retry: 1000\n\n');
  const iterator = events[Symbol.asyncIterator]();
  const over = ended(exchange, terms);
  const stop = keepAlive(exchange, terms);
  const turns = new Turns(response);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), over]);
      if (next === undefined || next.done === true) break;
      if (!turns.write(frame(next.value)) && !(await drained(exchange))) break;
    }
  } finally {
    stop();
    exchange.abort();
    // Not awaited: an iterator that waits for something that never comes would hold the connection open.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
    turns.flush();
    if (!response.destroyed) response.end();
  }
}

/**
 * What comes in one turn of the event loop leaves in one piece: a batch tells of hundreds of ends, and each write costs a system call.
 * Not by the response's own cork: it writes the end of a chunked answer before what it still holds.
 */
class Turns {
  private readonly response: ServerResponse;
  private held = '';

  constructor(response: ServerResponse) {
    this.response = response;
  }

  /** False: wait until the socket takes more. */
  write(text: string): boolean {
    if (this.held === '') setImmediate(() => this.flush());
    this.held += text;
    return this.held.length < MOST_HELD ? !this.response.writableNeedDrain : this.flush();
  }

  flush(): boolean {
    const text = this.held;
    this.held = '';
    return text === '' || this.response.destroyed ? !this.response.writableNeedDrain : this.response.write(text);
  }
}

/** Resolves with undefined when the client goes or the server drains. */
function ended(exchange: Exchange, terms: StreamTerms): Promise<undefined> {
  return new Promise((resolve) => {
    const end = (): void => resolve(undefined);
    if (terms.draining.aborted || exchange.signal.aborted) return end();
    exchange.signal.addEventListener('abort', end, { once: true });
    terms.draining.addEventListener('abort', end, { once: true });
    exchange.response.once('close', () => terms.draining.removeEventListener('abort', end));
  });
}

/** Comments that keep proxies from closing an idle stream, and the standing question whether the key is still good. */
function keepAlive(exchange: Exchange, terms: StreamTerms): () => void {
  const { response } = exchange;
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': heartbeat\n\n');
  }, terms.heartbeatMs);
  const check = setInterval(() => {
    // A check that fails for want of a database does not cut streams; the next one decides.
    terms.stillAllowed().then(
      (allowed) => {
        if (!allowed) exchange.abort();
      },
      () => undefined,
    );
  }, terms.checkMs);
  return () => {
    clearInterval(heartbeat);
    clearInterval(check);
  };
}

/** True when the socket takes more; false when it has gone or stalled. */
function drained(exchange: Exchange): Promise<boolean> {
  const { response, signal } = exchange;
  return new Promise((resolve) => {
    const settle = (ready: boolean): void => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      signal.removeEventListener('abort', onGone);
      resolve(ready);
    };
    const onDrain = (): void => settle(true);
    const onGone = (): void => settle(false);
    const timer = setTimeout(() => {
      response.destroy();
      settle(false);
    }, STALLED_MS);
    response.once('drain', onDrain);
    signal.addEventListener('abort', onGone, { once: true });
  });
}

function frame(event: SseEvent): string {
  const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`;
  return `${id}event: ${oneLine(event.event)}\ndata: ${JSON.stringify(event.data) ?? 'null'}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ');
}
