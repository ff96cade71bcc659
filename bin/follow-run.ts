// Follows one run until it ends: events wake it, looking at the run decides. A server that restarts meanwhile is waited for.
// I1 Every event after `after` is told once, in order, also across broken connections.
// I2 It ends: with the run, at the deadline, by the signal, or when nothing answered for GIVE_UP_MS.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsPath, type Api, type HistoryEvent, type RunDetail } from './api.ts';
import { NoAnswer } from './client.ts';
import { serverEvents } from './server-events.ts';

const LOOK_PAUSE_MS = 250;
const LOOK_ANYWAY_MS = 2_000;
const RECONNECT_MS = 500;
const GIVE_UP_MS = 60_000;
const PAGE = 1000;

export interface Following {
  readonly after: number;
  /** Epoch milliseconds; undefined: no limit. */
  readonly deadlineAt: number | undefined;
  readonly signal: AbortSignal;
  onEvent?(event: HistoryEvent): void;
  /** Called with every look at the run. */
  onLook?(run: RunDetail): void;
  /** The server stopped answering, or answers again. */
  onGone?(gone: boolean): void;
}

export type Followed = { readonly end: 'ended'; readonly run: RunDetail } | { readonly end: 'time-over' | 'interrupted' };

/** A quarantined run has not ended, but goes nowhere by itself. */
export function isOver(run: RunDetail): boolean {
  return ['completed', 'failed', 'cancelled', 'quarantined'].includes(run.status);
}

export async function followRun(api: Api, id: string, following: Following): Promise<Followed> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, following.signal]);
  const news = new News();
  const tape = { seq: following.after, tell: following.onEvent };
  let listening: Promise<void> | undefined;
  const onLook = (run: RunDetail): void => {
    // Nobody wants the events: they only wake us, so those before this look need not come.
    if (tape.tell === undefined) tape.seq = Math.max(tape.seq, run.lastSeq);
    if (!isOver(run)) listening ??= listen(api, id, tape, news, signal);
    following.onLook?.(run);
  };
  try {
    const followed = await lookUntilOver(api, id, { ...following, onLook }, news);
    stop.abort();
    await listening;
    if (followed.end === 'ended') await tellRest(api, id, tape);
    return followed;
  } finally {
    stop.abort();
  }
}

interface Tape {
  seq: number;
  readonly tell: Following['onEvent'] | undefined;
}

/** A bell with a memory of one ring. */
class News {
  #ring: (() => void) | undefined;
  #rung = true;
  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }
  async next(limitMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      const rung = new Promise<void>((resolve) => (this.#ring = resolve));
      const timer = new AbortController();
      await Promise.race([rung, sleep(limitMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined)]);
      timer.abort();
    }
    this.#rung = false;
  }
}

async function lookUntilOver(api: Api, id: string, following: Following, news: News): Promise<Followed> {
  let goneSince: number | undefined;
  for (;;) {
    const leftMs = following.deadlineAt === undefined ? LOOK_ANYWAY_MS : following.deadlineAt - Date.now();
    if (following.signal.aborted) return { end: 'interrupted' };
    await news.next(Math.max(0, Math.min(LOOK_ANYWAY_MS, leftMs)), following.signal);
    try {
      const run = await api.getRun(id, following.signal);
      if (goneSince !== undefined) following.onGone?.(false);
      goneSince = undefined;
      following.onLook?.(run);
      if (isOver(run)) return { end: 'ended', run };
    } catch (error) {
      if (following.signal.aborted) return { end: 'interrupted' };
      if (!(error instanceof NoAnswer)) throw error;
      if (goneSince === undefined) following.onGone?.(true);
      goneSince ??= Date.now();
      if (Date.now() - goneSince > GIVE_UP_MS) throw error;
    }
    if (following.deadlineAt !== undefined && Date.now() >= following.deadlineAt) return { end: 'time-over' };
    await sleep(LOOK_PAUSE_MS, undefined, { signal: following.signal }).catch(() => undefined);
  }
}

async function listen(api: Api, id: string, tape: Tape, news: News, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...(tape.seq > 0 ? { 'last-event-id': String(tape.seq) } : {}) };
      const response = await api.client.open(eventsPath(id, tape.seq), headers, signal);
      for await (const message of serverEvents(response)) {
        const event = JSON.parse(message.data) as Partial<HistoryEvent>;
        news.ring();
        if (typeof event.seq === 'number') record(tape, event as HistoryEvent);
      }
    } catch {
      // Looking at the run goes on without the stream and reports what is wrong.
    }
    news.ring();
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

function record(tape: Tape, event: HistoryEvent): void {
  if (event.seq <= tape.seq) return;
  tape.seq = event.seq;
  tape.tell?.(event);
}

/** What the stream had not brought when the run was seen to be over. */
async function tellRest(api: Api, id: string, tape: Tape): Promise<void> {
  if (tape.tell === undefined) return;
  for (;;) {
    const page = await api.history(id, tape.seq, PAGE);
    for (const event of page.items) record(tape, event);
    if (page.next === undefined || page.items.length === 0) return;
  }
}
