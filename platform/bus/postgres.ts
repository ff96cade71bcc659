// The bus over PostgreSQL: LISTEN and NOTIFY on one channel, for small clusters without Kafka.
// I1 Messages of one turn travel in one statement, packed into as few notifications as their 8,000 bytes allow.
// I2 A lost connection is opened again with growing pauses; what was published meanwhile is dropped (the port allows it).
// I3 A message comes back to its own process as well: listeners need not know who published.
// Called by platform.ts; passes bus.suite.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, DedicatedClient } from '../database/port.ts';
import type { Log } from '../telemetry/port.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import type { Bus } from './port.ts';
import { Subscriptions } from './subscriptions.ts';

const CHANNEL = 'palace_bus';
/** PostgreSQL takes less than 8,000 bytes. */
const LARGEST_NOTIFICATION_BYTES = 7_900;
const MAX_WAITING = 10_000;
const NOTIFICATIONS_PER_STATEMENT = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Connects in the background: a bus that is away keeps nobody from starting. */
export function postgresBus(database: Database, log: Log): Bus {
  const state: State = {
    database,
    log,
    subscriptions: new Subscriptions(log),
    waiting: new Set(),
    client: undefined,
    sending: false,
    closing: new AbortController(),
  };
  const connecting = keepConnected(state);
  return {
    publish(message) {
      const text = encodeMessage(message);
      // Equal hints of one turn are one hint.
      if (state.closing.signal.aborted || state.waiting.size >= MAX_WAITING) return;
      state.waiting.add(text);
      if (state.waiting.size === 1 && !state.sending) setImmediate(() => void send(state));
    },
    subscribe: (topic, listener) => state.subscriptions.add(topic, listener),
    async close() {
      state.closing.abort();
      state.subscriptions.clear();
      await state.client?.end().catch(() => undefined);
      await connecting;
    },
  };
}

interface State {
  readonly database: Database;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  readonly waiting: Set<string>;
  client: DedicatedClient | undefined;
  sending: boolean;
  readonly closing: AbortController;
}

async function keepConnected(state: State): Promise<void> {
  const { signal } = state.closing;
  for (let failures = 0; !signal.aborted;) {
    try {
      await listenUntilGone(state);
      failures = 0;
      if (!signal.aborted) state.log.warn('the bus lost its connection and opens it again');
    } catch (error) {
      failures++;
      if (!signal.aborted) state.log.warn('the bus cannot reach the database', { error, failures });
    }
    state.client = undefined;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function listenUntilGone(state: State): Promise<void> {
  const client = await state.database.dedicated('engine');
  const gone = new Promise<void>((resolve) => client.on('end', () => resolve()));
  client.on('notification', ({ payload }) => receive(state, payload ?? ''));
  try {
    await client.query(`listen ${CHANNEL}`);
    if (state.closing.signal.aborted) return;
    state.client = client;
    await gone;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function receive(state: State, payload: string): void {
  let messages: unknown;
  try {
    messages = JSON.parse(payload);
  } catch {
    state.log.warn('a notification on the bus channel is not JSON', { bytes: payload.length });
    return;
  }
  for (const value of Array.isArray(messages) ? messages : []) {
    const message = decodeMessage(value);
    if (message !== undefined && !state.closing.signal.aborted) state.subscriptions.deliver(message);
  }
}

async function send(state: State): Promise<void> {
  if (state.sending) return;
  state.sending = true;
  try {
    while (state.waiting.size > 0) {
      const notifications = pack(state.waiting);
      if (state.client === undefined) continue;
      await state.client.query('select pg_notify($1, payload) from unnest($2::text[]) payload', [CHANNEL, notifications]);
    }
  } catch (error) {
    state.waiting.clear();
    state.log.debug('news was dropped: the bus has no connection', { error });
  } finally {
    state.sending = false;
  }
}

/** Takes messages out of the set, as many as one statement carries. */
function pack(waiting: Set<string>): string[] {
  const notifications: string[] = [];
  let list: string[] = [];
  let bytes = 2;
  for (const text of waiting) {
    const more = Buffer.byteLength(text) + 1;
    if (bytes + more > LARGEST_NOTIFICATION_BYTES) {
      notifications.push(`[${list.join(',')}]`);
      if (notifications.length === NOTIFICATIONS_PER_STATEMENT) return notifications;
      [list, bytes] = [[], 2];
    }
    list.push(text);
    bytes += more;
    waiting.delete(text);
  }
  if (list.length > 0) notifications.push(`[${list.join(',')}]`);
  return notifications;
}
