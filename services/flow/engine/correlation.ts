// Events between runs (ENGINE E14): both sides write first and look second, in separate transactions, so that none is missed.
// I1 An event is committed in its home shard before it is matched; an unmatched one is matched again by the next owner.
// I2 A run that begins to listen commits its subscription, then looks back at recent events.
// I3 A run takes an event id once per listen, whichever way it came (the run itself remembers).
// I4 A run hears of every type neither itself nor the engine (lifecycle events), and no lifecycle event of its own: it would never rest.
// I5 An event is matched once, however often it is published.
// I6 Matching is a read and a write for a batch: what comes while one is under way is the next (a read for each event cost most of it).
// I7 The runs that an event starts leave in the commit that marks it as matched (triggers/event-starts.ts), or are kept in it until there is
//    room (triggers/waiting-starts.ts), or their flow is not held back any more (triggers/held-starts.ts). While everything is held back
//    nothing is matched.
import { parseJsonText } from '@palace/platform/json.ts';
import type { StreamAppend, StreamRow } from '@palace/platform/durable/contract.ts';
import type { CloudEvent } from '../core/model.ts';
import { isLifecycle } from '../core/program.ts';
import { EVERY_TYPE, type StoredEvent, type Subscription } from '../store/port.ts';
import { release, type EngineParts } from './parts.ts';
import type { Published } from './rows.ts';
import type { Arrival } from './slot.ts';
import { startsOf } from '../triggers/event-starts.ts';
import type { TriggeredStart } from '../triggers/starts.ts';
import type { HeldStarts } from '../triggers/held-starts.ts';

const MATCH_BATCH = 200;
const MATCH_BYTES = 1_000_000;
/** Of the starts of one write: each flow that is started gets the events whole. */
const STARTED_BYTES = 4_000_000;
/** Events of a tenant that wait in a shard for their match. */
const MAX_QUEUED = 5_000;

interface Queue {
  readonly events: StoredEvent[];
  /** More came than it may hold: the rest is read from the table. */
  isLong: boolean;
}

/** Events of one write: so many, and so large together. */
function sizeOfBatch(events: readonly StoredEvent[]): number {
  let bytes = 0;
  const cut = events.findIndex(({ body }, i) => i === MATCH_BATCH || (bytes += body.length) > MATCH_BYTES);
  return cut < 0 ? events.length : Math.max(1, cut);
}

/** By tenant, each in its order. */
function* batchesOf(events: readonly StoredEvent[]): Generator<readonly StoredEvent[]> {
  for (const tenant of new Set(events.map((event) => event.tenant))) {
    for (let rest = events.filter((event) => event.tenant === tenant); rest.length > 0;) {
      const batch = rest.slice(0, sizeOfBatch(rest));
      rest = rest.slice(batch.length);
      yield batch;
    }
  }
}

/** I4 */
function reaches({ type, run }: StoredEvent, subscription: Pick<Subscription, 'run' | 'type'>): boolean {
  const own = run === subscription.run;
  return subscription.type === EVERY_TYPE ? !own && !isLifecycle(type) : subscription.type === type && !(own && isLifecycle(type));
}

/** Each listen once, also when it asks for the type by name and for every type. */
function listenersOf(event: StoredEvent, subscriptions: readonly Subscription[]): Subscription[] {
  const found = subscriptions.filter((one) => reaches(event, one));
  return [...new Map(found.map((one) => [`${one.run} ${one.act}`, one])).values()];
}

function matchAppend({ tenant, body }: StoredEvent, { run, act, shard }: Subscription): StreamAppend {
  return { consumer: 'flow', consumerShard: shard, tenant, kind: 'match', body: JSON.stringify({ run, act, event: parseJsonText(body) }) };
}

/** Of the events before a listen only the newest are looked at. */
const LOOK_BACK_EVENTS = 200;
const RETRY_MS = 500;

export interface Correlation {
  /** An event on its way to its home shard: from a run's emit (stream) or from outside (inbox). */
  arrive(shard: number, tenant: string, published: Published, from: Arrival): void;
  /** A matched event on its way to a run. */
  deliver(shard: number, row: StreamRow, from: Arrival): void;
  /** After a listen began: what came shortly before. */
  lookBack(shard: number, row: StreamRow, from: Arrival): void;
  /** Matches what the owner before committed and did not match. */
  rematch(shard: number): Promise<void>;
}

