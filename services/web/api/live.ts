'use client';
// Live news: one hook a stream, and the state of the connection that the Live dot shows.
// I1 A stream that broke goes on after the last event that was received (Last-Event-ID): nothing is missed and nothing comes twice.
// I2 It is opened again after a wait that grows to ten seconds; at once when the network or the page comes back.
// I3 A page that nobody sees holds no stream for longer than half a minute: a browser has six connections to a host, for all its tabs.
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { isAbort, openStream } from './client.ts';
import { streamReader, type StreamEvent } from './event-stream.ts';
import { ApiProblem } from './problem.ts';

export type LiveState = 'live' | 'reconnecting' | 'offline';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const HIDDEN_MS = 30_000;

// ---- the state of all connections of the page ----
const troubles = new Map<string, number>();
const watchers = new Set<() => void>();
let away = false;

const tell = (): void => {
  for (const watcher of watchers) watcher();
};
/** Who asks the server says how it went; the trouble of a name ends with its next success, or with `undefined`. */
export function noteConnection(name: string, outcome: 'good' | 'bad' | undefined): void {
  const before = liveState();
  if (outcome === 'bad') troubles.set(name, (troubles.get(name) ?? 0) + 1);
  else troubles.delete(name);
  if (before !== liveState()) tell();
}
function liveState(): LiveState {
  if (away) return 'offline';
  return troubles.size === 0 ? 'live' : 'reconnecting';
}
function watchNetwork(watcher: () => void): () => void {
  const look = (): void => {
    away = !navigator.onLine;
    tell();
  };
  watchers.add(watcher);
  window.addEventListener('online', look);
  window.addEventListener('offline', look);
  return () => {
    watchers.delete(watcher);
    window.removeEventListener('online', look);
    window.removeEventListener('offline', look);
  };
}
export const useLiveState = (): LiveState => useSyncExternalStore(watchNetwork, liveState, () => 'live');

// ---- one stream ----
export interface LiveOptions {
  /** The path of the API, with its query; undefined while there is nothing to follow. */
  readonly path: string | undefined;
  /** The stream goes on behind it; read when the stream is opened. */
  readonly after?: string | undefined;
  /** In order. Batched: what came in one piece. */
  onEvents(events: readonly StreamEvent[]): void;
  /** Asked when a connection has ended: true when nothing more can come (the run has ended). The server ends a stream the same way for
   * that and for its own shutdown. */
  isOver?(): boolean;
  /** The stream cannot go on: no such thing, or no permission. */
  onProblem?(problem: ApiProblem): void;
}

export function useLive({ path, after, onEvents, isOver, onProblem }: LiveOptions): void {
  const heard = useRef({ onEvents, isOver, onProblem, after });
  useEffect(() => {
    heard.current = { onEvents, isOver, onProblem, after };
  });
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    let lastId = heard.current.after;
    void followWhileSeen(path, stop.signal, {
      lastId: () => lastId,
      isOver: () => heard.current.isOver?.() ?? false,
      onEvents: (events) => {
        lastId = events.findLast(({ id }) => id !== undefined)?.id ?? lastId;
        heard.current.onEvents(events);
      },
    }).then((end) => {
      if (end instanceof ApiProblem) heard.current.onProblem?.(end);
    });
    return () => stop.abort();
  }, [path]);
}

interface Follower {
  lastId(): string | undefined;
  isOver(): boolean;
  onEvents(events: readonly StreamEvent[]): void;
}
type End = 'over' | 'stopped' | ApiProblem;

async function followWhileSeen(path: string, stop: AbortSignal, follower: Follower): Promise<End> {
  const name = `stream ${path}`;
  stop.addEventListener('abort', () => noteConnection(name, undefined), { once: true });
  let waitMs = FIRST_WAIT_MS;
  while (!stop.aborted) {
    await seen(stop);
    const hidden = whenHidden(stop);
    const came = await followOnce(path, hidden.signal, follower, () => {
      noteConnection(name, 'good');
      waitMs = FIRST_WAIT_MS;
    });
    hidden.release();
    if (stop.aborted) break;
    if (follower.isOver() || (came instanceof ApiProblem && isFinal(came))) {
      noteConnection(name, undefined);
      return came instanceof ApiProblem ? came : 'over';
    }
    if (came === 'stopped') continue;
    noteConnection(name, 'bad');
    await rest(came instanceof ApiProblem ? Math.max(waitMs, came.retryAfterMs ?? 0) : waitMs, stop);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
  return 'stopped';
}

const isFinal = ({ status }: ApiProblem): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;

async function followOnce(path: string, signal: AbortSignal, follower: Follower, onOpen: () => void): Promise<'ended' | 'stopped' | ApiProblem> {
  try {
    const body = await openStream(path, follower.lastId(), signal);
    onOpen();
    const reader = streamReader();
    for await (const piece of textOf(body)) {
      const events = reader.push(piece);
      if (events.length > 0) follower.onEvents(events);
    }
    return 'ended';
  } catch (error) {
    if (signal.aborted || isAbort(error)) return 'stopped';
    return error instanceof ApiProblem ? error : 'ended';
  }
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Resolves while somebody looks at the page. */
function seen(stop: AbortSignal): Promise<void> {
  if (!document.hidden || stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !stop.aborted) return;
      document.removeEventListener('visibilitychange', look);
      stop.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    stop.addEventListener('abort', look);
  });
}

/** Aborts when the page was hidden for a while, or the hook ends. */
function whenHidden(stop: AbortSignal): { signal: AbortSignal; release(): void } {
  const away = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => away.abort(), HIDDEN_MS);
  };
  const end = (): void => away.abort();
  document.addEventListener('visibilitychange', look);
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  return {
    signal: away.signal,
    release: () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
      stop.removeEventListener('abort', end);
    },
  };
}

/** Shorter when the network comes back. */
function rest(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      window.removeEventListener('online', go);
      stop.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    window.addEventListener('online', go);
    stop.addEventListener('abort', go);
  });
}