export function createCorrelation(parts: EngineParts, { sort }: Pick<HeldStarts, 'sort'>): Correlation {
  /** Makes the keys of writes distinct: the same event may come by two rows at once. */
  let writes = 0;
  /** By shard and tenant; only while there is something to match. */
  const queues = new Map<string, Queue>();

  function arrive(shard: number, tenant: string, { event, run }: Published, from: Arrival): void {
    const fence = parts.node().fence(shard);
    if (fence === undefined) return;
    const held = parts.tenure(shard);
    const atMs = parts.node().timeMs();
    const stored: StoredEvent = {
      tenant,
      type: event.type,
      source: event.source,
      id: event.id,
      atMs,
      body: JSON.stringify(event),
      ...(run !== undefined && { run }),
    };
    void parts
      .node()
      .submit({
        fence,
        key: `event/${++writes}`,
        tenant,
        rows: { event: [{ shard, tenant, type: stored.type, source: stored.source, id: stored.id, at_ms: atMs, body: stored.body, run: run ?? null }] },
        ...(from.cursor !== undefined && { cursors: [from.cursor] }),
        ...(from.commandId !== undefined && { consumes: [{ commandId: from.commandId, outcome: 'done' as const }] }),
      })
      .then((outcome) => {
        release(parts, shard, tenant, { command: { type: 'continue' }, ...from });
        if (outcome.kind === 'committed') matchSoon(shard, stored, held);
      });
  }

  /** In batches, one of a tenant in a shard under way: what comes meanwhile is the next one (I6). */
  function matchSoon(shard: number, event: StoredEvent, held: () => boolean): void {
    const key = `${shard} ${event.tenant}`;
    const known = queues.get(key);
    const queue = known ?? { events: [], isLong: false };
    if (queue.events.length < MAX_QUEUED) queue.events.push(event);
    else queue.isLong = true;
    if (known !== undefined) return;
    queues.set(key, queue);
    void pump(shard, key, queue, held);
  }

  async function pump(shard: number, key: string, queue: Queue, held: () => boolean): Promise<void> {
    while (queue.events.length > 0 && held()) {
      const batch = queue.events.slice(0, sizeOfBatch(queue.events));
      try {
        await match(shard, batch, held);
        queue.events.splice(0, batch.length);
      } catch (error) {
        parts.log.warn('events could not be matched; trying again', { error, shard });
        await new Promise<void>((resolve) => parts.scheduler.after(RETRY_MS, resolve));
      }
    }
    queues.delete(key);
    // What came under a later ownership of this process, and what found no place, is read from the table.
    if (queue.isLong || queue.events.length > 0) void rematch(shard);
  }

  async function match(shard: number, events: readonly StoredEvent[], held: () => boolean): Promise<void> {
    while (held() && parts.halts.everything() !== undefined) await parts.halts.changed();
    const [{ tenant } = { tenant: '' }] = events;
    const { unmatched, subscriptions, triggers } = await parts.store.listeners(tenant, events);
    const starts: TriggeredStart[] = [];
    const gathered: StreamAppend[] = [];
    let bytes = 0;
    for (const event of unmatched) {
      const started = await startsOf(parts, event, triggers);
      starts.push(...started.starts);
      gathered.push(...started.gathered);
      bytes += (started.starts.length + started.gathered.length) * event.body.length;
    }
    if (unmatched.length > 1 && bytes > STARTED_BYTES) {
      const middle = Math.ceil(unmatched.length / 2);
      await match(shard, unmatched.slice(0, middle), held);
      return match(shard, unmatched.slice(middle), held);
    }
    if (unmatched.length === 0) return;
    const sorted = await sort(shard, starts);
    const fence = parts.node().fence(shard);
    if (fence === undefined || !held()) return sorted.settle(false);
    const outcome = await parts.node().submit({
      fence,
      key: `match/${++writes}`,
      tenant,
      rows: { event_matched: unmatched.map(({ source, id }) => ({ tenant, source, id })), ...sorted.rows },
      streams: [...unmatched.flatMap((event) => listenersOf(event, subscriptions).map((one) => matchAppend(event, one))), ...gathered, ...sorted.streams],
    });
    sorted.settle(outcome.kind === 'committed');
    // One that the database refuses keeps no other from its listeners (ENGINE E6).
    if (outcome.kind === 'bad-row' && unmatched.length > 1) for (const one of unmatched) await match(shard, [one], held);
  }

  function deliver(shard: number, row: StreamRow, from: Arrival): void {
    const { run, act, event } = parseJsonText(row.body) as { run: string; act: number; event: CloudEvent };
    parts.give(shard, run, { command: { type: 'event', act, event }, tenant: row.tenant, ...from });
  }

  function lookBack(shard: number, row: StreamRow, from: Arrival, held = parts.tenure(shard)): void {
    const { run, act, types, atMs } = parseJsonText(row.body) as { run: string; act: number; types: string[]; atMs: number };
    void parts.store.recentEvents(row.tenant, types, atMs - parts.settings.lookBackMs, LOOK_BACK_EVENTS).then(
      (recent) => {
        if (!held()) return;
        const events = recent.filter((e) => types.some((type) => reaches(e, { run, type })));
        // The last one carries the row: what one run is given is decided in order.
        for (const [i, e] of events.entries()) {
          const command = { type: 'event', act, event: parseJsonText(e.body) as CloudEvent, early: true } as const;
          parts.give(shard, run, { command, tenant: row.tenant, ...(i === events.length - 1 && from) });
        }
        if (events.length > 0) return;
        const envelope = { command: { type: 'continue' } as const, ...from };
        parts.consume(shard, row.tenant, run, [envelope], '');
        release(parts, shard, row.tenant, envelope);
      },
      (error: unknown) => {
        parts.log.warn('the look-back failed; trying again', { error, runId: run });
        parts.scheduler.after(RETRY_MS, () => {
          if (held()) lookBack(shard, row, from, held);
        });
      },
    );
  }

  async function rematch(shard: number): Promise<void> {
    const held = parts.tenure(shard);
    for (let rest = true; rest && held();) {
      try {
        const events = await parts.store.unmatchedEvents(shard, MATCH_BATCH);
        for (const batch of batchesOf(events)) await match(shard, batch, held);
        rest = events.length === MATCH_BATCH;
      } catch (error) {
        parts.log.warn('unmatched events could not be read; trying again', { error, shard });
        await new Promise<void>((resolve) => parts.scheduler.after(RETRY_MS, resolve));
      }
    }
  }

  return { arrive, deliver, lookBack, rematch };
}
